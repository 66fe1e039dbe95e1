"""Platt scaling of the probability: scikit-learn's numbers, the optimum, weights, and certain scores that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import _SigmoidCalibration

from calibrate.calibrators.platt_probability import PlattProbability
from calibrate.folds import stratified
from calibrate.links.sigmoid import Sigmoid
from calibrate.results import Fitted
from calibrate.rows import from_arrays


def fit(z: Any, y: Any, w: np.ndarray | None = None, **options: Any) -> Fitted:
    return PlattProbability.fit(from_arrays(z, y, w), Sigmoid(), **options)


def test_scikit_learn_minimises_the_same(events: Callable[..., Any]) -> None:
    z, y = events(800)
    p = 1 / (1 + np.exp(-z[:, 0]))
    other = _SigmoidCalibration().fit(p, y[:, 0])
    found = fit(z, y).calibrator
    assert (found.a[0], found.b[0]) == pytest.approx((-other.a_, -other.b_), rel=1e-4)
    assert 1 / (1 + np.exp(-found.transform(z)[:, 0])) == pytest.approx(other.predict(p), abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_vanishes(events: Callable[..., Any], seed: int, dtype: type) -> None:
    z, y = events(150, seed=seed)
    z = z.astype(dtype)
    w = np.random.default_rng(seed).integers(1, 4, 150).astype(float)
    yes, no = w[y[:, 0] == 1].sum(), w[y[:, 0] == 0].sum()
    target = np.where(y[:, 0] == 1, (yes + 1) / (yes + 2), 1 / (no + 2))
    found, p = fit(z, y, w).calibrator, 1 / (1 + np.exp(-z[:, 0].astype(float)))
    gap = w * (1 / (1 + np.exp(-found.a[0] * p - found.b[0])) - target)
    assert gap.sum() == pytest.approx(0, abs=1e-10)
    assert gap @ p == pytest.approx(0, abs=1e-10)


def test_certain_scores_that_are_wrong_have_an_answer(events: Callable[..., Any]) -> None:
    z, y = events(300)
    z[:3, 0], y[:3, 0] = [np.inf, -np.inf, np.inf], [0, 1, 1]
    found = PlattProbability.fit(stratified(from_arrays(z, y), 3), Sigmoid(), folds=3)
    assert None not in found.folds
    changed = found.calibrator.transform(np.array([[np.inf], [-np.inf], [0.0]]))[:, 0]
    a, b = found.calibrator.a[0], found.calibrator.b[0]
    assert changed == pytest.approx([a + b, b, a / 2 + b])


def test_it_bends_where_a_line_in_the_logit_cannot() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0, 6, (20_000, 1))
    true = 0.1 + 0.8 / (1 + np.exp(-z))
    found = fit(z, (rng.random(z.shape) < true).astype(int)).calibrator
    assert 1 / (1 + np.exp(-found.transform(np.array([[-30.0], [30.0]]))[:, 0])) == pytest.approx([0.1, 0.9], abs=0.02)
