"""Curves and totals from bin sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from calibrate.uncertainty.curves import class_totals, curve_of, event_curves
from calibrate.uncertainty.intervals import frequency_interval


def sums(weight: float = 1.0) -> dict[str, Any]:
    count = np.array([4.0, 0.0, 10.0])
    w = weight * count
    return {
        "count": count,
        "weight": w,
        "predicted": w * [0.1, 0, 0.9],
        "observed": w * [0.25, 0, 0.8],
        "squares": weight * w,
    }


def test_curve() -> None:
    curve = curve_of(sums(), "cat", 0.95)
    assert (curve.kind, curve.label, curve.count, curve.weight) == ("event", "cat", (4, 0, 10), (4.0, 0.0, 10.0))
    assert curve.lower == pytest.approx((0, 1 / 3, 2 / 3))
    assert curve.upper == pytest.approx((1 / 3, 2 / 3, 1))
    assert curve.predicted == (pytest.approx(0.1), None, pytest.approx(0.9))
    assert curve.observed == (0.25, None, 0.8)
    wilson = stats.binomtest(8, 10).proportion_ci(0.95, "wilson")
    assert (curve.low[2], curve.high[2]) == pytest.approx(tuple(wilson))
    assert (curve.band_low[2], curve.band_high[2]) == pytest.approx(
        tuple(stats.binom.ppf([0.025, 0.975], 10, 0.9) / 10)
    )
    assert [getattr(curve, name)[1] for name in ("low", "high", "band_low", "band_high")] == [None] * 4


def test_weights_are_relative() -> None:
    plain, double = curve_of(sums(), "", 0.95), curve_of(sums(2.0), "", 0.95)
    assert double.weight == (8.0, 0.0, 20.0)
    for name in ("count", "predicted", "observed", "low", "high", "band_low", "band_high"):
        assert getattr(double, name) == pytest.approx(getattr(plain, name))


def test_events_and_totals() -> None:
    table = {key: np.stack([value, value]) for key, value in sums().items()}
    assert [c.label for c in event_curves(table, ("a", "b"), 0.95)] == ["a", "b"]
    total = class_totals(table, ("a", "b"), 0.95)[1]
    assert (total.label, total.weight, total.observed) == ("b", 14.0, 9.0)
    assert total.expected == pytest.approx(9.4)
    assert (total.low, total.high) == pytest.approx(frequency_interval(9 / 14, 14, 0.95))
