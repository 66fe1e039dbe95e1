"""Damped Newton steps for many convex problems of a few parameters at once; every step is one pass for all of them.

A step that does not lower the loss is cut to a quarter, no step changes a linear predictor too far, and a problem that
is done is not summed again. Made for logistic losses: a step of size d in the linear predictor leaves an error of d^2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

MOST = 60
"""Passes at most; five to eight are usual."""

CLOSE = 1e-7
"""A step that changes no linear predictor by more is the last: it leaves an error of the order of its square."""

FARTHEST = 8.0
"""The first step changes no linear predictor by more: where nearly all rows are sure, the curvature says nothing.
After one that was good the next may go twice as far."""


@dataclass(frozen=True, eq=False)
class Bends:
    """What is known of q problems of P parameters at their points.

    loss         (q,)
    uphill       (q, P) downwards in the loss: minus its gradient
    information  (q, P, P) second derivatives
    """

    loss: np.ndarray
    uphill: np.ndarray
    information: np.ndarray


@dataclass(frozen=True, eq=False)
class Climbed:
    """The answers.

    points   (q, P)
    sums     (S, q) at a point so close that their relative error is of the order of 1e-7
    settled  (q,) whether the search ended
    """

    points: np.ndarray
    sums: np.ndarray
    settled: np.ndarray
    passes: int


def climb(
    found: Callable[[np.ndarray, np.ndarray], np.ndarray],
    bends: Callable[[np.ndarray], Bends],
    points: np.ndarray,
    sums: np.ndarray,
    reach: np.ndarray,
    free: np.ndarray,
) -> Climbed:
    """The minima of q problems.

    found   (which problems, their points) -> their sums (S, len(which)): one pass over the data
    bends   sums -> what they say of the problems
    points  (q, P) where the search starts, and the `sums` (S, q) there
    reach   (q, P) the most that a unit of each parameter changes a linear predictor
    free    (q, P) parameters that move; the others stay where they start
    """
    points, sums, most = points.copy(), sums.copy(), np.full(len(points), FARTHEST)
    here = bends(sums)
    step = _newton(here, free, reach, most)
    settled, passes = _arrived(here, step, reach), 1
    while passes < MOST and not settled.all():
        open_ = np.flatnonzero(~settled)
        tried = points[open_] + step[open_]
        new = found(open_, tried)
        passes += 1
        # To the rounding of the sum: beside the minimum all losses are equal.
        good = bends(new).loss <= bends(sums[:, open_]).loss * (1 + 1e-13)
        moved, kept = open_[good], open_[~good]
        points[moved], sums[:, moved] = tried[good], new[:, good]
        most[moved] *= 2
        here = bends(new[:, good])
        step[moved] = _newton(here, free[moved], reach[moved], most[moved])
        step[kept] /= 4
        most[kept] = _size(step[kept], reach[kept])
        settled[moved] = _arrived(here, step[moved], reach[moved])
    last = _size(step, reach) <= CLOSE
    return Climbed(np.where(last[:, None], points + step, points), sums, settled, passes)


def inverses(information: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Inverses (q, P, P) of positive definite matrices, of the free parameters; the other entries are 0.

    Of a singular matrix entries are infinite or NaN. (Gauss and Jordan's elimination of all q at once.)

    >>> inverses(np.array([[[4.0, 1.0], [1.0, 9.0]]]), np.array([[True, False]])).tolist()
    [[[0.25, 0.0], [0.0, 0.0]]]
    """
    both, one = free[:, :, None] & free[:, None, :], np.eye(free.shape[1])
    left = np.where(both, information, one)
    right = np.broadcast_to(one, left.shape).copy()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for k in range(free.shape[1]):
            right[:, k] /= left[:, k, k, None]
            left[:, k] /= left[:, k, k, None]
            factor = left[:, :, k].copy()
            factor[:, k] = 0.0
            right -= factor[:, :, None] * right[:, None, k]
            left -= factor[:, :, None] * left[:, None, k]
    return np.where(both, right, 0.0)


def _newton(here: Bends, free: np.ndarray, reach: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Newton's steps (q, P), cut where they change a linear predictor by more than `most` (q,)."""
    uphill = np.where(free, here.uphill, 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        step = np.einsum("qij,qj->qi", inverses(here.information, free), uphill)
        # No curvature is left where all rows are sure: then down the gradient.
        step = np.where(np.isfinite(step).all(axis=1)[:, None], step, np.sign(uphill) * most[:, None])
        return np.asarray(step * np.minimum(1.0, most / _size(step, reach))[:, None])


def _arrived(here: Bends, step: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """The step is too short to matter, or the gradient is at its rounding floor (no term is larger than its loss)."""
    floor = 4e-16 * here.loss[:, None] * reach
    flat = ((step == 0) | (np.abs(here.uphill) <= floor)).all(axis=1)
    return np.asarray((_size(step, reach) <= CLOSE) | flat)


def _size(step: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """The most that a step changes a linear predictor, (q,)."""
    return np.asarray((np.abs(step) * reach).sum(axis=1))
