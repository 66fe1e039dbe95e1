"""Events with known probabilities, and naive objectives to hold the calibrators of events against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import optimize

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
