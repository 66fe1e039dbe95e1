"""Observed against expected events: by hand, and what has no answer says why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.evidence.gather import LARGEST, evidence
from calibrate.exhibits import EventTotals
from calibrate.links.sigmoid import Sigmoid
from calibrate.links.softmax import Softmax
from calibrate.links.sparsemax import Sparsemax
from calibrate.results import Estimate
from calibrate.rows import from_arrays
from calibrate.scoring import BEFORE, Unchanged
from calibrate.uncertainty.intervals import clopper_pearson, wilson


def totals(z: Any, y: Any, w: Any = None, link: Any = None, names: tuple[str, ...] = ()) -> tuple[EventTotals, ...]:
    z, y = np.asarray(z, dtype=float), np.asarray(y)
    task: Any = "multiclass" if y.ndim == 1 else "binary" if y.shape[1] == 1 else "multilabel"
    link = link or (Softmax() if y.ndim == 1 else Sigmoid())
    return evidence(from_arrays(z, y, w), link, {BEFORE: Unchanged()}, task=task, names=names).totals[BEFORE]


def one(z: list[float], y: list[int], w: Any = None) -> EventTotals:
    return totals(np.array(z)[:, None], np.array(y)[:, None], w)[0]


def test_ratio_by_hand() -> None:
    p = np.array([0.1, 0.2, 0.3, 0.4, 0.5] * 20)
    y = np.array([0, 0, 1, 0, 1] * 20)
    found = one(np.log(p / (1 - p)).tolist(), y.tolist())
    assert (found.rows, found.weight, found.observed) == (100, 100.0, 40.0)
    assert found.expected == pytest.approx(30.0)
    low, high = wilson(0.4, 100, 0.95)
    assert (found.ratio.value, found.ratio.low, found.ratio.high) == pytest.approx((4 / 3, low / 0.3, high / 0.3))
    assert found.ratio.method == "wilson"


@pytest.mark.parametrize("events", [0, 3, 9, 10, 91, 100])
def test_ratio_of_few_events_is_exact(events: int) -> None:
    found = one([0.0] * 100, [1] * events + [0] * (100 - events)).ratio
    few = min(events, 100 - events) < 10
    assert (found.method, found.conservative) == ("clopper-pearson" if few else "wilson", few)
    ends = (clopper_pearson if few else wilson)(events / 100, 100, 0.95)
    assert (found.value, found.low, found.high) == pytest.approx((events / 50, ends[0] * 2, ends[1] * 2))


def test_classes_against_the_rest_by_hand() -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(200, 3)), rng.integers(0, 3, 200)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    found = totals(z, y, names=("a", "b", "c"))
    assert [t.label for t in found] == ["a", "b", "c"]
    for k, total in enumerate(found):
        assert total.observed == np.count_nonzero(y == k)
        assert total.expected == pytest.approx(p[:, k].sum())
        alone = totals(np.log(p[:, [k]] / (1 - p[:, [k]])), (y == k)[:, None].astype(int))[0]
        for name in ("in_the_large", "intercept", "slope"):
            assert getattr(total, name).value == pytest.approx(getattr(alone, name).value, rel=1e-9)
            assert getattr(total, name).low == pytest.approx(getattr(alone, name).low, rel=1e-7)


def test_definitions_tell_both_intercepts_apart() -> None:
    found = one([0.0, 1.0, -1.0, 2.0] * 20, [0, 1, 1, 0] * 20)
    assert len({found.in_the_large.definition, found.intercept.definition, found.slope.definition}) == 3
    assert found.in_the_large.value != pytest.approx(found.intercept.value)


@pytest.mark.parametrize(("z", "y", "alone", "joint"), [
    ([0.0, 1.0, 2.0], [0, 0, 0], "no row has the event", "no row has the event"),
    ([0.0, 1.0, 2.0], [1, 1, 1], "every row has the event", "every row has the event"),
    ([0.5, 0.5, 0.5], [0, 1, 1], "", "all predictions are equal"),
    ([0.5, 0.5 + 1e-15, 0.5 - 1e-15], [0, 1, 1], "", "all predictions are equal"),
    ([0.0, 1.0, 2.0, 3.0], [0, 0, 1, 1], "", "separate the events from the others: the slope is infinite"),
    ([0.0, 1.0, 1.0, 3.0], [0, 0, 1, 1], "", "separate the events from the others: the slope is infinite"),
    ([0.0, 1.0, 2.0, 3.0], [1, 1, 0, 0], "", "the wrong way round: the slope is -infinite"),
    ([0.0], [1], "every row has the event", "every row has the event"),
    ([0.0, 1.0], [0, 1], "", "the slope is infinite"),
    ([np.inf, np.inf], [0, 1], "", "all predictions are equal"),
])  # fmt: skip
def test_what_has_no_answer_says_why(z: list[float], y: list[int], alone: str, joint: str) -> None:
    found = one(z, y)
    for estimate, why in ((found.in_the_large, alone), (found.intercept, joint), (found.slope, joint)):
        assert (estimate.value is None) == bool(why)
        assert why in estimate.reason
        assert all(v is None or np.isfinite(v) for v in (estimate.value, estimate.low, estimate.high))


def test_no_event_is_expected() -> None:
    found = one([-np.inf, -np.inf], [0, 0])
    assert (found.ratio.value, found.ratio.reason) == (None, "no event is expected")


def test_next_to_no_event_is_expected() -> None:
    found = one([-744.0, -744.0], [1, 1]).ratio
    assert (found.value, found.reason) == (None, "next to no event is expected")


def test_predictions_of_0_and_1_are_kept_within_and_counted() -> None:
    z = [np.inf, -np.inf, 40.0, -1.0, 1.0, 0.5, -0.5, 0.0, 2.0, -2.0] * 4
    y = [1, 0, 0, 0, 1, 0, 1, 1, 0, 0] * 4
    found, same = one(z, y), one(np.clip(z, -LARGEST, LARGEST).tolist(), y)
    assert (found.clipped, same.clipped) == (12, 0)
    assert pytest.approx(np.log1p(-1e-12) - np.log(1e-12)) == LARGEST
    assert found.slope.notes[0] == "12 predictions were kept within [1e-12, 1 - 1e-12] for a finite logit"
    assert same.slope.notes == ()
    assert (found.slope.value, found.in_the_large.low) == (same.slope.value, same.in_the_large.low)


def test_classes_of_probability_0() -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(200, 3)) * 2, rng.integers(0, 3, 200)
    found = totals(z, y, link=Sparsemax())
    p = Sparsemax()(z)
    assert [t.clipped for t in found] == ((p < 1e-12) | (p > 1 - 1e-12)).sum(axis=0).tolist()
    assert min(t.clipped for t in found) > 20
    assert all(t.slope.value is not None for t in found)


def test_rare_outcomes_are_said() -> None:
    found = one([0.0, 1.0, 2.0, -1.0] * 10, [1, 0, 0, 0] + [0, 0, 1, 0] + [0] * 32)
    assert found.slope.notes == ("one outcome occurs in 2 rows only: the interval is rough",)


def test_one_row_with_nearly_all_the_weight_has_no_interval() -> None:
    found = one([0.0, 1.0, -1.0, 0.5], [1, 0, 1, 0], np.array([1.0, 1e-12, 1e-12, 1e-12]))
    for estimate in (found.in_the_large, found.intercept, found.slope):
        assert isinstance(estimate, Estimate) and estimate.low is None
        assert estimate.reason
