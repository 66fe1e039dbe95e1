"""ECE: every kind, binning and norm by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax

from calibrate.errors import CalibrateError
from calibrate.metrics.ece import Ece


def by_hand(p: np.ndarray, y: np.ndarray, edges: np.ndarray, norm: str = "l1") -> float:
    number = np.clip(np.searchsorted(edges, p, side="left") - 1, 0, len(edges) - 2)
    gaps = np.array([abs(p[number == b].mean() - y[number == b].mean()) for b in np.unique(number)])
    share = np.array([(number == b).mean() for b in np.unique(number)])
    return {"l1": (share * gaps).sum(), "l2": np.sqrt((share * gaps**2).sum()), "max": gaps.max()}[norm]


@pytest.mark.parametrize("bins", [1, 10, 15, 37])
@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
def test_top_label(bins: int, norm: str, world: Any, estimate: Any) -> None:
    z, y = world
    p, right = softmax(z, axis=1).max(axis=1), (z.argmax(axis=1) == y).astype(float)
    found = estimate(z, y, "multiclass", f"ece:bins={bins},norm={norm}")
    assert found.value == pytest.approx(by_hand(p, right, np.linspace(0, 1, bins + 1), norm), rel=1e-10)
    assert found.definition.startswith(f"top-label, {bins} equal-width bins, ")


def test_equal_mass(world: Any, estimate: Any) -> None:
    z, y = world
    p, right = softmax(z, axis=1).max(axis=1), (z.argmax(axis=1) == y).astype(float)
    groups = np.array_split(np.argsort(p), 15)
    expected = sum(abs(p[g].sum() - right[g].sum()) for g in groups) / 300
    found = estimate(z, y, "multiclass", "ece:binning=mass", rows_per_block=77)
    assert found.value == pytest.approx(expected, rel=1e-10)
    assert found.definition == "top-label, 15 equal-mass bins, L1"


def test_events(events: Any, estimate: Any) -> None:
    z, y = events
    p = expit(z)
    each = [by_hand(p[:, j], y[:, j], np.linspace(0, 1, 16)) for j in range(3)]
    found = estimate(z, y, "multilabel", "ece")
    assert found.value == pytest.approx(np.mean(each), rel=1e-10)
    assert [part.value for part in found.parts] == pytest.approx(each, rel=1e-10)
    assert all(part.low is not None for part in found.parts)
    binary = estimate(z[:, :1], y[:, :1], "binary", "ece")
    assert (binary.value, binary.definition) == (pytest.approx(each[0]), "event, 15 equal-width bins, L1")


def test_top_label_of_binary_is_another_quantity(events: Any, estimate: Any) -> None:
    z, y = events[0][:, :1], events[1][:, :1]
    confidence, right = expit(np.abs(z[:, 0])), ((z > 0) == y)[:, 0].astype(float)
    found = estimate(z, y, "binary", "ece:kind=top")
    assert found.value == pytest.approx(by_hand(confidence, right, np.linspace(0, 1, 16)), rel=1e-10)
    assert found.definition.startswith("top-label")
    assert found.value != estimate(z, y, "binary", "ece").value


def test_top_label_files(events: Any, estimate: Any) -> None:
    z, y = events[0][:, :1], events[1][:, :1]
    found = estimate(z, y, "top-label", "ece")
    assert found.definition.startswith("top-label")
    assert found.value == estimate(z, y, "binary", "ece").value


@pytest.mark.parametrize(("kind", "task"), [("event", "multiclass"), ("top", "multilabel")])
def test_kinds_that_do_not_exist(kind: Any, task: Any) -> None:
    with pytest.raises(CalibrateError, match=f"ece:kind={kind} does not exist for {task} data") as caught:
        Ece(kind=kind).collectors(task)
    assert caught.value.code == "E605"
    assert caught.value.hint == ("for every class against the rest take classwise_ece" if kind == "event" else "")


@pytest.mark.parametrize("name", ["ece", "classwise_ece", "mce"])
def test_no_bins(name: str) -> None:
    from calibrate import registry

    with pytest.raises(CalibrateError, match=f"{name}:bins: found 0, expected 1 to 100,000"):
        registry.make("metrics", f"{name}:bins=0")


def test_change_is_conservative(world: Any, measured: Any) -> None:
    from calibrate.scoring import RunnerUp, Unchanged

    found = measured(*world, "multiclass", "ece", after=RunnerUp(Unchanged(), "multiclass"))
    before, after = (found.variants[v].metrics["ece"] for v in ("before", "after"))
    change = found.change["ece"]
    assert (change.low, change.high) == (after.low - before.high, after.high - before.low)
    assert change.conservative


@pytest.mark.parametrize(("norm", "value"), [("l1", 0.29), ("l2", 0.2918), ("max", 0.3167)])
def test_published_example(norm: str, value: float, estimate: Any) -> None:
    """The doctest of torchmetrics 1.9, BinaryCalibrationError, 2 bins."""
    p = np.array([[0.25], [0.25], [0.55], [0.75], [0.75]])
    labels = [[0], [0], [1], [1], [1]]
    found = estimate(np.log(p / (1 - p)), labels, "binary", f"ece:bins=2,norm={norm}")
    assert found.value == pytest.approx(value, abs=5e-5)
