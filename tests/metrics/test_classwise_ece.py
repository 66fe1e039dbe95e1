"""Classwise ECE."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax

from calibrate.metrics.classwise_ece import ClasswiseEce


def binned(p: np.ndarray, y: np.ndarray) -> float:
    number = np.clip(np.searchsorted(np.linspace(0, 1, 16), p, side="left") - 1, 0, 14)
    return float(np.abs(np.bincount(number, p - y)).sum() / len(p))


def test_mean_over_classes(world: Any, estimate: Any) -> None:
    z, y = world
    p = softmax(z, axis=1)
    each = [binned(p[:, k], (y == k).astype(float)) for k in range(4)]
    found = estimate(z, y, "multiclass", "classwise_ece")
    assert found.value == pytest.approx(np.mean(each), rel=1e-10)
    assert [part.value for part in found.parts] == pytest.approx(each, rel=1e-10)
    assert found.noise_floor == pytest.approx(np.mean([part.noise_floor for part in found.parts]))
    assert found.noise_floor < found.noise_floor_p95
    said = (None, "no interval whose coverage was shown", "none shown")
    assert {(e.low, e.reason, e.method) for e in (found, *found.parts)} == {said}


def test_two_classes_are_mirror_images(estimate: Any) -> None:
    """What one class exceeds by chance the other does as well: the 95 % point is that of one, not of two coins."""
    rng = np.random.default_rng(1)
    exceeded = []
    for _ in range(200):
        z = rng.normal(size=(200, 2)) * 2
        y = (rng.random(200) < expit(z[:, 1] - z[:, 0])).astype(int)
        found = estimate(z, y, "multiclass", "classwise_ece")
        exceeded.append(found.value > found.noise_floor_p95)
    assert 0.02 <= np.mean(exceeded) <= 0.075
    one = estimate(z[:, 1:] - z[:, :1], y[:, None], "binary", "classwise_ece")
    assert found.noise_floor_p95 == pytest.approx(one.noise_floor_p95, rel=0.02)


def test_events(events: Any, estimate: Any) -> None:
    z, y = events
    each = [binned(expit(z[:, j]), y[:, j]) for j in range(3)]
    assert estimate(z, y, "multilabel", "classwise_ece").value == pytest.approx(np.mean(each), rel=1e-10)
    binary = estimate(z[:, :1], y[:, :1], "binary", "classwise_ece")
    assert (binary.value, binary.parts) == (pytest.approx(each[0], rel=1e-10), ())


def test_top_label_files_do_not_have_it(events: Any, estimate: Any) -> None:
    found = estimate(events[0][:, :1], events[1][:, :1], "top-label", "classwise_ece")
    assert (found.value, found.reason) == (None, "needs the probabilities of all classes")


def test_many_classes_have_no_parts(estimate: Any) -> None:
    z = np.random.default_rng(0).normal(size=(30, 21))
    assert estimate(z, z.argmax(axis=1), "multiclass", "classwise_ece").parts == ()
    assert len(estimate(z[:, 1:], z[:, 1:].argmax(axis=1), "multiclass", "classwise_ece").parts) == 20


def test_the_point_of_two_classes_is_that_of_one(world: Any, estimate: Any) -> None:
    z, y = world[0][:, :2], world[1] % 2
    p = softmax(z, axis=1)[:, 1]
    one = estimate(z[:, 1:] - z[:, :1], y[:, None], "binary", "ece")
    two = estimate(z, y, "multiclass", "classwise_ece")
    assert two.value == pytest.approx(one.value) == pytest.approx(binned(p, y))
    assert two.noise_floor_p95 == pytest.approx(one.noise_floor_p95, rel=0.02)
    labels = estimate(np.stack([z[:, 0], z[:, 1]], axis=1), np.stack([y, 1 - y], axis=1), "multilabel", "classwise_ece")
    assert labels.noise_floor_p95 < np.mean([
        estimate(z[:, j : j + 1], (y == j)[:, None].astype(int), "binary", "ece").noise_floor_p95 for j in (0, 1)
    ])  # fmt: skip


def test_classes_say_what_they_are(world: Any, estimate: Any) -> None:
    for part in estimate(*world, "multiclass", "classwise_ece").parts:
        assert (part.method, part.definition, part.low) == ("none shown", "one class", None)
        assert sum(cell[0] for cell in part.cells) == pytest.approx(1.0)


def test_top_label_files_collect_nothing_for_it() -> None:
    assert ClasswiseEce().collectors("top-label") == ()
