r"""Penalised logistic regression of a few coefficients, by Newton's method with halved steps: dense and convex.

Targets are Platt's: an event counts (E + 1) / (E + 2) and its absence 1 / (N + 2), E and N being the weights of events
and of the others, so that separable rows and rows of one kind have a finite answer too.
Platt: Probabilistic Outputs for Support Vector Machines. 1999; Lin, Lin, Weng 2007,
https://doi.org/10.1007/s10994-007-5018-6
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.columns import Pooled
from calibrate.numerics import sigmoid, softplus

MOST = 100
"""Newton steps; five or six are usual."""


@dataclass(frozen=True, eq=False)
class Logistic:
    """Coefficients (m,), the deviance without penalty of the rows, and the degrees of freedom that were spent."""

    coefficients: np.ndarray
    deviance: float
    freedom: float


def smoothed(rows: Pooled) -> np.ndarray:
    """Sum of weighted targets of each entry, (u,)."""
    events, weight = float(rows.event.sum()), float(rows.weight.sum())
    yes, no = (events + 1.0) / (events + 2.0), 1.0 / (max(weight - events, 0.0) + 2.0)
    return np.asarray(rows.event * yes + (rows.weight - rows.event) * no)


def fit(
    basis: np.ndarray, weight: np.ndarray, event: np.ndarray, penalty: np.ndarray, start: np.ndarray | None = None
) -> Logistic:
    """The coefficients c that minimise sum w softplus(B c) - e B c + c' P c / 2, e the sum of weighted targets.

    basis (u, m), weight and event (u,), penalty (m, m). Raises `CalibrateError` E306 where the search does not end.
    """
    c = np.zeros(basis.shape[1]) if start is None else start
    loss, eta = _loss(basis, weight, event, penalty, c)
    for _ in range(MOST):
        p = sigmoid(eta)
        gradient = basis.T @ (weight * p - event) + penalty @ c
        information = basis.T @ (basis * (weight * p * (1.0 - p))[:, None])
        curvature = information + penalty
        unit = 1.0 / np.sqrt(np.maximum(np.diag(curvature), 1e-300))
        inverse = unit[:, None] * np.linalg.pinv(curvature * unit * unit[:, None], 1e-13, hermitian=True) * unit
        step = inverse @ gradient
        shorter = _shorter(basis, weight, event, penalty, c, loss, step)
        # Of weights over many decades the loss is rounded coarsely: where it does not move, no step is an improvement.
        if not float(gradient @ step) > 1e-12 * (1.0 + abs(loss)) or shorter is None or shorter[1] == loss:
            deviance = 2.0 * (loss - float(c @ penalty @ c) / 2.0)
            return Logistic(c - step if shorter else c, deviance, float(np.sum(inverse * information)))
        c, loss, eta = shorter
    raise CalibrateError(
        "E306",
        f"the logistic fit did not settle in {MOST} steps",
        "are there wild outliers, or weights of very different size?",
    )


def _shorter(
    basis: np.ndarray,
    weight: np.ndarray,
    event: np.ndarray,
    penalty: np.ndarray,
    c: np.ndarray,
    loss: float,
    step: np.ndarray,
) -> tuple[np.ndarray, float, np.ndarray] | None:
    """The step, halved until the loss falls, or None where rounding hides that it does."""
    for _ in range(40):
        found, eta = _loss(basis, weight, event, penalty, c - step)
        if found <= loss:
            return c - step, found, eta
        step = step / 2.0
    return None


def _loss(
    basis: np.ndarray, weight: np.ndarray, event: np.ndarray, penalty: np.ndarray, c: np.ndarray
) -> tuple[float, np.ndarray]:
    eta = basis @ c
    return float(weight @ softplus(eta) - event @ eta + c @ penalty @ c / 2.0), eta
