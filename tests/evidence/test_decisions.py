"""Thresholds: every number against a loop over the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from calibrate.errors import CalibrateError
from calibrate.evidence.decisions import USUAL, cell_of, known_thresholds
from calibrate.evidence.gather import evidence
from calibrate.exhibits import Evidence, Flagged, Thresholds
from calibrate.links.sigmoid import Sigmoid
from calibrate.links.softmax import Softmax
from calibrate.rows import Block, from_arrays
from calibrate.scoring import AFTER, BEFORE, Unchanged
from calibrate.uncertainty.intervals import wilson


@dataclass(frozen=True, eq=False)
class Line:
    """Step: a + b z, a number or one per column."""

    a: Any
    b: float

    def __call__(self, block: Block) -> Block:
        return replace(block, scores=self.a + self.b * block.scores.astype(np.float64))


def events(n: int = 300, columns: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, columns)) * 2
    return z, (rng.random(z.shape) < 1 / (1 + np.exp(-0.3 - z / 2))).astype(np.int64)


def found(z: np.ndarray, y: np.ndarray, w: Any = None, task: Any = "multilabel", **more: Any) -> Evidence:
    steps = {BEFORE: Unchanged(), AFTER: Line(0.2, 0.6)}
    link = Softmax() if task == "multiclass" else Sigmoid()
    return evidence(from_arrays(z, y, w), link, steps, task=task, names=(), **more)


def assert_as_counted(seen: Flagged, p: np.ndarray, y: np.ndarray, w: np.ndarray, t: float) -> None:
    """Values of `seen` against sums over single rows."""
    rows = events = of_events = 0
    weight = right = mean = happened = 0.0
    for p_i, y_i, w_i in zip(p.tolist(), y.tolist(), w.tolist(), strict=True):
        flagged = p_i >= t and w_i > 0
        rows, events, of_events = rows + flagged, events + (flagged and y_i), of_events + bool(y_i and w_i)
        happened += w_i * y_i
        if flagged:
            weight, right, mean = weight + w_i, right + w_i * y_i, mean + w_i * p_i
    assert (seen.rows, seen.events, seen.of_events) == (rows, events, of_events)
    assert seen.share.value == pytest.approx(weight / w.sum(), rel=1e-12)
    for estimate, top, bottom in (
        (seen.expected, mean, weight), (seen.observed, right, weight), (seen.sensitivity, right, happened)
    ):  # fmt: skip
        assert estimate.value == (pytest.approx(top / bottom, rel=1e-12) if bottom else None)
        assert bool(estimate.reason) == (not bottom)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


@pytest.mark.parametrize("weights", ["none", "any", "zeros"])
@pytest.mark.parametrize(("task", "columns"), [("multilabel", 3), ("binary", 1), ("top-label", 1)])
def test_events_against_a_loop(task: Any, columns: int, weights: str) -> None:
    z, y = events(columns=columns)
    rng = np.random.default_rng(1)
    w = {"none": np.ones(300), "any": rng.exponential(size=300), "zeros": rng.integers(0, 3, 300).astype(float)}[
        weights
    ]
    all_events = found(z, y, None if weights == "none" else w, task).thresholds
    assert [len(event.at) for event in all_events] == [len(USUAL)] * columns
    for j, event in enumerate(all_events):
        assert event.kind == ("top-label" if task == "top-label" else "event")
        for t in event.at:
            before, after = sigmoid(z[:, j]), sigmoid(0.2 + 0.6 * z[:, j])
            assert t.after is not None and t.changed is not None
            assert_as_counted(t.before, before, y[:, j], w, t.at)
            assert_as_counted(t.after, after, y[:, j], w, t.at)
            crossed = (before >= t.at) ^ (after >= t.at)
            assert t.changed_rows == np.count_nonzero(crossed & (w > 0))
            assert t.changed.value == pytest.approx(w[crossed].sum() / w.sum(), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("k", [3, 30])
def test_top_label_against_a_loop(k: int) -> None:
    """Of calibrated scores other classes may be right: a row is judged by what was predicted on its own side."""
    rng = np.random.default_rng(k)
    z = rng.normal(size=(250, k)) * 2
    y = np.where(rng.random(250) < 0.6, z.argmax(axis=1), rng.integers(0, k, 250))
    shift = rng.normal(size=k)
    steps = {BEFORE: Unchanged(), AFTER: Line(shift, 0.8), "in-sample": Line(0.0, 1.0)}
    (only,) = evidence(from_arrays(z, y), Softmax(), steps, task="multiclass", names=()).thresholds
    assert (only.kind, only.label) == ("top-label", "")
    for t in only.at:
        assert t.after is not None
        for side, scores in ((t.before, z), (t.after, shift + 0.8 * z)):
            p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            assert_as_counted(side, p.max(axis=1), p.argmax(axis=1) == y, np.ones(250), t.at)


def test_intervals_of_equal_weights_are_the_textbook_ones() -> None:
    z, y = events(columns=1)
    for t in found(z, y, task="binary").thresholds[0].at:
        seen = t.before
        assert (seen.share.low, seen.share.high) == pytest.approx(wilson(seen.rows / 300, 300, 0.95))
        for estimate, n in ((seen.observed, seen.rows), (seen.sensitivity, seen.of_events)):
            exact = stats.binomtest(seen.events, n).proportion_ci(0.95, "exact")
            assert (estimate.low, estimate.high) == pytest.approx((exact.low, exact.high), abs=1e-9)
            assert (estimate.method, estimate.conservative) == ("clopper-pearson", True)
        assert t.changed is not None
        assert (t.changed.low, t.changed.high) == pytest.approx(wilson((t.changed_rows or 0) / 300, 300, 0.95))


def test_unequal_weights_count_for_fewer_rows() -> None:
    z, y = events(columns=1)
    w = np.random.default_rng(0).exponential(size=300)
    plain, weighted, scaled = (found(z, y, weights, "binary").thresholds[0] for weights in (None, w, 8 * w))
    width = [[t.before.observed.high - t.before.observed.low for t in side.at[:5]] for side in (plain, weighted)]  # type: ignore[operator]
    assert np.mean(width[1]) > 1.2 * np.mean(width[0])
    for a, b in zip(weighted.at, scaled.at, strict=True):
        assert (a.before.observed.low, a.before.sensitivity.high) == pytest.approx(
            (b.before.observed.low, b.before.sensitivity.high), rel=1e-9
        )


def test_what_was_read_as_a_threshold_lies_on_it() -> None:
    """0.9 is not 0.9 to the last bit once it has been a logit."""
    p = np.array(USUAL)
    assert cell_of(sigmoid(np.log(p) - np.log1p(-p)), USUAL).tolist() == list(range(1, len(p) + 1))
    assert cell_of(np.array([0.0, 0.1 - 1e-9, 1.0]), USUAL).tolist() == [0, 0, len(USUAL)]
    given = found(np.log(p / (1 - p))[:, None], np.ones((len(p), 1), dtype=int), task="binary").thresholds[0]
    assert [t.before.rows for t in given.at] == list(range(len(p), 0, -1))


def test_certain_predictions() -> None:
    z, y = np.array([[np.inf], [-np.inf], [0.0]]), np.array([[1], [0], [1]])
    (only,) = found(z, y, task="binary", thresholds=(0.0, 0.5, 1.0)).thresholds
    assert [t.before.rows for t in only.at] == [3, 2, 1]
    assert [t.before.expected.value for t in only.at] == pytest.approx([0.5, 0.75, 1.0])
    assert only.at[2].before.observed.high == 1.0


def test_empty_cells_say_why() -> None:
    (only,) = found(np.full((5, 1), -1.0), np.zeros((5, 1), dtype=int), task="binary").thresholds
    high = only.at[-1].before
    assert high.share.value == 0.0
    assert (high.observed.value, high.observed.reason) == (None, "no row is flagged")
    assert high.expected.reason == "no row is flagged"
    assert (high.sensitivity.value, high.sensitivity.reason) == (None, "no row has the event")
    (top,) = found(np.zeros((5, 3)), np.ones(5, dtype=int), task="multiclass").thresholds
    assert top.at[-1].before.observed.reason == "no row is accepted"
    assert top.at[0].before.sensitivity.reason == "no prediction is right"


def test_without_an_after_nothing_changes() -> None:
    z, y = events(20, 1)
    (only,) = evidence(from_arrays(z, y), Sigmoid(), {BEFORE: Unchanged()}, task="binary", names=("n", "y")).thresholds
    assert isinstance(only, Thresholds) and only.label == "y"
    assert all((t.after, t.changed, t.changed_rows) == (None, None, None) for t in only.at)


@pytest.mark.parametrize("wrong", [-0.1, 1.5, float("nan")])
def test_thresholds_lie_between_0_and_1(wrong: float) -> None:
    with pytest.raises(CalibrateError, match="threshold: found") as raised:
        known_thresholds([0.5, wrong])
    assert raised.value.code == "E603"
