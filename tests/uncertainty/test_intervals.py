"""Intervals of means and frequencies: known values, the laws of weights, exact coverage."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from calibrate.collectors import _moments
from calibrate.uncertainty import intervals
from calibrate.uncertainty.intervals import Mean, _unskewed, clopper_pearson, frequency_interval, hall, mean_of, wilson

VALUES = st.lists(st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=3, max_size=30)


def mean(x: list[float] | np.ndarray, w: list[float] | np.ndarray | None = None) -> Mean:
    return mean_of(_moments(np.asarray(x, dtype=float), None if w is None else np.asarray(w, dtype=float)))


def test_mean_has_the_moments_of_scipy() -> None:
    x = np.random.default_rng(1).exponential(size=100)
    found = mean(x)
    assert found.value == pytest.approx(x.mean(), rel=1e-14)
    assert found.error == pytest.approx(stats.sem(x), rel=1e-12)
    assert found.skew == pytest.approx(stats.skew(x) / 10, rel=1e-10)
    assert (found.n, found.df) == (100, 99)


@pytest.mark.parametrize(
    ("x", "ends"),
    [([3.0, 3.0, 3.0], (3.0, 3.0)), ([1.0], None), ([0.0, 1e200], None), ([0.0, np.inf], None)],
    ids=["no spread", "one row", "overflow", "infinite"],
)
def test_hall_at_the_limits(x: list[float], ends: tuple[float, float] | None) -> None:
    assert hall(mean(x), 0.95) == ends


@pytest.mark.parametrize("light", [1e-12, 1e-9, 1e-6, 1e-3])
def test_one_row_of_nearly_all_the_weight_has_no_interval(light: float) -> None:
    found = mean([0.3, 1.0, 2.0, 1.5], [1.0, light, light, light])
    assert hall(found, 0.95) is None


def test_hall_without_skewness_is_student() -> None:
    low, high = hall(Mean(1.0, 0.1, 0.0, 20.0, 19.0), 0.95) or (0, 0)
    assert (low, high) == pytest.approx(stats.t.interval(0.95, 19, 1.0, 0.1), rel=1e-9)


def test_hall_reaches_further_on_the_long_side() -> None:
    low, high = hall(Mean(1.0, 0.1, 0.3, 20.0, 19.0), 0.95) or (0, 0)
    assert high - 1 > 1 - low


def test_hall_solves_its_transformation() -> None:
    k, q = 0.3, 2.0
    t = intervals._unskewed(q, k)
    assert t + k * t**2 / 3 + k**2 * t**3 / 27 + k / 6 == pytest.approx(q, rel=1e-12)


@pytest.mark.parametrize("skew", [-0.3, 0.3])
def test_penalty_widens_and_takes_the_worse_skewness_at_either_end(skew: float) -> None:
    low, high = hall(Mean(0.0, 0.1, skew, 50.0, 49.0), 0.95, penalty=0.03) or (0, 0)
    ends = [hall(Mean(0.0, 0.2, k, 50.0, 49.0), 0.95) or (0, 0) for k in (skew, skew / 8)]
    assert low == pytest.approx(min(e[0] for e in ends))
    assert high == pytest.approx(max(e[1] for e in ends))


@given(x=VALUES, factor=st.floats(0.001, 1000))
def test_weights_are_relative(x: list[float], factor: float) -> None:
    plain, weighted = mean(x), mean(x, [factor] * len(x))
    assert weighted.value == pytest.approx(plain.value, rel=1e-9, abs=1e-9)
    assert weighted.error == pytest.approx(plain.error, rel=1e-6, abs=1e-6)
    assert (weighted.n, weighted.df) == pytest.approx((plain.n, plain.df), rel=1e-9)


@given(x=VALUES)
def test_a_row_of_no_weight_is_no_row(x: list[float]) -> None:
    assert mean([*x, np.inf], [1.0] * len(x) + [0.0]).error == pytest.approx(mean(x).error, rel=1e-9, abs=1e-9)


@given(x=VALUES, shift=st.floats(-10, 10), scale=st.floats(0.1, 10))
def test_hall_moves_with_the_values(x: list[float], shift: float, scale: float) -> None:
    ends = hall(mean(x), 0.95)
    moved = hall(mean(scale * np.asarray(x) + shift), 0.95)
    assert ends is not None
    assert moved is not None
    assert moved == pytest.approx([scale * e + shift for e in ends], rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 20), (1, 20), (19, 20), (20, 20), (500, 1000)])
def test_frequencies_as_in_scipy(k: int, n: int) -> None:
    test = stats.binomtest(k, n)
    assert wilson(k / n, n, 0.95) == pytest.approx(tuple(test.proportion_ci(0.95, "wilson")), rel=1e-12, abs=1e-15)
    assert clopper_pearson(k / n, n, 0.9) == pytest.approx(tuple(test.proportion_ci(0.9, "exact")), rel=1e-9)


@pytest.mark.parametrize(("n", "least"), [(200, 92.0), (1000, 93.5)])
def test_exact_coverage_of_frequencies(n: int, least: float) -> None:
    k = np.arange(n + 1)
    scores = np.array([wilson(x / n, n, 0.95) for x in k])
    exact = np.array([clopper_pearson(x / n, n, 0.95) for x in k])
    for p in (0.9, 0.95, 0.98, 0.99, 0.995):
        mass = stats.binom.pmf(k, n, p)
        assert 100 * mass[(scores[:, 0] <= p) & (p <= scores[:, 1])].sum() >= least
        assert 100 * mass[(exact[:, 0] <= p) & (p <= exact[:, 1])].sum() >= 95


@pytest.mark.parametrize("n", [20, 50, 200])
def test_no_end_of_a_frequency_misses_in_more_than_5_per_cent(n: int) -> None:
    k = np.arange(n + 1)
    low, high = np.array([frequency_interval(x / n, n, 0.95) for x in k]).T
    p = np.sort(
        np.concatenate([low - 1e-12, low + 1e-12, high - 1e-12, high + 1e-12, np.geomspace(1e-3 / n, 0.5, 200)])
    )
    mass = stats.binom.pmf(k, n, p[(p > 0) & (p < 1), None])
    inside = p[(p > 0) & (p < 1), None]
    assert (mass * (low > inside)).sum(axis=1).max() <= 0.05 + 1e-9
    assert (mass * (high < inside)).sum(axis=1).max() <= 0.05 + 1e-9
    assert (mass * ((low <= inside) & (inside <= high))).sum(axis=1).min() >= 0.925


def test_frequencies_of_many_events_are_wilson_s() -> None:
    assert frequency_interval(0.3, 100, 0.95) == wilson(0.3, 100, 0.95)
    assert frequency_interval(0.3, 10, 0.5)[0] <= wilson(0.3, 10, 0.5)[0]


def test_few_errors_lift_the_upper_end_to_what_unseen_ones_would_cost() -> None:
    total = Mean(0.1, 0.01, 0.0, 50.0, 49.0)
    c = 1 - 0.025 ** (1 / 50)
    assert intervals.allowing_for_errors(total, 0.0, 0.0, 3.0, 0.95) == pytest.approx((1 - c) * 0.1 + c * 3.0)
    assert intervals.allowing_for_errors(total, 1.0, 0.1, 3.0, 0.95) == pytest.approx(3.0)
    c = clopper_pearson(0.02, 50, 0.95)[1]
    found = intervals.allowing_for_errors(total, 0.02, 0.04, 2.5, 0.95)
    assert found == pytest.approx((1 - c) * 0.06 / 0.98 + c * 2.5, rel=1e-12)


def test_frequency_counts_rows_where_weights_are_equal() -> None:
    y = np.array([1.0] * 30 + [0.0] * 10)
    assert intervals.frequency_rows(_moments(y, None)) == pytest.approx((0.75, 40))
    assert intervals.frequency_rows(_moments(y, np.full(40, 2.0))) == pytest.approx((0.75, 40))
    assert intervals.frequency_rows(_moments(np.ones(5), None)) == (1.0, 5.0)


def test_paired_frequency() -> None:
    change = np.array([1.0] * 6 + [-1.0] * 2 + [0.0] * 92)
    n, b, c = 102, 6.5, 2.5
    half = stats.norm.ppf(0.975) * np.sqrt(b + c - (b - c) ** 2 / n) / n
    middle = (b - c) / n
    assert intervals.paired_frequency(_moments(change, None), 0.95) == pytest.approx((middle - half, middle + half))
    assert intervals.paired_frequency(_moments(np.zeros(9), None), 0.95) == (0.0, 0.0)


def test_paired_frequency_where_predictions_can_change() -> None:
    found = intervals.paired_frequency(_moments(np.zeros(100), None), 0.95, 0.0, (0.0, 0.0))
    assert found == pytest.approx((-wilson(0, 100, 0.95)[1], wilson(0, 100, 0.95)[1]))
    lost = _moments(np.array([-1.0] * 3 + [0.0] * 97), None)
    alone, wider = (intervals.paired_frequency(lost, 0.95, 0.0, kinds) for kinds in (None, (0.03, 0.0)))
    assert wider[0] == pytest.approx(-frequency_interval(0.03, 100, 0.95)[1])
    assert wider[0] < alone[0] and wider[1] >= alone[1]


@pytest.mark.parametrize("n", [1, 2, 7, 50, 1000, 1_000_000])
@pytest.mark.parametrize("p", [1e-6, 0.03, 0.5, 0.97, 0.9999])
def test_band_holds_binomial_quantiles(n: int, p: float) -> None:
    expected = stats.binom.ppf([0.025, 0.975], n, p) / n
    low, high = intervals.binomial_bands(np.array([p, 0.5]), np.array([n, 4.0]), 0.95)
    assert (low[0], high[0]) == pytest.approx(tuple(expected), abs=1e-12)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_band_of_certainty(p: float) -> None:
    assert intervals.binomial_bands(np.array([p]), np.array([10.0]), 0.95) == (p, p)


def test_equal_values_have_neither_error_nor_skewness() -> None:
    for weights in (None, [1.0, 2.0, 5.0]):
        found = mean([0.1, 0.1, 0.1], weights)
        assert (found.error, found.skew) == (0.0, 0.0)
    infinite = mean([np.inf, 1.0, 2.0])
    assert infinite == Mean(np.inf, np.inf, 0.0, 3.0, 2.0)


def test_moments_of_unequal_weights() -> None:
    """By the definitions: the mean of (w (x - m))^j over powers of the sum of w, with n - 1 for n."""
    rng = np.random.default_rng(0)
    x, w = rng.exponential(size=30), rng.integers(1, 4, 30).astype(float)
    found, m = mean(x, w), np.average(x, weights=w)
    second, third = ((w * (x - m)) ** 2).sum(), ((w * (x - m)) ** 3).sum()
    n = w.sum() ** 2 / (w**2).sum()
    unbiased = 1 - 2 * (w**3).sum() / (w.sum() * (w**2).sum()) + 1 / n
    assert found.value == pytest.approx(m)
    assert found.error == pytest.approx(np.sqrt(second / unbiased) / w.sum())
    assert found.skew == pytest.approx(third / second**1.5)
    assert (found.n, found.df) == pytest.approx((n, (w**2).sum() ** 2 / (w**4).sum() - 1))


def test_least_degrees_of_freedom() -> None:
    assert hall(Mean(1.0, 0.1, 0.0, 2.0, intervals.LEAST_DF), 0.95) is not None
    assert hall(Mean(1.0, 0.1, 0.0, 2.0, 0.0999), 0.95) is None
    assert hall(Mean(1.0, 0.0, 0.0, 2.0, 0.0999), 0.95) == (1.0, 1.0)


def test_a_frequency_of_unequal_weights_counts_fewer_rows() -> None:
    y = np.arange(40) < 4
    w = np.where(y, 6.0, 1.0)
    sums = _moments(y.astype(float), w)
    found = mean_of(sums)
    p, n = intervals.frequency_rows(sums)
    assert p == pytest.approx(24 / 60)
    assert n == pytest.approx(p * (1 - p) / found.error**2 * found.n / (found.n - 1))
    assert n < found.n
    light = _moments(y.astype(float), 7.0 - w)
    found = mean_of(light)
    p, n = intervals.frequency_rows(light)
    assert n == found.n
    assert n < p * (1 - p) / found.error**2 * found.n / (found.n - 1)


def test_paired_frequency_of_weights_and_with_a_penalty() -> None:
    change, w = np.array([1.0] * 6 + [-1.0] * 2 + [0.0] * 92), np.where(np.arange(100) % 2, 1.0, 3.0)
    n = w.sum() ** 2 / (w**2).sum()
    m, changed = np.average(change, weights=w), (w**2 * change**2).sum() / (w**2).sum()
    middle = m * n / (n + 2)
    spread = np.sqrt((changed * n + 1) / (n + 2) ** 2 - middle**2 / (n + 2) + 0.001)
    low, high = intervals.paired_frequency(_moments(change, w), 0.9, 0.001)
    assert (low, high) == pytest.approx((middle - 1.6448536 * spread, middle + 1.6448536 * spread))
    assert intervals.paired_frequency(_moments(np.array([1.0, -1.0]), None), 0.95, 4.0) == (-1.0, 1.0)


@pytest.mark.parametrize("kinds", [(1, 9), (2, 2), (9, 1)])
def test_paired_frequency_holds_movers_interval(kinds: tuple[int, int]) -> None:
    sums = _moments(np.repeat([-1.0, 1.0, 0.0], [*kinds, 100 - sum(kinds)]), None)
    down, up = kinds[0] / 100, kinds[1] / 100
    (down_low, down_high), (up_low, up_high) = (frequency_interval(p, 100, 0.95) for p in (down, up))
    alone, both = (intervals.paired_frequency(sums, 0.95, 0.0, kinds) for kinds in (None, (down, up)))
    assert both[0] == pytest.approx(min(alone[0], up - down - np.hypot(down_high - down, up - up_low)))
    assert both[1] == pytest.approx(max(alone[1], up - down + np.hypot(down - down_low, up_high - up)))
    assert both[0] < alone[0] or both[1] > alone[1]


@pytest.mark.parametrize("n", [3, 7, 8, 13, 14, 43, 49, 1000])
def test_wilson_s_ends_of_certainty_are_exact(n: int) -> None:
    """Rounding alone would leave them above 0 at 43 rows, below 1 at 13, and of nearly 0 or 1 beyond, at 8 and 14."""
    assert wilson(0.0, n, 0.95)[0] == 0.0 and wilson(1.0, n, 0.95)[1] == 1.0
    assert wilson(1e-17, n, 0.95)[0] >= 0.0 and wilson(1 - 1e-16, n, 0.95)[1] <= 1.0
    assert all(0.0 <= low <= high <= 1.0 for low, high in (wilson(k / n, n, 0.5) for k in range(n + 1)))


def test_bands_of_certain_and_uncertain_predictions_together() -> None:
    low, high = intervals.binomial_bands(np.array([0.0, 0.5, 1.0]), np.array([1e9, 1e9, 1e9]), 0.95)
    assert (low[[0, 2]].tolist(), high[[0, 2]].tolist()) == ([0.0, 1.0], [0.0, 1.0])
    assert low[1] == pytest.approx(0.5 - 1.96 * 0.5 / np.sqrt(1e9), abs=1e-8)
    assert high[1] == pytest.approx(0.5 + 1.96 * 0.5 / np.sqrt(1e9), abs=1e-8)


def test_a_frequency_that_rounding_left_above_1_is_1() -> None:
    sums = {**_moments(np.ones(10), np.full(10, 0.1)), "x1": np.nextafter(1.0, 2.0), "w1": 1.0}
    assert intervals.frequency_rows(sums)[0] == 1.0
    assert intervals.frequency_rows({**sums, "x1": -5e-324})[0] == 0.0


@pytest.mark.parametrize("power", [-160, -120, -90, 0, 90])
def test_the_unit_of_values_changes_nothing_but_the_unit(power: int) -> None:
    """Also where the cube of a value is no float: then nothing is known of the skewness, and it is taken as 0."""
    x = np.array([0.0, 1.0, 3.0, 0.5, 7.0])
    found, usual = mean(x * 10.0**power), mean(x)
    assert (found.value, found.error) == (
        pytest.approx(usual.value * 10.0**power),
        pytest.approx(usual.error * 10.0**power),
    )
    assert found.skew == (pytest.approx(usual.skew) if abs(power) <= 100 else 0.0)


def test_bands_of_few_rows_beside_those_of_very_many() -> None:
    """Counts reach as far out in every cell as in the widest: what is likely there lies beyond floats elsewhere."""
    p, n = np.array([0.5, 0.9, 0.001, 0.3, 0.0, 1.0]), np.array([1e9, 1e6, 1e4, 3.0, 1e12, 1e12])
    low, high = intervals.binomial_bands(p, n, 0.95)
    assert low == pytest.approx(stats.binom.ppf(0.025, n, p) / n, abs=1e-12)
    assert high == pytest.approx(stats.binom.ppf(0.975, n, p) / n, abs=1e-12)


@pytest.mark.parametrize("k", [0.9, -0.9, -2.5, 1e-2, -2.4e-6, 1e-6, -1e-9, 1e-14, 1e-16, 0.0])
@pytest.mark.parametrize("q", [1.96, -1.96])
def test_the_inverse_of_halls_transformation_keeps_its_digits(q: float, k: float) -> None:
    """Against 50 digits, where k is small and the cube root is next to 1."""
    with mpmath.workdps(50):
        x = mpmath.mpf(k) * (mpmath.mpf(q) - mpmath.mpf(k) / 6)
        root = mpmath.sign(1 + x) * mpmath.cbrt(abs(1 + x))
        exact = float(3 / mpmath.mpf(k) * (root - 1)) if k else q
    assert _unskewed(q, k) == pytest.approx(exact, rel=1e-14)
