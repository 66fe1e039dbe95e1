"""Means over several labels: what rows that were not seen may make of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from calibrate.collectors import _moments
from calibrate.results import Estimate
from calibrate.uncertainty import labels, means
from calibrate.uncertainty.intervals import clopper_pearson


def right_sums(wrong: np.ndarray, w: np.ndarray | None = None) -> tuple[Any, Any]:
    """Sums of the share of right labels and of rows that are right in all, of wrong labels (n, L)."""
    return _moments(1 - wrong.mean(axis=1), w), _moments(1.0 - wrong.any(axis=1), w)


def some_wrong(rows: int, n: int = 50, n_labels: int = 4) -> np.ndarray:
    wrong = np.zeros((n, n_labels))
    wrong[:rows, 0] = 1
    return wrong


def test_without_an_error_all_labels_of_a_row_may_be_wrong_that_was_not_seen() -> None:
    """The Clopper-Pearson end of the rows, however many labels they have."""
    for n_labels in (1, 4, 100):
        found = labels.accuracy_of_labels(*right_sums(some_wrong(0, 50, n_labels)), 0.95, "d")
        assert (found.value, found.high, found.method) == (1.0, 1.0, "hall-t, few errors")
        assert found.low == pytest.approx(0.025 ** (1 / 50))
        assert found.notes == (labels.NOTE,)


@pytest.mark.parametrize("rows", [1, 4, 9])
def test_rows_that_were_seen_say_how_many_labels_go_wrong_together(rows: int) -> None:
    found = labels.accuracy_of_labels(*right_sums(some_wrong(rows)), 0.8, "d")
    plain = means.mean_estimate(right_sums(some_wrong(rows))[0], 0.8, "d")
    low = 1 - clopper_pearson(rows / 50, 50, 0.8)[1] * (rows / 4 + 1) / (rows + 1)
    assert plain.low is not None
    low = pytest.approx(min(plain.low, low))
    assert found == replace(plain, low=low, method="hall-t, few errors", notes=(labels.NOTE,))


def test_ten_rows_with_an_error_are_not_few() -> None:
    sums = right_sums(some_wrong(10))
    assert labels.unseen_errors(*sums, 0.95) is None
    assert labels.accuracy_of_labels(*sums, 0.95, "d") == means.mean_estimate(sums[0], 0.95, "d")


def test_ten_wrong_labels_in_two_rows_are_few() -> None:
    wrong = np.zeros((50, 5))
    wrong[:2] = 1
    assert labels.unseen_errors(*right_sums(wrong), 0.95) == pytest.approx(clopper_pearson(0.04, 50, 0.95)[1] - 0.04)


def test_weights_are_shares() -> None:
    """One row with an error that weighs 3, others 1 and 3: the row that was not seen has the mean weight."""
    w = np.where(np.arange(50) % 2, 1.0, 3.0)
    rate = 3 / w.sum()
    n = w.sum() ** 2 / (w**2).sum()
    cost = (rate / 4 + 1 / 50) / (rate + 1 / 50)
    for scale in (1.0, 7.0):
        unseen = labels.unseen_errors(*right_sums(some_wrong(1), scale * w), 0.95)
        assert unseen == pytest.approx(clopper_pearson(rate, n, 0.95)[1] * cost - rate / 4)


def test_one_row_says_nothing() -> None:
    found = labels.accuracy_of_labels(*right_sums(some_wrong(0, 1)), 0.95, "d")
    assert found == Estimate(1.0, definition="d", reason="one row has no spread")


SIDES = Estimate(0.9, definition="b"), Estimate(0.9, definition="as said")


def switches(lost: int, gained: int, n_labels: int = 4) -> tuple[Any, dict[str, float]]:
    """100 rows, of which some lost one label and some gained one: sums of the change, and of what switched."""
    x = np.r_[np.full(lost, -1.0), np.full(gained, 1.0), np.zeros(100 - lost - gained)] / n_labels
    kinds = {"lost": (lost, -lost / n_labels), "gained": (gained, gained / n_labels)}
    found = {f"{kind}_{key}": value for kind, (n, loss) in kinds.items()
             for key, value in (("n", n), ("weight", float(n)), ("loss", loss))}  # fmt: skip
    return _moments(x, None), found


def test_no_label_that_changed_is_no_proof_that_none_can() -> None:
    sums, none = switches(0, 0)
    found = labels.accuracy_change(*SIDES, sums, 0.95, 0.0, none)
    reach = 1 - 0.025 ** (1 / 100)
    assert (found.value, found.low, found.high) == (0.0, pytest.approx(-reach), pytest.approx(reach))
    assert (found.definition, found.method, found.notes) == ("as said", "paired hall-t", means.UNSEEN_CHANGES)
    fixed = labels.accuracy_change(*SIDES, sums, 0.95)
    assert (fixed.low, fixed.high, fixed.notes) == (0.0, 0.0, ("no prediction changed",))


@pytest.mark.parametrize("kinds", [(0, 3), (9, 0), (2, 2)])
def test_few_changes_reach_to_what_more_of_them_would_make(kinds: tuple[int, int]) -> None:
    sums, seen = switches(*kinds)
    found, plain = labels.accuracy_change(*SIDES, sums, 0.95, 0.01, seen), means.mean_change(*SIDES, sums, 0.95, 0.01)
    mean, ends = (kinds[1] - kinds[0]) / 400, []
    for k, sign in zip(kinds, (-1, 1), strict=True):
        c = clopper_pearson(k / 100, 100, 0.95)[1]
        rest = (mean - sign * k / 400) / (1 - k / 100)
        ends.append((1 - c) * rest + c * sign * (k / 4 + 1) / (k + 1))
    assert plain.low is not None and plain.high is not None
    assert (found.low, found.high) == pytest.approx((min(plain.low, ends[0]), max(plain.high, ends[1])))
    assert (found.method, found.notes) == ("paired hall-t, cross-fitted", ())


def test_many_changes_of_either_kind_speak_for_themselves() -> None:
    sums, seen = switches(10, 10)
    assert labels.accuracy_change(*SIDES, sums, 0.95, 0.0, seen) == means.mean_change(*SIDES, sums, 0.95)
    assert labels.accuracy_change(*SIDES, sums, 0.95) == means.mean_change(*SIDES, sums, 0.95)
