"""Splines of the logit: Platt's line where the penalty is strong, the shape that is there where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize

from calibrate import registry
from calibrate.calibrators.spline import Spline
from calibrate.errors import CalibrateError
from calibrate.results import Fitted
from calibrate.rows import from_arrays

SOFTMAX, SIGMOID = registry.make("links", "softmax"), registry.make("links", "sigmoid")


def bent(n: int = 4000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 1)) * 2
    return z, (rng.random((n, 1)) < 1 / (1 + np.exp(-truth(z)))).astype(int)


def truth(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.where(z > 0, 0.3 * z, 1.5 * z))


def fit(z: np.ndarray, y: np.ndarray, **options: Any) -> Fitted:
    return Spline.fit(from_arrays(z, y), SIGMOID, **options)


def loss(s: np.ndarray, target: np.ndarray) -> float:
    return float(np.sum(np.logaddexp(0, s) - target * s))


def targets(y: np.ndarray) -> np.ndarray:
    e, n = y.sum(), len(y)
    return np.where(y[:, 0] == 1, (e + 1) / (e + 2), 1 / (n - e + 2))


def test_a_strong_penalty_leaves_a_straight_line_by_platt() -> None:
    z, y = bent()
    found = fit(z, y, strength=1e12).calibrator
    line = minimize(lambda c: loss(c[0] + c[1] * z[:, 0], targets(y)), [0.0, 1.0], tol=1e-12)
    grid = np.linspace(-5, 5, 11)[:, None]
    assert found.transform(grid)[:, 0] == pytest.approx(line.x[0] + line.x[1] * grid[:, 0], abs=1e-4)


def test_the_penalised_loss_has_its_minimum_there() -> None:
    z, y = bent(300)
    found = fit(z, y, strength=2.0, knots=5).calibrator
    at, g = np.array(found.at[0]), np.array(found.logit[0])
    spread, target = float(z.std()), targets(y)

    def whole(values: np.ndarray) -> float:
        spline = CubicSpline(at, values, bc_type="natural")
        ends = np.clip(z[:, 0], at[0], at[-1])
        low, high = spline(at[0], 1), spline(at[-1], 1)
        s = spline(ends) + np.where(z[:, 0] < at[0], low, high) * (z[:, 0] - ends)
        grid = spline(at, 2) * spread**2  # s'' is linear between knots: the integral of its square is exact
        h = np.diff(at) / spread
        rough = np.sum(h * (grid[:-1] ** 2 + grid[:-1] * grid[1:] + grid[1:] ** 2) / 3)
        return loss(s, target) + float(rough)

    best = minimize(whole, g, method="BFGS", options={"gtol": 1e-7})
    assert whole(g) == pytest.approx(best.fun, abs=1e-7)
    assert g == pytest.approx(best.x, abs=1e-3)


def test_a_bend_is_found_and_a_line_stays_one() -> None:
    z, y = bent()
    fresh, labels = bent(20000, seed=1)
    nll = {
        strength: loss(fit(z, y, strength=strength).calibrator.transform(fresh)[:, 0], labels[:, 0])
        for strength in (None, 1e9)
    }
    ideal = loss(truth(fresh)[:, 0], labels[:, 0])
    assert nll[None] - ideal < 0.1 * (nll[1e9] - ideal)
    flat = (np.random.default_rng(2).random(z.shape) < 1 / (1 + np.exp(-z / 2))).astype(int)
    found = fit(z, flat).calibrator
    assert found.transform(np.array([[-3.0], [0.0], [3.0]]))[:, 0] == pytest.approx([-1.5, 0.0, 1.5], abs=0.3)


def test_a_spline_that_falls_is_noted() -> None:
    z = np.linspace(-3, 3, 900)[:, None]
    y = (np.abs(z) < 1).astype(int)
    assert "1 of 1 splines fall somewhere" in fit(z, y).record.notes[0]
    assert not fit(*bent()).record.notes


def test_constant_scores_answer_the_frequency() -> None:
    found = fit(np.ones((9, 1)), np.array([[1]] * 3 + [[0]] * 6)).calibrator
    assert found.n_parameters == 1
    p = float(SIGMOID(found.transform(np.array([[7.0]])))[0, 0])
    assert p == pytest.approx((3 * 4 / 5 + 6 / 8) / 9)


@pytest.mark.parametrize("seed", range(5))
def test_weights_over_many_decades_have_an_answer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    z, y, w = rng.normal(size=(20, 1)) * 20, rng.integers(0, 2, (20, 1)), 10 ** rng.uniform(-3, 12, 20)
    p = SIGMOID(Spline.fit(from_arrays(z, y, w), SIGMOID).calibrator.transform(z))
    assert np.all((p >= 0) & (p <= 1))


def test_options_and_files_that_cannot_be_are_refused() -> None:
    for options, code in (({"knots": 1}, "E602"), ({"strength": -1.0}, "E602")):
        with pytest.raises(CalibrateError) as refused:
            fit(*bent(50), **options)
        assert refused.value.code == code
    with pytest.raises(CalibrateError, match="knots that do not ascend"):
        Spline("events", ((1.0, 0.0),), ((0.0, 1.0),), ((0.0, 1.0),))
    with pytest.raises(CalibrateError, match="no logit and slope"):
        Spline("events", ((0.0, 1.0),), ((0.0, 1.0),), ((0.0,),))
