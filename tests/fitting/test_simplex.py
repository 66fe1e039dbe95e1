"""Weights of a mixture: against a grid and against SciPy, on edges and corners too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import optimize, special

from calibrate.fitting.simplex import TrueClass, mixture_weights
from calibrate.rows import from_arrays


def columns(seed: int, m: int = 400, k: int = 5, power: float = 1.0) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 2, (m, k))
    p = special.softmax(z * power, axis=1)
    y = np.minimum((p.cumsum(axis=1) < rng.random((m, 1))).sum(axis=1), k - 1)
    w = rng.integers(0, 3, m).astype(float)
    sums = from_arrays(z, y, w, rows_per_block=77).sum(TrueClass(2.0))
    a = np.stack([special.softmax(z / 2, axis=1), special.softmax(z, axis=1), np.full(z.shape, 1 / k)])
    return sums, a[:, np.arange(m), y], w


@pytest.mark.parametrize("power", [0.0, 0.2, 0.5, 0.8, 1.0, 3.0])
def test_against_scipy(power: float) -> None:
    sums, a, w = columns(1, power=power)

    def value(u: np.ndarray) -> float:
        return float(-(w @ np.log(u @ a)) / w.sum())

    found = mixture_weights(sums, 5)
    assert found.min() >= 0 and found.sum() == pytest.approx(1.0, abs=1e-14)
    bounds, whole = [(0.0, 1.0)] * 3, {"type": "eq", "fun": lambda u: u.sum() - 1}
    known = optimize.minimize(value, np.full(3, 1 / 3), method="SLSQP", bounds=bounds, constraints=whole, tol=1e-14)
    assert value(found) <= known.fun + 1e-12
    assert value(found) == pytest.approx(known.fun, rel=1e-8)
    slopes = -(a @ (w / (found @ a))) / w.sum()
    assert np.all(slopes >= -1 - 1e-7)


def test_columns_that_are_the_same_share_their_weight() -> None:
    z, y = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 0.0]]), np.array([0, 1, 1])
    found = mixture_weights(from_arrays(z, y).sum(TrueClass(1.0)), 2)
    assert np.isfinite(found).all() and found.sum() == pytest.approx(1.0)
