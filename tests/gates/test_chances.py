"""How often a calibrated model meets a limit, against samples of calibrated models that are judged for real."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.gates.chances import Chance, chance, chance_of_gap, rounded_up
from calibrate.results import Estimate
from calibrate.uncertainty.cells import Cells
from calibrate.uncertainty.ece_inversion import ece_interval


def world(n: int) -> tuple[Estimate, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    confidence = 0.5 + 0.5 * rng.beta(5, 1, size=n)
    where = np.clip(np.ceil(confidence * 15) - 1, 0, 14).astype(int)
    count, predicted = np.bincount(where, minlength=15), np.bincount(where, confidence, 15)
    used = count > 0
    share, p, rows = count[used] / n, predicted[used] / count[used], count[used].astype(float)
    cells = tuple(zip(share.tolist(), p.tolist(), p.tolist(), rows.tolist(), strict=True))
    return Estimate(0.0, method="inversion", cells=cells), share, p, rows


@pytest.mark.parametrize(("n", "limit"), [(200, 0.03), (1000, 0.03), (1000, 0.02), (10_000, 0.01), (10_000, 0.03)])
@pytest.mark.parametrize(("on", "end"), [("safe", 2), ("point", 1)])
def test_the_chance_is_that_of_real_samples(n: int, limit: float, on: str, end: int) -> None:
    estimate, share, p, rows = world(n)
    found = chance(estimate, limit, on, 0.95)
    assert found is not None
    rng = np.random.default_rng(2)
    samples = [Cells(share, p, rng.binomial(rows.astype(int), p) / rows, rows, float(n)) for _ in range(120)]
    passed = np.mean([ece_interval(cells)[end] <= limit for cells in samples])
    assert found.probability == pytest.approx(passed, abs=0.13)


def test_the_rows_that_are_named_are_enough_and_not_many_times_too_many() -> None:
    found = chance(world(1000)[0], 0.03, "safe", 0.95)
    assert found is not None
    assert found.times is not None
    needed = int(1000 * found.times)
    again, fewer = (chance(world(n)[0], 0.03, "safe", 0.95) for n in (needed, needed // 2))
    assert again is not None and fewer is not None
    assert again.probability > 0.9 > fewer.probability


def test_a_limit_of_zero_can_not_be_met_for_sure() -> None:
    assert chance(world(1000)[0], 0.0, "safe", 0.95) == Chance(0.0, None)


def test_nothing_is_said_where_hardly_ever_a_calibrated_model_fails() -> None:
    assert chance(world(1000)[0], 0.01, "lenient", 0.95) is None
    assert chance(Estimate(0.3, 0.2, 0.4), 0.1, "safe", 0.95) is None


def test_by_the_noise_floor() -> None:
    estimate = Estimate(0.01, noise_floor=0.010, noise_floor_p95=0.012)
    at_floor, at_point = (chance(estimate, limit, "point", 0.95) for limit in (0.010, 0.012))
    assert at_floor is not None and at_point is not None
    assert at_floor.probability == pytest.approx(0.5)
    assert at_point.probability == pytest.approx(0.95)
    assert at_point.times == pytest.approx(1.0)


def test_the_gap_of_a_calibrated_model() -> None:
    estimate = Estimate(0.004, 0.004 - 0.0196, 0.004 + 0.0196)
    found = chance_of_gap(estimate, 0.0196, "safe", 0.95)
    assert found is not None
    assert found.probability == pytest.approx(0.5, abs=1e-3)
    assert found.times == pytest.approx(((1.95996 + 1.64485) / 1.96) ** 2, rel=1e-3)


@pytest.mark.parametrize(("rows", "up"), [(0.2, 1), (7, 7), (99, 99), (101, 110), (18_200, 19_000), (2_000, 2_000)])
def test_rows_are_rounded_up_to_two_digits(rows: float, up: int) -> None:
    assert rounded_up(rows) == up


def test_of_a_gap_without_an_interval_or_without_any_spread_nothing_is_said() -> None:
    found = Estimate(0.004, -0.0156, 0.0236)
    assert chance_of_gap(found, 0.01, "safe", 0.95) is not None
    assert chance_of_gap(found, 0.01, "lenient", 0.95) is None
    assert chance_of_gap(Estimate(0.004, reason="one row has no spread"), 0.01, "safe", 0.95) is None
    assert chance_of_gap(Estimate(0.0, 0.0, 0.0), 0.01, "safe", 0.95) is None


def test_a_limit_that_would_take_more_rows_than_anybody_has_names_none() -> None:
    found = chance(world(1000)[0], 1e-8, "safe", 0.95)
    assert found is not None
    assert (found.probability, found.times) == (pytest.approx(0.025, abs=0.01), None)
