"""In which form scores go into a method that is linear in them, and what must be known of the rows before a fit.

Adding a constant to a row changes no probability, but it does change what a matrix makes of the row. The form settles
it: `log-softmax` (log p, whatever the constant was), `centred` (a mean of 0) or `raw` (as they came).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.numerics import log_softmax, pick
from calibrate.outcomes import known_labels
from calibrate.protocols import Link
from calibrate.rows import Block, Rows, cut
from calibrate.sums import Sums

Form = Literal["log-softmax", "centred", "raw"]

HELD = 1 << 26
"""Scores (512 MiB) up to which the form of all rows is kept in memory for the passes of a fit."""

USUAL = 20
"""Scores whose gaps lie between 2^-20 and 2^20 are taken in the unit they are in."""

FARTHEST = 2.0**60
"""How far below a score may lie: beyond, where finite masks are, it has probability 0 whatever the parameters, and the
square of what it is would be no number of float32, in which some products are taken."""


def formed(scores: np.ndarray, form: Form, exponent: int = 0) -> np.ndarray:
    """Scores (m, K), divided by 2^exponent, in their form: float64. A masked class (-inf) stays masked.

    Logarithms of probabilities below -`FARTHEST` are that.
    """
    with np.errstate(over="ignore", under="ignore"):
        z = np.ldexp(scores.astype(np.float64), -exponent) if exponent else scores.astype(np.float64, copy=False)
    if form == "log-softmax":
        found = log_softmax(z)
        far = found < -FARTHEST
        return np.where(far & ~np.isneginf(z), -FARTHEST, found) if far.any() else found
    if form == "raw":
        return z
    there = ~np.isneginf(z)
    return np.asarray(z - (np.where(there, z, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1))[:, None])


@dataclass(frozen=True)
class Formed:
    """Step: the scores in their form."""

    form: Form
    exponent: int = 0

    def __call__(self, block: Block) -> Block:
        """The same rows."""
        return replace(block, scores=formed(block.scores, self.form, self.exponent))


def counting(block: Block) -> Block:
    """Step: the rows of positive weight, the only ones that count; their numbers are lost."""
    return block if block.weights is None or block.weights.all() else cut(block, 0, block.weights > 0)


def held(rows: Rows) -> Rows:
    """The rows with what their steps make of them kept in memory, class by class, if that is not too much."""
    if rows.n * rows.n_columns > HELD:
        return rows
    blocks: tuple[Block, ...] = rows.sum(_hold)["blocks"]  # type: ignore[assignment]
    return replace(rows, loads=tuple(map(_Held, blocks)))


def _hold(block: Block) -> Sums:
    return {"blocks": (replace(block, scores=np.asfortranarray(block.scores, dtype=np.float64)),)}


@dataclass(frozen=True, eq=False)
class _Held:
    block: Block

    def __call__(self) -> Block:
        return self.block


@dataclass(frozen=True, eq=False)
class Seen:
    """What a look at the rows found.

    n, weight   rows of positive weight and their weight; `classes` the weight of each class (K,)
    masked      whether any score is -inf
    exponent    the scores are to be divided by 2^exponent; 0 where their leads are of a usual size
    gap         the largest finite difference between scores of a row
    """

    n: int
    weight: float
    classes: np.ndarray
    masked: bool
    exponent: int
    gap: float

    def expect_every_class(self, name: str) -> None:
        """Raise `CalibrateError` E302 where a class has no row: its bias would fall for ever."""
        missing = np.flatnonzero(self.classes == 0)
        if len(missing):
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise CalibrateError(
                "E302",
                f"class {missing[0]}{more} is in no row: the loss falls for ever as its probability goes to 0, and no "
                f"finite parameters of {name} are best",
                "more rows, or a method that is regularised: structured-vector, temperature",
            )

    def expect_differences(self, name: str) -> None:
        """Raise `CalibrateError` E301 where no score differs from another of its row."""
        if self.gap == 0:
            raise CalibrateError(
                "E301",
                f"the scores of every row are all equal: all slopes of {name} fit equally well",
                "these scores do not tell classes apart; is it the right file, are these the right columns?",
            )

    def expect_no_mask(self, name: str) -> None:
        """Raise `CalibrateError` E304 where a class is masked."""
        if self.masked:
            raise CalibrateError(
                "E304",
                f"a score is -inf: {name} adds up multiples of the scores of all classes, which then has no answer",
                "--clip EPS moves probabilities away from 0, and says how many; structured-matrix needs no clip",
            )


def look(rows: Rows) -> Seen:
    """One pass. Raises `CalibrateError` E304 where a true class has score -inf, E307 where no row counts."""
    sums = rows.sum(_Look(rows.n_columns)) if rows.n else {"rows": 0}
    if not sums["rows"]:
        raise CalibrateError("E307", "found no row of positive weight, expected at least one", "are the weights all 0?")
    if sums["impossible"]:
        raise CalibrateError(
            "E304",
            f"row {min(sums['impossible']) + 1}: the true class has probability 0: "  # type: ignore[arg-type]
            "its loss is infinite whatever the parameters",
            "--clip EPS moves probabilities away from 0 and 1, and says how many",
        )
    gap = float(max(sums["gap"]))  # type: ignore[arg-type]
    exponent = int(np.frexp(gap)[1])
    exponent = 0 if gap == 0 or abs(exponent) <= USUAL else _typical(rows, exponent)
    classes = np.asarray(sums["classes"])
    return Seen(int(sums["rows"]), float(classes.sum()), classes, bool(sums["masked"]), exponent, gap)  # type: ignore[arg-type]


def _typical(rows: Rows, largest: int) -> int:
    """The median exponent of the leads of the first class over the second, which few masks are part of; one pass."""
    counts = np.cumsum(np.asarray(rows.sum(_leads)["exponents"]))
    exponent = int(np.searchsorted(counts, counts[-1] / 2)) - LOWEST if counts[-1] else largest
    return exponent if abs(exponent) > USUAL else 0


LOWEST = 1100
"""No float has an exponent below -1100, or above 1100."""


def _leads(block: Block) -> Sums:
    """Collector: how many of the leads that are not 0 have each exponent."""
    scores = counting(block).scores
    two = np.partition(scores, -2, axis=1)[:, -2:] if scores.shape[1] > 1 else np.zeros((0, 2))
    with np.errstate(over="ignore"):
        lead = two[:, 1] - two[:, 0]
    exponents = np.frexp(lead[(lead > 0) & np.isfinite(lead)])[1]
    return {"exponents": np.bincount(exponents + LOWEST, minlength=2 * LOWEST)}


@dataclass(frozen=True)
class _Look:
    k: int

    def __call__(self, block: Block) -> Sums:
        numbers = np.arange(block.start, block.start + len(block))
        if block.weights is not None:
            numbers = numbers[block.weights > 0]
        kept = counting(block)
        labels, z = known_labels(kept), kept.scores
        if not len(kept):
            return {"rows": 0, "impossible": (), "gap": (), "classes": np.zeros(self.k), "masked": 0}
        masked = np.isneginf(z)
        none = not masked.any()
        with np.errstate(over="ignore", invalid="ignore"):
            low = (z if none else np.where(masked, np.inf, z)).min(axis=1)
            gap = float(np.minimum((z.max(axis=1) - low).max(), np.finfo(z.dtype).max))
        return {
            "rows": len(kept),
            "impossible": () if none else tuple(numbers[np.isneginf(pick(z, labels))][:1].tolist()),
            "gap": (gap,),
            "classes": np.bincount(labels, kept.weights, minlength=self.k).astype(np.float64),
            "masked": 0 if none else 1,
        }


def expect_softmax(link: Link, name: str) -> None:
    """Raise `CalibrateError` E308 for a link whose loss is not that of the softmax."""
    if type(link).__name__ != "Softmax":
        raise CalibrateError(
            "E308",
            f"--method {name}: minimises the log loss of the softmax, the link is {type(link).__name__.lower()}",
            "leave out --link, or use temperature, which fits under every link",
        )
