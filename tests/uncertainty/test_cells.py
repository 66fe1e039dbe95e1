"""Noise floors: exact expectations, and their points against simulation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from calibrate.uncertainty import cells as noise
from calibrate.uncertainty.cells import Cells, cells_of, cornish_fisher, drawn_point, mean_deviation


def bins(count: Any, p: Any, y: Any, weight: float = 1.0) -> Any:
    n, p, y = (np.asarray(a, dtype=float) for a in (count, p, y))
    w = weight * n
    return SimpleNamespace(count=n, weight=w, predicted=w * p, observed=w * y, squares=weight * w)


def confident(n: int, seed: int = 0) -> tuple[Cells, np.ndarray, np.ndarray]:
    p = 0.5 + 0.5 * np.random.default_rng(seed).beta(5, 1, n)
    number = np.ceil(p * 15).astype(int) - 1
    count, total = np.bincount(number, minlength=15), np.bincount(number, p, 15)
    mean = np.divide(total, count, out=np.zeros(15), where=count > 0)
    return cells_of(bins(count, mean, mean)), p, number


@pytest.mark.parametrize("n", [1, 2, 3, 10, 57, 1000])
@pytest.mark.parametrize("p", [0.0, 1e-9, 0.1, 0.5, 0.7, 0.999, 1.0])
def test_mean_deviation_is_the_binomial_expectation(n: int, p: float) -> None:
    k = np.arange(n + 1)
    expected = (np.abs(k - n * p) * stats.binom.pmf(k, n, p)).sum()
    assert mean_deviation(np.array([float(n)]), np.array([p]))[0] == pytest.approx(expected, rel=1e-9, abs=1e-15)


@given(n=st.floats(1, 1e5), p=st.floats(0, 1))
def test_mean_deviation_of_effective_counts_is_near_the_normal_one(n: float, p: float) -> None:
    found = mean_deviation(np.array([n]), np.array([p]))[0]
    spread = np.sqrt(n * p * (1 - p))
    assert 0 <= found <= 1.001 * spread + 1e-9
    if spread > 5:
        assert found == pytest.approx(np.sqrt(2 / np.pi) * spread, rel=0.02)


@pytest.mark.parametrize(("n", "tolerance"), [(50, 0.01), (1000, 0.01)])
def test_floor_against_rows_that_are_calibrated(n: int, tolerance: float) -> None:
    cells, p, number = confident(n)
    rng = np.random.default_rng(1)
    rows = p - (rng.random((20_000, n)) < p)
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order], prepend=-1))
    drawn = np.abs(np.add.reduceat(rows[:, order], starts, axis=1)).sum(axis=1) / n
    assert noise.noise_floor(cells) == pytest.approx(drawn.mean(), rel=tolerance)
    assert noise.noise_point(cells) == pytest.approx(np.quantile(drawn, 0.95), rel=0.015)


def test_published_floors() -> None:
    """0.5 + 0.5 Beta(5, 1): mean and 95 % point at 1,000, 10,000 and 100,000 rows."""
    for n, mean, point in ((1000, 0.015, 0.0245), (10_000, 0.0049, 0.0080), (100_000, 0.0015, 0.0024)):
        cells, _, _ = confident(n)
        assert noise.noise_floor(cells) == pytest.approx(mean, rel=0.05)
        assert noise.noise_point(cells) == pytest.approx(point, rel=0.05)


def test_point_with_few_events_is_drawn_and_repeatable() -> None:
    cells = cells_of(bins([40, 10], [0.999, 0.9], [1.0, 1.0]))
    drawn = noise.draw_gaps(cells, draws=200_000, seed=7) @ cells.share
    assert noise.noise_point(cells) == pytest.approx(np.quantile(drawn, 0.95), rel=0.02)
    assert noise.noise_point(cells) == noise.noise_point(cells)


def test_very_many_cells_of_few_events_are_not_drawn() -> None:
    """100,000 cells of 1e-4 events each: their number is Poisson, and a gap is about 1 where there is one."""
    n, p = np.full(100_000, 2.0), np.full(100_000, 5e-5)
    cells = cells_of(bins(n, p, p))
    found = noise.noise_point(cells) * cells.total
    assert found == pytest.approx(10 + stats.poisson.ppf(0.95, 10), abs=1)


def test_expansion_agrees_with_draws() -> None:
    cells, _, _ = confident(300)
    drawn = noise.draw_gaps(cells, draws=100_000, seed=3) @ cells.share
    assert noise.noise_point(cells) == pytest.approx(np.quantile(drawn, 0.95), rel=0.015)


@pytest.mark.parametrize(
    ("count", "weight", "squares", "expected"),
    [(5, 5.0, 5.0, 5.0), (2, 3.0, 5.0, 1.8), (3, 1e-13, 0.0, 3.0), (3, 1e-13, 1e-3, 1.0), (4, 1e-200, 0.0, 4.0)],
)
def test_effective_rows_are_never_fewer_than_one_nor_more_than_there_are(
    count: float, weight: float, squares: float, expected: float
) -> None:
    found = noise.effective_rows(*map(np.array, ([count], [weight], [squares])))
    assert found[0] == pytest.approx(expected)


def test_certain_predictions_have_no_floor() -> None:
    cells = cells_of(bins([5, 5], [0.0, 1.0], [0.0, 1.0]))
    assert (noise.noise_floor(cells), noise.noise_point(cells), cells.ece) == (0.0, 0.0, 0.0)


def test_empty_bins_are_left_out_and_several_curves_add() -> None:
    one = bins([10, 0, 30], [0.1, 0.0, 0.9], [0.2, 0.0, 0.8])
    two = SimpleNamespace(**{key: np.stack([value, value]) for key, value in vars(one).items()})
    assert len(cells_of(one).n) == 2
    assert cells_of(one).ece == pytest.approx(0.1)
    assert cells_of(two).ece == pytest.approx(0.2)
    assert cells_of(two).total == cells_of(one).total == 40
    assert noise.noise_floor(cells_of(two)) == pytest.approx(2 * noise.noise_floor(cells_of(one)))


@given(weight=st.floats(1e-3, 1e3))
def test_weights_are_relative(weight: float) -> None:
    plain = cells_of(bins([10, 30], [0.3, 0.9], [0.2, 0.8]))
    weighted = cells_of(bins([10, 30], [0.3, 0.9], [0.2, 0.8], weight))
    for measure in (noise.noise_floor, noise.noise_point):
        assert measure(weighted) == pytest.approx(measure(plain), rel=1e-9)


def test_cornish_fisher_on_a_folded_normal() -> None:
    law = stats.foldnorm(0)
    third = float(law.stats("s")) * law.var() ** 1.5
    assert cornish_fisher(0.95, law.mean(), law.var(), third) == pytest.approx(law.ppf(0.95), rel=0.002)
    assert cornish_fisher(0.95, 0.3, 0.0, 0.0) == 0.3


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("n", [1, 2, 7, 4000])
def test_the_point_of_draws_is_that_of_numpy(p: float, n: int) -> None:
    drawn = np.random.default_rng(n).normal(size=n)
    assert drawn_point(drawn, p) == pytest.approx(float(np.quantile(drawn, p)), rel=1e-14)


def test_rows_of_cells_are_read_back() -> None:
    n, w = np.array([10.0, 0.0, 30.0]), np.array([15.0, 0.0, 20.0])
    sums: Any = SimpleNamespace(count=n, weight=w, predicted=w * 0.3, observed=w * 0.4, squares=np.array([40.0, 0, 15]))
    cells = cells_of(sums)
    again = noise.of_rows(cells.rows())
    for key in ("share", "predicted", "observed", "n"):
        assert getattr(again, key).tolist() == getattr(cells, key).tolist()
    assert again.total == pytest.approx(cells.total) == pytest.approx(35**2 / 55)
    with pytest.raises(ValueError, match="zip"):
        noise.of_rows([(1.0, 0.5, 0.5, 10.0), (1.0, 0.5, 0.5)])


def test_sums_of_curves_that_rounding_left_outside_stay_inside() -> None:
    one, off = np.ones(2), np.array([-1e-17, 1 + 1e-15])
    sums: Any = SimpleNamespace(count=one, weight=one, squares=one, predicted=off, observed=off[::-1])
    cells = cells_of(sums)
    assert (cells.predicted.tolist(), cells.observed.tolist()) == ([0.0, 1.0], [1.0, 0.0])


def test_of_next_to_no_events_one_does_not_exceed_the_point() -> None:
    n = np.full(2500, 2.0)
    cells = cells_of(bins(n, np.full(2500, 4e-5), np.zeros(2500)))  # 0.2 events, too many cells to draw
    assert np.mean(noise.draw_gaps(cells, draws=1000) @ cells.share > noise.noise_point(cells)) <= 0.05


def test_the_point_of_many_events_has_the_skewness_of_folded_normals() -> None:
    """1,000 cells of one row, 30 of which are expected to be events."""
    n, p = np.ones(1000), np.full(1000, 0.03)
    mean, variance = 2 * 0.03 * 0.97, 0.03 * 0.97 - (2 * 0.03 * 0.97) ** 2
    third = float(stats.foldnorm.stats(0, moments="s")) * variance**1.5
    z = stats.norm.ppf(0.95)
    sd = np.sqrt(1000 * variance)
    expected = 1000 * mean + sd * (z + (z * z - 1) * 1000 * third / sd**3 / 6)
    assert noise.noise_point(cells_of(bins(n, p, p))) == pytest.approx(expected / 1000, rel=1e-12)
