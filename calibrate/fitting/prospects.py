"""Whether a finite positive temperature can be best: decided before any fit, from what the scores and labels are.

In b = 1 / T the loss is convex. It has a minimum inside (0, inf) exactly when it falls at b -> 0+ (the scores are
better than uniform ones) and rises somewhere (some row has a class ahead of its true one; a tie is not ahead).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.magnitude import Careful, bisected
from calibrate.fitting.slopes import InUnits, Problem, Reach, SlopeSums
from calibrate.rows import Rows, Step
from calibrate.sums import Sums

USUAL = 40
"""Scores whose largest gap lies between 2^-40 and 2^40 are fitted in the unit they are in."""

ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""A mean slope at b = 0 of at most so many typical slopes of a row is 0."""


@dataclass(frozen=True, eq=False)
class Prospects:
    """A fit that has an answer.

    units       how the blocks change so that gaps are of the order of 1; None: they stay as they are
    exponents   (columns,) b is in units of 2^-exponents
    start       (columns,) the minimum of the parabola through b = 0
    without     (folds,) whether the other folds have an answer too
    separable   (folds,) whether the other folds lack one because they hold no error
    notes       sentences for the reader
    """

    units: Step | None
    exponents: np.ndarray
    start: np.ndarray
    without: np.ndarray
    separable: np.ndarray
    notes: tuple[str, ...]

    def in_units(self, rows: Rows) -> Rows:
        """The rows in the unit of b."""
        return rows if self.units is None else rows.map(self.units)


def prospects(rows: Rows, problem: Problem) -> Prospects:
    """Look before fitting: two passes. Raises `CalibrateError` E301 to E304, E307 where there is no answer."""
    reach: Sums = rows.sum(Reach(problem)) if rows.n else {"rows": 0}
    _possible(reach)
    gap = np.max(np.stack(reach["gap"]), axis=0)  # type: ignore[arg-type]
    exponents = np.frexp(gap)[1].astype(np.intp)
    units = InUnits(exponents) if np.abs(exponents).max() > USUAL else None
    if units is None:
        exponents = np.zeros_like(exponents)
    inner = rows if units is None else rows.map(units)
    zero = inner.sum(SlopeSums(problem, np.zeros((1, problem.columns))))
    slope, wrong = np.asarray(zero["first"])[0], np.asarray(reach["wrong"])
    floor = ROUNDING * np.sqrt(float(reach["rows"]) * np.asarray(zero["square"])[0])  # type: ignore[arg-type]
    one_class = _one_class(reach)
    _answerable(gap, slope.sum(axis=0) + floor, wrong.sum(axis=0), one_class)
    falling, erring = slope.sum(axis=0) - slope < -floor, wrong.sum(axis=0) - wrong > 0
    start = -slope.sum(axis=0) / np.asarray(zero["second"])[0].sum(axis=0)
    without, separable = (falling & erring).all(axis=1), ~erring.all(axis=1)
    return Prospects(units, exponents, start, without, separable, (one_class,) if one_class else ())


def in_best_unit(rows: Rows, problem: Problem) -> tuple[Prospects, int]:
    """`prospects` in a unit in which the best b lies between 1 and 2, a start next to it, and the passes: many."""
    found, (exponents, start, passes) = prospects(rows, problem), bisected(rows, problem)
    careful = Careful(problem.link.has_events, exponents)
    return replace(found, units=careful, exponents=-exponents, start=start), 2 + passes


def _possible(reach: Sums) -> None:
    if not reach["rows"]:
        raise CalibrateError("E307", "found no row of positive weight, expected at least one", "are the weights all 0?")
    if reach["impossible"]:
        raise CalibrateError(
            "E304",
            f"row {min(reach['impossible']) + 1}: the true class has probability 0: "  # type: ignore[arg-type]
            "its loss is infinite at every temperature",
            "--clip EPS moves probabilities away from 0 and 1, and says how many",
        )


def _answerable(gap: np.ndarray, slope: np.ndarray, wrong: np.ndarray, one_class: str) -> None:
    """Refuse the first column that has no answer; `slope` with its rounding error added."""
    for j in range(len(gap)):
        which = f"label {j}: " if len(gap) > 1 else ""
        said = f"; {one_class}" if one_class else ""
        if gap[j] == 0:
            raise CalibrateError(
                "E301",
                f"{which}the scores of every row are all equal: every temperature fits equally well",
                "these scores do not tell classes apart; is it the right file, are these the right columns?",
            )
        if slope[j] >= 0:
            raise CalibrateError(
                "E303",
                f"{which}the scores are worse than uniform ones, or no better: the best temperature is infinite{said}",
                "are labels and scores in the same row order, labels and columns in the same class order?",
            )
        if wrong[j] == 0:
            raise CalibrateError(
                "E302",
                f"{which}separable: the true class leads in every row, so the loss falls for ever as the temperature "
                f"goes to 0, and no positive one is best{said}",
                "fit on rows that the model was not trained on, enough of them to hold some of its errors",
            )


def _one_class(reach: Sums) -> str:
    """A sentence if all labels are the same."""
    low = min(int(np.min(pair[0])) for pair in reach["classes"])  # type: ignore[union-attr]
    high = max(int(np.max(pair[1])) for pair in reach["classes"])  # type: ignore[union-attr]
    return f"all labels are the same class, {low}" if low == high else ""
