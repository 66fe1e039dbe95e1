"""Stable arithmetic on scores: softmax, logsumexp, sigmoid and softplus at any magnitude; no policy.

Rows are maximised first, so exponents are never positive: what would overflow becomes exp(-inf) = 0 and never NaN.
A score of -inf is a masked class: its probability is 0. A row without any finite score has no answer (NaN).
Half precision, integers and extended precision are taken as float64; float32 stays.

Errors, with eps = 2.2e-16, against 50 digits for up to 50 classes and scores of any magnitude, float32 or float64:
log probabilities x at most 4 eps max(1, |x|), probabilities p 4 eps p max(1, |log p|), their difference to 0 or 1,
which is the gradient of the NLL, 4 eps; sigmoid and softplus 4 eps of themselves. Measured: half of that at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

TILE = 1 << 17
"""Elements of one tile (half a MiB in float32): it stays in the caches of a core, and Python's share of it is small."""

NARROW = 64
"""Up to so many columns a tile is transposed first: reductions along a short last axis cost more than exp itself."""


def as_floats(values: object) -> np.ndarray:
    """`values` as a float32 or float64 array; everything that is not float32 becomes float64.

    >>> as_floats(np.float16([1.5])).dtype, as_floats([1, 2]).dtype
    (dtype('float64'), dtype('float64'))
    """
    found = np.asarray(values)
    native = found.dtype.newbyteorder("=")
    return found.astype(native if native == np.float32 else np.float64, copy=False)


def unmasked(values: Any) -> Any:
    """A masked array with NaN, or None where no float is, for what is masked; everything else as it is.

    Whoever takes the data of a masked array by `np.asarray` takes what it hides, too.

    >>> unmasked(np.ma.array([1.5, 9.0], mask=[False, True])), unmasked(np.ma.array([1, 2]))
    (array([1.5, nan]), array([1, 2]))
    """
    if not isinstance(values, np.ma.MaskedArray) or values.dtype.names:
        return values
    found, hidden = np.asarray(values), np.ma.getmaskarray(values)
    if not hidden.any():
        return found
    found = found.astype(found.dtype if found.dtype.kind == "f" else object)
    found[hidden] = np.nan if found.dtype.kind == "f" else None
    return found


def in_sound_unit(weights: np.ndarray) -> np.ndarray:
    """Weights whose fourth powers can be added up: those beyond 2^64 or all below 2^-64 in units of a power of two.

    Only their ratios matter; within the usual range they stay as they are.

    >>> in_sound_unit(np.array([1e-300, 3e-300])).round(3)
    array([0.167, 0.502])
    """
    exponent = int(np.frexp(weights.max(initial=0.0))[1])
    return weights if abs(exponent) <= 64 else np.ldexp(weights, -exponent)


def tiles(n_rows: int, n_columns: int, elements: int = TILE) -> Iterator[slice]:
    """Slices of rows, each of about `elements` scores and at least one row.

    >>> list(tiles(5, 1, elements=2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, elements // max(1, n_columns))
    return (slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step))


def pick(scores: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """scores[i, columns[i]] of every row i: the score of the true class; (m, K) and (m,) to (m,)."""
    m, k = scores.shape
    places = np.arange(0, m * k, k)
    places += columns
    # `clip` is `take` without a second look at every place; labels are known to be in range.
    return np.take(scores.reshape(-1), places, mode="clip")


def below_top(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """z - max z of every row in float64 and the row's max; (m, K) to (m, K) and (m,).

    Differences beyond the largest float are -inf, which is what every use makes of them.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        top = scores.max(axis=1).astype(np.float64)
        return scores - top[:, None], top


def logsumexp(scores: np.ndarray) -> np.ndarray:
    """log sum_k exp(z_k) of every row, float64; (m, K) to (m,).

    >>> logsumexp(np.array([[1e300, 1e300 - 1e290], [-np.inf, 3.0]]))
    array([1.e+300, 3.e+000])
    """
    under, top = below_top(as_floats(scores))
    lifted: np.ndarray = top + np.log(np.exp(under, out=under).sum(axis=1))
    return lifted


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """z - logsumexp(z), float64: log probabilities, -inf where a class is masked; (m, K) to (m, K)."""
    under, _ = below_top(as_floats(scores))
    under -= np.log(np.exp(under).sum(axis=1))[:, None]
    return under


def softmax(scores: np.ndarray) -> np.ndarray:
    """exp(z_k) / sum_j exp(z_j), float64; rows sum to 1; (m, K) to (m, K).

    >>> softmax(np.array([[1.7e308, -1.7e308, 1.7e308]]))
    array([[0.5, 0. , 0.5]])
    """
    under, _ = below_top(as_floats(scores))
    np.exp(under, out=under)
    under /= under.sum(axis=1)[:, None]
    return under


def sigmoid(scores: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)) without overflow and without cancellation on either side; any shape, float64.

    >>> sigmoid(np.array([-np.inf, 0.0, np.inf]))
    array([0. , 0.5, 1. ])
    """
    z = np.asarray(scores, dtype=np.float64)
    small = np.exp(-np.abs(z))
    return np.where(z < 0, small, 1.0) / (1.0 + small)


def softplus(scores: np.ndarray) -> np.ndarray:
    """log(1 + exp(z)), float64: the loss of an event whose wrong side has logit z; inf only for z = inf.

    >>> softplus(np.array([-np.inf, 0.0, 1e300]))
    array([0.00000000e+000, 6.93147181e-001, 1.00000000e+300])
    """
    z = np.asarray(scores, dtype=np.float64)
    raised: np.ndarray = np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))
    return raised
