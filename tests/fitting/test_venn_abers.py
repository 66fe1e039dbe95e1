"""Fits with one more row against scikit-learn's isotonic regression, fitted anew for every place and label."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import isotonic_regression

from calibrate.fitting import venn_abers
from calibrate.fitting.columns import Pooled


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)).filter(any), min_size=1, max_size=40))
def test_every_value_is_that_of_a_fit_of_its_own(counts: list[tuple[int, int]]) -> None:
    event, other = np.array(counts, dtype=float).T
    weight = event + other
    low, high = venn_abers.both(Pooled(np.arange(len(event)) * 1.0, weight, event, 0.5))
    for i in range(len(event)):
        more = (np.arange(len(event)) == i) * 1.0
        for found, y in ((low, 0.0), (high, 1.0)):
            known = isotonic_regression((event + y * more) / (weight + more), sample_weight=weight + more)
            assert found[i] == pytest.approx(known[i], abs=1e-12)


def test_values_rise_and_enclose() -> None:
    rng = np.random.default_rng(0)
    w = rng.random(3000) + 0.1
    low, high = venn_abers.both(Pooled(np.arange(3000.0), w, w * (rng.random(3000) < np.linspace(0, 1, 3000)), 0.5))
    assert np.all(np.diff(low) >= -1e-12) and np.all(np.diff(high) >= -1e-12)
    assert np.all(low < high)
