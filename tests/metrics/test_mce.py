"""MCE."""

from __future__ import annotations

from typing import Any

import pytest


def test_is_the_largest_gap(world: Any, events: Any, estimate: Any) -> None:
    assert estimate(*world, "multiclass", "mce").value == estimate(*world, "multiclass", "ece:norm=max").value
    z, y = events
    found = estimate(z, y, "multilabel", "mce")
    assert found.value == max(part.value for part in found.parts)
    assert found.value == max(part.value for part in estimate(z, y, "multilabel", "ece:norm=max").parts)


@pytest.mark.parametrize(("task", "kind"), [("binary", "event"), ("top-label", "top-label")])
def test_one_column(task: str, kind: str, events: Any, estimate: Any) -> None:
    found = estimate(events[0][:, :1], events[1][:, :1], task, "mce")
    assert found.definition == f"{kind}, 15 equal-width bins, maximum"
    assert found.conservative
    assert found.low <= found.value <= found.high
