"""The evidence as a whole: passes, laws of rows, blocks, threads and weights, and what is too many."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibrate import registry
from calibrate.errors import CalibrateError
from calibrate.evidence import gather
from calibrate.evidence.decisions import USUAL
from calibrate.evidence.gather import Gathered, Logits, evidence
from calibrate.exhibits import Evidence
from calibrate.links.sigmoid import Sigmoid
from calibrate.links.softmax import Softmax
from calibrate.results import Estimate
from calibrate.rows import Block, Rows, from_arrays, serial
from calibrate.scoring import AFTER, BEFORE, IN_SAMPLE, Unchanged

LINKS = registry.names("links")


@dataclass(frozen=True)
class Divided:
    """Step: scores over T."""

    by: float

    def __call__(self, block: Block) -> Block:
        return replace(block, scores=block.scores / self.by)


@dataclass
class Passes:
    """An executor that counts."""

    made: int = 0

    def __call__(self, collect: Any, loads: Any) -> Any:
        self.made += 1
        return serial(collect, loads)


STEPS = {BEFORE: Unchanged(), AFTER: Divided(2.0), IN_SAMPLE: Divided(2.1)}


def world(key: str, seed: int, m: int = 80, k: int = 3) -> tuple[np.ndarray, np.ndarray, Any]:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(m, k)) * 2
    if registry.load("links", key).has_events:
        return z, (rng.random((m, k)) < 1 / (1 + np.exp(-z / 2))).astype(np.int64), "multilabel"
    return z, np.where(rng.random(m) < 0.6, z.argmax(axis=1), rng.integers(0, k, m)), "multiclass"


def found(key: str, rows: Rows, task: Any) -> Evidence:
    return evidence(rows, registry.make("links", key), STEPS, task=task, names=())


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every number and text of nested dataclasses, tuples and dictionaries, named; how many passes is no finding."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name != "passes":
                yield from leaves(getattr(value, field.name), f"{name}.{field.name}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{name}[{key}]")
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from leaves(item, f"{name}[{i}]")
    else:
        yield name, value


def assert_same(one: Evidence, other: Evidence, within: float, skip: tuple[str, ...] = ()) -> None:
    a, b = (dict(leaves(side)) for side in (one, other))
    assert a.keys() == b.keys()
    for name, value in a.items():
        if any(part in name for part in skip):
            continue
        expected = pytest.approx(value, rel=within, abs=within) if isinstance(value, float) else value
        assert b[name] == expected, name


@pytest.mark.parametrize("key", LINKS)
@given(seed=st.integers(0, 500), size=st.integers(1, 80))
@settings(max_examples=5)
def test_blocks_do_not_matter(key: str, seed: int, size: int) -> None:
    z, y, task = world(key, seed)
    whole = found(key, from_arrays(z, y), task)
    assert_same(whole, found(key, from_arrays(z, y, rows_per_block=size), task), 1e-9)


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("key", LINKS)
def test_threads_give_the_same_bits(key: str, weighted: bool, held: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "HELD", gather.HELD if held else 0)
    z, y, task = world(key, 3, m=400)
    w = np.random.default_rng(0).exponential(size=400) if weighted else None
    both = [
        found(key, from_arrays(z, y, w, execute=registry.make("executors", name), rows_per_block=37), task)
        for name in ("serial", "threads:workers=3")
    ]
    assert list(leaves(both[0])) == list(leaves(both[1]))


@pytest.mark.parametrize("key", [key for key in LINKS if key != "gumbel_softmax"])
@given(seed=st.integers(0, 500))
@settings(max_examples=5)
def test_weights_are_rows(key: str, seed: int) -> None:
    """A weight of 2 is a row twice in every value, one of 0 no row at all, and all weights have no unit."""
    z, y, task = world(key, seed)
    w = np.random.default_rng(seed).integers(0, 3, len(z)).astype(float)
    twice = np.repeat(np.arange(len(z)), w.astype(int))
    weighted, repeated = found(key, from_arrays(z, y, w), task), found(key, from_arrays(z[twice], y[twice]), task)
    values = [
        {name: value for name, value in leaves(side) if name.endswith((".value", ".observed", ".expected", ".weight"))}
        for side in (weighted, repeated)
    ]
    assert values[0].keys() == values[1].keys()
    for name, value in values[0].items():
        same = values[1][name]
        assert (value is None) == (same is None), name
        assert value is None or value == pytest.approx(same, rel=1e-9, abs=1e-9), name
    kept = w > 0
    assert_same(weighted, found(key, from_arrays(z[kept], y[kept], w[kept]), task), 1e-8)
    plain, quarters = found(key, from_arrays(z, y), task), found(key, from_arrays(z, y, np.full(len(z), 0.25)), task)
    assert_same(plain, quarters, 1e-7, skip=(".weight", ".observed", ".expected"))


@pytest.mark.parametrize("key", [key for key in LINKS if key != "gumbel_softmax"])
def test_rows_have_no_order(key: str) -> None:
    z, y, task = world(key, 1)
    order = np.random.default_rng(0).permutation(len(z))
    assert_same(found(key, from_arrays(z, y), task), found(key, from_arrays(z[order], y[order]), task), 1e-9)


@pytest.mark.parametrize("key", LINKS)
def test_logits_that_are_too_many_are_made_again_in_every_pass(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    z, y, task = world(key, 2)
    counted = Passes()
    whole = found(key, from_arrays(z, y, execute=counted), task)
    assert whole.passes == 1 < counted.made
    monkeypatch.setattr(gather, "HELD", 0)
    again = Passes()
    passed = found(key, from_arrays(z, y, execute=again), task)
    assert passed.passes == again.made == counted.made
    assert_same(whole, passed, 1e-10)


def test_a_temperature_divides_the_slope_and_leaves_its_intercept() -> None:
    z, y, task = world("sigmoid", 5, m=300)
    totals = found("sigmoid", from_arrays(z, y), task).totals
    for before, after in zip(totals[BEFORE], totals[AFTER], strict=True):
        assert after.slope.value == pytest.approx(2 * (before.slope.value or 0), rel=1e-9)
        assert after.intercept.value == pytest.approx(before.intercept.value, rel=1e-8)


@pytest.mark.parametrize(("k", "task", "events", "thresholds"), [
    (20, "multiclass", 20, 1), (21, "multiclass", 0, 1), (20, "multilabel", 20, 20), (21, "multilabel", 0, 0),
])  # fmt: skip
def test_too_many_classes_are_said(k: int, task: Any, events: int, thresholds: int) -> None:
    z, y, _ = world("softmax" if task == "multiclass" else "sigmoid", 0, m=60, k=k)
    link = Softmax() if task == "multiclass" else Sigmoid()
    seen = evidence(from_arrays(z, y), link, STEPS, task=task, names=())
    assert (len(seen.totals.get(BEFORE, ())), len(seen.thresholds)) == (events, thresholds)
    assert bool(seen.notes) == (k > 20)
    assert seen.rows.n == 60
    if k > 20:
        what = "classes: no observed against expected events per class" if task == "multiclass" else (
            "events: no thresholds or totals per event")  # fmt: skip
        assert seen.notes == (f"21 {what} (at most 20)",)


@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel", "top-label"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_handful_of_rows(task: Any, n: int) -> None:
    k = 3 if task in {"multiclass", "multilabel"} else 1
    z, y, _ = world("softmax" if task == "multiclass" else "sigmoid", 0, m=n, k=k)
    link = Softmax() if task == "multiclass" else Sigmoid()
    seen = evidence(from_arrays(z, y), link, STEPS, task=task, names=())
    for name, value in leaves(seen):
        assert not isinstance(value, float) or np.isfinite(value), name
    assert_valued_or_reasoned(seen)


def assert_valued_or_reasoned(value: Any) -> None:
    if isinstance(value, Estimate):
        assert (value.value is None) == bool(value.reason) or value.low is None
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            assert_valued_or_reasoned(getattr(value, field.name))
    elif isinstance(value, tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            assert_valued_or_reasoned(item)


@pytest.mark.parametrize("key", LINKS)
def test_no_weight_at_all(key: str) -> None:
    z, y, task = world(key, 0)
    seen = found(key, from_arrays(z, y, np.zeros(len(z))), task)
    assert (seen.n, seen.weight, seen.thresholds, seen.totals) == (0, 0.0, (), {})
    assert seen.notes == ("no row of positive weight",)


def test_names_and_level() -> None:
    z, y, task = world("softmax", 1, m=300)
    wide, narrow = (
        evidence(from_arrays(z, y), Softmax(), STEPS, task=task, names="abc", level=level) for level in (0.99, 0.8)
    )
    assert [t.label for t in wide.totals[AFTER]] == ["a", "b", "c"]
    for a, b in zip(wide.totals[BEFORE], narrow.totals[BEFORE], strict=True):
        for name in ("ratio", "in_the_large", "intercept", "slope"):
            assert getattr(a, name).low < getattr(b, name).low < getattr(b, name).high < getattr(a, name).high
    with pytest.raises(CalibrateError, match="level"):
        evidence(from_arrays(z, y), Softmax(), STEPS, task=task, names="abc", level=2.0)


def test_float32_agrees_to_its_precision() -> None:
    z, y, task = world("softmax", 1, m=300)
    both = [found("softmax", from_arrays(scores, y), task) for scores in (z, z.astype(np.float32))]
    for a, b in zip(both[0].totals[BEFORE], both[1].totals[BEFORE], strict=True):
        assert b.slope.value == pytest.approx(a.slope.value, rel=1e-5)


def test_rows_without_labels_have_no_evidence() -> None:
    with pytest.raises(ValueError, match="labels"):
        evidence(from_arrays(np.zeros((3, 2))), Softmax(), STEPS, task="multiclass", names=())


def test_what_is_collected_can_be_shipped() -> None:
    z, y, _ = world("softmax", 0)
    steps = ((BEFORE, Unchanged()), (AFTER, Divided(2.0)))
    collect = pickle.loads(pickle.dumps(Gathered(Softmax(), steps, USUAL, True)))
    assert collect(Block(0, z, y)).keys() == Gathered(Softmax(), steps, USUAL, True)(Block(0, z, y)).keys()
    step = pickle.loads(pickle.dumps(Logits(Softmax(), steps)))
    assert step(Block(0, z, y)).scores.shape == (80, 6)


def test_evidence_goes_through_json() -> None:
    z, y, task = world("softmax", 0)
    seen = found("softmax", from_arrays(z, y), task)
    assert msgspec.json.decode(msgspec.json.encode(seen), type=Evidence) == seen
