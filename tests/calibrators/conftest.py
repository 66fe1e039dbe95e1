"""Data whose best parameters are known, and an independent solver of naive objectives."""

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
