"""NLL."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss


def test_as_scikit_learn(world: Any, events: Any, estimate: Any) -> None:
    z, y = world
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    assert estimate(z, y, "multiclass", "nll").value == pytest.approx(log_loss(y, p), rel=1e-12)
    z, y = events
    q = 1 / (1 + np.exp(-z))
    each = [log_loss(y[:, j], q[:, j]) for j in range(3)]
    found = estimate(z, y, "multilabel", "nll")
    assert found.value == pytest.approx(sum(each), rel=1e-12)
    assert [part.value for part in found.parts] == pytest.approx(each, rel=1e-12)
    assert estimate(z[:, :1], y[:, :1], "binary", "nll").value == pytest.approx(each[0], rel=1e-12)


@pytest.mark.parametrize(
    ("scores", "labels", "value"),
    [
        ([[0.0, 0.0]], [1], np.log(2)),
        ([[1000.0, 0.0]], [1], 1000.0),
        ([[0.0, -np.inf], [0.0, 0.0]], [0, 0], np.log(2) / 2),
        ([[0.0, -np.inf], [0.0, 0.0]], [1, 0], np.inf),
    ],
    ids=["even", "large", "masked", "masked true class"],
)
def test_values(scores: Any, labels: Any, value: float, estimate: Any) -> None:
    found = estimate(scores, labels, "multiclass", "nll")
    assert found.value == pytest.approx(value, rel=1e-15)
    if np.isinf(value):
        assert found.reason == "infinite: 1 row gives the true class probability 0"


def test_a_label_that_is_surely_wrong_is_exact(estimate: Any) -> None:
    """1 - p is 0 in float64 here; the loss is not infinite."""
    found = estimate([[60.0, 0.0]] * 2, [[0, 1]] * 2, "multilabel", "nll")
    assert found.parts[0].value == pytest.approx(60.0, rel=1e-15)


def test_infinite_before_leaves_no_change(measured: Any) -> None:
    from calibrate.scoring import Unchanged

    found = measured([[0.0, -np.inf], [0.0, 0.0]], [1, 0], "multiclass", "nll", after=Unchanged())
    change = found.change["nll"]
    assert (change.value, change.low, change.reason) == (None, None, "before and after are infinite")
