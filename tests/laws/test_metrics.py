"""Laws of every metric under every link: run over the registries, so a new entry is covered.

Rows in any order and in any blocks, on any number of threads; weights as rows; classes by any name; scores of any size.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibrate import registry
from calibrate.results import Estimate
from calibrate.rows import Rows, from_arrays
from calibrate.scoring import BEFORE, Measured, Unchanged, measure

LINKS = registry.names("links")
VARIANTS = {"ece": (":binning=mass", ":norm=l2", ":norm=max"), "accuracy": (), "nll": ()}
METRICS = [name + v for name in registry.names("metrics") for v in ("", *VARIANTS.get(name, ()))]
KEYED = {"gumbel_softmax"}
"""Links whose answer depends on the number of the row and of the class: their noise does."""


def world(key: str, seed: int, m: int = 60, k: int = 4, scale: float = 3.0) -> tuple[np.ndarray, np.ndarray, str]:
    """Scores, labels and task of a link."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(m, k)) * scale
    if registry.load("links", key).has_events:
        return z, (rng.random((m, k)) < 1 / (1 + np.exp(-z / 2))).astype(np.int64), "multilabel"
    return z, np.where(rng.random(m) < 0.7, z.argmax(axis=1), rng.integers(0, k, m)), "multiclass"


def found(key: str, rows: Rows, task: Any, names: list[str] = METRICS) -> Measured:
    chosen = {name: registry.make("metrics", name) for name in names if not _refused(name, task)}
    return measure(rows, registry.make("links", key), {BEFORE: Unchanged()}, chosen, task=task, classes=())


def _refused(name: str, task: str) -> bool:
    return task == "multilabel" and name.startswith("ece:kind")


def numbers(measured: Measured) -> Iterator[tuple[str, float | None]]:
    """Every number of every estimate, named."""
    for key, estimate in measured.variants[BEFORE].metrics.items():
        for i, one in enumerate((estimate, *estimate.parts)):
            for field in dataclasses.fields(Estimate):
                if field.type == "float | None":
                    yield f"{key}[{i}].{field.name}", getattr(one, field.name)


def assert_same(one: Measured, other: Measured, within: float) -> None:
    for (name, a), (_, b) in zip(numbers(one), numbers(other), strict=True):
        assert b == (a if a is None or math.isinf(a) else pytest.approx(a, rel=within, abs=within)), name


@pytest.mark.parametrize("key", LINKS)
@given(seed=st.integers(0, 500), size=st.integers(1, 60))
@settings(max_examples=5)
def test_blocks_do_not_matter(key: str, seed: int, size: int) -> None:
    z, y, task = world(key, seed)
    whole = found(key, from_arrays(z, y), task)
    assert_same(whole, found(key, from_arrays(z, y, rows_per_block=size), task), 1e-9)
    for (name, a), (_, b) in zip(
        numbers(whole), numbers(found(key, from_arrays(z, y, rows_per_block=size), task)), strict=True
    ):
        if name.endswith(".value") and a is not None and math.isfinite(a):
            assert b == pytest.approx(a, rel=1e-12, abs=1e-12), name


@pytest.mark.parametrize("key", LINKS)
@pytest.mark.parametrize("weighted", [False, True])
def test_threads_give_the_same_bits(key: str, weighted: bool) -> None:
    z, y, task = world(key, 3, m=400)
    w = np.random.default_rng(0).exponential(size=400) if weighted else None
    both = [
        found(key, from_arrays(z, y, w, execute=registry.make("executors", name), rows_per_block=37), task)
        for name in ("serial", "threads:workers=3")
    ]
    assert list(numbers(both[0])) == list(numbers(both[1]))


@pytest.mark.parametrize("key", [key for key in LINKS if key not in KEYED])
@given(seed=st.integers(0, 500))
@settings(max_examples=5)
def test_rows_and_classes_have_no_order(key: str, seed: int) -> None:
    z, y, task = world(key, seed)
    rng = np.random.default_rng(seed)
    rows, classes = rng.permutation(len(z)), rng.permutation(z.shape[1])
    one = found(key, from_arrays(z, y), task)
    assert_same(one, found(key, from_arrays(z[rows], y[rows]), task), 1e-8)
    labels = y[:, classes] if task == "multilabel" else np.argsort(classes)[y]
    other = found(key, from_arrays(z[:, classes], labels), task)
    for name, a in one.variants[BEFORE].metrics.items():
        b = other.variants[BEFORE].metrics[name]
        assert b.value == (pytest.approx(a.value, rel=1e-9, abs=1e-12) if math.isfinite(a.value or 0) else a.value)


@pytest.mark.parametrize("key", [key for key in LINKS if key not in KEYED])
@given(seed=st.integers(0, 500))
@settings(max_examples=5)
def test_weights_are_rows(key: str, seed: int) -> None:
    """A weight of 2 is a row twice in every value, one of 0 no row in every number."""
    z, y, task = world(key, seed)
    w = np.random.default_rng(seed).integers(0, 3, len(z)).astype(float)
    twice = np.repeat(np.arange(len(z)), w.astype(int))
    weighted, repeated = found(key, from_arrays(z, y, w), task), found(key, from_arrays(z[twice], y[twice]), task)
    for name, a in repeated.variants[BEFORE].metrics.items():
        b = weighted.variants[BEFORE].metrics[name]
        assert b.value == (pytest.approx(a.value, rel=1e-9, abs=1e-12) if math.isfinite(a.value or 0) else a.value)
    kept = w > 0
    assert_same(weighted, found(key, from_arrays(z[kept], y[kept], w[kept]), task), 1e-8)
    assert_same(found(key, from_arrays(z, y), task), found(key, from_arrays(z, y, np.full(len(z), 0.25)), task), 1e-7)


@pytest.mark.parametrize("key", LINKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e-3, 1.0, 1e30, 1e300])
def test_scores_of_any_size_give_numbers(key: str, dtype: Any, scale: float) -> None:
    z, y, task = world(key, 5)
    with np.errstate(over="ignore"):
        z = np.clip(z * scale, np.finfo(dtype).min, np.finfo(dtype).max).astype(dtype)
    if task == "multiclass":
        z[:5, 1] = np.where(y[:5] == 1, z[:5, 1], -np.inf)
    check(found(key, from_arrays(z, y), task))


@pytest.mark.parametrize("key", LINKS)
@given(data=st.data())
@settings(max_examples=10)
def test_whatever_the_rows_the_numbers_are_sound(key: str, data: st.DataObject) -> None:
    m, k = data.draw(st.integers(1, 12)), data.draw(st.integers(2, 6))
    cell = st.one_of(st.floats(-30, 30), st.sampled_from([0.0, 1e-300, 1e300, -1e300, 5.0]))
    z = np.array(data.draw(st.lists(st.lists(cell, min_size=k, max_size=k), min_size=m, max_size=m)))
    task = "multilabel" if registry.load("links", key).has_events else "multiclass"
    y = np.array(data.draw(st.lists(st.integers(0, k - 1), min_size=m, max_size=m)))
    weights = data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 1e-6]), min_size=m, max_size=m))
    labels = (np.arange(k) <= y[:, None]).astype(np.int64) if task == "multilabel" else y
    check(found(key, from_arrays(z, labels), task))
    check(found(key, from_arrays(z, labels, np.array(weights)), task))


def check(measured: Measured) -> None:
    """Numbers in their ranges, inside their intervals; nothing without a reason."""
    for key, estimate in measured.variants[BEFORE].metrics.items():
        for one in (estimate, *estimate.parts):
            values = {f.name: getattr(one, f.name) for f in dataclasses.fields(one) if f.type == "float | None"}
            assert not any(x is not None and math.isnan(x) for x in values.values()), key
            assert one.low is not None or one.reason, key
            least, most = {"confidence_gap": (-1.0, 1.0), "nll": (0.0, math.inf), "link_loss": (0.0, math.inf)}.get(
                key, (0.0, 2.0 * len(estimate.parts or (1,)) if key == "brier" else 1.0)
            )
            for name in ("value", "debiased", "noise_floor", "noise_floor_p95"):
                assert values[name] is None or least - 1e-12 <= values[name] <= most + 1e-12, (key, name, values)
            if one.low is not None and one.high is not None:
                inner = one.value if one.debiased is None else one.debiased
                assert inner is not None
                assert one.low - 1e-9 <= inner <= one.high + 1e-9, (key, values)
