r"""Pairwise coupling: one distribution from what every pair of classes says of itself.

r_ij is the probability of class i where the class is i or j, r_ji = 1 - r_ij. The probabilities minimise

    sum_{i < j} (r_ji p_i - r_ij p_j)^2    with sum_i p_i = 1, no p_i below 0,

a quadratic form whose minimum on the simplex is one linear system a row (its null space holds no vector of sum 0).
Where r_ij = p_i / (p_i + p_j) for some p, that p is the answer.
Wu, Lin, Weng: Probability Estimates for Multi-class Classification by Pairwise Coupling. JMLR 5, 2004, the second of
their methods, https://www.jmlr.org/papers/v5/wu04a.html
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from calibrate.numerics import tiles

SWEEPS = 2
"""Rounds of the fixed point after the system: it adds up nothing of two signs, so small probabilities are relatively
right too."""


def coupled(r: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Probabilities (m, K) of pairs (m, K (K - 1) / 2), in the order of `combinations`; 0 where not `known` (m, K).

    >>> coupled(np.array([[0.75, 0.6, 1 / 3]]), np.ones((1, 3), dtype=bool)).round(6)
    array([[0.5       , 0.166667, 0.333333]])
    """
    found = np.empty(known.shape)
    for part in tiles(len(r), (known.shape[1] + 1) ** 2):
        found[part] = _solved(_square(r[part], known[part]), known[part])
    return found


def _square(r: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(m, K, K): r_ij at i, j; 0 on the diagonal and wherever a class is not known."""
    m, k = known.shape
    square = np.zeros((m, k, k))
    for number, (i, j) in enumerate(combinations(range(k), 2)):
        square[:, i, j], square[:, j, i] = r[:, number], 1.0 - r[:, number]
    square *= known[:, :, None] & known[:, None, :]
    return square


def _solved(r: np.ndarray, known: np.ndarray) -> np.ndarray:
    m, k, _ = r.shape
    each = np.arange(k)
    own = np.square(r).sum(axis=1)  # sum over s of r_si^2
    joint = r * r.transpose(0, 2, 1)
    system = np.zeros((m, k + 1, k + 1))
    system[:, :k, :k] = -joint
    system[:, each, each] = np.where(known, own, 1.0)
    system[:, :k, k] = system[:, k, :k] = known
    right = np.zeros((m, k + 1, 1))
    right[:, k] = 1.0
    p: np.ndarray = np.maximum(np.linalg.solve(system, right)[:, :k, 0], 0.0) * known
    p /= p.sum(axis=1, keepdims=True)
    for _ in range(SWEEPS):
        # r_ji p_i - r_ij p_j of every i and j; every pair is there twice.
        level = np.square(r.transpose(0, 2, 1) * p[:, :, None] - r * p[:, None, :]).sum(axis=(1, 2)) / 2
        better = np.einsum("mij,mj->mi", joint, p) + level[:, None]
        p = np.divide(better, own, out=p, where=own > 0)
        p /= p.sum(axis=1, keepdims=True)
    return p
