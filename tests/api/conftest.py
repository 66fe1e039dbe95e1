"""What every result must be, whatever the data: numbers, or nothing and a reason; never NaN, and it can be written."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from calibrate.renderers import json, terminal
from calibrate.results import Estimate, Result


def _estimates(found: Any) -> Iterator[Estimate]:
    """Every estimate in a result, parts too."""
    if isinstance(found, Estimate):
        yield found
    parts: Any = found.values() if isinstance(found, dict) else found if isinstance(found, tuple) else ()
    if dataclasses.is_dataclass(found):
        parts = (getattr(found, f.name) for f in dataclasses.fields(found))
    for part in parts:
        yield from _estimates(part)


def _check(result: Result) -> Result:
    for estimate in _estimates(result):
        numbers = [getattr(estimate, f.name) for f in dataclasses.fields(estimate) if f.type == "float | None"]
        assert not any(x is not None and math.isnan(x) for x in numbers)
        assert all(x is None or math.isfinite(x) for x in numbers[1:])
        if estimate.value is None or math.isinf(estimate.value) or estimate.low is None:
            assert estimate.reason
        if estimate.low is not None and estimate.high is not None:
            assert estimate.low <= estimate.high
            inner = estimate.value if estimate.debiased is None else estimate.debiased
            assert inner is not None
            assert estimate.low - 1e-12 <= inner <= estimate.high + 1e-12
        if estimate.noise_floor is not None and "mean over" not in estimate.definition:
            assert 0 <= estimate.noise_floor <= 1
    assert "NaN" not in json.render(result)
    assert "nan" not in terminal.render(result)
    return result


@pytest.fixture(scope="session")
def sound() -> Callable[[Result], Result]:
    """Asserts that a result is sound, and gives it back."""
    return _check
