"""Differences of intervals alone: MOVER against the textbook, and by simulation against known truth."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest

from calibrate.results import Estimate
from calibrate.uncertainty.differences import added, less_share, scaled, size
from calibrate.uncertainty.intervals import wilson


def of(value: float, low: float, high: float, method: str = "hall-t", **more: float) -> Estimate:
    return Estimate(value, low, high, method=method, **more)  # type: ignore[arg-type]


def test_newcombes_example() -> None:
    # Newcombe 1998, Statistics in Medicine 17:873-890, table II (a): 56/70 against 48/80, method 10.
    a, b = (of(k / n, *wilson(k / n, n, 0.95), method="wilson") for k, n in ((56, 70), (48, 80)))
    found = added(a, scaled(b, -1.0))
    assert (found.low, found.high) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


def test_of_symmetric_intervals_it_is_the_root_of_the_squares() -> None:
    found = added(of(1.0, 0.7, 1.3), scaled(of(0.5, 0.1, 0.9), -1.0))
    assert found.value == 0.5
    assert found.low == pytest.approx(0.5 - sqrt(0.3**2 + 0.4**2))
    assert found.high == pytest.approx(0.5 + sqrt(0.3**2 + 0.4**2))


def test_a_negative_factor_turns_the_ends() -> None:
    found = scaled(of(1.0, 0.5, 2.0), -2.0)
    assert (found.value, found.low, found.high) == (-2.0, -4.0, -1.0)
    assert str(scaled(of(0.0, 0.0, 0.0), -1.0).value) == "0.0"


def test_calibration_errors_by_their_ends() -> None:
    a, b = (of(v, v - 0.01, v + 0.02, "inversion", debiased=v - 0.001) for v in (0.05, 0.03))
    found = added(a, scaled(b, -1.0))
    assert (found.low, found.high, found.debiased) == (pytest.approx(-0.01), pytest.approx(0.05), pytest.approx(0.02))
    assert found.conservative


@pytest.mark.parametrize(
    ("low", "high", "ends"), [(-0.3, -0.1, (0.1, 0.3)), (-0.1, 0.3, (0.0, 0.3)), (0.1, 0.2, (0.1, 0.2))]
)
def test_sizes(low: float, high: float, ends: tuple[float, float]) -> None:
    found = size(of((low + high) / 2, low, high))
    assert (found.low, found.high) == ends


def test_infinite_sides() -> None:
    finite, infinite = of(1.0, 0.5, 2.0), Estimate(inf, reason="infinite: 1 row")
    assert added(infinite, scaled(finite, -1.0)).value == inf
    assert added(finite, scaled(infinite, -1.0)).value == -inf
    assert added(infinite, scaled(infinite, -1.0)).value is None
    assert added(Estimate(None, reason="why"), finite).reason == "why"


def test_a_share_of_the_old_value_is_taken_off() -> None:
    change, old = of(0.1, 0.0, 0.2), of(1.0, 0.9, 1.1)
    assert less_share(change, old, 0.0) is change
    found = less_share(change, old, 0.1)
    assert (found.value, found.low, found.high) == (0.0, pytest.approx(-0.11), pytest.approx(0.11))


@pytest.mark.slow
def test_accuracies_of_independent_samples_are_covered() -> None:
    rng = np.random.default_rng(0)
    for p, q, n, m in ((0.95, 0.9, 200, 1000), (0.99, 0.99, 100, 100), (0.6, 0.7, 50, 200)):
        inside = []
        for _ in range(2000):
            a, b = rng.binomial(n, p) / n, rng.binomial(m, q) / m
            ends = [of(x, *wilson(x, rows, 0.95), method="wilson") for x, rows in ((a, n), (b, m))]
            found = added(ends[0], scaled(ends[1], -1.0))
            assert found.low is not None and found.high is not None
            inside.append(found.low <= p - q <= found.high)
        assert np.mean(inside) >= 0.93
