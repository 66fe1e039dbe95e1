"""Minimising convex functions of one variable whose slope is a sum over rows; many problems at once.

Every evaluation is a pass over the data, so the step uses all three derivatives that a pass leaves, and stops as soon
as what is left of the error is below the tolerance or the slope is at its rounding floor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Slopes:
    """First three derivatives of every problem at its own point, and the rounding floor of the first.

    `doubt` is the relative error of the second one, where it was not computed but carried over from a point nearby.
    """

    first: np.ndarray
    second: np.ndarray
    third: np.ndarray
    floor: np.ndarray
    doubt: np.ndarray | float = 0.0


@dataclass(frozen=True, eq=False)
class Roots:
    """Where the slopes vanish.

    at        the points, one a problem
    settled   whether the search ended there; else it ran away to 0 or infinity, met a plateau or a slope that is NaN
    passes    evaluations that were needed
    """

    at: np.ndarray
    settled: np.ndarray
    passes: int


FARTHEST = 2.0**60
"""A point so many times larger or smaller than 1 is given up: the minimum lies at 0 or at infinity."""

WIDEST = 8.0
"""No step multiplies or divides a point by more."""


def minimise(
    slopes: Callable[[np.ndarray], Slopes],
    start: np.ndarray,
    tolerance: float,
    *,
    precision: np.dtype[np.floating] | type[np.floating] = np.float64,
    most: int = 60,
) -> Roots:
    """Minima of convex functions of b > 0 by safeguarded third-order steps, all problems in the same passes.

    slopes      derivatives at the points (any shape, one problem an entry): one pass over the data
    start       first points, positive
    tolerance   relative error of the answer at which a problem is done
    precision   points are rounded to it before they are evaluated (the answers are not)

    The sign of the slope keeps a bracket; a step that leaves it, or is larger than a factor of 8, is cut.
    """
    b = start
    low, high = np.zeros(b.shape), np.full(b.shape, np.inf)
    done, lost = np.zeros(b.shape, dtype=bool), np.zeros(b.shape, dtype=bool)
    passes = 0
    while passes < most and not np.all(done | lost):
        at = b.astype(precision).astype(np.float64)
        found = slopes(at)
        passes += 1
        low = np.where(found.first < 0, at, low)
        high = np.where(found.first > 0, at, high)
        step, left = third_order_step(at, found.first, found.second, found.third)
        aim = _safe(at, at + step, low, high)
        with np.errstate(invalid="ignore"):
            left = left + np.abs(step) * found.doubt
        good = (aim == at + step) & ((left <= tolerance * at) | (np.abs(found.first) <= found.floor))
        b = np.where(done | lost, b, aim)
        done |= good & ~lost
        flat = (found.first == 0) & (found.second == 0)
        lost |= ~done & (flat | ~(np.isfinite(found.first) & (b < FARTHEST) & (b > 1 / FARTHEST)))
    return Roots(b, done, passes)


def third_order_step(
    b: np.ndarray, first: np.ndarray, second: np.ndarray, third: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Step d with first + second d + third d^2 / 2 = 0, the root near 0, and an estimate of the error that it leaves.

    Where the parabola has no root the Newton step is taken. With d / b and d third / second at most e, the error left
    is of the order d e^2; where the third derivative is 0 (piecewise quadratic: kinks) d e.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        newton = -first / second
        bend = newton * third / second
        parabola = 1.0 + 2.0 * bend
        step = np.where(parabola > 0, newton * 2.0 / (1.0 + np.sqrt(np.maximum(parabola, 0.0))), newton)
        small = np.maximum(np.abs(bend), np.abs(newton) / b)
        left = np.abs(newton) * np.where(third == 0, small, small**2)
    return step, np.where(np.isfinite(left), left, np.inf)


def _safe(b: np.ndarray, aim: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """`aim`, or where it leaves the bracket or goes too far a point that is sure to help."""
    nearest, farthest = np.maximum(low, b / WIDEST), np.minimum(high, b * WIDEST)
    # A step below the rounding of b ends on b, which is an end of the bracket by now.
    inside = ((aim > nearest) & (aim < farthest)) | (aim == b)
    # Downhill is up for a negative slope: then low is b itself.
    upward = np.where(np.isinf(high), b * WIDEST, np.sqrt(b * high))
    downward = np.where(low == 0, b / WIDEST, np.sqrt(b * low))
    return np.where(inside, aim, np.where(low == b, upward, downward))
