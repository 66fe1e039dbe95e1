"""Estimates of means: what is said when errors are few, values infinite or rows one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import calibrate
from calibrate.collectors import Errors, Infinite, LabelErrors, Moments, Switches, _moments
from calibrate.results import Estimate
from calibrate.uncertainty import means
from calibrate.uncertainty.intervals import (
    clopper_pearson,
    frequency_interval,
    hall,
    mean_of,
    paired_frequency,
)


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
        sums[Errors("nll", runner_up=True)] = any_row(runner_up, w.sum())
    return sums


def any_row(cost: float, weight: float, doubtful: float | None = None) -> dict[str, float]:
    """Sums of a pass in which every row is an error of this cost (`doubtful`: where there is doubt)."""
    doubt = weight / 4
    return {"n": 1, "weight": weight, "loss": cost * weight, "doubt": doubt,
            "doubtful": doubt * (cost if doubtful is None else doubtful)}  # fmt: skip


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
    x = [0.9] * wrong + [0.1 + 0.001 * i for i in range(50 - wrong)]
    cost = (0.9 * wrong + 5.0) / (wrong + 1)  # of those that were seen and one more, in any row
    estimate = loss(found(x, wrong, runner_up=5.0))
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
    seen = loss(found([0.9, *np.linspace(0.1, 0.2, 49)], 1, runner_up=np.inf))
    assert seen == loss(found([0.9, *np.linspace(0.1, 0.2, 49)], 1))
    unbounded = loss(found([0.1, 0.2, 0.3], 0, runner_up=np.inf))
    assert (unbounded.low, unbounded.high) == (None, None)
    assert "could cost any amount" in unbounded.reason


@pytest.mark.parametrize(("x", "said"), [([np.inf, 1.0], "1 row gives"), ([np.inf, np.inf, 1.0], "2 rows give")])
def test_infinite_is_infinite_with_the_count(x: list[float], said: str) -> None:
    estimate = loss(found(x, 1))
    assert (estimate.value, estimate.low, estimate.high) == (np.inf, None, None)
    assert said in estimate.reason


@pytest.mark.parametrize(
    ("x", "w", "reason"),
    [
        ([1.0], [1.0], "one row has no spread"),
        ([0.0, 1e200], [1.0, 1.0], "values too large for an interval"),
        ([0.0, 1.0], [1.0, 1e-5], "one row has no spread"),
        ([0.0, 1.0], [1.0, 1e-3], "one row has nearly all the weight"),
    ],
)
def test_no_interval_has_its_reason(x: list[float], w: list[float], reason: str) -> None:
    sums = _moments(np.array(x), np.array(w))
    for estimate in (
        means.mean_estimate(sums, 0.95, ""),
        means.mean_change(Estimate(1.0), Estimate(1.0), sums, 0.95, penalty=0.1),
    ):
        assert estimate.value == pytest.approx(np.average(x, weights=w))
        assert (estimate.low, estimate.high, estimate.reason) == (None, None, reason)


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
        (np.inf, np.inf, "before and after are infinite"),
    ],
)
def test_change_of_infinite_values_is_none(before: float, after: float, reason: str) -> None:
    change = means.mean_change(Estimate(before), Estimate(after), _moments(np.array([np.nan, 1.0]), None), 0.95)
    assert (change.value, change.low, change.reason) == (None, None, reason)


def test_frequency_change_without_a_change() -> None:
    change = means.frequency_change(Estimate(0.9), Estimate(0.9), _moments(np.zeros(10), None), 0.95)
    assert (change.value, change.low, change.high, change.notes) == (0.0, 0.0, 0.0, ("no prediction changed",))


@pytest.mark.parametrize("wrong", [0, 2])
@pytest.mark.parametrize("gain", [-3.0, 3.0])
def test_change_with_few_errors_reaches_to_what_more_of_them_would_make_of_it(gain: float, wrong: int) -> None:
    """Without an error all rows move the same way: the sample alone would swear to it."""
    x = np.array([gain] * wrong + [0.01 - 1e-5 * i for i in range(100 - wrong)])
    sums: dict[Any, Any] = {
        Moments("nll"): _moments(x, None),
        Errors("nll"): {"n": wrong, "weight": float(wrong), "loss": wrong * gain},
        Errors("nll", runner_up=True): any_row(2 * gain, 100.0, doubtful=gain / 3),
    }
    found = means.loss_change(Estimate(1.0), Estimate(0.9), sums, "nll", "multiclass", 0.95, 0.0)
    hall = means.mean_change(Estimate(1.0), Estimate(0.9), sums[Moments("nll")], 0.95)
    c = clopper_pearson(wrong / 100, 100, 0.95)[1]
    costs = [(wrong * gain + one) / (wrong + 1) for one in (2 * gain, gain / 3)]
    bounds = [(1 - c) * x[wrong:].mean() + c * cost for cost in costs]
    assert hall.low is not None
    assert hall.high is not None
    assert (found.low, found.high) == pytest.approx((min(hall.low, *bounds), max(hall.high, *bounds)))
    assert found.notes
    many = {**sums, Errors("nll"): {"n": 10, "weight": 10.0, "loss": 10 * gain}}
    assert means.loss_change(Estimate(1.0), Estimate(0.9), many, "nll", "multiclass", 0.95, 0.0) == hall


def switched(lost: int, gained: int, costs: tuple[float, float]) -> dict[Any, Any]:
    """Sums of 100 rows of which some only one side gets right (by 2), and what one more would cost, each way."""
    x = np.array([2.0] * lost + [-2.0] * gained + [0.001 * (i % 7) for i in range(100 - lost - gained)])
    kinds = {"lost": (lost, 2.0 * lost), "gained": (gained, -2.0 * gained)}
    cost = any_row(0.0, 100.0)
    for kind, each in zip(kinds, costs, strict=True):
        cost |= {f"{kind}_{key}": value for key, value in any_row(each, 100.0).items()}
    return {
        Moments("nll"): _moments(x, None),
        Errors("nll"): {"n": 10, "weight": 10.0, "loss": 0.0},
        Errors("nll", runner_up=True): cost,
        Switches("nll"): {
            f"{kind}_{key}": value
            for kind, (n, loss) in kinds.items()
            for key, value in (("n", n), ("weight", float(n)), ("loss", loss))
        },
    }


@pytest.mark.parametrize("kinds", [(0, 0), (2, 0), (0, 3)])
def test_change_allows_for_rows_that_only_one_side_gets_right(kinds: tuple[int, int]) -> None:
    sums = switched(*kinds, (3.0, -3.0))
    found = means.loss_change(Estimate(1.0), Estimate(0.9), sums, "nll", "multiclass", 0.95, 0.0)
    mean = means.mean_of(sums[Moments("nll")]).value
    ends = []
    for k, loss in zip(kinds, (2.0, -2.0), strict=True):
        c = clopper_pearson(k / 100, 100, 0.95)[1]
        rest = (100 * mean - k * loss) / (100 - k)
        ends.append((1 - c) * rest + c * (k * loss + 1.5 * loss) / (k + 1))
    hall = means.mean_change(Estimate(1.0), Estimate(0.9), sums[Moments("nll")], 0.95)
    assert hall.low is not None and hall.high is not None
    assert found.high == pytest.approx(max(hall.high, ends[0]))
    assert found.low == pytest.approx(min(hall.low, ends[1]))


def test_a_row_that_only_one_side_gets_right_may_cost_any_amount() -> None:
    found = means.loss_change(
        Estimate(1.0), Estimate(0.9), switched(0, 0, (np.inf, -1.0)), "nll", "multiclass", 0.95, 0.0
    )
    assert (found.low, found.high) == (None, None)
    assert "any amount" in found.reason


@pytest.mark.parametrize("cost", [None, np.inf, np.nan])
def test_change_without_errors_whose_cost_nobody_knows_has_no_interval(cost: float | None) -> None:
    sums: dict[Any, Any] = {
        Moments("nll"): _moments(np.array([0.1, 0.2, 0.3]), None),
        Errors("nll"): {"n": 0, "weight": 0.0, "loss": 0.0},
    }
    if cost is not None:
        sums[Errors("nll", runner_up=True)] = any_row(cost, 3.0)
    found = means.loss_change(Estimate(1.0), Estimate(1.2), sums, "nll", "multiclass", 0.95, 0.0)
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high, found.method) == (None, None, "")
    assert "any amount" in found.reason


@pytest.mark.parametrize("gap", [1e-3, 1e-5, 1e-7, 1e-9, 1e-12, 1e-15])
def test_the_interval_of_rows_of_nearly_equal_loss_holds_its_value(gap: float) -> None:
    """Two rows that differ by next to nothing: their moments cancel, and no end may pass the mean for that."""
    for scores in ([[0.0, 0.0], [0.0, gap]], [[gap, 0.0], [0.0, 0.0]], [[0.0, 0.0]] * 3 + [[gap, -gap]]):
        result = calibrate.score(
            np.array(scores), np.zeros((len(scores), 2), dtype=int), link="sigmoid", input="logits"
        )
        for key in ("nll", "brier"):
            whole = result.before.metrics[key]
            for estimate in (whole, *whole.parts):
                assert estimate.value is not None and estimate.low is not None and estimate.high is not None
                assert estimate.low <= estimate.value <= estimate.high


PARTS = (Estimate(1.0, definition="a label"), Estimate(np.inf)), (Estimate(0.0, definition="a label"), Estimate(1.0))
PARTS_CHANGE = (
    Estimate(-1.0, definition="a label", reason="the interval is given for the whole only"),
    Estimate(None, reason="not finite on both sides"),
)


def sides(before: float = 2.0, after: float = 1.5) -> tuple[Estimate, Estimate]:
    """Before and after, of two labels."""
    return Estimate(before, definition="b", parts=PARTS[0]), Estimate(after, definition="as said", parts=PARTS[1])


@pytest.mark.parametrize(("level", "penalty"), [(0.8, 0.0), (0.95, 0.01)])
def test_a_change_of_a_mean_says_what_it_is(level: float, penalty: float) -> None:
    sums = _moments(np.array([-0.4, -0.6, -0.7]), None)
    ends = hall(mean_of(sums), level, penalty)
    assert ends is not None
    said = "paired hall-t, cross-fitted" if penalty else "paired hall-t"
    expected = Estimate(pytest.approx(-1.7 / 3), *ends, definition="as said", method=said, parts=PARTS_CHANGE)
    assert means.mean_change(*sides(), sums, level, penalty) == expected


def test_a_change_of_a_mean_without_an_interval_says_what_it_is() -> None:
    one = _moments(np.array([-0.5]), None)
    assert means.mean_change(*sides(), one, 0.95) == Estimate(
        -0.5, definition="as said", reason="one row has no spread", parts=PARTS_CHANGE
    )
    for pair, side in ((sides(np.inf), "before"), (sides(2.0, np.inf), "after")):
        expected = Estimate(None, definition="as said", reason=f"{side} is infinite", parts=PARTS_CHANGE)
        assert means.mean_change(*pair, one, 0.95) == expected


def test_changes_of_labels_come_in_pairs() -> None:
    before, after = sides()
    with pytest.raises(ValueError, match="zip"):
        means.change_parts(before, replace(after, parts=()))
    unknown = Estimate(None, definition="d")
    for pair in ((unknown, Estimate(1.0, definition="d")), (Estimate(1.0), unknown), (Estimate(np.inf), unknown)):
        expected = Estimate(None, definition="d", reason="not finite on both sides")
        assert means.change_parts(*(Estimate(1.0, parts=(one,)) for one in pair)) == (expected,)


@pytest.mark.parametrize(("level", "penalty"), [(0.8, 0.0), (0.95, 0.01)])
@pytest.mark.parametrize("known", [False, True])
def test_a_change_of_a_frequency_says_what_it_is(level: float, penalty: float, known: bool) -> None:
    sums = _moments(np.array([1.0] * 6 + [-1.0] * 2 + [0.0] * 92), np.full(100, 2.0))
    switches = {"lost_weight": 4.0, "gained_weight": 12.0} if known else None
    found = means.frequency_change(*sides(), sums, level, penalty, switches)
    ends = paired_frequency(sums, level, penalty, (0.02, 0.06) if known else None)
    said = "paired agresti-min, cross-fitted" if penalty else "paired agresti-min"
    assert found == Estimate(pytest.approx(0.04), *ends, definition="as said", method=said, parts=PARTS_CHANGE)


def test_changes_of_a_frequency_that_were_not_seen() -> None:
    sums = _moments(np.zeros(10), None)
    nothing = {"lost_weight": 0.0, "gained_weight": 0.0}
    none = means.frequency_change(*sides(), sums, 0.95)
    assert (none.notes, none.method) == (("no prediction changed",), "paired agresti-min")
    assert means.frequency_change(*sides(), sums, 0.95, 0.0, nothing).notes == (
        "none was won or lost in the sample: the interval allows for changes that were not seen",
    )


def test_a_frequency_says_what_it_is() -> None:
    y = np.array([[1.0, 0.0]] * 20 + [[1.0, 1.0]] * 10)
    found = means.frequency_estimate(_moments(y, None), 0.9, "as said", 1)
    assert found == Estimate(
        pytest.approx(1 / 3), *map(pytest.approx, frequency_interval(1 / 3, 30, 0.9)),
        definition="as said", method="wilson",
    )  # fmt: skip


def test_a_mean_and_its_parts_say_what_they_are() -> None:
    x = np.random.default_rng(0).exponential(size=(20, 2))
    each = means.mean_parts(_moments(x, None), 0.8, "as said")
    for j, part in enumerate(each):
        sums = _moments(x[:, j], None)
        ends = hall(mean_of(sums), 0.8)
        assert ends is not None
        assert part == Estimate(pytest.approx(x[:, j].mean()), *map(pytest.approx, ends), definition="as said",
                                method="hall-t")  # fmt: skip
        assert part == means.mean_estimate(_moments(x, None), 0.8, "as said", j)
    one = means.mean_estimate(_moments(x[:1, 0], None), 0.8, "as said")
    assert one == Estimate(x[0, 0], definition="as said", reason="one row has no spread")
    infinite = means.mean_estimate(_moments(np.array([np.inf, 1.0]), None), 0.8, "as said")
    assert infinite == Estimate(np.inf, definition="as said", reason="infinite")


@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel", "top-label"])
def test_what_a_loss_needs(task: Any) -> None:
    found = means.loss_collectors("nll", "event_nll", task)
    top = task == "top-label"
    expected = {Moments("nll"), Errors("nll", event=top), Infinite()}
    expected |= set() if top else {Switches("nll")}
    expected |= {Moments("event_nll"), LabelErrors(10)} if task == "multilabel" else set()
    assert len(found) == len(set(found)) and set(found) == expected


def label_errors(*wrong: int, loss: float = 0.0) -> dict[str, Any]:
    """Sums of labels that are so often wrong, each time at this loss."""
    n = np.array(wrong)
    return {"n": n, "weight": n.astype(float), "event_nll": n * loss, "event_brier": n * 0.0}


def test_a_label_with_few_errors_is_lifted_like_a_loss_of_its_own() -> None:
    """Of two labels the first is wrong twice, the second often; an error that was not seen costs 5."""
    x = np.column_stack([np.r_[0.9, 0.9, 0.1 + 0.001 * np.arange(48)], np.linspace(0.1, 2.0, 50)])
    unseen = {"n": np.array([50, 0]), "weight": np.array([50.0, 0]), "event_nll": np.array([250.0, 0])}
    sums: dict[Any, Any] = {
        **found(x.sum(axis=1), 12),
        Moments("event_nll"): _moments(x, None),
        LabelErrors(10): label_errors(2, 20, loss=0.9),
        LabelErrors(None): unseen,
    }
    few, many = means.loss_estimate(sums, "nll", "event_nll", "multilabel", 0.95, "d").parts
    alone = loss(found(x[:, 0], 2, runner_up=5.0))
    assert alone.high is not None
    assert few == replace(
        alone, low=pytest.approx(alone.low), high=pytest.approx(alone.high), definition="one label of: d"
    )
    assert many == means.mean_estimate(_moments(x, None), 0.95, "one label of: d", 1)
    without = {key: value for key, value in sums.items() if key != LabelErrors(None)}
    alone = loss(found(x[:, 0], 2))
    assert alone.high is not None
    assert means.loss_estimate(without, "nll", "event_nll", "multilabel", 0.95, "d").parts[0] == replace(
        alone, low=pytest.approx(alone.low), high=pytest.approx(alone.high), definition="one label of: d"
    )


def test_a_loss_of_labels_has_that_of_each() -> None:
    x = np.random.default_rng(0).exponential(size=(30, 2))
    sums = {**found(x.sum(axis=1), 12), Moments("event_nll"): _moments(x, None), LabelErrors(10): label_errors(12, 10)}
    estimate = means.loss_estimate(sums, "nll", "event_nll", "multilabel", 0.8, "as said")
    whole = means.mean_estimate(_moments(x.sum(axis=1), None), 0.8, "as said")
    parts = means.mean_parts(_moments(x, None), 0.8, "one label of: as said")
    assert estimate == replace(whole, parts=parts)
    for column, task in ((None, "multilabel"), ("event_nll", "multiclass")):
        assert means.loss_estimate(sums, "nll", column, task, 0.8, "as said") == whole  # type: ignore[arg-type]


def test_a_loss_with_few_errors_says_what_it_is() -> None:
    x = [0.9, 0.9, *(0.1 + 0.001 * i for i in range(48))]
    sums = found(x, 2, runner_up=5.0)
    hall_t = means.mean_estimate(_moments(np.array(x), None), 0.95, "as said")
    note = "only 2 errors in the sample: the upper end allows for errors that were not seen"
    estimate = loss(sums)
    assert estimate == replace(hall_t, high=estimate.high, method="hall-t, few errors", notes=(note,))
    assert loss(found(x[2:], 0)).notes == ("no errors in the sample: the upper end does not allow for any",)
    nobody = loss(found(x[2:], 0, runner_up=np.inf))
    reason = "no errors in the sample, and one could cost any amount"
    assert nobody == replace(loss(found(x[2:], 0)), low=None, high=None, reason=reason, notes=())
    top = {**sums, Errors("nll", event=True): sums.pop(Errors("nll"))}
    assert means.loss_estimate(top, "nll", None, "top-label", 0.95, "as said").method == "hall-t, few errors"


@pytest.mark.parametrize("errors", [9, 10])
def test_ten_errors_are_not_few(errors: int) -> None:
    few = "few errors" in loss(found([1.0] * errors + [0.1] * 90, errors, runner_up=5.0)).method
    assert few == (errors < 10)


def test_weights_of_errors_are_shares() -> None:
    """Half the rows at twice the weight: the cost of one more is that of a row of mean weight."""
    w = np.where(np.arange(50) % 2, 1.0, 3.0)
    x = np.array([0.9] + [0.1 + 0.001 * i for i in range(49)])
    estimate = loss(found(x, 1, weights=w, runner_up=5.0))
    mean, weight = np.average(x, weights=w), w.sum()
    one = weight / 50
    n = weight**2 / np.square(w).sum()
    c = clopper_pearson(3.0 / weight, n, 0.95)[1]
    right = (mean - 2.7 / weight) / (1 - 3 / weight)
    assert estimate.high == pytest.approx((1 - c) * right + c * (2.7 + one * 5.0) / (3.0 + one))


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_a_change_with_few_errors_says_what_it_is(wrong: int) -> None:
    x = np.array([0.5] * wrong + [0.01 * (i % 5) for i in range(100 - wrong)])
    sums: dict[Any, Any] = {
        Moments("nll"): _moments(x, None),
        Errors("nll"): {"n": wrong, "weight": float(wrong), "loss": 0.5 * wrong},
        Errors("nll", runner_up=True): any_row(1.0, 100.0),
    }
    few = means.loss_change(*sides(), sums, "nll", "multiclass", 0.8, 0.01)
    plain = means.mean_change(*sides(), sums[Moments("nll")], 0.8, 0.01)
    said = ("no errors", "only 1 error", "only 2 errors")[wrong]
    note = f"{said} in the sample: the interval allows for errors that were not seen"
    method = "paired hall-t, cross-fitted, few errors"
    assert few == replace(plain, low=few.low, high=few.high, method=method, notes=(note,))
    many = {**sums, Errors("nll"): {"n": 10, "weight": 10.0, "loss": 5.0}}
    assert means.loss_change(*sides(), many, "nll", "multiclass", 0.8, 0.01) == plain
    top = {**many, Errors("nll", event=True): many.pop(Errors("nll"))}
    assert means.loss_change(*sides(), top, "nll", "top-label", 0.8, 0.01) == plain
    nobody = {key: value for key, value in sums.items() if key != Errors("nll", runner_up=True)}
    if not wrong:
        reason = "no errors in the sample, and one could change it by any amount"
        expected = replace(plain, low=None, high=None, method="", reason=reason)
        assert means.loss_change(*sides(), nobody, "nll", "multiclass", 0.8, 0.01) == expected


def test_what_switches_would_cost_must_be_known() -> None:
    sums = switched(0, 0, (3.0, -3.0))
    plain = means.mean_change(*sides(), sums[Moments("nll")], 0.95)
    assert means.loss_change(*sides(), sums, "nll", "multiclass", 0.95, 0.0) != plain
    for key in (Switches("nll"), Errors("nll", runner_up=True)):
        less = {k: value for k, value in sums.items() if k != key}
        assert means.loss_change(*sides(), less, "nll", "multiclass", 0.95, 0.0) == plain
    unbounded = means.loss_change(*sides(), switched(0, 0, (np.inf, -1.0)), "nll", "multiclass", 0.95, 0.0)
    reason = "no row in the sample that only one side gets right, and one could change it by any amount"
    assert unbounded == replace(plain, low=None, high=None, method="", reason=reason)


@pytest.mark.parametrize("n", [9, 10])
def test_ten_switches_are_not_few(n: int) -> None:
    sums = switched(n, n, (300.0, -300.0))
    plain = means.mean_change(*sides(), sums[Moments("nll")], 0.95)
    assert (means.loss_change(*sides(), sums, "nll", "multiclass", 0.95, 0.0) == plain) == (n == 10)


def test_a_change_of_errors_that_nobody_doubts_costs_what_any_row_does() -> None:
    x = np.linspace(0.0, 0.01, 100)
    sums: dict[Any, Any] = {
        Moments("nll"): _moments(x, None),
        Errors("nll"): {"n": 0, "weight": 0.0, "loss": 0.0},
        Errors("nll", runner_up=True): {**any_row(2.0, 100.0), "doubt": 0.0, "doubtful": 0.0},
    }
    c = 1 - 0.025 ** (1 / 100)
    estimate = means.loss_change(*sides(), sums, "nll", "multiclass", 0.95, 0.0)
    assert estimate.high == pytest.approx((1 - c) * x.mean() + c * 2.0)


def test_an_infinite_loss_whose_rows_were_not_counted_says_no_number() -> None:
    sums = found([np.inf, 1.0], 1)
    del sums[Infinite()]
    estimate = loss(sums)
    assert (estimate.value, estimate.low, estimate.high, estimate.reason) == (np.inf, None, None, "infinite")


def test_what_only_doubted_rows_cost_is_allowed_for_beside_errors_that_were_seen() -> None:
    """Two errors that cost nothing under either model; one more in a doubted row would cost 4."""
    sums: dict[Any, Any] = {
        Moments("nll"): _moments(np.array([0.0] * 2 + [0.001 * (i % 7) for i in range(98)]), None),
        Errors("nll"): {"n": 2, "weight": 2.0, "loss": 0.0},
        Errors("nll", runner_up=True): any_row(1.0, 100.0, doubtful=4.0),
    }
    c = clopper_pearson(0.02, 100, 0.95)[1]
    right = sum(0.001 * (i % 7) for i in range(98)) / 98
    found = means.loss_change(*sides(), sums, "nll", "multiclass", 0.95, 0.0)
    assert found.high == pytest.approx((1 - c) * right + c * 4.0)


def test_rows_that_no_side_can_lose_cost_nothing() -> None:
    """Nobody's runner-up is what the other model predicts."""
    some, none = switched(0, 0, (0.0, -3.0)), switched(0, 0, (0.0, -3.0))
    none[Errors("nll", runner_up=True)] |= {"lost_weight": 0.0, "lost_doubt": 0.0}
    found, expected = (means.loss_change(*sides(), s, "nll", "multiclass", 0.95, 0.0) for s in (none, some))
    assert found == expected


def test_a_label_that_was_at_0_changes_by_all_it_has_now() -> None:
    parts = means.change_parts(
        Estimate(1.0, parts=(Estimate(0.0), Estimate(0.5))), Estimate(1.0, parts=(Estimate(0.25), Estimate(0.0)))
    )
    assert [part.value for part in parts] == [0.25, -0.5]
