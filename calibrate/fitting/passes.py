"""Passes over rows at points b = 1 / T: slopes of all rows and of all but a fold, counted, the last one kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from calibrate.fitting.optimize import Slopes
from calibrate.fitting.slopes import Problem, SlopeSums
from calibrate.rows import Rows
from calibrate.sums import Sums

NEXT = 0.1
"""Relative distance over which second derivatives are carried by third ones."""

FIFTH = 50.0
"""A second derivative so carried is wrong by at most so many times the relative distance cubed: what the fifth adds."""


@dataclass
class Passes:
    """Passes over `rows`, counted, and what the last of them left.

    `thrifty`: next to a point whose second and third derivatives are known, only the first is computed anew.
    """

    problem: Problem
    rows: Rows
    count: int = 0
    thrifty: bool = False
    last: Sums = field(default_factory=dict)
    point: np.ndarray = field(default_factory=lambda: np.full(1, np.nan))

    def common(self, b: np.ndarray) -> Slopes:
        """Slopes of all rows at b (columns,)."""
        far = np.abs(b / self.point - 1.0)
        order = 1 if self.thrifty and np.all(far < NEXT) else 3
        sums = self.rows.sum(SlopeSums(self.problem, b[None], order))
        self.count += 1
        if order == 1:
            sums |= _carried(self.last, np.asarray(sums["first"]), b - self.point)
        self.last, self.point = sums, b
        first, second, third = (np.asarray(sums[key])[0].sum(axis=0) for key in ("first", "second", "third"))
        return Slopes(first, second, third, _floor(self.rows.n, sums)[0], FIFTH * far**3 if order == 1 else 0.0)

    def without(self, b: np.ndarray, folds: np.ndarray) -> Slopes:
        """Slopes of all rows but those of a fold, each of `folds` at its own b (len(folds), columns)."""
        sums = self.rows.sum(SlopeSums(self.problem, b))
        self.count += 1
        own = np.arange(len(folds))
        totals = [np.asarray(sums[key]) for key in ("first", "second", "third")]
        first, second, third = (total.sum(axis=1) - total[own, folds] for total in totals)
        return Slopes(first, second, third, _floor(self.rows.n, sums))


def _carried(known: Sums, first: np.ndarray, d: np.ndarray) -> Sums:
    """Second and third derivatives a distance d away from where three are known, given the first one there as well.

    What the first differs from its Taylor polynomial is laid to the fourth derivative: r = fourth d^3 / 6.
    """
    was, second, third = (np.asarray(known[key]) for key in ("first", "second", "third"))
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.where(d == 0, 0.0, (first - was - d * (second + d * third / 2)) / d)
        more = np.where(d == 0, 0.0, 6 * r / d)
    return {"second": second + d * third + 3 * r, "third": third + more, "spread": known["spread"]}


def _floor(n: int, sums: Sums) -> np.ndarray:
    """Rounding error of slopes (points, columns): eps times the root of n times the sum of squares of the rows'."""
    return np.asarray(float(np.finfo(np.float64).eps) * np.sqrt(n * np.asarray(sums["square"])))
