"""Folds: equal rows together, order and chunks without effect, and a fallback that says so."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from calibrate.folds import assign, held_out, with_folds
from calibrate.rows import Rows, from_arrays


def numbers(rows: Rows) -> np.ndarray:
    return np.concatenate([np.asarray(block.folds) for block in rows.blocks()])


@pytest.mark.parametrize("k", [1, 2, 10, 17, 1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_folds_are_even_and_belong_to_the_row(k: int, dtype: type) -> None:
    z = np.random.default_rng(k).normal(0, 3, (4000, k)).astype(dtype)
    found = assign(z, 0, 5, seed=1)
    assert np.bincount(found, minlength=5) / 4000 == pytest.approx(np.full(5, 0.2), abs=0.03)
    order = np.random.default_rng(0).permutation(4000)
    assert assign(z[order], 77, 5, seed=1).tolist() == found[order].tolist()
    assert assign(z.astype(np.float64), 0, 5, seed=1).tolist() == found.tolist()
    assert np.mean(assign(z, 0, 5, seed=2) == found) == pytest.approx(0.2, abs=0.03)


def test_whole_numbers_spread_too() -> None:
    z = np.random.default_rng(0).integers(0, 30, (4000, 3)).astype(float)
    assert np.bincount(assign(z, 0, 5, 0), minlength=5) / 4000 == pytest.approx(np.full(5, 0.2), abs=0.04)


def test_zeros_have_no_sign() -> None:
    assert assign(np.array([[0.0, 1.0]]), 0, 5, 0) == assign(np.array([[-0.0, 1.0]]), 0, 5, 0)


@pytest.mark.parametrize("cut", [1, 3, 7, 100])
@pytest.mark.parametrize("constant", [False, True])
def test_chunks_do_not_matter(cut: int, constant: bool) -> None:
    z = np.zeros((100, 2)) if constant else np.random.default_rng(0).normal(size=(100, 2))
    rows, note = with_folds(from_arrays(z), 5, seed=0)
    parts, _ = with_folds(from_arrays(z, rows_per_block=cut), 5, seed=0)
    assert numbers(parts).tolist() == numbers(rows).tolist()
    assert bool(note) == constant


def test_constant_scores_go_by_row_number_and_say_so() -> None:
    rows, note = with_folds(from_arrays(np.zeros((103, 2))), 5, seed=0)
    assert note == "5 folds by row number: by the scores a fold would hold 100% of the rows"
    found = numbers(rows)
    for start in range(0, 100, 5):
        assert sorted(found[start : start + 5]) == [0, 1, 2, 3, 4]
    # Not the same in every run of five: labels that alternate must not end up one class a fold.
    assert len({tuple(found[start : start + 5]) for start in range(0, 100, 5)}) == 5


def test_steps_can_be_shipped() -> None:
    rows, _ = with_folds(from_arrays(np.random.default_rng(0).normal(size=(100, 2))), 5, seed=0)
    again = pickle.loads(pickle.dumps(rows.loads))
    assert np.concatenate([load().folds for load in again]).tolist() == numbers(rows).tolist()


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_held_out_share(fraction: float) -> None:
    z = np.random.default_rng(0).normal(size=(3000, 4))
    mask, note = held_out(from_arrays(z, rows_per_block=700), fraction, seed=0)
    assert (mask.mean(), note) == (pytest.approx(fraction, abs=0.03), "")
    assert held_out(from_arrays(z), fraction, seed=0)[0].tolist() == mask.tolist()
