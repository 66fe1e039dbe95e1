"""One temperature as the first step of another method, and the mixture with the uniform distribution that follows it.

Where no temperature is best (separable or uninformative scores) the methods that mix still have an answer: the search
is then cut off at a temperature far beyond any that data ask for, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.optimize import Slopes, minimise
from calibrate.fitting.prospects import Prospects, in_best_unit, prospects
from calibrate.fitting.slopes import Problem, Reach, SlopeSums, in_float64, subsample
from calibrate.numerics import below_top
from calibrate.protocols import Link
from calibrate.rows import Block, Rows

LARGE = 5_000_000
"""Scores from which the search begins on a part of the rows."""

FARTHEST = 24
"""A temperature without an optimum is cut off at 2^24 times, or a 2^24th of, the largest gap between scores."""

ENDLESS = {"E301": 0, "E302": -1, "E303": 1}
"""Findings that leave the temperature open, and to which end the best one goes."""


@dataclass(frozen=True)
class Scale:
    """A temperature, and what the reader should know of it."""

    temperature: float
    passes: int
    notes: tuple[str, ...] = ()


def best_scale(rows: Rows, link: Link, *, endless: bool = True) -> Scale:
    """The temperature of least loss of `rows` (fold numbers are ignored).

    endless   give a temperature, cut off, even where none is best (E301 to E303); else raise

    Raises `CalibrateError` E304 (a true class is impossible), E305 (no float can hold it), E307 (no row).
    """
    problem = Problem(link)
    try:
        return _solved(rows, problem)
    except CalibrateError as found:
        if not endless or found.code not in ENDLESS:
            raise
        direction = ENDLESS[found.code]
        gap = float(np.max(np.stack(rows.sum(Reach(problem))["gap"])))  # type: ignore[arg-type]
        t = float(np.ldexp(gap, direction * FARTHEST)) if direction else 1.0
        return Scale(
            min(max(t, 1e-300), 1e300), 3, (f"no temperature is best, it was set to {t:.3g}: {found.message}",)
        )


def _solved(rows: Rows, problem: Problem) -> Scale:
    wide = rows if rows.n * rows.n_columns >= LARGE else rows.map(in_float64)
    found, start = _start(wide, problem)
    passes = 2
    roots = minimise(lambda b: _slopes(found.in_units(wide), problem, b), start, 1e-13)
    if not roots.settled.all():
        # The part of the rows promised an answer that the whole does not have, which says why; or magnitudes lie apart.
        found, looks = in_best_unit(wide, problem)
        passes += roots.passes + looks
        roots = minimise(lambda b: _slopes(found.in_units(wide), problem, b), found.start, 1e-13)
    if not roots.settled.all():
        raise CalibrateError("E306", f"the search for the temperature did not settle in {roots.passes} passes")
    with np.errstate(over="ignore", under="ignore"):
        t = float(np.ldexp(1.0 / roots.at, found.exponents)[0])
    if not 0 < t < np.inf:
        text = "the best temperature is beyond the range of floats"
        raise CalibrateError("E305", text, "multiply all scores by the same number")
    return Scale(t, passes + roots.passes, found.notes)


def _start(rows: Rows, problem: Problem) -> tuple[Prospects, np.ndarray]:
    """Units and a first point: of large inputs from a 16th of the rows."""
    if rows.n * rows.n_columns >= LARGE and rows.n >= 4096:
        try:
            some = subsample(rows, min(rows.n // 16, 16384))
            found = prospects(some, problem)
            roots = minimise(lambda b: _slopes(found.in_units(some), problem, b), found.start, 1e-3)
            return found, roots.at if roots.settled.all() else found.start
        except CalibrateError:
            pass  # It may be the fault of that part alone.
    found = prospects(rows, problem)
    return found, found.start


def _slopes(rows: Rows, problem: Problem, b: np.ndarray) -> Slopes:
    sums = rows.sum(SlopeSums(problem, b[None]))
    first, second, third = (np.asarray(sums[key])[0, 0] for key in ("first", "second", "third"))
    eps = float(np.finfo(rows.loads[0]().scores.dtype).eps) if rows.n * rows.n_columns >= LARGE else 2.0**-52
    return Slopes(first, second, third, eps * np.sqrt(rows.n * np.asarray(sums["square"])[0]))


def log_mixture(scores: np.ndarray, temperature: float, weight: float) -> np.ndarray:
    """log((n p + 1 / K) / (n + 1)), p = softmax(z / T), n = `weight`: float64 (m, K), finite even where p is 0."""
    under, _ = below_top(scores)
    with np.errstate(over="ignore", under="ignore"):
        under /= temperature
        np.exp(under, out=under)
        under /= under.sum(axis=1)[:, None]
        under *= weight
        under += 1.0 / scores.shape[1]
        np.log(under, out=under)
        under -= np.log1p(weight)
    return under


@dataclass(frozen=True)
class Mixed:
    """Step: the scores as `log_mixture` makes them."""

    temperature: float
    weight: float

    def __call__(self, block: Block) -> Block:
        """The same rows."""
        scores = log_mixture(block.scores, self.temperature, self.weight)
        return Block(block.start, scores, block.labels, block.weights, block.folds)
