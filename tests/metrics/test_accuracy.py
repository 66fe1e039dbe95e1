"""Accuracy."""

from __future__ import annotations

from typing import Any

import pytest
from scipy import stats


@pytest.mark.parametrize(
    ("scores", "labels", "task", "value"),
    [
        ([[1, 2], [2, 1], [0, 0], [0, 0]], [1, 1, 0, 1], "multiclass", 0.5),
        ([[1e-20], [-1e-20], [0]], [[1], [0], [0]], "binary", 1.0),
        ([[1], [-1]], [[1], [0]], "top-label", 0.5),
        ([[1], [-1]], [[1], [1]], "top-label", 1.0),
        ([[1, -1], [1, 1]], [[1, 0], [0, 1]], "multilabel", 0.75),
    ],
    ids=["ties go to the lowest", "signs of logits", "label 1 is right", "whatever the confidence", "labels and rows"],
)
def test_values(scores: Any, labels: Any, task: str, value: float, estimate: Any) -> None:
    assert estimate(scores, labels, task, "accuracy").value == value


def test_wilson(world: Any, estimate: Any) -> None:
    z, y = world
    found = estimate(z, y, "multiclass", "accuracy")
    right = int((z.argmax(axis=1) == y).sum())
    assert (found.low, found.high) == pytest.approx(tuple(stats.binomtest(right, 300).proportion_ci(0.95, "wilson")))


def test_subset_accuracy_stands_beside(events: Any, estimate: Any) -> None:
    z, y = events
    found = estimate(z, y, "multilabel", "accuracy")
    subset = ((z > 0) == y).all(axis=1).mean()
    assert found.notes[0].startswith(f"subset accuracy (all labels right): {subset:.4f} [")
    assert [p.value for p in found.parts] == pytest.approx(((z > 0) == y).mean(axis=0))
    assert found.value == pytest.approx(((z > 0) == y).mean())
