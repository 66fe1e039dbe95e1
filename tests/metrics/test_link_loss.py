"""The link's own loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from calibrate import registry
from calibrate.rows import from_arrays
from calibrate.scoring import BEFORE, Unchanged, measure


def test_is_the_nll_where_that_is_the_loss(world: Any, events: Any, estimate: Any) -> None:
    for (z, y), task in ((world, "multiclass"), (events, "multilabel")):
        own, nll = estimate(z, y, task, "link_loss"), estimate(z, y, task, "nll")
        assert (own.value, own.low, own.high) == (nll.value, nll.low, nll.high)


def test_is_measured_unasked_where_it_is_not(world: Any) -> None:
    z, y = world
    link = registry.make("links", "sparsemax")
    found = measure(from_arrays(z, y), link, {BEFORE: Unchanged()}, {}, task="multiclass", classes=())
    expected = link.loss(z, y).mean()
    assert np.isclose(found.variants[BEFORE].metrics["link_loss"].value or 0.0, expected, rtol=1e-12)
