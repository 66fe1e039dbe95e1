"""The best b is found by bisection whatever the magnitudes, and the step that goes with it keeps what counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from calibrate.calibrators.temperature import Temperature
from calibrate.fitting.magnitude import FAR, Careful, bisected
from calibrate.fitting.slopes import Problem
from calibrate.links.sigmoid import Sigmoid
from calibrate.links.softmax import Softmax
from calibrate.rows import Block, from_arrays

RNG = np.random.default_rng(4)
Z = RNG.normal(0, 3, (90, 4))
Y = np.where(RNG.random(90) < 0.7, Z.argmax(axis=1), RNG.integers(0, 4, 90))


@pytest.mark.parametrize("unit", [1e-300, 1e-20, 1.0, 1e20, 1e300])
def test_bisection_finds_the_power_of_two_and_the_start(unit: float) -> None:
    exponents, start, _ = bisected(from_arrays(Z * unit, Y), Problem(Softmax()))
    known = Temperature.fit(from_arrays(Z, Y), Softmax()).calibrator.temperature
    assert 1 <= start[0] <= 2
    assert np.ldexp(start[0] * unit, exponents[0]) == pytest.approx(1 / known, rel=1e-3)


def test_bisection_goes_by_label() -> None:
    y = (RNG.random(Z.shape) < 1 / (1 + np.exp(-Z / 2))).astype(int)
    units = np.array([1e-200, 1.0, 1e3, 1e200])
    exponents, start, _ = bisected(from_arrays(Z * units, y), Problem(Sigmoid(), 4, 3))
    known = np.array(Temperature.fit(from_arrays(Z, y), Sigmoid(), per_label=True).calibrator.temperature)
    assert np.ldexp(start * units, exponents) == pytest.approx(1 / known, rel=1e-3)


def test_differences_keep_what_counts() -> None:
    z = np.array([[1e15 + 2, 1e15, -np.inf], [1.7e308, -1.7e308, 0.0]])
    found = Careful(False, np.array([3]))(Block(0, z, np.array([0, 0]))).scores
    far = -(2.0**FAR)
    assert found.tolist() == [[0.0, -16.0, -np.inf], [0.0, far, far]]
    events = Careful(True, np.array([3, 0, 0]))(Block(0, z)).scores
    assert events.tolist() == [[8e15 + 16, 1e15, -np.inf], [-far, far, 0.0]]


MASKS = [-1e9, -1e20, float(np.finfo(np.float32).min), -1e100, float(np.finfo(np.float64).min)]


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("some", [False, True])
def test_a_class_masked_by_a_huge_number_is_masked(mask: float, some: bool) -> None:
    """As -inf masks it; in every row, or in some: then the largest score says nothing about the rest."""
    z, endless = (np.hstack([Z, np.full((90, 1), value)]) for value in (mask, -np.inf))
    if some:
        z[::2, 4] = endless[::2, 4] = -30.0
    found, known = (Temperature.fit(from_arrays(scores, Y), Softmax(), folds=0) for scores in (z, endless))
    assert found.calibrator.temperature == pytest.approx(known.calibrator.temperature, rel=1e-13)
    assert found.record.objective_after == pytest.approx(known.record.objective_after or 0.0, rel=1e-13)
    for one, other in zip(found.record.parameters.values(), known.record.parameters.values(), strict=True):
        assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=1e-4)  # from the pass next to it


@pytest.mark.parametrize("seed", range(6))
def test_bisection_is_as_close_and_as_quick_as_it_says(seed: int) -> None:
    """The middle of an interval of 1 / 1024 in 22 passes, and each of them needs the first derivative alone."""
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(90) < 0.7, Z.argmax(axis=1), rng.integers(0, 4, 90))
    rows, orders = from_arrays(Z, y), []

    def execute(collect: Any, loads: Any) -> Any:
        orders.append(collect.order)
        return rows.execute(collect, loads)

    exponents, start, passes = bisected(replace(rows, execute=execute), Problem(Softmax(), folds=3))
    best = 1 / np.float64(Temperature.fit(rows, Softmax()).calibrator.temperature)
    assert abs(np.ldexp(best, -exponents[0]) - start[0]) <= 2.0**-11
    assert len(orders) == passes <= 22 and set(orders) == {1}


def test_a_caller_who_has_numpy_raise_is_not_told_of_what_is_cut() -> None:
    with np.errstate(all="raise"):
        found = Careful(False, np.array([-1000]))(Block(0, np.array([[1e300, 0.0], [0.0, -1e-300]]))).scores
    assert found == pytest.approx(np.array([[0.0, -1e300 / 2.0**1000], [0.0, -0.0]]))
