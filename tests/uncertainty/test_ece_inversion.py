"""The interval of the ECE: its limits, its laws, and a small simulation of what it covers (more in `make coverage`)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from calibrate.uncertainty import ece_inversion
from calibrate.uncertainty.cells import Cells, cells_of
from calibrate.uncertainty.ece_inversion import ece_interval, few_events

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


@pytest.mark.parametrize("off", [0.0, 1e-15, 1e-9, 1e-6])
def test_sure_and_always_right_may_still_be_wrong(off: float) -> None:
    """20 rows without an error do not show that there are none: Clopper-Pearson's bound, also in the limit."""
    low, middle, high = ece_interval(cells([(10, off, 0.0), (10, 1.0 - off, 1.0)]))
    assert (low, middle) == pytest.approx((0.0, 0.0), abs=1e-5)
    assert high == pytest.approx(1 - 0.025 ** (1 / 20), abs=1e-5)


def test_few_events_hold_the_interval_of_the_mean_gap() -> None:
    low, _, high = ece_interval(cells([(50, 0.005, 0.0)]))  # none in 50: the frequency is anything below .071
    assert low == 0.0
    assert high == pytest.approx(1 - 0.025 ** (1 / 50) - 0.005)
    ends = stats.binomtest(5, 50).proportion_ci(0.95, "exact")
    low, _, high = ece_interval(cells([(50, 0.001, 0.1)]))
    assert low <= ends.low - 0.001 + 1e-12
    assert high >= ends.high - 0.001 - 1e-12


@pytest.mark.parametrize("mirrored", [False, True])
def test_few_events_are_those_that_nobody_expected(mirrored: bool) -> None:
    rows = [(40, 0.1, 0.1), (60, 0.95, 0.95)]
    assert few_events(cells([(n, 1 - p, 1 - y) for n, p, y in rows] if mirrored else rows))  # 4 + 3
    assert not few_events(cells([(40, 0.1, 0.1), (60, 0.9, 0.9)]))  # 4 + 6


def test_lower_end_knows_that_one_bin_alone_may_be_bad() -> None:
    """A clear gap in a bin of little noise and much noise in calibrated ones: all delta may lie in the one."""
    bad, noisy = (1000, 0.95, 0.90), [(20, p, p + 0.1) for p in (0.3, 0.4, 0.5, 0.6, 0.7)]
    found = cells([bad, *noisy])
    low = ece_interval(found)[0]
    error = ece_inversion._standard_error(found)
    one = np.where(np.arange(6) == 0, 1.0, 0.0)
    sign = np.where(found.gap < 0, -1.0, 1.0)
    assert error[0] < np.abs(found.share * found.gap)[0] / 3
    assert ece_inversion._quantile(0.975, found, sign, low * one) <= found.ece + 1e-9


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
    law = stats.foldnorm(mean, scale=2.0)
    first, variance, third = ece_inversion._folded_moments(np.array([2.0 * mean, 5.0]), np.array([2.0, 0.0]))
    expected = float(law.stats("s")) * law.var() ** 1.5
    assert (first - 5, variance, third) == pytest.approx((law.mean(), law.var(), expected), rel=1e-6)


@pytest.mark.parametrize(
    ("p", "share", "gap", "rows"),
    [
        ((0.35, 0.55, 0.75, 0.95), (0.1, 0.2, 0.3, 0.4), 0.0, 300),
        ((0.35, 0.55, 0.75, 0.95), (0.1, 0.2, 0.3, 0.4), 0.05, 300),
        ((0.35, 0.55, 0.75, 0.95), (0.1, 0.2, 0.3, 0.4), 0.2, 300),
        ((0.2, 0.4, 0.6, 0.8, 0.95), (0.1, 0.1, 0.1, 0.2, 0.5), (0, 0, 0, 0, 0.1), 200),  # one bad bin
        ((0.01,), (1.0,), -0.01, 100),  # f = 2p, a rare event
        ((0.99,), (1.0,), 0.02, 50),  # sure, few errors
        ((1.0,), (1.0,), 0.02, 50),
        ((0.005, 0.995), (0.5, 0.5), (-0.01, 0.01), 100),
    ],
)
def test_coverage(p: tuple[float, ...], share: tuple[float, ...], gap: Any, rows: int) -> None:
    rng = np.random.default_rng(5)
    true = np.clip(np.array(p) - gap, 0, 1)
    truth = (np.array(share) * np.abs(np.array(p) - true)).sum()
    below = above = 0
    for _ in range(300):
        n = np.maximum(rng.multinomial(rows, share), 1)
        k = rng.binomial(n, true)
        low, _, high = ece_interval(cells([(m, q, x / m) for m, q, x in zip(n, p, k, strict=True)]))
        below, above = below + (truth < low - 1e-12), above + (truth > high + 1e-12)
    assert below + above <= 21  # 7 %
    assert max(below, above) <= 18  # 6 %: 5, and what 300 samples leave open


@pytest.mark.parametrize("p", [0.025, 0.5])
@pytest.mark.parametrize(("high", "limit"), [(True, 0.05), (False, 0.1)])
def test_what_may_pass_is_the_quantile_under_the_limit(p: float, high: bool, limit: float) -> None:
    """By simulation: gaps of the limit in all, in proportion to the errors, away from the nearer end of the scale."""
    found = cells([(400, 0.3, 0.0), (1600, 0.8, 0.99)] if high else [(400, 0.02, 0.0), (1600, 0.1, 0.0)])
    error = found.share * np.sqrt(found.predicted * (1 - found.predicted) / found.n)
    gap = limit * error / error.sum() / found.share
    true = found.predicted - np.where(found.predicted > 0.5, gap, -gap)
    events = np.random.default_rng(0).binomial(found.n.astype(int), true, size=(20_000, 2)) / found.n
    drawn = (np.abs(events - found.predicted) * found.share).sum(axis=1)
    assert ece_inversion.largest_passing(found, limit, p) == pytest.approx(np.quantile(drawn, p), rel=0.02)


def test_no_bin_can_be_further_off_than_its_prediction_allows() -> None:
    found = cells([(100, 0.3, 0.0), (100, 0.6, 0.0)])
    assert ece_inversion.largest_passing(found, 0.9, 0.5) == pytest.approx(0.5 * (0.7 + 0.6), rel=1e-9)


def oracle(found: Cells, level: float) -> tuple[float, float, float]:
    """The interval by its description: the folded normals by SciPy, the crossings by bisection."""
    size = np.abs(found.share * found.gap)
    smooth = (found.n * found.observed + found.predicted) / (found.n + 1)
    error = found.share * np.sqrt(smooth * (1 - smooth) / found.n)
    sign = np.where(found.gap < 0, -1, 1)

    def quantile(p: float, delta: np.ndarray) -> float:
        f = np.clip(found.predicted - sign * delta / found.share, 0, 1)
        spread = np.sqrt(
            found.share**2 * f * (1 - f) / found.n + delta**2 * (1 - found.share) / (found.share * found.total)
        )
        laws = [stats.foldnorm(d / s, scale=s) for d, s in zip(delta, spread, strict=True)]
        mean, variance = (sum(float(getattr(law, key)()) for law in laws) for key in ("mean", "var"))
        third = sum(float(law.stats("s")) * law.var() ** 1.5 for law in laws)
        z = stats.norm.ppf(p)
        return mean + np.sqrt(variance) * (z + (z * z - 1) * third / variance**1.5 / 6)

    def clearest(x: float) -> np.ndarray:
        order = np.argsort(-size / error)
        delta = np.empty_like(size)
        delta[order] = np.clip((1 + x) * size.sum() - np.cumsum(size[order]) + size[order], 0, size[order])
        return delta

    def end(p: float, family: Any, start: float) -> float:
        if quantile(p, family(start)) >= size.sum():
            return float(family(start).sum())
        root = optimize.brentq(lambda x: quantile(p, family(x)) - size.sum(), start, 10, xtol=1e-12)
        return float(family(root).sum())

    def shrunk(x: float) -> np.ndarray:
        return np.maximum(size + x * error, 0)

    none, upper = -(size / error).max(), 0.5 + level / 2
    middle = end(0.5, shrunk, none)
    low = min(end(upper, shrunk, none), end(upper, clearest, -1), middle)
    return low, middle, max(end(1 - upper, shrunk, none), end(1 - upper, lambda x: x * error, 0), middle)


@pytest.mark.parametrize(
    "rows",
    [
        [(100, 0.3, 0.38), (200, 0.5, 0.45), (300, 0.7, 0.7), (400, 0.9, 0.86)],  # noise
        [(100, 0.3, 0.5), (200, 0.5, 0.3), (300, 0.7, 0.8), (400, 0.9, 0.75)],  # clear
        [(1000, 0.8, 0.7), (20, 0.3, 0.4), (20, 0.5, 0.6)],  # one bin
        [(60, 0.4, 0.4), (60, 0.6, 0.55)],  # nearly calibrated
        [(500, 0.5, 0.51)],
        [(208, 0.71, 0.87), (299, 0.61, 0.7)],  # all gaps smaller are worse than the clearest alone
    ],
)
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_against_its_description_by_scipy(rows: list[tuple[int, float, float]], level: float) -> None:
    assert not few_events(cells(rows))
    assert ece_interval(cells(rows), level) == pytest.approx(oracle(cells(rows), level), rel=1e-6, abs=1e-9)


def test_roots_right_of_a_start() -> None:
    assert ece_inversion._root(lambda x: x + 3, -5.0) == pytest.approx(-3.0, abs=1e-12)
    assert ece_inversion._root(lambda x: x**3 - 1e6, -5.0) == pytest.approx(100.0, rel=1e-12)
    assert ece_inversion._root(lambda x: x + 6, -5.0) == -5.0
    calls: list[float] = []

    def cubic(x: float) -> float:
        calls.append(x)
        return (x + 1) ** 3 + x + 0.5

    assert cubic(ece_inversion._root(cubic, -9.0)) == pytest.approx(0.0, abs=1e-12)
    assert len(calls) < 25


def test_no_end_lies_beyond_what_the_predictions_allow() -> None:
    rows = [(2, 0.03, 0.5), (24, 0.73, 1 / 24), (51, 0.18, 1.0)]
    assert ece_interval(cells(rows))[2] == pytest.approx((2 * 0.97 + 24 * 0.73 + 51 * 0.82) / 77)


def test_a_search_that_gets_nowhere_ends() -> None:
    """Regula falsi creeps along a jump whose other side is too high: it is given up, between the ends."""
    asked = []

    def jump(x: float) -> float:
        asked.append(x)
        return -1.0 if x < 1 else 1e300

    assert -1.0 <= ece_inversion._root(jump, -1.0) <= 2.0
    assert 100 < len(asked) < 200


def test_a_bin_of_certainty_that_is_right_only_takes_its_share() -> None:
    """It has neither a gap nor an error: the interval is that of the other bins at their shares."""
    whole = cells([(100, 1.0, 1.0), (200, 0.5, 0.4), (300, 0.7, 0.72), (100, 0.0, 0.0)])
    others = replace(whole, **{key: getattr(whole, key)[1:3] for key in ("share", "predicted", "observed", "n")})
    assert ece_interval(whole, 0.9) == pytest.approx(ece_interval(others, 0.9), rel=1e-9)


@pytest.mark.parametrize("predicted", [0.001, 0.05, 0.3])
def test_few_events_widen_to_the_distances_of_the_prediction_from_their_interval(predicted: float) -> None:
    few = cells([(100, predicted, 0.08)])
    ends = stats.binomtest(8, 100).proportion_ci(0.95, "exact")
    away = max(ends.low - predicted, predicted - ends.high, 0.0)
    farthest = max(abs(ends.low - predicted), abs(ends.high - predicted))
    found = ece_inversion._with_few_events(few, (1.0, 0.5, 0.0), 0.95)
    assert found == pytest.approx((away, 0.5, farthest), rel=1e-9)
    assert ece_inversion._with_few_events(few, (0.0, 0.5, 1.0), 0.95) == (0.0, 0.5, 1.0)


@pytest.mark.parametrize("events", [9, 10])
def test_ten_events_are_not_few(events: int) -> None:
    assert few_events(cells([(100, 0.1, events / 100)])) == (events < 10)
