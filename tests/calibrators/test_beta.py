"""Beta calibration: the optimum of each form, the bounds a, b >= 0, tiny and huge logits, known parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from calibrate.calibrators.beta import Beta
from calibrate.errors import CalibrateError
from calibrate.links.sigmoid import Sigmoid
from calibrate.rows import from_arrays


def fit(z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None, **options: Any) -> Any:
    return Beta.fit(from_arrays(z, y, w), Sigmoid(), **options)


def log_p(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return -np.logaddexp(0, -z), -np.logaddexp(0, z)


def curve(a: float, b: float, c: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda z: a * log_p(z)[0] - b * log_p(z)[1] + c


def bounded(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """a, b, c over a, b >= 0, of the naive objective in the naive parameters."""
    below, above = log_p(z)
    x = np.column_stack([below, -above, np.ones(len(z))])

    def loss(t: np.ndarray) -> tuple[float, np.ndarray]:
        eta = x @ t
        p = 1 / (1 + np.exp(-eta))
        return float((np.logaddexp(0, eta) - y * eta).mean()), x.T @ (p - y) / len(y)

    bounds = [(0, None), (0, None), (None, None)]
    options = {"ftol": 1e-16, "gtol": 1e-11, "maxiter": 5000}
    return np.asarray(
        optimize.minimize(loss, np.ones(3), jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    )


def parameters(found: Any) -> tuple[float, float, float]:
    return found.calibrator.a[0], found.calibrator.b[0], found.calibrator.c[0]


@pytest.mark.parametrize("seed", range(3))
def test_three_parameters(events: Callable[..., Any], naive: Callable[..., np.ndarray], seed: int) -> None:
    z, y = events(400, seed=seed, curve=curve(0.4, 0.9, 0.3))
    below, above = log_p(z[:, 0])
    c, a, b = naive(np.column_stack([below, -above]), y[:, 0])
    assert parameters(fit(z, y, ridge=0.0)) == pytest.approx((a, b, c), rel=1e-7)


def test_one_slope_is_the_line(events: Callable[..., Any], naive: Callable[..., np.ndarray]) -> None:
    z, y = events()
    c, a = naive(z, y[:, 0])
    found = fit(z, y, form="am", ridge=0.0)
    assert parameters(found) == pytest.approx((a, a, c), rel=1e-9)
    assert found.calibrator.n_parameters == 2


def test_no_offset_keeps_one_half(events: Callable[..., Any]) -> None:
    z, y = events(500, curve=curve(0.4, 0.9, 0.3))
    found = fit(z, y, form="ab", ridge=0.0)
    assert found.calibrator.transform(np.zeros((1, 1)))[0, 0] == pytest.approx(0, abs=1e-15)
    below, above = log_p(z[:, 0])
    x = np.column_stack([below + np.log(2), -above - np.log(2)])
    gap = Sigmoid()(found.calibrator.transform(z)) - y
    assert x.T @ gap == pytest.approx(np.zeros((2, 1)), abs=1e-9)


@pytest.mark.parametrize("truth", [(-0.5, 1.5, 0.0), (1.5, -0.5, 0.0), (-0.8, -0.5, 0.2), (-1.0, 0.6, 0.0)])
def test_bounds(events: Callable[..., Any], truth: tuple[float, float, float]) -> None:
    z, y = events(3000, curve=curve(*truth))
    found = fit(z, y, ridge=0.0)
    assert parameters(found) == pytest.approx(tuple(bounded(z[:, 0], y[:, 0])), abs=2e-5)
    assert min(parameters(found)[:2]) == 0.0
    assert "held at 0" in found.record.notes[0]
    held = "a" if found.calibrator.a[0] == 0 else "b"
    assert found.record.parameters[held].low is None
    order = np.sort(z, axis=0)
    assert np.all(np.diff(found.calibrator.transform(order), axis=0) >= 0)


def test_bounds_of_some_labels_leave_the_others(events: Callable[..., Any]) -> None:
    z, y = events(2000, labels=2, curve=lambda z: np.column_stack([curve(-0.5, 1.5, 0)(z[:, 0]), z[:, 1]]))
    both = fit(z, y).calibrator
    for j in range(2):
        alone = fit(z[:, j : j + 1], y[:, j : j + 1]).calibrator
        assert (both.a[j], both.b[j], both.c[j]) == pytest.approx((alone.a[0], alone.b[0], alone.c[0]), rel=1e-9)


def test_a_falling_line_is_held_level(events: Callable[..., Any]) -> None:
    z, y = events(500, curve=lambda z: -z)
    found = fit(z, y, form="am", ridge=0.0)
    rate = y.mean()
    assert parameters(found) == pytest.approx((0, 0, np.log(rate / (1 - rate))), abs=1e-9)


def test_known_parameters_are_recovered(events: Callable[..., Any]) -> None:
    z, y = events(200_000, curve=curve(0.5, 1.2, 0.4))
    found = fit(z, y)
    assert parameters(found) == pytest.approx((0.5, 1.2, 0.4), abs=0.03)
    for name, true in zip("abc", (0.5, 1.2, 0.4), strict=True):
        seen = found.record.parameters[name]
        assert seen.low - 0.01 < true < seen.high + 0.01


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1e-5, 1e5, 1e12, 1e150])
def test_any_magnitude(events: Callable[..., Any], unit: float) -> None:
    z, y = events(300)
    p = Sigmoid()(fit(z * unit, y).calibrator.transform(z * unit))
    assert np.all(np.isfinite(p))
    assert (p.mean() - y.mean()) == pytest.approx(0, abs=1e-3)
    assert np.all(np.diff(p[np.argsort(z[:, 0]), 0]) >= -1e-12)


@pytest.mark.parametrize("z", [0.0, 1e-9, 0.00999, 0.01001, 0.5, 30.0, 800.0, 1e300])
def test_the_curve_has_no_seam(z: float) -> None:
    import mpmath

    one = Beta((0.3,), (0.8,), (0.1,))
    with mpmath.workdps(400 if z < 1e4 else 50):
        for x in (z, -z):
            exact = mpmath.mpf(x)
            log_of = lambda t: -mpmath.log1p(mpmath.exp(-t)) if t > -1e4 else t  # noqa: E731
            known = mpmath.mpf(0.3) * log_of(exact) - mpmath.mpf(0.8) * log_of(-exact) + mpmath.mpf(0.1)
            assert one.transform(np.array([[x]]))[0, 0] == pytest.approx(float(known), rel=1e-13)


def test_infinite_logits() -> None:
    ends = np.array([[np.inf], [-np.inf]])
    assert Beta((0.3,), (0.8,), (0.1,)).transform(ends)[:, 0].tolist() == [np.inf, -np.inf]
    held = Beta((0.0,), (0.8,), (0.1,)).transform(ends)[:, 0]
    assert held[0] == np.inf and held[1] == pytest.approx(0.1, abs=1e-12)


def test_separable_events() -> None:
    z = np.linspace(-3, 3, 40)[:, None]
    y = (z > 0).astype(int)
    assert np.array_equal(fit(z, y).calibrator.transform(z) > 0, y == 1)
    with pytest.raises(CalibrateError) as caught:
        fit(z, y, ridge=0.0)
    assert caught.value.code in ("E302", "E306")


@pytest.mark.parametrize("form", ["abm", "am", "ab"])
@pytest.mark.parametrize("turned", [False, True])
def test_separable_events_have_no_maximum_likelihood(form: str, turned: bool) -> None:
    z = np.random.default_rng(0).normal(0, 2, (60, 1))
    y = ((z > 0) != turned).astype(np.int64)
    with pytest.raises(CalibrateError, match="separable") as caught:
        fit(z, y, form=form, ridge=0.0)
    assert caught.value.code == "E302"
