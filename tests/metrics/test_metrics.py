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
from calibrate.protocols import Task
from calibrate.results import Estimate
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
    assert found.definition
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
