"""Mean prediction minus frequency: what is allowed for where one outcome is rare, or few predictions are wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibrate.collectors import _moments
from calibrate.results import Estimate
from calibrate.uncertainty import gaps, means
from calibrate.uncertainty.intervals import clopper_pearson, hall, mean_of


def test_gap_of_rare_errors_is_at_least_clopper_pearson() -> None:
    gap, right = np.full(50, -0.01), np.ones(50)
    estimate = gaps.gap_estimate(_moments(gap, None), _moments(right, None), 0.95, "")
    assert estimate.high == pytest.approx(0.99 - 0.025 ** (1 / 50))
    assert estimate.low == pytest.approx(-0.01)
    assert estimate.notes


@pytest.mark.parametrize("rare", [9, 10])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_gap_says_what_it_is(rare: int, mirrored: bool) -> None:
    happened = (np.arange(100) < rare) != mirrored
    p = np.where(mirrored, 0.8, 0.2) + 0.001 * (np.arange(100) % 3)
    gap, y = _moments(p - happened, None), _moments(happened.astype(float), None)
    plain = means.mean_estimate(gap, 0.8, "as said")
    found = gaps.gap_estimate(gap, y, 0.8, "as said")
    if rare == 10:
        assert found == plain
        return
    low, high = clopper_pearson(happened.mean(), 100, 0.8)
    assert plain.low is not None and plain.high is not None
    assert found == replace(
        plain, low=pytest.approx(min(plain.low, p.mean() - high)), high=pytest.approx(max(plain.high, p.mean() - low)),
        method="hall-t, few events",
        notes=("one outcome is rare in the sample: the interval allows for what was not seen",),
    )  # fmt: skip


def test_a_gap_without_an_interval_has_none_where_one_outcome_is_rare() -> None:
    one = gaps.gap_estimate(_moments(np.array([0.3]), None), _moments(np.zeros(1), None), 0.95, "as said")
    assert one == Estimate(0.3, definition="as said", reason="one row has no spread")


def test_a_gap_of_exactly_0_is_widened_around_the_prediction() -> None:
    happened = (np.arange(40) < 5).astype(float)
    gap = _moments(np.where(np.arange(40) % 2, 0.25, 0.0) - happened, None)
    found = gaps.gap_estimate(gap, _moments(happened, None), 0.95, "as said")
    low, high = clopper_pearson(0.125, 40, 0.95)
    least, most = hall(mean_of(gap), 0.95) or (0.0, 0.0)
    assert found.value == 0.0
    assert (found.low, found.high) == pytest.approx((min(least, 0.125 - high), max(most, 0.125 - low)))


def both_ways(wrong: int, n: int = 100) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sure predictions of an event, half of them that it comes, the first of which are wrong: gap, events, right."""
    p = np.where(np.arange(n) % 2, 0.95, 0.04) + 0.001 * (np.arange(n) % 3)
    right = (np.arange(n) >= wrong).astype(float)
    happened = np.where(right, p > 0.5, p < 0.5).astype(float)
    return p - happened, happened, right


@pytest.mark.parametrize("wrong", [0, 3, 9, 10, 90, 91])
def test_a_gap_of_sure_predictions_both_ways_allows_for_errors_of_either_kind(wrong: int) -> None:
    gap, happened, right = (_moments(x, None) for x in both_ways(wrong))
    plain = means.mean_estimate(gap, 0.8, "as said")
    assert gaps.gap_estimate(gap, happened, 0.8, "as said") == plain
    found = gaps.gap_estimate(gap, happened, 0.8, "as said", right=right)
    if 10 <= wrong <= 90:
        assert found == plain
        return
    rate = min(wrong, 100 - wrong) / 100
    unseen = clopper_pearson(rate, 100, 0.8)[1] - rate
    assert plain.value is not None and plain.low is not None and plain.high is not None
    assert found == replace(
        plain,
        low=pytest.approx(min(plain.low, plain.value - unseen)),
        high=pytest.approx(max(plain.high, plain.value + unseen)),
        method="hall-t, few errors",
        notes=("few predictions are wrong, or right: the interval allows for what was not seen",),
    )


def test_the_gap_of_one_of_several_labels_is_that_of_the_label() -> None:
    other = np.random.default_rng(0).random((3, 100))
    sums = [_moments(np.column_stack([x, y]), None) for x, y in zip(other, both_ways(2), strict=True)]
    alone = [_moments(x, None) for x in both_ways(2)]
    assert gaps.gap_estimate(*sums[:2], 0.95, "d", 1, sums[2]) == gaps.gap_estimate(
        *alone[:2], 0.95, "d", right=alone[2]
    )


def test_the_gap_of_all_labels_is_as_uncertain_as_what_is_wrong() -> None:
    """40 rows of 4 labels: 2 rows with an error, 3 wrong labels in all; one row more may be wrong in all."""
    wrong = np.zeros((40, 4))
    wrong[0, 0] = wrong[1, 1] = wrong[1, 2] = 1
    gap = 0.01 - 0.25 * wrong.sum(axis=1) + 0.0001 * np.arange(40)
    sums = [_moments(x, None) for x in (gap, 1 - wrong.mean(axis=1), 1.0 - wrong.any(axis=1))]
    found, plain = gaps.gap_of_labels(*sums, 0.95, "d"), means.mean_estimate(sums[0], 0.95, "d")
    unseen = clopper_pearson(0.05, 40, 0.95)[1] * (0.75 + 1) / 3 - 3 / 160
    assert plain.value is not None and plain.low is not None and plain.high is not None
    assert found.low == pytest.approx(min(plain.low, plain.value - unseen))
    assert found.high == pytest.approx(max(plain.high, plain.value + unseen))
    assert (found.method, found.notes[0][:12]) == ("hall-t, few errors"[:18], "few rows hol")


def test_many_rows_with_an_error_leave_the_gap_of_all_labels_alone() -> None:
    wrong = np.arange(40) < 10
    sums = [_moments(x, None) for x in (0.1 - wrong, 1 - wrong / 4, 1.0 - wrong)]
    assert gaps.gap_of_labels(*sums, 0.95, "d") == means.mean_estimate(sums[0], 0.95, "d")
    one = [_moments(np.array([x]), None) for x in (0.1, 1.0, 1.0)]
    assert gaps.gap_of_labels(*one, 0.95, "d") == Estimate(0.1, definition="d", reason="one row has no spread")
