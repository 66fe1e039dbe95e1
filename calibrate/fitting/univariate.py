r"""Calibrators of one variable: a function of one prediction, made to fit several events or classes in one place.

A method brings its rule for one column, from its rows to a function; `columns` says what the columns are, and what
they answer is put together here. Events: every label. Classes, by the option `multiclass`:

    one-vs-rest   every class against the others, each its own function; the row is divided by its sum
    one-vs-one    every pair of classes on the rows of both, each its own function of p_i / (p_i + p_j); the pairs are
                  coupled to one distribution (Wu, Lin, Weng 2004; see `coupling`); up to 32 classes
    top-label     the probability of the predicted class, a function per predicted class; the others share the rest
                  in their old ratios (Gupta, Ramdas: Top-label calibration and multiclass-to-binary reductions,
                  ICLR 2022, https://doi.org/10.48550/arXiv.2107.08353)
    confidence    the same with one function for all classes

A row whose functions are all 0 keeps its probabilities as they were. A masked class (score -inf) keeps probability 0,
but where a true class was masked, no -inf is a mask: they are probabilities of 0 that a model gave (forests and nearest
neighbours do), data like any other, and get the small probability that the rows show.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import combinations
from typing import Any, ClassVar

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.columns import (
    Column,
    Multiclass,
    Pooled,
    Reduction,
    Scale,
    Unmasked,
    between,
    columns_of,
    impossible,
    predictions,
    top_of,
    unmasked,
)
from calibrate.fitting.coupling import coupled
from calibrate.fitting.record import counted, record_of
from calibrate.fitting.refit import each_fold
from calibrate.numerics import log_softmax
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows

Tables = tuple[tuple[float, ...], ...]
"""One tuple of numbers for each function."""

MOST_PAIRED = 32
"""Classes of `one-vs-one` at most: 496 functions."""

NEVER = 2.0**-53
"""How near to 0 and 1 pairs come whose answer is a sigmoid: it is 1 by rounding alone."""


@dataclass(frozen=True)
class Univariate(ABC):
    """Base of a calibrator whose fields are, after `reduction`, tables with one entry for each function.

    A method adds its tables, `fit`, `n_parameters` and `_one`.

    reduction   what the functions are of: events, or the option `multiclass`
    zeros       whether a score of -inf is a probability of 0 like any other, and no mask
    """

    reduction: Reduction
    zeros: bool = field(default=False, kw_only=True)

    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = None
    scale: ClassVar[Scale] = "probability"
    """What the functions take: probabilities, or logits."""

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """Scores (m, K) whose link is the calibrated probability."""
        known = unmasked(scores) if self.zeros else scores
        return recalibrated(known, self.reduction, len(self._tables[0]), self._one, self.scale)

    @classmethod
    def _fitted(
        cls,
        rows: Rows,
        link: Link,
        function: Callable[[Column], tuple[np.ndarray, ...]],
        *,
        multiclass: Multiclass,
        folds: int,
        level: float,
    ) -> Fitted:
        """What `function` makes of the columns of all rows, and of the rows without each fold: a row of each table.

        Raises `CalibrateError` E307 where no row counts, E308 under a link that is no softmax or sigmoid and for pairs
        of too many classes.
        """
        _expect_probabilities(link)
        reduction: Reduction = "events" if link.has_events else multiclass
        if reduction == "one-vs-one" and rows.n_columns > MOST_PAIRED:
            raise CalibrateError(
                "E308",
                f"multiclass=one-vs-one: {rows.n_columns} classes make {rows.n_columns * (rows.n_columns - 1) // 2} "
                f"pairs, expected at most {MOST_PAIRED} classes",
                "multiclass=one-vs-rest has one function a class",
            )
        counted(rows)
        wrong = 0 if link.has_events else impossible(rows)
        data, notes = rows, list[str]()
        if wrong:
            data = rows.map(Unmasked())
            notes.append(f"rows whose true class has probability 0: {wrong}; -inf is no mask here, but data")
        calibrator: Any = cls

        def fit(part: Rows) -> Any:
            tables = zip(*map(function, columns_of(part, reduction, cls.scale)), strict=True)
            return calibrator(reduction, *map(_tuples, tables), zeros=bool(wrong))

        one = fit(data)
        others, reason = each_fold(fit, data, folds)
        return Fitted(one, record_of(rows, link, one, passes=1, notes=notes, level=level), others, reason)

    @cached_property
    def _tables(self) -> tuple[tuple[np.ndarray, ...], ...]:
        """The tables, their entries as arrays."""
        tables = (getattr(self, one.name) for one in fields(self) if one.name not in ("reduction", "zeros"))
        return tuple(tuple(np.array(entry, dtype=np.float64) for entry in table) for table in tables)

    @abstractmethod
    def _one(self, j: int, x: np.ndarray) -> np.ndarray:
        """What function j answers."""


def recalibrated(
    scores: np.ndarray,
    reduction: Reduction,
    functions: int,
    function: Callable[[int, np.ndarray], np.ndarray],
    scale: Scale = "probability",
) -> np.ndarray:
    """Scores (m, K) whose link is what `function` makes of column j, for j < `functions`.

    Raises `CalibrateError` E403 where there are not as many columns as functions.
    """
    k = scores.shape[1]
    if functions != {"confidence": 1, "one-vs-one": k * (k - 1) // 2}.get(reduction, k):
        raise CalibrateError(
            "E403", f"{functions} functions for {k} columns of scores", "the model was fitted on other columns"
        )
    z = scores.astype(np.float64, copy=False)
    if reduction in {"top-label", "confidence"}:
        found = _top_changed(z, evaluated(z, reduction, function, scale)[:, 0])
    else:
        answers = _answers(z, reduction, function, scale)
        if reduction == "one-vs-one":
            found = _coupled(answers, z, scale)
        else:
            found = np.ascontiguousarray((logit(answers) if reduction == "events" else _shared_out(answers, z)).T)
    return found.astype(scores.dtype, copy=False)


def evaluated(
    z: np.ndarray, reduction: Reduction, function: Callable[[int, np.ndarray], np.ndarray], scale: Scale = "probability"
) -> np.ndarray:
    """What the functions answer before anything is put together: (m, functions), of top labels (m, 1)."""
    if reduction not in {"top-label", "confidence"}:
        return np.ascontiguousarray(_answers(z, reduction, function, scale).T)
    top, confidence, _ = top_of(z, scale)
    if reduction == "confidence":
        return function(0, confidence)[:, None]
    changed = np.empty((len(z), 1))
    for k in np.unique(top):
        changed[top == k, 0] = function(int(k), confidence[top == k])
    return changed


def logit(p: np.ndarray) -> np.ndarray:
    """log p / (1 - p); -inf at 0 and inf at 1."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p) - np.log1p(-p))


def _answers(
    z: np.ndarray, reduction: Reduction, function: Callable[[int, np.ndarray], np.ndarray], scale: Scale
) -> np.ndarray:
    """(functions, m) what each answers; 0 where a class is masked."""
    x = predictions(z, reduction, scale)
    pairs = combinations(range(len(x)), 2)
    columns = (between(x[i], x[j], scale) for i, j in pairs) if reduction == "one-vs-one" else iter(x)
    some = bool(np.isnan(x).any())
    p = np.empty((len(x) * (len(x) - 1) // 2 if reduction == "one-vs-one" else len(x), len(z)))
    for j, column in enumerate(columns):
        p[j] = function(j, column)
        if some:
            p[j, np.isnan(column)] = 0.0
    return p


def _coupled(r: np.ndarray, z: np.ndarray, scale: Scale) -> np.ndarray:
    """Log probabilities (m, K) of pairs (pairs, m)."""
    if scale == "logit":
        r = np.clip(r, NEVER, 1 - NEVER)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(coupled(np.ascontiguousarray(r.T), ~np.isneginf(z))))


def _top_changed(z: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """Log probabilities where the predicted class has a new one, and the others what is left in their old ratios."""
    top, _, others = top_of(z, "probability")
    rest = others.sum(axis=1)
    nothing = rest == 0.0
    if nothing.any():  # those that are not masked share it alike; without any, nothing is left to share
        others[nothing] = ~np.isneginf(z[nothing])
        others[np.arange(len(z)), top] = 0.0
        rest = others.sum(axis=1)
        changed = np.where(rest == 0.0, 1.0, changed)
        rest[rest == 0.0] = 1.0
    p = others / rest[:, None] * (1.0 - changed)[:, None]
    p[np.arange(len(z)), top] = changed
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p))


def _shared_out(p: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(K, m) log of probabilities (K, m) divided by their sums; rows of zeros keep those that z (m, K) gives them."""
    total = p.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: np.ndarray = np.log(p / total)
    empty = total == 0.0
    if empty.any():
        found[:, empty] = log_softmax(z[empty]).T
    return found


def _expect_probabilities(link: Link) -> None:
    """Refuse links that do not give back a probability of its logarithm."""
    p = np.array([[0.2, 0.8]])
    if not np.allclose(link(logit(p) if link.has_events else np.log(p)), p, rtol=0, atol=1e-9):
        raise CalibrateError(
            "E308",
            f"this method makes probabilities, and the {type(link).__name__.lower()} link would change them again",
            "use the link softmax or sigmoid",
        )


def standard(rows: Pooled) -> tuple[float, float]:
    """Mean and standard deviation of the predictions; of equal ones 1, so that it can divide."""
    total = float(rows.weight.sum())
    centre = float(rows.weight @ rows.at) / total
    spread = float(np.sqrt(rows.weight @ np.square(rows.at - centre) / total))
    return centre, spread if spread > 0 else 1.0


def expect_at_least(option: str, value: int, least: int) -> None:
    """Refuse an option that is too small."""
    if value < least:
        raise CalibrateError("E602", f"{option}: found {value}, expected at least {least}", f"the least is {least}")


def expect_tables(at: Tables, values: Tables, more: int) -> None:
    """Refuse what is no function: ascending places, and `more` values than places, all of them probabilities."""
    sound = len(at) == len(values) and all(
        len(p) == len(x) + more
        and len(p) > 0
        and bool(np.all(np.isfinite(x)) and np.all(np.diff(x) > 0))
        and all(0.0 <= v <= 1.0 for v in p)
        for x, p in zip(at, values, strict=True)
    )
    if not sound:
        raise CalibrateError("E401", "a calibrated function has places that do not ascend, or no probabilities")


def _tuples(table: tuple[np.ndarray, ...]) -> Tables:
    return tuple(tuple(entry.tolist()) for entry in table)
