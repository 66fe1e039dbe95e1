"""Affine calibration: the optimum with and without its ridge, against scikit-learn and a naive objective."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from calibrate.calibrators.affine import Affine
from calibrate.errors import CalibrateError
from calibrate.links.sigmoid import Sigmoid
from calibrate.rows import from_arrays


def fit(z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None, **options: Any) -> Any:
    return Affine.fit(from_arrays(z, y, w), Sigmoid(), **options)


@pytest.mark.parametrize("seed", range(3))
def test_without_a_ridge_it_is_logistic_regression(events: Callable[..., Any], seed: int) -> None:
    z, y = events(300, seed=seed)
    other = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12).fit(z, y[:, 0])
    found = fit(z, y, ridge=0.0).calibrator
    assert (found.a[0], found.b[0]) == pytest.approx((other.coef_[0, 0], other.intercept_[0]), rel=1e-9)


@pytest.mark.parametrize("ridge", [0.1, 3.0])
def test_the_ridge_is_on_the_standardised_line(
    events: Callable[..., Any], naive: Callable[..., np.ndarray], ridge: float
) -> None:
    z, y = events(80)
    w = np.random.default_rng(1).integers(1, 4, 80).astype(float)
    mean = np.average(z[:, 0], weights=w)
    spread = np.sqrt(np.average((z[:, 0] - mean) ** 2, weights=w))
    g, s = naive((z - mean) / spread, y[:, 0], w, ridge)
    found = fit(z, y, w, ridge=ridge).calibrator
    assert (found.a[0], found.b[0]) == pytest.approx((s / spread, g - s * mean / spread), rel=1e-9)


@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_predictions_do_not_depend_on_unit_and_origin(events: Callable[..., Any], unit: float) -> None:
    z, y = events(60)
    one = fit(z, y).calibrator.transform(z)
    assert fit(z * unit, y).calibrator.transform(z * unit) == pytest.approx(one, rel=1e-11)
    assert fit(z + 100, y).calibrator.transform(z + 100) == pytest.approx(one, rel=1e-9)


def test_known_parameters_are_recovered(events: Callable[..., Any]) -> None:
    z, y = events(100_000, labels=2, curve=lambda z: 0.7 * z + np.array([0.2, -1.0]))
    found = fit(z, y)
    assert found.calibrator.a == pytest.approx((0.7, 0.7), abs=0.02)
    assert found.calibrator.b == pytest.approx((0.2, -1.0), abs=0.03)
    for name, true in (("a[0]", 0.7), ("a[1]", 0.7), ("b[0]", 0.2), ("b[1]", -1.0)):
        seen = found.record.parameters[name]
        assert seen.low - 0.01 < true < seen.high + 0.01


def test_separable_and_single_outcomes_have_an_answer_with_a_ridge_only() -> None:
    z = np.array([[-2.0], [-1], [1], [2]])
    for y in (z > 0, z > -5):
        found = fit(z, y.astype(int)).calibrator
        assert np.all(np.isfinite(found.transform(z)))
        assert np.array_equal(found.transform(z) > 0, y)
        with pytest.raises(CalibrateError) as caught:
            fit(z, y.astype(int), ridge=0.0)
        assert caught.value.code == "E302"


def test_a_falling_line_is_noted(events: Callable[..., Any]) -> None:
    z, y = events(200, labels=2, curve=lambda z: z * np.array([1.0, -1.0]))
    assert fit(z, y).record.notes == ("label 1: the slope is negative: the higher the score, the rarer the event",)


@pytest.mark.parametrize("ridge", [-1.0, np.inf, np.nan])
def test_ridges_that_are_none(ridge: float) -> None:
    with pytest.raises(CalibrateError) as caught:
        fit(np.zeros((2, 1)), np.array([[0], [1]]), ridge=ridge)
    assert caught.value.code == "E602"
