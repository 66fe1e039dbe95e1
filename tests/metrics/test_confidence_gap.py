"""Mean confidence minus accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax


def test_values(world: Any, events: Any, estimate: Any) -> None:
    z, y = world
    expected = softmax(z, axis=1).max(axis=1).mean() - (z.argmax(axis=1) == y).mean()
    assert estimate(z, y, "multiclass", "confidence_gap").value == pytest.approx(expected)
    z, y = events
    gaps = (expit(z) - y).mean(axis=0)
    found = estimate(z, y, "multilabel", "confidence_gap")
    assert found.value == pytest.approx(gaps.mean())
    assert [part.value for part in found.parts] == pytest.approx(gaps)
    for task in ("binary", "top-label"):
        assert estimate(z[:, :1], y[:, :1], task, "confidence_gap").value == pytest.approx(gaps[0])


def test_no_errors_leave_room_for_some(estimate: Any) -> None:
    found = estimate(np.tile([[4.0, 0.0], [0.0, 5.0]], (20, 1)), [0, 1] * 20, "multiclass", "confidence_gap")
    assert found.value == pytest.approx((expit(4) + expit(5)) / 2 - 1)
    assert found.high > 0.05
    assert found.notes
