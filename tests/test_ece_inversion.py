"""The interval of the ECE: its limits, its laws, and a small simulation of what it covers (more in `make coverage`)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibrate import ece_inversion
from calibrate.cells import Cells, cells_of
from calibrate.ece_inversion import ece_interval

COUNTS = st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=15)


def cells(rows: list[tuple[int, float, float]], weight: float = 1.0) -> Cells:
    n, p, y = np.array(rows).T
    k = np.round(n * y)
    sums: Any = SimpleNamespace(count=n, weight=weight * n, predicted=weight * n * p, observed=weight * k,
                                squares=weight**2 * n)  # fmt: skip
    return cells_of(sums)


@settings(max_examples=30)
@given(rows=COUNTS)
def test_debiased_lies_inside_and_all_in_range(rows: list[tuple[int, float, float]]) -> None:
    low, middle, high = ece_interval(cells(rows))
    assert 0 <= low <= middle <= high <= 1


@settings(max_examples=30)
@given(rows=COUNTS)
def test_higher_levels_are_wider(rows: list[tuple[int, float, float]]) -> None:
    low, _, high = ece_interval(cells(rows), 0.8)
    wide_low, _, wide_high = ece_interval(cells(rows), 0.99)
    assert wide_low <= low + 1e-9
    assert wide_high >= high - 1e-9


@settings(max_examples=30)
@given(rows=COUNTS, weight=st.floats(0.01, 100))
def test_weights_are_relative_and_bins_have_no_order(rows: list[tuple[int, float, float]], weight: float) -> None:
    found = ece_interval(cells(rows))
    assert ece_interval(cells(rows, weight)) == pytest.approx(found, rel=1e-6, abs=1e-8)
    assert ece_interval(cells(rows[::-1])) == pytest.approx(found, rel=1e-6, abs=1e-8)


def test_certain_and_right_has_no_interval_to_speak_of() -> None:
    assert ece_interval(cells([(10, 0.0, 0.0), (10, 1.0, 1.0)])) == (0.0, 0.0, 0.0)


def test_a_gap_that_cannot_be_chance_is_found() -> None:
    low, middle, high = ece_interval(cells([(10_000, 0.9, 0.6)]))
    assert 0.28 < low < middle < high < 0.32
    assert middle == pytest.approx(0.3, abs=1e-3)


def test_one_large_gap_gives_the_normal_interval() -> None:
    """Far from 0 the fold does not matter: gap -+ 1.96 standard errors, solved for the gap in the variance."""
    low, _, high = ece_interval(cells([(2000, 0.8, 0.5)]))
    p, n, z = 0.8, 2000, 1.959964
    for end, sign in ((low, 1), (high, -1)):
        spread = np.sqrt((p - end) * (1 - p + end) / n)
        assert end + sign * z * spread == pytest.approx(0.3, abs=1e-5)


@pytest.mark.parametrize("mean", [0.0, 0.3, 1.0, 4.0])
def test_moments_of_a_folded_normal(mean: float) -> None:
    from scipy import stats

    law = stats.foldnorm(mean, scale=2.0)
    first, variance, third = ece_inversion._folded_moments(np.array([2.0 * mean, 5.0]), np.array([2.0, 0.0]))
    expected = float(law.stats("s")) * law.var() ** 1.5
    assert (first - 5, variance, third) == pytest.approx((law.mean(), law.var(), expected), rel=1e-6)


@pytest.mark.parametrize("gap", [0.0, 0.05, 0.2])
def test_coverage(gap: float) -> None:
    rng = np.random.default_rng(5)
    p, share = np.array([0.35, 0.55, 0.75, 0.95]), np.array([0.1, 0.2, 0.3, 0.4])
    truth = (share * np.minimum(gap, p)).sum()
    missed = 0
    for _ in range(300):
        n = np.maximum(rng.multinomial(300, share), 1)
        k = rng.binomial(n, np.maximum(p - gap, 0))
        low, _, high = ece_interval(cells([(m, q, x / m) for m, q, x in zip(n, p, k, strict=True)]))
        missed += not low - 1e-12 <= truth <= high
    assert missed <= 21  # 7 %
