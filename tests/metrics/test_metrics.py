"""Laws that every metric obeys, on every task it knows."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibrate import registry
from calibrate.collectors import Paired
from calibrate.protocols import Task
from calibrate.results import Estimate
from calibrate.rows import Block
from calibrate.uncertainty.binned import NONE_SHOWN

NAMES = (*registry.names("metrics"), "ece:binning=mass", "ece:norm=l2", "ece:norm=max")
TASKS: tuple[Task, ...] = get_args(Task)
FIELDS = ("value", "low", "high", "debiased", "noise_floor", "noise_floor_p95")


def data(task: Task, world: Any, events: Any) -> tuple[np.ndarray, np.ndarray]:
    if task == "multiclass":
        return world
    z, y = events
    return (z, y) if task == "multilabel" else (z[:, :1], y[:, :1])


def numbers(estimate: Estimate) -> list[float]:
    return [x for e in (estimate, *estimate.parts) for f in FIELDS if (x := getattr(e, f)) is not None]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", NAMES)
def test_every_estimate_says_what_it_is(name: str, task: Task, world: Any, events: Any, estimate: Any) -> None:
    found = estimate(*data(task, world, events), task, name)
    assert found.definition and all(part.definition for part in found.parts)
    assert (found.method not in ("", NONE_SHOWN)) == (found.low is not None)
    assert bool(found.reason) == (found.low is None)
    if found.low is not None:
        assert found.low <= found.high
        inner = found.value if found.debiased is None else found.debiased
        assert found.low <= inner <= found.high


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", NAMES)
def test_weights_are_relative(name: str, task: Task, world: Any, events: Any, estimate: Any) -> None:
    z, y = data(task, world, events)
    plain, heavy = estimate(z, y, task, name), estimate(z, y, task, name, weights=np.full(len(z), 2.0))
    assert numbers(heavy) == pytest.approx(numbers(plain), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", NAMES)
def test_a_weight_of_2_is_a_row_twice(name: str, task: Task, world: Any, events: Any, estimate: Any) -> None:
    z, y = data(task, world, events)
    w = np.where(np.arange(len(z)) % 3, 1.0, 2.0)
    twice = np.repeat(np.arange(len(z)), w.astype(int))
    weighted, repeated = estimate(z, y, task, name, weights=w), estimate(z[twice], y[twice], task, name)
    assert weighted.value == (None if repeated.value is None else pytest.approx(repeated.value, rel=1e-9))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 99), rows=st.integers(1, 150))
def test_neither_order_nor_chunking_matters(
    name: str, task: Task, seed: int, rows: int, world: Any, events: Any, estimate: Any
) -> None:
    z, y = data(task, world, events)
    order = np.random.default_rng(seed).permutation(len(z))
    moved = estimate(z[order], y[order], task, name, rows_per_block=rows)
    assert numbers(moved) == pytest.approx(numbers(estimate(z, y, task, name)), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_classes_have_no_order(name: str, world: Any, estimate: Any) -> None:
    z, y = world
    order = np.array([2, 0, 3, 1])
    moved = estimate(z[:, order], np.argsort(order)[y], "multiclass", name)
    assert moved.value == pytest.approx(estimate(z, y, "multiclass", name).value, rel=1e-9)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_changes_where_nothing_is_done(name: str, task: Task, world: Any, events: Any, measured: Any) -> None:
    from calibrate.scoring import Unchanged

    change = measured(*data(task, world, events), task, name, after=Unchanged()).change[name]
    assert change.value == (None if name == "classwise_ece" and task == "top-label" else 0.0)


@pytest.mark.parametrize("name", registry.names("metrics"))
def test_level_is_an_option_of_all(name: str, world: Any, measured: Any) -> None:
    widths = []
    for level in (0.5, 0.95, 0.99):
        found = measured(*world, "multiclass", name, level=level).variants["before"].metrics[name]
        widths.append(0.0 if found.low is None else found.high - found.low)
    assert widths == sorted(widths)


@pytest.mark.parametrize("name", NAMES)
def test_metrics_are_values(name: str) -> None:
    metric = registry.make("metrics", name)
    assert pickle.loads(pickle.dumps(metric)) == metric == replace(metric)
    assert hash(metric) == hash(replace(metric))
    assert metric.better in {"lower", "higher", "zero"}


def pair(task: Task, world: Any, events: Any) -> tuple[Any, Any]:
    """Outcomes before and after a halving of the scores that moves some predictions."""
    z, y = data(task, world, events)
    link = registry.make("links", "softmax" if task == "multiclass" else "sigmoid")
    return tuple(link.outcomes(Block(0, some, y), (15,)) for some in (z, 0.5 * z + 0.3 * (np.arange(z.shape[1]) == 0)))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", ["nll", "brier", "link_loss", "accuracy", "confidence_gap"])
def test_changes_are_as_wide_as_level_and_penalty_say(name: str, task: Task, world: Any, events: Any) -> None:
    before, after = pair(task, world, events)
    made = {level: replace(registry.make("metrics", name), level=level) for level in (0.8, 0.95)}
    collectors = made[0.8].collectors(task)
    found = {c: c.difference(before, after) for c in collectors if isinstance(c, Paired)}
    ends = [made[0.8].finish(task, {c: c(side) for c in collectors}) for side in (before, after)]
    widths = {}
    for level, penalty in ((0.8, 0.0), (0.95, 0.0), (0.8, 0.01)):
        change = made[level].change(task, *ends, found, penalty)
        assert change.value == pytest.approx(ends[1].value - ends[0].value)
        assert ("cross-fitted" in change.method) == (penalty > 0)
        widths[level, penalty] = change.high - change.low
    if (name, task) == ("accuracy", "top-label"):  # what is predicted cannot change
        assert set(widths.values()) == {0.0}
    else:
        assert widths[0.8, 0.0] < min(widths[0.95, 0.0], widths[0.8, 0.01])


@pytest.mark.parametrize("task", ["multiclass", "binary", "top-label"])
def test_accuracy_knows_whether_a_prediction_can_change(task: Task, world: Any, events: Any) -> None:
    before, _ = pair(task, world, events)
    metric = registry.make("metrics", "accuracy")
    found = {c: c.difference(before, before) for c in metric.collectors(task)}
    change = metric.change(task, Estimate(0.5), Estimate(0.5), found, 0.0)
    if task == "top-label":
        assert (change.low, change.high, change.notes) == (0.0, 0.0, ("no prediction changed",))
    else:
        assert change.low < 0 < change.high
        assert change.notes[0].startswith("none was won or lost in the sample")


DEFINED: dict[str, dict[Task, str]] = {
    "ece": {
        "multiclass": "top-label, 15 equal-width bins, L1", "binary": "event, 15 equal-width bins, L1",
        "multilabel": "mean over labels, event, 15 equal-width bins, L1",
        "top-label": "top-label, 15 equal-width bins, L1",
    },
    "mce": {
        "multiclass": "top-label, 15 equal-width bins, maximum", "binary": "event, 15 equal-width bins, maximum",
        "multilabel": "largest over labels, event, 15 equal-width bins, maximum",
        "top-label": "top-label, 15 equal-width bins, maximum",
    },
    "classwise_ece": dict.fromkeys(TASKS, "mean over classes, 15 equal-width bins, L1"),
    "link_loss": dict.fromkeys(TASKS, "mean of the link's own loss"),
}  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", DEFINED)
def test_definitions(name: str, task: Task, world: Any, events: Any, estimate: Any) -> None:
    assert estimate(*data(task, world, events), task, name).definition == DEFINED[name][task]
