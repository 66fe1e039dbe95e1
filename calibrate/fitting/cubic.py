"""Natural cubic splines: a basis in which their roughness is a sum of squares, and their values anywhere."""

from __future__ import annotations

import numpy as np


def natural(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and slopes at m >= 2 knots of the natural splines s = c_0 + c_1 x + ..., as matrices (m, m) that act on c.

    The integral of s''^2 is c_2^2 + c_3^2 + ...: a penalty on it is a ridge, well conditioned at any strength.
    at (m,) ascending. Green, Silverman 1994, section 2.1: with Q and R of theirs, Q' g = R s''.
    """
    m, h = len(at), np.diff(at)
    q = np.zeros((m, m - 2))
    for j in range(m - 2):
        q[j, j], q[j + 1, j], q[j + 2, j] = 1 / h[j], -1 / h[j] - 1 / h[j + 1], 1 / h[j + 1]
    r = np.diag((h[:-1] + h[1:]) / 3) + np.diag(h[1:-1] / 6, 1) + np.diag(h[1:-1] / 6, -1)
    root = np.linalg.cholesky(r)
    values = np.column_stack([np.ones(m), at, q @ np.linalg.solve(q.T @ q, root)])
    bend = np.zeros((m, m))  # s'' at every knot
    bend[1:-1, 2:] = np.linalg.solve(root.T, np.eye(m - 2))
    rise = np.diff(values, axis=0) / h[:, None]
    before = rise - h[:, None] * (2 * bend[:-1] + bend[1:]) / 6
    last = rise[-1:] + h[-1] * (bend[-2:-1] + 2 * bend[-1:]) / 6
    return values, np.vstack([before, last])


def basis(at: np.ndarray, values: np.ndarray, slopes: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The splines with those values and slopes (m, m) at the knots, each a column, at x; (u, m)."""
    return np.stack([value_at(at, g, d, x) for g, d in zip(values.T, slopes.T, strict=True)], axis=1)


def value_at(at: np.ndarray, value: np.ndarray, slope: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The cubic through values and slopes at the knots, straight outside.

    >>> value_at(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.array([1.0, 1.0]), np.array([-1.0, 0.25, 3.0]))
    array([-1.  ,  0.25,  3.  ])
    """
    if len(at) == 1:
        return np.asarray(value[0] + slope[0] * (x - at[0]))
    i = np.clip(np.searchsorted(at, x, side="right") - 1, 0, len(at) - 2)
    h = (at[1:] - at[:-1])[i]
    inside = np.clip(x, at[0], at[-1])
    t = (inside - at[i]) / h
    bent = t * (1 - t) * h * ((1 - t) * slope[i] - t * slope[i + 1])
    straight = (1 - t) ** 2 * (1 + 2 * t) * value[i] + t**2 * (3 - 2 * t) * value[i + 1]
    outside = np.where(x < at[0], slope[0], slope[-1]) * (x - inside)
    return np.asarray(straight + bent + outside)
