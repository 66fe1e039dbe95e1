"""Weights in the unit in which they count rows."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.fitting.refit import without
from calibrate.fitting.weights import in_unit, weighed
from calibrate.rows import Rows, from_arrays

RNG = np.random.default_rng(0)


def rows_of(w: np.ndarray | None, step: int = 2, n: int = 7) -> Rows:
    n = n if w is None else len(w)
    return from_arrays(np.zeros((n, 2)), np.zeros(n, dtype=np.int64), w, rows_per_block=step)


def weights(rows: Rows) -> np.ndarray:
    return np.concatenate([np.asarray(block.weights) for block in rows.blocks()])


@pytest.mark.parametrize("step", [2, 7])
@pytest.mark.parametrize(
    "w", [RNG.exponential(size=7), np.array([1, 2, 3, 0, 0, 0, 9.0]), 10.0 ** np.arange(-12, 9, 3)]
)
def test_they_add_up_to_the_effective_number_of_rows(w: np.ndarray, step: int) -> None:
    found, had = weighed(rows_of(w, step))
    assert weights(found) == pytest.approx(w * (w.sum() / np.square(w).sum()), rel=1e-14)
    assert weights(found).sum() == pytest.approx(w.sum() ** 2 / np.square(w).sum(), rel=1e-14)
    assert had == pytest.approx(w.sum(), rel=1e-15)
    assert found.weighted


@pytest.mark.parametrize("power", [-1000, -600, -401, -399, -1, 1, 300, 600, 1000])
@pytest.mark.parametrize("step", [2, 7])
def test_a_power_of_two_changes_no_bit(power: int, step: int) -> None:
    w = RNG.uniform(1, 3, 7)
    assert np.array_equal(weights(in_unit(rows_of(np.ldexp(w, power), step))), weights(in_unit(rows_of(w, step))))


@pytest.mark.parametrize("unit", [1e-305, 1e-100, 0.1, 1 / 3, 1e100, 1e305])
def test_any_factor_changes_the_rounding_alone(unit: float) -> None:
    w = RNG.uniform(0.5, 2, 7)
    assert weights(in_unit(rows_of(w * unit))) == pytest.approx(weights(in_unit(rows_of(w))), rel=1e-14)


@pytest.mark.parametrize("weight", [5e-324, 1e-300, 0.1, 1.0, 3.0, 1e300])
def test_equal_weights_are_none_and_some_of_them_are_rows(weight: float) -> None:
    found, had = weighed(rows_of(np.full(7, weight)))
    assert [block.weights for block in found.blocks()] == [None] * 4
    assert not found.weighted
    assert had == pytest.approx(7 * weight, rel=1e-15)
    chosen = np.array([0, 0, 1, 0, 1, 1, 1.0])
    assert weights(in_unit(rows_of(weight * chosen))).tolist() == chosen.tolist()


def test_a_row_of_all_the_weight_is_one() -> None:
    assert weights(in_unit(rows_of(np.array([1e-300, 1e300, 1.0])))) == pytest.approx([0.0, 1.0, 0.0], abs=1e-299)


def test_no_jump_between_whole_multiples_and_others() -> None:
    one, other = (weights(in_unit(rows_of(np.array([1.0, 2.0, 2.0, second])))) for second in (2.0, 2.0 + 1e-9))
    assert one == pytest.approx(other, rel=1e-8)


@pytest.mark.parametrize("w", [None, np.zeros(7), np.empty(0)])
def test_rows_without_weight_stay_as_they_are(w: np.ndarray | None) -> None:
    rows = rows_of(w)
    found, had = weighed(rows)
    assert found is rows
    assert had is None


def test_rows_without_weights_are_not_passed_over() -> None:
    def never(*_: object) -> dict[str, float]:
        raise AssertionError

    rows = from_arrays(np.zeros((3, 2)), np.zeros(3, dtype=np.int64), execute=never)
    assert in_unit(rows) is rows


def test_the_rows_of_the_other_folds_have_their_own_unit() -> None:
    w, folds = np.array([1e-200, 3e-200, 2e-200, 1.0, 1.0]), np.array([0, 0, 0, 1, 1])
    rows = rows_of(w).number(folds)
    small, part = w[:3] / 1e-200, without(rows, 1)
    assert weights(part) == pytest.approx(small * (small.sum() / np.square(small).sum()), rel=1e-12)
    assert [block.weights for block in without(rows, 0).blocks()] == [None] * 3
