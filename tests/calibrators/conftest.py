"""Data whose best parameters are known, of classes and of events, and independent solvers of naive objectives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import optimize, special

World = tuple[np.ndarray, np.ndarray]
Scores = Callable[[np.ndarray], np.ndarray]


@pytest.fixture
def world() -> Callable[..., World]:
    """Scores (m, k), and labels drawn from the softmax of what `change` makes of their log softmax."""

    def make(change: Scores = lambda x: x / 2, m: int = 600, k: int = 4, seed: int = 0) -> World:
        rng = np.random.default_rng(seed)
        z = rng.normal(0, 2, (m, k)) + rng.normal(0, 3, (m, 1))
        p = special.softmax(change(special.log_softmax(z, axis=1)), axis=1)
        return z, np.minimum((p.cumsum(axis=1) < rng.random((m, 1))).sum(axis=1), k - 1)

    return make


@pytest.fixture
def least() -> Callable[..., Any]:
    """The least of mean NLL of `scores(theta)` + `penalty(theta)`, by BFGS on numeric slopes and then Nelder-Mead."""

    def solve(scores: Scores, penalty: Callable[[np.ndarray], float], y: np.ndarray, start: np.ndarray) -> Any:
        rows = np.arange(len(y))

        def value(theta: np.ndarray) -> float:
            return float(-special.log_softmax(scores(theta), axis=1)[rows, y].mean() + penalty(theta))

        found = optimize.minimize(value, start, method="BFGS", options={"gtol": 1e-7})
        return optimize.minimize(value, found.x, method="BFGS", options={"gtol": 1e-8, "eps": 1e-7})

    return solve


@pytest.fixture
def nll() -> Callable[[np.ndarray, np.ndarray], float]:
    """Mean NLL of the softmax of scores."""

    def mean(scores: np.ndarray, y: np.ndarray) -> float:
        return float(-special.log_softmax(scores, axis=1)[np.arange(len(y)), y].mean())

    return mean


Events = Callable[..., tuple[np.ndarray, np.ndarray]]


def logistic(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


@pytest.fixture
def events() -> Events:
    """(n, labels) logits, and events that follow `curve` of them."""

    def drawn(
        n: int = 400, labels: int = 1, seed: int = 0, curve: Callable[[Any], Any] = lambda z: 0.5 * z - 0.4
    ) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        z = rng.normal(0.3, 2.0, (n, labels))
        return z, (rng.random(z.shape) < logistic(curve(z))).astype(np.int64)

    return drawn


@pytest.fixture
def naive() -> Callable[..., np.ndarray]:
    """The minimum over parameters (offset, *coefficients) of a cross-entropy with columns x, by trust regions."""

    def best(x: np.ndarray, t: np.ndarray, w: np.ndarray | None = None, ridge: float = 0.0) -> np.ndarray:
        design = np.column_stack([np.ones(len(x)), x])
        w = np.ones(len(x)) if w is None else w

        def loss(b: np.ndarray) -> float:
            eta = design @ b
            return float((w * (np.logaddexp(0, eta) - t * eta)).sum() + ridge / 2 * b @ b)

        def slope(b: np.ndarray) -> np.ndarray:
            return np.asarray(design.T @ (w * (logistic(design @ b) - t)) + ridge * b)

        def bend(b: np.ndarray) -> np.ndarray:
            p = logistic(design @ b)
            return np.asarray((design * (w * p * (1 - p))[:, None]).T @ design + ridge * np.eye(len(b)))

        found = optimize.minimize(loss, np.zeros(design.shape[1]), jac=slope, hess=bend, method="trust-exact",
                                  options={"gtol": 1e-10})  # fmt: skip
        root = optimize.root(slope, found.x, jac=bend, tol=1e-14)
        return np.asarray(root.x)

    return best
