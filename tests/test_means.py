"""Estimates of means: what is said when errors are few, values infinite or rows one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate import means
from calibrate.collectors import Errors, Infinite, Moments, _moments
from calibrate.intervals import clopper_pearson
from calibrate.results import Estimate


def found(nll: Any, wrong: int, weights: Any = None, runner_up: float | None = None) -> dict[Any, Any]:
    """Sums of a column of losses, the first `wrong` of which are errors."""
    x = np.asarray(nll, dtype=float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    sums: dict[Any, Any] = {
        Moments("nll"): _moments(x, None if weights is None else w),
        Errors("nll"): {"n": wrong, "weight": w[:wrong].sum(), "loss": (w * x)[:wrong].sum()},
        Infinite(): {"rows": int(np.isinf(x).sum())},
    }
    if runner_up is not None:
        sums[Errors("nll", runner_up=True)] = {"n": len(x), "weight": w.sum(), "loss": runner_up * w.sum()}
    return sums


def loss(sums: dict[Any, Any]) -> Estimate:
    return means.loss_estimate(sums, "nll", None, "multiclass", 0.95, "as said")


def test_many_errors_leave_hall_alone() -> None:
    x = [1.0] * 10 + [0.1] * 90
    assert loss(found(x, 10)) == means.mean_estimate(_moments(np.array(x), None), 0.95, "as said")


@pytest.mark.parametrize(
    ("wrong", "cost", "said"),
    [(0, 2.0, "no errors in the sample"), (1, 0.9, "only 1 error in"), (3, 0.9, "only 3 errors in")],
)
def test_few_errors_are_said_and_lift_the_upper_end(wrong: int, cost: float, said: str) -> None:
    x = [cost] * wrong + [0.1 + 0.001 * i for i in range(50 - wrong)]
    estimate = loss(found(x, wrong, runner_up=cost))
    hall = means.mean_estimate(_moments(np.array(x), None), 0.95, "")
    assert estimate.low == hall.low
    assert estimate.high is not None
    assert hall.high is not None
    c = clopper_pearson(wrong / 50, 50, 0.95)[1]
    right = np.mean(x[wrong:])
    assert estimate.high == pytest.approx(max(hall.high, (1 - c) * right + c * cost))
    assert estimate.notes[0].startswith(said)


def test_no_errors_and_nothing_known_of_their_cost() -> None:
    estimate = loss(found([0.1, 0.2, 0.3], 0))
    assert "does not allow" in estimate.notes[0]
    unbounded = loss(found([0.1, 0.2, 0.3], 0, runner_up=np.inf))
    assert (unbounded.low, unbounded.high) == (None, None)
    assert "could cost any amount" in unbounded.reason


@pytest.mark.parametrize(("x", "said"), [([np.inf, 1.0], "1 row gives"), ([np.inf, np.inf, 1.0], "2 rows give")])
def test_infinite_is_infinite_with_the_count(x: list[float], said: str) -> None:
    estimate = loss(found(x, 1))
    assert (estimate.value, estimate.low, estimate.high) == (np.inf, None, None)
    assert said in estimate.reason


@pytest.mark.parametrize(
    ("x", "reason"), [([1.0], "one row has no spread"), ([0.0, 1e200], "values too large for an interval")]
)
def test_no_interval_has_its_reason(x: list[float], reason: str) -> None:
    estimate = means.mean_estimate(_moments(np.array(x), None), 0.95, "")
    assert (estimate.value, estimate.low, estimate.reason) == (np.mean(x), None, reason)


def test_gap_of_rare_errors_is_at_least_clopper_pearson() -> None:
    gap, right = np.full(50, -0.01), np.ones(50)
    estimate = means.gap_estimate(_moments(gap, None), _moments(right, None), 0.95, "")
    assert estimate.high == pytest.approx(0.99 - 0.025 ** (1 / 50))
    assert estimate.low == pytest.approx(-0.01)
    assert estimate.notes


def test_paired_change() -> None:
    before, after = Estimate(2.0, parts=(Estimate(1.0),)), Estimate(1.5, definition="d", parts=(Estimate(0.25),))
    sums = _moments(np.array([-0.4, -0.6, -0.5]), None)
    change = means.mean_change(before, after, sums, 0.95)
    assert change.value == pytest.approx(-0.5)
    assert (change.definition, change.method) == ("d", "paired hall-t")
    assert change.parts[0].value == -0.75
    wide = means.mean_change(before, after, sums, 0.95, penalty=0.01)
    assert wide.method == "paired hall-t, cross-fitted"
    assert wide.low is not None
    assert change.low is not None
    assert wide.low < change.low


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (np.inf, 1.0, "before is infinite"),
        (1.0, np.inf, "after is infinite"),
        (np.inf, np.inf, "before and after is infinite"),
    ],
)
def test_change_of_infinite_values_is_none(before: float, after: float, reason: str) -> None:
    change = means.mean_change(Estimate(before), Estimate(after), _moments(np.array([np.nan, 1.0]), None), 0.95)
    assert (change.value, change.low, change.reason) == (None, None, reason)


def test_frequency_change_without_a_change() -> None:
    change = means.frequency_change(Estimate(0.9), Estimate(0.9), _moments(np.zeros(10), None), 0.95)
    assert (change.value, change.low, change.high, change.notes) == (0.0, 0.0, 0.0, ("no prediction changed",))


@pytest.mark.parametrize("gain", [-3.0, 3.0])
def test_change_with_few_errors_reaches_to_what_more_of_them_would_make_of_it(gain: float) -> None:
    x = np.array([gain] * 2 + [0.01] * 98)
    sums: dict[Any, Any] = {
        Moments("nll"): _moments(x, None),
        Errors("nll"): {"n": 2, "weight": 2.0, "loss": 2 * gain},
    }
    found = means.loss_change(Estimate(1.0), Estimate(0.9), sums, "nll", "multiclass", 0.95, 0.0)
    hall = means.mean_change(Estimate(1.0), Estimate(0.9), sums[Moments("nll")], 0.95)
    c = clopper_pearson(0.02, 100, 0.95)[1]
    bound = (1 - c) * 0.01 + c * gain
    assert hall.low is not None
    assert hall.high is not None
    assert (found.low, found.high) == pytest.approx((min(hall.low, bound), max(hall.high, bound)))
    assert found.notes
    many = {**sums, Errors("nll"): {"n": 10, "weight": 10.0, "loss": 10 * gain}}
    assert means.loss_change(Estimate(1.0), Estimate(0.9), many, "nll", "multiclass", 0.95, 0.0) == hall
