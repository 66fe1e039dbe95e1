"""Brier score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss


def test_as_scikit_learn(world: Any, events: Any, estimate: Any) -> None:
    z, y = world
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    found = estimate(z, y, "multiclass", "brier")
    assert found.value == pytest.approx(((p - np.eye(4)[y]) ** 2).sum(axis=1).mean(), rel=1e-12)
    assert found.definition == "sum over classes, 0..2"
    z, y = events
    q = 1 / (1 + np.exp(-z))
    each = [brier_score_loss(y[:, j], q[:, j]) for j in range(3)]
    found = estimate(z, y, "multilabel", "brier")
    assert found.value == pytest.approx(sum(each), rel=1e-12)
    assert [part.value for part in found.parts] == pytest.approx(each, rel=1e-12)
    binary = estimate(z[:, :1], y[:, :1], "binary", "brier")
    assert binary.value == pytest.approx(each[0], rel=1e-12)
    assert binary.definition == "binary, 0..1"


@pytest.mark.parametrize(
    ("scores", "labels", "task", "value"),
    [
        ([[1e300, 0.0]], [1], "multiclass", 2.0),
        ([[1e300, 0.0]], [0], "multiclass", 0.0),
        ([[0.0, 0.0]], [0], "multiclass", 0.5),
        ([[0.0]], [[1]], "binary", 0.25),
        ([[-1e300]], [[1]], "binary", 1.0),
    ],
)
def test_ends_of_the_scale(scores: Any, labels: Any, task: str, value: float, estimate: Any) -> None:
    assert estimate(scores, labels, task, "brier").value == value
