"""Collectors: what they sum, with and without weights, and that blocks add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibrate.collectors import (
    Errors,
    EventBins,
    Infinite,
    LabelErrors,
    Moments,
    Paired,
    RawColumn,
    Switches,
    TopBins,
    column,
    edges,
    equal_mass,
    known_bins,
)
from calibrate.errors import CalibrateError
from calibrate.outcomes import EventBins as Bins
from calibrate.outcomes import RowOutcomes
from calibrate.sums import merge

NLL = np.array([0.1, 2.0, 0.3, 0.5])
EVENTS = np.array([[0.9, 0.2], [0.1, 0.6], [0.7, 0.7], [0.4, 0.5]])
LABELS = np.array([[1, 0], [1, 1], [1, 0], [0, 1]])


def outcomes(weights: list[float] | None = None, **more: Any) -> RowOutcomes:
    bins = {5: Bins(*(np.ones((2, 5)) * i for i in range(5)))}
    w = None if weights is None else np.array(weights)
    known = RowOutcomes(
        loss=2 * NLL, nll=NLL, brier=NLL / 2, confidence=np.array([0.9, 0.85, 0.2, 1.0]),
        correct=np.array([1.0, 0.0, 1.0, 1.0]), labels=LABELS, weights=w, events=EVENTS, event_nll=EVENTS + 1,
        event_bins=bins,
    )  # fmt: skip
    return replace(known, **more)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nll", NLL),
        ("brier", NLL / 2),
        ("loss", 2 * NLL),
        ("correct", [1, 0, 1, 1]),
        ("gap", [-0.1, 0.85, -0.8, 0.0]),
        ("event", LABELS),
        ("event_nll", EVENTS + 1),
        ("event_brier", (EVENTS - LABELS) ** 2),
        ("event_gap", EVENTS - LABELS),
        ("event_correct", [[1, 1], [0, 1], [1, 0], [1, 0]]),
    ],
)
def test_columns(name: Any, expected: Any) -> None:
    assert column(outcomes(), name) == pytest.approx(np.asarray(expected, dtype=float))


def test_an_event_alone_is_right_where_the_link_says_so() -> None:
    """A logit of 1e-20 predicts the event, its probability does not show it."""
    one = outcomes(events=np.full((4, 1), 0.5), labels=LABELS[:, :1])
    assert column(one, "event_correct")[:, 0].tolist() == [1, 0, 1, 1]


def test_moments_without_weights() -> None:
    sums = Moments("nll")(outcomes())
    assert [sums[k] for k in ("n", "w1", "w2", "w3", "w4")] == [4] * 5
    assert [sums[k] for k in ("x1", "x22", "x33")] == pytest.approx([(NLL**p).sum() for p in (1, 2, 3)])
    assert sums["x2"] == sums["x3"] == sums["x1"]
    assert sums["x32"] == sums["x22"]


def test_moments_with_weights() -> None:
    w = np.array([1.0, 0.0, 2.0, 0.5])
    sums = Moments("nll")(outcomes(w.tolist(), nll=np.array([0.1, np.inf, 0.3, 0.5])))
    x = np.array([0.1, 0.0, 0.3, 0.5])
    assert sums["n"] == 3
    for p in (1, 2, 3, 4):
        assert sums[f"w{p}"] == pytest.approx((w**p).sum())
    expected = {
        "x1": w * x,
        "x2": w**2 * x,
        "x22": (w * x) ** 2,
        "x3": w**3 * x,
        "x32": w**3 * x**2,
        "x33": (w * x) ** 3,
    }
    assert {key: float(sums[key]) for key in expected} == pytest.approx({k: v.sum() for k, v in expected.items()})


def test_moments_per_label_and_of_rows() -> None:
    assert Moments("event_gap")(outcomes())["x1"] == pytest.approx((EVENTS - LABELS).sum(axis=0))
    assert Moments("event_gap", of_rows=True)(outcomes())["x1"] == pytest.approx((EVENTS - LABELS).mean(axis=1).sum())
    weighted = Moments("event_gap")(outcomes([1, 2, 3, 4]))["x1"]
    assert weighted == pytest.approx((np.arange(1, 5)[:, None] * (EVENTS - LABELS)).sum(axis=0))


def test_differences_are_row_wise() -> None:
    after = outcomes(nll=NLL[::-1].copy())
    assert isinstance(Moments("nll"), Paired)
    sums = Moments("nll").difference(outcomes(), after)
    assert sums["x1"] == pytest.approx(0)
    assert sums["x22"] == pytest.approx(((NLL[::-1] - NLL) ** 2).sum())
    w = [1.0, 2.0, 0.5, 3.0]
    weighted = Moments("nll").difference(outcomes(w), outcomes(w, nll=after.nll))
    assert (weighted["w1"], weighted["x1"]) == (6.5, pytest.approx(np.dot(w, NLL[::-1] - NLL)))


def test_infinite_losses_have_no_difference_and_no_warning() -> None:
    both = outcomes(nll=np.array([np.inf, 0, 0, 0]))
    assert np.isnan(Moments("nll").difference(both, both)["x1"])
    assert Moments("nll")(both)["x1"] == np.inf
    assert Infinite()(both) == {"rows": 1}
    assert Infinite()(outcomes([0, 1, 1, 1], nll=both.nll)) == {"rows": 0}
    assert Infinite()(outcomes([0.5, 1, 1, 1], nll=both.nll)) == {"rows": 1}


def test_errors() -> None:
    assert Errors("nll")(outcomes()) == {"n": 1, "weight": 1.0, "loss": 2.0}
    assert Errors("nll")(outcomes([1, 3, 1, 1])) == {"n": 1, "weight": 3.0, "loss": 6.0}
    assert Errors("nll")(outcomes([1, 0, 1, 1])) == {"n": 0, "weight": 0.0, "loss": 0.0}
    endless = outcomes([1, 0, 1, 1], nll=np.array([0.1, np.inf, 0.3, 0.5]))
    assert Errors("nll")(endless) == {"n": 0, "weight": 0.0, "loss": 0.0}
    assert Errors("nll", runner_up=True)(endless)["doubtful"] == 0.0
    assert Errors("nll", event=True)(outcomes()) == {"n": 1, "weight": 1.0, "loss": 0.5}


def test_errors_of_each_label() -> None:
    """Cells (1, 0), (2, 1) and (3, 1) are wrong: 0.1 against 1, 0.7 against 0, 0.5 against 1."""
    squares = [0.9**2, 0.7**2 + 0.5**2]
    found = LabelErrors(None)(outcomes())
    assert {key: np.asarray(x).tolist() for key, x in found.items()} == {
        "n": [1, 2], "weight": [1, 2], "event_nll": [1.1, 1.7 + 1.5], "event_brier": pytest.approx(squares),
    }  # fmt: skip
    weighted = LabelErrors(None)(outcomes([1, 0, 2, 3], event_nll=np.where(EVENTS == 0.1, np.inf, 1.0)))
    assert {key: np.asarray(x).tolist() for key, x in weighted.items()} == {
        "n": [0, 2], "weight": [0, 5], "event_nll": [0, 5], "event_brier": pytest.approx([0, 2 * 0.49 + 3 * 0.25]),
    }  # fmt: skip
    few = LabelErrors(2)(outcomes())
    assert np.asarray(few["n"]).tolist() == [1, 2]
    for key in ("weight", "event_nll", "event_brier"):
        assert np.asarray(few[key]).tolist() == [np.asarray(found[key])[0], 0.0]


def test_switches_of_rows_go_by_the_mean_over_labels() -> None:
    """Right labels of the rows before: 2, 1, 1, 1; after: 1, 2, 1, 0."""
    after = outcomes(events=np.array([[0.9, 0.8], [0.9, 0.6], [0.2, 0.2], [0.9, 0.2]]), correct=np.zeros(4))
    switches = Switches("event_correct", of_rows=True)
    assert switches.difference(outcomes(), after) == {
        "lost_n": 2, "lost_weight": 2.0, "lost_loss": -1.0, "gained_n": 1, "gained_weight": 1.0, "gained_loss": 0.5,
    }  # fmt: skip
    assert switches.difference(outcomes(), outcomes())["lost_n"] == 0
    rows = Switches("nll").difference(outcomes(), after)
    assert (rows["lost_n"], rows["gained_n"]) == (3, 0)


def test_errors_of_runners_up_know_how_likely_they_were() -> None:
    """Weighted by p = exp(-nll) of what was not predicted; an error that cannot be (p = 0) is no doubt."""
    nll, wrong = np.array([2.0, np.inf, 3.0, 1.0]), np.zeros(4)
    found = Errors("brier", runner_up=True)(outcomes([1, 1, 2, 0], nll=nll, correct=wrong, brier=nll))
    assert found["n"] == 3
    assert found["doubt"] == pytest.approx(np.exp(-2) + 2 * np.exp(-3))
    assert found["doubtful"] == pytest.approx(2 * np.exp(-2) + 6 * np.exp(-3))
    before, after = outcomes(nll=nll, correct=wrong), outcomes(nll=nll / 2, correct=wrong)
    change = Errors("nll", runner_up=True).difference(before, after)
    assert np.isnan(change["loss"])
    assert change["doubtful"] == pytest.approx(-np.exp(-1) - 1.5 * np.exp(-1.5) - 0.5 * np.exp(-0.5))


def test_bins() -> None:
    sums = TopBins(10)(outcomes())
    assert sums["count"].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 2, 1]
    assert sums["predicted"] == pytest.approx([0, 0.2, 0, 0, 0, 0, 0, 0, 1.75, 1.0])
    assert sums["observed"].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 1, 1]
    weighted = TopBins(10)(outcomes([2, 1, 1, 1]))
    assert weighted["weight"].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 3, 1]
    assert weighted["squares"].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 5, 1]
    assert EventBins(5).event_bins == 5
    assert EventBins(5)(outcomes())["squares"].tolist() == [[4] * 5] * 2


@pytest.mark.parametrize("bins", [1, 3, 10, 15, 49])
def test_bins_are_right_closed_at_every_edge(bins: int) -> None:
    at = edges(bins)
    p = np.concatenate([at, np.nextafter(at[1:], 0), np.nextafter(at[:-1], 1)])
    sums = TopBins(bins)(outcomes(confidence=p, correct=np.ones(len(p))))
    expected = np.clip(np.searchsorted(at, p, side="left") - 1, 0, bins - 1)
    assert sums["count"].tolist() == np.bincount(expected, minlength=bins).tolist()


def test_raw_columns_concatenate() -> None:
    merged = merge(RawColumn(False)(outcomes()), RawColumn(False)(outcomes()))
    assert np.concatenate(merged["predicted"]).shape == (8, 1)
    assert np.concatenate(RawColumn(True)(outcomes())["observed"]).tolist() == LABELS.tolist()


@pytest.mark.parametrize("bins", [1, 4, 10])
def test_equal_mass_without_ties_is_a_sorted_split(bins: int) -> None:
    p = np.random.default_rng(0).permutation(np.linspace(0.01, 0.99, 40))
    y = (p > 0.3).astype(float)
    sums = equal_mass(p, y, np.ones(40), bins)
    split = np.array_split(np.sort(p), bins)
    assert sums["count"].tolist() == [len(part) for part in split]
    assert sums["predicted"] == pytest.approx([part.sum() for part in split])


@given(values=st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.9]), min_size=1, max_size=40), bins=st.integers(1, 6))
def test_equal_mass_cuts_at_quantiles(values: list[float], bins: int) -> None:
    p = np.array(values)
    sums = equal_mass(p, np.ones(len(p)), np.ones(len(p)), bins)
    cuts = np.quantile(p, np.arange(1, bins) / bins, method="inverted_cdf") if bins > 1 else np.empty(0)
    expected = np.bincount(np.searchsorted(cuts, p, side="left"), minlength=bins)
    assert sums["count"].tolist() == expected.tolist()


COLLECTORS = [Moments("nll"), Moments("event_brier"), Errors("brier"), Infinite(), TopBins(15), LabelErrors(None)]


@pytest.mark.parametrize("collector", COLLECTORS, ids=str)
@given(cut=st.integers(1, 3), weights=st.none() | st.lists(st.floats(0.1, 9), min_size=4, max_size=4))
def test_blocks_add_up(collector: Any, cut: int, weights: list[float] | None) -> None:
    whole = outcomes(weights)
    columns = ("loss", "nll", "brier", "confidence", "correct", "labels", "weights", "events", "event_nll")
    parts = [
        replace(whole, **{c: None if getattr(whole, c) is None else getattr(whole, c)[part] for c in columns})
        for part in (slice(0, cut), slice(cut, 4))
    ]
    merged = merge(collector(parts[0]), collector(parts[1]))
    for key, value in collector(whole).items():
        assert merged[key] == pytest.approx(value, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("collector", [c for c in COLLECTORS if c != Infinite()], ids=str)
def test_doubled_rows_weigh_two(collector: Any) -> None:
    """The sums that make values: of w, w x and w y."""
    double = merge(collector(outcomes()), collector(outcomes()))
    weighted = collector(outcomes([2.0] * 4))
    for key in {"w1", "x1", "weight", "predicted", "observed", "loss"} & set(weighted):
        assert weighted[key] == pytest.approx(double[key])


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.0, 0.5]])
def test_switches_are_the_rows_that_only_one_side_gets_right(weights: list[float] | None) -> None:
    before = outcomes(weights, correct=np.array([1.0, 1.0, 1.0, 0.0]), nll=np.array([1.0, 2.0, np.inf, 4.0]))
    after = outcomes(weights, correct=np.array([1.0, 0.0, 0.0, 1.0]), nll=np.array([9.0, 2.5, np.inf, 1.0]))
    w = np.ones(4) if weights is None else np.array(weights)
    found = Switches("nll").difference(before, after)
    lost = 0.5 * w[1] + (np.nan if weights is None else 0.0)
    assert found == pytest.approx(
        {"lost_n": 1 + (weights is None), "lost_weight": w[1] + w[2], "lost_loss": lost,
         "gained_n": 1, "gained_weight": w[3], "gained_loss": -3.0 * w[3]}, nan_ok=True,
    )  # fmt: skip
    assert Switches("nll")(after) == {}
    assert set(Switches("nll").difference(before, before)) == set(found)
    assert all(value == 0 for value in Switches("nll").difference(before, before).values())


def test_runners_up_of_a_difference_are_also_summed_side_by_side() -> None:
    w, wrong = [1.0, 2.0, 0.5, 1.0], np.zeros(4)
    before = outcomes(w, correct=wrong, nll=np.array([1.0, 2.0, 3.0, 0.5]), brier=np.array([0.1, 0.2, 0.3, 0.4]))
    after = outcomes(w, correct=wrong, nll=np.array([2.0, 1.0, 3.5, 0.1]), brier=np.array([0.4, 0.2, 0.1, 0.3]))
    collector = Errors("brier", runner_up=True)
    found = collector.difference(before, after)
    for kind, side, sign in (("lost", after, 1.0), ("gained", before, -1.0)):
        alone = collector(side)
        expected = {key: sign * value if key in {"loss", "doubtful"} else value for key, value in alone.items()}
        assert {key: found[f"{kind}_{key}"] for key in alone} == pytest.approx(expected)
    assert found["loss"] == pytest.approx(np.dot(w, after.brier - before.brier))
    assert found["doubtful"] == pytest.approx(np.dot(w * np.exp(-after.nll), after.brier - before.brier))
    assert set(Errors("brier").difference(before, after)) == {"n", "weight", "loss"}


def test_errors_of_a_difference_are_those_before() -> None:
    before = outcomes([1, 2, 3, 4], correct=np.array([0.0, 1.0, 0.0, 1.0]))
    after = outcomes([1, 2, 3, 4], correct=np.array([1.0, 0.0, 0.0, 0.0]), nll=2 * NLL)
    expected = {"n": 2, "weight": 4.0, "loss": pytest.approx(NLL[0] + 3 * NLL[2])}
    assert Errors("nll").difference(before, after) == expected


@pytest.mark.parametrize("bins", [1, 100_000])
def test_numbers_of_bins(bins: int) -> None:
    known_bins("ece", bins)


@pytest.mark.parametrize("bins", [0, -1, 100_001])
def test_numbers_of_bins_that_no_metric_has(bins: int) -> None:
    with pytest.raises(CalibrateError, match=f"ece:bins: found {bins}, expected 1 to 100,000") as caught:
        known_bins("ece", bins)
    assert (caught.value.code, caught.value.hint) == ("E602", "15 are usual")


def test_equal_mass_of_weights_cuts_at_shares_of_the_weight() -> None:
    p, y, w = np.array([0.4, 0.1, 0.3, 0.2]), np.array([1.0, 0.0, 1.0, 0.0]), np.array([1.0, 1.0, 4.0, 2.0])
    sums = equal_mass(p, y, w, 2)
    assert {key: np.asarray(value).tolist() for key, value in sums.items()} == {
        "count": [3.0, 1.0], "weight": [7.0, 1.0], "predicted": [pytest.approx(1.7), 0.4], "observed": [4.0, 1.0],
        "squares": [21.0, 1.0],
    }  # fmt: skip


def test_raw_columns_are_copies_of_what_they_say() -> None:
    known = outcomes([1, 2, 3, 4])
    top, events = RawColumn(False)(known), RawColumn(True)(outcomes())
    assert top["predicted"][0][:, 0].tolist() == known.confidence.tolist()  # type: ignore[union-attr]
    assert top["observed"][0][:, 0].tolist() == known.correct.tolist()
    assert (top["weight"][0].tolist(), events["weight"][0].tolist()) == ([1, 2, 3, 4], [1, 1, 1, 1])
    assert events["predicted"][0].tolist() == EVENTS.tolist()
    assert not any(np.shares_memory(top[key][0], getattr(known, of)) for key, of in (
        ("predicted", "confidence"), ("observed", "correct"), ("weight", "weights")))  # fmt: skip
