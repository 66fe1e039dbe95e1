"""One pass, many metrics: variants, changes, curves, and the pass for what an error would cost."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from calibrate import registry
from calibrate.collectors import Errors, Moments, TopBins
from calibrate.links.sigmoid import Sigmoid
from calibrate.links.softmax import Softmax
from calibrate.protocols import Metric
from calibrate.rows import Block, Rows, from_arrays, serial
from calibrate.scoring import AFTER, BEFORE, IN_SAMPLE, Opposite, RunnerUp, Scored, Unchanged, measure
from calibrate.sums import merge
from calibrate.uncertainty.intervals import hall, mean_of

METRICS: dict[str, Metric] = {name: registry.make("metrics", name) for name in ("nll", "brier", "accuracy", "ece")}

CLASSWISE: dict[str, Metric] = {"classwise_ece": registry.make("metrics", "classwise_ece")}


@dataclass(frozen=True)
class Divided:
    """Step: scores over T."""

    by: float
    keeps_top: bool = True

    def __call__(self, block: Block) -> Block:
        return replace(block, scores=block.scores / self.by)


@dataclass
class Passes:
    """An executor that counts."""

    made: int = 0

    def __call__(self, collect: Any, loads: Any) -> Any:
        self.made += 1
        return serial(collect, loads)


def data(n: int = 400, k: int = 3, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, k)) * 2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return 2 * z, np.minimum((p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1), k - 1)


def rows(**more: Any) -> Rows:
    return from_arrays(*data(), **more)


def test_variants_are_scored_in_one_pass() -> None:
    passes = Passes()
    steps = {BEFORE: Unchanged(), AFTER: Divided(2.0), IN_SAMPLE: Divided(2.1)}
    found = measure(
        rows(execute=passes, rows_per_block=90), Softmax(), steps, METRICS, task="multiclass", classes="abc"
    )
    assert passes.made == 1
    assert (found.n, found.weight, set(found.variants)) == (400, 400.0, {BEFORE, AFTER})
    alone = measure(
        rows().map(Divided(2.0)), Softmax(), {BEFORE: Unchanged()}, METRICS, task="multiclass", classes="abc"
    )
    for name, estimate in alone.variants[BEFORE].metrics.items():
        other = found.variants[AFTER].metrics[name]
        assert (other.value, other.low, other.high) == pytest.approx((estimate.value, estimate.low, estimate.high))
    assert found.change is not None
    assert found.change["nll"].value == pytest.approx(
        (found.variants[AFTER].metrics["nll"].value or 0) - (found.variants[BEFORE].metrics["nll"].value or 0)
    )


def test_change_is_paired_by_rows() -> None:
    z, y = data()
    steps = {BEFORE: Unchanged(), AFTER: Divided(2.0)}
    found = measure(from_arrays(z, y), Softmax(), steps, METRICS, task="multiclass", classes="abc").change
    link = Softmax()
    difference = link.loss(z / 2, y) - link.loss(z, y)
    expected = hall(mean_of(Moments("nll").difference(*_pair(z, y))), 0.95)
    assert found is not None
    assert found["nll"].value == pytest.approx(difference.mean())
    assert (found["nll"].low, found["nll"].high) == pytest.approx(expected)
    assert found["accuracy"].notes == ("no prediction changed",)


def test_a_change_of_predictions_that_was_not_seen_is_allowed_for() -> None:
    """Of a step that may change predictions the same data say less than of one that never does."""
    z, y = data()
    free, fixed = (
        measure(from_arrays(z, y), Softmax(), {BEFORE: Unchanged(), AFTER: Divided(0.99, keeps)}, METRICS,
                task="multiclass", classes="abc").change
        for keeps in (False, True)
    )  # fmt: skip
    assert free is not None and fixed is not None
    for name in ("nll", "accuracy"):
        one, other = free[name], fixed[name]
        assert one.value == other.value
        assert one.low is not None and other.low is not None and one.high is not None and other.high is not None
        assert one.low <= other.low and one.high > other.high
    assert "not seen" in free["accuracy"].notes[0]


def _pair(z: np.ndarray, y: np.ndarray) -> tuple[Any, Any]:
    link = Softmax()
    return link.outcomes(Block(0, z, y)), link.outcomes(Block(0, z / 2, y))


@pytest.mark.parametrize("p", [1, 4])
def test_cross_fitting_widens_the_change(p: int) -> None:
    plain, crossed = (
        measure(rows(), Softmax(), steps, METRICS, task="multiclass", classes="abc", n_parameters=p).change
        for steps in (
            {BEFORE: Unchanged(), AFTER: Divided(2.0)},
            {BEFORE: Unchanged(), AFTER: Divided(2.0), IN_SAMPLE: Divided(1.7)},
        )
    )
    inside = measure(
        rows(), Softmax(), {AFTER: Divided(1.7), BEFORE: Divided(2.0)}, METRICS, task="multiclass", classes=""
    )
    assert plain is not None
    assert crossed is not None
    assert inside.change is not None
    z, y = data()
    mean = mean_of(Moments("nll").difference(*_pair(z, y)))
    ends = hall(mean, 0.95, penalty=(inside.change["nll"].value or 0.0) ** 2 / p)
    assert crossed["nll"].value == plain["nll"].value
    assert (crossed["nll"].low, crossed["nll"].high) == pytest.approx(ends, rel=1e-6)
    assert crossed["nll"].method == "paired hall-t, cross-fitted"


def test_without_errors_a_second_pass_learns_what_one_would_cost() -> None:
    passes = Passes()
    z = np.array([[3.0, 1.0, 0.0], [0.0, 2.0, 1.0]] * 20)
    found = measure(
        from_arrays(z, z.argmax(axis=1), execute=passes), Softmax(), {BEFORE: Unchanged()}, METRICS, task="multiclass",
        classes="abc",
    )  # fmt: skip
    assert passes.made == 2
    c = 1 - 0.025 ** (1 / 40)
    link = Softmax()
    right, wrong = link.loss(z, z.argmax(axis=1)).mean(), link.loss(z, np.argsort(z)[:, -2]).mean()
    nll = found.variants[BEFORE].metrics["nll"]
    assert nll.high == pytest.approx((1 - c) * right + c * wrong)
    assert nll.method == "hall-t, few errors"


@pytest.mark.parametrize(
    ("task", "scores", "labels", "expected"),
    [
        ("multiclass", [[3.0, 1.0, 2.0], [1.0, 1.0, 0.0]], [0, 0], None),
        ("binary", [[2.0], [-3.0]], [[1], [0]], [[0], [1]]),
        ("multilabel", [[2.0, -0.5, 3.0], [-1.0, 4.0, 5.0]], [[1, 0, 1], [0, 1, 1]], [[1, 1, 1], [1, 1, 1]]),
        ("top-label", [[2.0], [-3.0]], [[1], [1]], [[0], [0]]),
    ],
)
def test_runner_up(task: Any, scores: Any, labels: Any, expected: Any) -> None:
    block = RunnerUp(Unchanged(), task)(Block(0, np.array(scores), np.array(labels)))
    assert block.labels is not None
    if expected is None:
        assert block.labels[0] == 2
        assert block.labels[1] in {0, 1}
    else:
        assert block.labels.tolist() == expected


def test_the_opposite_of_some_labels_is_what_is_not_predicted() -> None:
    z, y = np.array([[2.0, -0.5, 3.0], [-1.0, 4.0, 0.0]]), np.array([[1, 0, 1], [1, 1, 1]], dtype=np.int8)
    block = Opposite(Divided(0.5), (0, 2))(Block(0, z, y, np.array([1.0, 2.0])))
    assert block.scores.tolist() == [[4.0, 6.0], [-2.0, 0.0]]
    assert block.labels is not None and block.labels.dtype == np.int8
    assert block.labels.tolist() == [[0, 0], [1, 1]]
    assert Sigmoid().outcomes(block).correct.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("wrong", "made"), [((10, 12, 14), 1), ((14, 9, 10), 2), ((10, 10, 0), 2)])
def test_labels_with_few_errors_take_one_more_pass(wrong: tuple[int, ...], made: int) -> None:
    """As each label alone would, under either variant; blocks of 7 rows, so that none holds ten errors."""
    z = data(60)[0]
    y = (z > 0).astype(int)
    for j, k in enumerate(wrong):
        y[:k, j] = 1 - y[:k, j]
    passes, steps = Passes(), {BEFORE: Unchanged(), AFTER: Divided(2.0)}
    rows_of = from_arrays(z, y, execute=passes, rows_per_block=7)
    found = measure(rows_of, Sigmoid(), steps, METRICS, task="multilabel", classes="abc")
    assert passes.made == made
    for side in (BEFORE, AFTER):
        for name in ("nll", "brier"):
            for j, part in enumerate(found.variants[side].metrics[name].parts):
                alone = measure(
                    from_arrays(z[:, [j]], y[:, [j]]), Sigmoid(), steps, METRICS, task="binary", classes="ab"
                )
                expected = alone.variants[side].metrics[name]
                assert (part.low, part.high) == pytest.approx((expected.low, expected.high), rel=1e-9)
                assert (part.method, part.notes) == (expected.method, expected.notes)
                assert bool(part.notes) == (wrong[j] < 10)


def test_few_errors_take_one_more_pass_and_many_none() -> None:
    z, _ = data(400)
    for wrong, made in ((9, 2), (10, 1)):
        passes = Passes()
        labels = z.argmax(axis=1)
        labels[:wrong] = z[:wrong].argmin(axis=1)
        steps = {BEFORE: Unchanged(), AFTER: Divided(2.0)}
        found = measure(
            from_arrays(z, labels, execute=passes), Softmax(), steps, METRICS, task="multiclass", classes="abc"
        )
        assert passes.made == made
        assert found.change is not None
        assert bool(found.change["nll"].notes) == (wrong < 10)


@pytest.mark.parametrize("by", [0.5, 2.0])
def test_a_sample_without_errors_does_not_judge_a_temperature(by: float) -> None:
    """Every row that is right gains by a low T and loses by a high one; what errors gain or lose nobody has seen."""
    z = 5 * data(60)[0]
    steps = {BEFORE: Unchanged(), AFTER: Divided(by)}
    found = measure(from_arrays(z, z.argmax(axis=1)), Softmax(), steps, METRICS, task="multiclass", classes="abc")
    assert found.change is not None
    for name in ("nll", "brier"):
        change = found.change[name]
        assert change.low < 0 < change.high
        assert change.notes[0].startswith("no errors")


def test_rows_without_any_weight_are_nothing_to_measure() -> None:
    z, y = data(6)
    steps = {BEFORE: Unchanged(), AFTER: Divided(2.0)}
    found = measure(from_arrays(z, y, np.zeros(6)), Softmax(), steps, METRICS, task="multiclass", classes="abc")
    assert (found.n, found.weight) == (6, 0.0)
    assert found.change is not None
    for estimate in (*found.variants[BEFORE].metrics.values(), *found.change.values()):
        assert (estimate.value, estimate.reason) == (None, "no row of positive weight")


def test_ties_at_the_top_still_cost_an_error() -> None:
    """Of two classes with the largest score the lowest index is predicted: the other one is the runner-up."""
    z = np.array([[1.0, 1.0, 0.0], [0.0, -np.inf, -np.inf]])
    block = RunnerUp(Unchanged(), "multiclass")(Block(0, z, np.zeros(2, dtype=int)))
    assert Softmax().outcomes(block).correct.tolist() == [0.0, 0.0]


def test_curves_and_totals_of_classes() -> None:
    found = measure(
        rows(), Softmax(), {BEFORE: Unchanged()}, CLASSWISE, task="multiclass", classes=("cat", "dog", "fox")
    )
    variant = found.variants[BEFORE]
    assert [(c.kind, c.label) for c in variant.curves] == [
        ("top-label", ""), ("event", "cat"), ("event", "dog"), ("event", "fox")]  # fmt: skip
    assert all(sum(c.count) == 400 for c in variant.curves)
    assert [t.label for t in variant.totals] == ["cat", "dog", "fox"]
    assert sum(t.observed for t in variant.totals) == 400
    assert sum(t.expected for t in variant.totals) == pytest.approx(400)
    assert [t.observed for t in variant.totals] == np.bincount(data()[1]).tolist()


@pytest.mark.parametrize(("k", "curves"), [(20, 21), (21, 1)])
def test_many_classes_have_the_top_label_curve_alone(k: int, curves: int) -> None:
    z, y = data(60, k)
    found = measure(from_arrays(z, y), Softmax(), {BEFORE: Unchanged()}, CLASSWISE, task="multiclass", classes=())
    assert len(found.variants[BEFORE].curves) == curves
    assert len(found.variants[BEFORE].totals) == k


def test_classes_are_binned_only_for_those_who_ask() -> None:
    found = measure(rows(), Softmax(), {BEFORE: Unchanged()}, METRICS, task="multiclass", classes="abc")
    assert [c.kind for c in found.variants[BEFORE].curves] == ["top-label"]
    assert found.variants[BEFORE].totals == ()


@pytest.mark.parametrize(
    ("task", "classes", "columns", "expected"),
    [
        ("binary", ("no", "yes"), 1, [("event", "yes")]),
        ("binary", (), 1, [("event", "0")]),
        ("multilabel", ("a", "b"), 2, [("event", "a"), ("event", "b")]),
        ("top-label", ("cat", "dog"), 1, [("top-label", "")]),
    ],
)
def test_curves_of_events(task: Any, classes: Any, columns: int, expected: Any) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(50, columns))
    source = from_arrays(z, (rng.random((50, columns)) < 0.5).astype(int))
    found = measure(source, Sigmoid(), {BEFORE: Unchanged()}, {}, task=task, classes=classes).variants[BEFORE]
    assert [(c.kind, c.label) for c in found.curves] == expected
    assert len(found.totals) == columns


def test_equal_collectors_run_once() -> None:
    seen = Scored(Softmax(), ((BEFORE, Unchanged()),), (Moments("nll"), TopBins(15)))
    sums = seen(Block(0, *data()))
    assert {key.split("|")[1] for key in sums} == {"0", "1"}
    assert set(seen.found(sums, BEFORE)) == {Moments("nll"), TopBins(15)}
    assert seen.found(sums, AFTER) == {}


def test_what_is_collected_can_be_shipped() -> None:
    scored = Scored(Softmax(), ((BEFORE, Unchanged()), (AFTER, Divided(2.0))), (Moments("nll"), Errors("nll")))
    block = Block(0, *data())
    there = pickle.loads(pickle.dumps(scored))(block)
    assert there.keys() == scored(block).keys()
    assert all(np.array_equal(there[key], value) for key, value in scored(block).items())
    assert merge(there, there)["before|0|n"] == 800


def test_level_reaches_all_metrics() -> None:
    narrow, wide = (
        measure(rows(), Softmax(), {BEFORE: Unchanged()}, METRICS, task="multiclass", classes="abc", level=level)
        for level in (0.5, 0.99)
    )
    for name in METRICS:
        a, b = (m.variants[BEFORE].metrics[name] for m in (narrow, wide))
        assert (a.high or 0) - (a.low or 0) < (b.high or 0) - (b.low or 0)
    assert narrow.variants[BEFORE].curves[0].low != wide.variants[BEFORE].curves[0].low


def test_weight_of_weighted_rows() -> None:
    z, y = data(4)
    found = measure(from_arrays(z, y, np.array([1.0, 2.0, 0.0, 0.5])), Softmax(), {BEFORE: Unchanged()}, METRICS,
                    task="multiclass", classes="abc")  # fmt: skip
    assert (found.n, found.weight) == (4, 3.5)
