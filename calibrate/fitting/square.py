"""What methods with a full matrix share: strengths by place, the fit, and the product with the scores of new rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.families import Matrix
from calibrate.fitting.forms import Form, Formed, counting, formed, held, look
from calibrate.fitting.linear import as_rows, as_tuple, expect_columns, optimum
from calibrate.rows import Rows

Square = tuple[tuple[float, ...], ...]


def strengths(k: int, *, diagonal: float, beside: float, biases: float) -> np.ndarray:
    """Strength of the square of every parameter of (W, b), row after row.

    >>> strengths(2, diagonal=1.0, beside=2.0, biases=3.0)
    array([1., 2., 3., 2., 1., 3.])
    """
    found = np.full((k, k + 1), beside)
    found[np.diag_indices(k)] = diagonal
    found[:, -1] = biases
    return found.ravel()


def solved(
    rows: Rows, form: Form, ridge: np.ndarray, name: str, start: tuple[Square, Sequence[float], int] | None
) -> tuple[Square, tuple[float, ...], int, int]:
    """Matrix, biases, the exponent of the unit of the scores, and passes; `start`: the first three of another fit."""
    seen, k = look(rows), rows.n_columns
    seen.expect_no_mask(name)
    unbounded = not ridge.all()
    if unbounded:
        seen.expect_every_class(name)
        seen.expect_differences(name)
    inner = held(rows.map(counting).map(Formed(form, seen.exponent)))
    family = Matrix(k, centred=form == "centred")
    begun = None
    if start is not None and start[2] == seen.exponent:
        begun = np.column_stack(start[:2]).ravel()
    theta, passes = optimum(inner, seen.weight, family, ridge, name, start=begun, unbounded=unbounded)
    both = theta.reshape(k, k + 1)
    return as_rows(both[:, :-1]), as_tuple(both[:, -1]), seen.exponent, passes + 2


def multiplied(
    scores: np.ndarray, matrix: Square, biases: Sequence[float], form: Form, exponent: int, name: str
) -> np.ndarray:
    """W x + b of scores (m, K) in their precision."""
    expect_columns(name, scores, len(biases))
    x = formed(scores, form, exponent)
    if np.isneginf(x).any():
        text = f"a score is -inf, of which {name} can make no sum"
        raise CalibrateError("E304", text, "--clip EPS, when fitting, moves probabilities away from 0")
    changed: np.ndarray = x @ np.asarray(matrix).T
    changed += np.asarray(biases)
    return changed.astype(scores.dtype, copy=False)
