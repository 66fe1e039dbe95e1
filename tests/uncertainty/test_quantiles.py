"""Quantiles against SciPy."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from calibrate.errors import CalibrateError
from calibrate.uncertainty import quantiles

COUNTS = [(0, 1), (0, 10), (1, 10), (10, 10), (3, 50), (45, 50), (0, 100_000), (7, 100_000), (50_000, 100_000)]


@pytest.mark.parametrize(("k", "n"), COUNTS)
@pytest.mark.parametrize("p", [1e-4, 0.025, 0.5, 0.975, 0.9999])
def test_beta(k: int, n: int, p: float) -> None:
    assert quantiles.beta(p, k + 1, n - k + 0.5) == pytest.approx(stats.beta.ppf(p, k + 1, n - k + 0.5), rel=1e-9)


@pytest.mark.parametrize("df", [1, 1.3, 2, 3.7, 10, 49, 999, 1e5, 1e7])
@pytest.mark.parametrize("p", [0.005, 0.025, 0.5, 0.9, 0.975, 0.995])
def test_student(df: float, p: float) -> None:
    assert quantiles.student(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("df", [0.5, 0.7, 1, 1.5, 5, 1e4, 3e5, 1e9])
@pytest.mark.parametrize("p", [5e-10, 5e-4, 0.025, 0.4])
def test_student_is_odd_and_keeps_its_tails(df: float, p: float) -> None:
    found = quantiles.student(p, df)
    assert stats.t.cdf(found, df) == pytest.approx(p, rel=1e-6)
    assert quantiles.student(1 - p, df) == pytest.approx(-found, rel=1e-6)


@pytest.mark.parametrize("df", [1e-8, 1e-3, 0.1])
def test_student_without_degrees_of_freedom_is_anywhere(df: float) -> None:
    assert quantiles.student(0.975, df) > 1e12


@pytest.mark.parametrize("level", [0.0, 0.49, 1.0, 1 - 1e-12, -1.0, 95.0, math.nan])
def test_what_is_no_level(level: float) -> None:
    with pytest.raises(CalibrateError, match="expected a level") as caught:
        quantiles.known_level(level)
    assert (caught.value.code, caught.value.hint) == ("E603", "as in --ci 0.95")


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999999, 1 - 1e-9])
def test_levels(level: float) -> None:
    assert quantiles.known_level(level) == level


@pytest.mark.parametrize("p", [1e-10, 0.025, 0.5, 0.975])
def test_normal(p: float) -> None:
    assert quantiles.normal(p) == pytest.approx(stats.norm.ppf(p), rel=1e-12, abs=1e-15)


def test_tail() -> None:
    assert quantiles.tail(0.95) == 0.975


@given(x=st.floats(0, 1), a=st.floats(0.5, 1e4), b=st.floats(0.5, 1e4))
def test_incomplete_beta(x: float, a: float, b: float) -> None:
    assert quantiles.incomplete_beta(x, a, b) == pytest.approx(special.betainc(a, b, x), rel=1e-8, abs=1e-12)


@given(p=st.floats(1e-6, 1 - 1e-6), a=st.floats(0.5, 1e5), b=st.floats(0.5, 1e5))
def test_beta_inverts_the_incomplete_beta_function(p: float, a: float, b: float) -> None:
    x = quantiles.beta(p, a, b)
    assert quantiles.incomplete_beta(x, a, b) == pytest.approx(p, rel=1e-6, abs=1e-9)


@given(p=st.floats(0.6, 0.999), df=st.floats(0.6, 1e6))
def test_student_is_symmetric_and_wider_than_normal(p: float, df: float) -> None:
    assert quantiles.student(1 - p, df) == pytest.approx(-quantiles.student(p, df), rel=1e-6, abs=1e-9)
    assert quantiles.student(p, df) >= quantiles.normal(p) * (1 - 1e-9) - 1e-12
    assert math.isfinite(quantiles.student(p, df))


@pytest.mark.parametrize(
    ("a", "b"), [(0.5, 0.5), (0.5, 3.0), (1.0, 1.0), (1.0, 7.0), (2.0, 1.0), (3.5, 40.0), (900.0, 2.0)]
)
@pytest.mark.parametrize("p", [1e-12, 0.01, 0.3, 0.975])
def test_first_guesses_of_the_beta_quantile_are_near(a: float, b: float, p: float) -> None:
    guess = quantiles._near(p, a, b)
    assert 0 < guess < 1
    if min(a, b) > 1 and p > 1e-3:
        assert abs(guess - stats.beta.ppf(p, a, b)) <= 0.25 * stats.beta.std(a, b)
    elif min(a, b) < 1:
        assert guess == 0.5


def test_halleys_step() -> None:
    """For f = x^2 - 2 at 1.5: 2 f f' / (2 f'^2 - f f'')."""
    f, slope, second = 0.25, 3.0, 2.0
    step = quantiles._halley(f, slope, second / slope)
    assert step == pytest.approx(2 * f * slope / (2 * slope**2 - f * second), rel=1e-14)
    assert quantiles._halley(1.0, 0.0, 1.0) == math.inf
    for bend, factor in ((9.0, 2.0), (-9.0, 2 / 3)):  # never more than twice Newton's step, nor less than 2/3
        assert quantiles._halley(1.0, 1.0, bend) == pytest.approx(factor)


@pytest.mark.parametrize(("x", "value"), [(0.0, 0.0), (-1.0, 0.0), (1.0, 1.0), (2.0, 1.0)])
def test_incomplete_beta_beyond_its_range(x: float, value: float) -> None:
    assert quantiles.incomplete_beta(x, 2.0, 3.0) == value


def test_incomplete_beta_of_more_rows_than_there_are_ends() -> None:
    """Near the normal law up to ten million million of them; beyond, the fraction is given up before it settles."""
    a = 1e13
    assert quantiles.incomplete_beta(0.5, a, a) == pytest.approx(0.5, abs=0.02)
    assert quantiles.incomplete_beta(0.5 - 0.5 / math.sqrt(2 * a), a, a) == pytest.approx(stats.norm.cdf(-1), abs=0.02)
    assert 0 <= quantiles.incomplete_beta(0.5, 1e15, 1e15) <= 1


def test_incomplete_beta_ends_where_a_row_counts_almost_nothing() -> None:
    """x at the mean to the last bit: neither it nor its mirror image lies below."""
    a, b = 1.0000000000000013, 2.596476218117125e-16
    x = (a + 1) / (a + b + 2)
    for value in (x, math.nextafter(x, 1), math.nextafter(x, 0), 1 - x):
        assert 0 <= quantiles.incomplete_beta(value, a, b) <= 1
        assert 0 <= quantiles.incomplete_beta(value, b, a) <= 1


def test_what_is_divided_by_is_never_0() -> None:
    assert [quantiles._nonzero(x) for x in (0.0, -1e-301, 1e-299, -1.0)] == [1e-300, 1e-300, 1e-299, -1.0]
