"""Seeded hashes of rows of scores: what folds are made of, whatever the order of the rows and the chunks."""

from __future__ import annotations

import numpy as np

HASHED = 16
"""At most so many scores of a row, evenly spaced over the columns, go into its hash."""

ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def hashed(scores: np.ndarray, seed: int) -> np.ndarray:
    """A seeded 32-bit hash of every row of scores (m, K), as uint64 (m,): equal rows have equal ones."""
    k = scores.shape[1]
    columns = np.linspace(0, k - 1, min(k, HASHED)).round().astype(np.intp)
    factors = mixed((np.arange(1, len(columns) + 1, dtype=np.uint64) + np.uint64(seed)) * ODD) | np.uint64(1)
    chosen = scores if len(columns) == k else scores[:, columns]
    bits = (chosen.astype(np.float64) + 0.0).view(np.uint64)
    # Whole numbers and float32 leave the low bits empty: bring the high ones down before multiplying.
    bits ^= bits >> np.uint64(32)
    bits *= factors
    return np.asarray(mixed(np.add.reduce(bits, axis=1)) >> np.uint64(32))


def mixed(x: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64: every bit of the answer depends on every bit of x."""
    x = (x ^ (x >> np.uint64(30))) * _MIX[0]
    x = (x ^ (x >> np.uint64(27))) * _MIX[1]
    return np.asarray(x ^ (x >> np.uint64(31)))
