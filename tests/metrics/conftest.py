"""One way to measure for the tests of all metrics: by the link of the task, in one pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from calibrate import registry
from calibrate.results import Estimate
from calibrate.rows import from_arrays
from calibrate.scoring import AFTER, BEFORE, Measured, Unchanged, measure


@pytest.fixture(scope="session")
def measured() -> Callable[..., Measured]:
    """Scores, labels, task, metrics -> all that `measure` finds."""

    def run(
        scores: Any, labels: Any, task: Any, *metrics: str, weights: Any = None, after: Any = None, **more: Any
    ) -> Measured:
        z = np.asarray(scores, dtype=float)
        w = None if weights is None else np.asarray(weights, dtype=float)
        rows = from_arrays(z, np.asarray(labels), w, **{k: more.pop(k) for k in ("rows_per_block",) if k in more})
        link = registry.make("links", "softmax" if task == "multiclass" else "sigmoid")
        steps = {BEFORE: Unchanged()} if after is None else {BEFORE: Unchanged(), AFTER: after}
        chosen = {name: registry.make("metrics", name) for name in metrics}
        return measure(rows, link, steps, chosen, task=task, classes=more.pop("classes", ()), **more)

    return run


@pytest.fixture(scope="session")
def estimate(measured: Callable[..., Measured]) -> Callable[..., Estimate]:
    """Scores, labels, task, metric -> its estimate."""

    def run(scores: Any, labels: Any, task: Any, metric: str, **more: Any) -> Estimate:
        return measured(scores, labels, task, metric, **more).variants[BEFORE].metrics[metric]

    return run


@pytest.fixture(scope="session")
def world() -> tuple[np.ndarray, np.ndarray]:
    """Logits (300, 4) of an over-confident model, and labels."""
    rng = np.random.default_rng(11)
    z = rng.normal(size=(300, 4)) * 2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = np.minimum((p.cumsum(axis=1) < rng.random((300, 1))).sum(axis=1), 3)
    return 1.7 * z, y


@pytest.fixture(scope="session")
def events() -> tuple[np.ndarray, np.ndarray]:
    """Logits (200, 3) of an over-confident multi-label model, and labels."""
    rng = np.random.default_rng(12)
    z = rng.normal(size=(200, 3)) * 1.5
    return 1.7 * z, (rng.random((200, 3)) < 1 / (1 + np.exp(-z))).astype(int)
