"""Blocks of the isotonic fit against scikit-learn, and against the stack where the rounds are too few."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import isotonic_regression

from calibrate.fitting import pava


def levels(event: np.ndarray, weight: np.ndarray) -> np.ndarray:
    first = pava.blocks(event, weight)
    mean = np.add.reduceat(event, first) / np.add.reduceat(weight, first)
    assert np.all(np.diff(mean) > 0)
    return np.repeat(mean, np.diff(first, append=len(event)))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=1, max_size=60))
def test_levels_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    event, weight = np.array(pairs, dtype=float).T
    known = isotonic_regression(event / weight, sample_weight=weight)
    assert levels(event, weight) == pytest.approx(known, abs=1e-12)


def test_what_takes_many_rounds_is_finished_by_a_stack() -> None:
    # One low value at the end pulls the ever higher ones before it down one after the other.
    y = np.append(np.arange(1.0, 400.0), -1e6)
    assert levels(y, np.ones(400)) == pytest.approx(isotonic_regression(y), rel=1e-12)
    rng = np.random.default_rng(0)
    w = rng.random(400) + 0.1
    assert levels(y * w, w) == pytest.approx(isotonic_regression(y, sample_weight=w), rel=1e-12)


def test_means_of_blocks_are_kept() -> None:
    rng = np.random.default_rng(1)
    w = rng.random(500)
    y = rng.random(500) < np.linspace(0, 1, 500)
    assert float(w @ levels(w * y, w)) == pytest.approx(float(w @ y), rel=1e-12)
