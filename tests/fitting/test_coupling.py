"""Pairwise coupling against a solver of its own and the distributions that pairs were made from."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from calibrate.fitting.coupling import coupled


def pairs_of(p: np.ndarray) -> np.ndarray:
    return np.stack([p[:, i] / (p[:, i] + p[:, j]) for i, j in combinations(range(p.shape[1]), 2)], axis=1)


def everything(m: int, k: int) -> np.ndarray:
    return np.ones((m, k), dtype=bool)


@pytest.mark.parametrize("k", [2, 3, 7, 32])
def test_pairs_of_one_distribution_give_it_back(k: int) -> None:
    p = np.random.default_rng(k).dirichlet(np.ones(k), size=50)
    assert coupled(pairs_of(p), everything(50, k)) == pytest.approx(p, abs=1e-13)


def test_small_probabilities_are_relatively_right() -> None:
    p = np.array([[1e-12, 1e-9, 0.25, 0.75 - 1e-12 - 1e-9]])
    assert coupled(pairs_of(p), everything(1, 4)) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize("k", [3, 4, 6])
def test_the_sum_of_squares_has_its_minimum_there(k: int) -> None:
    r = np.random.default_rng(k).random((20, k * (k - 1) // 2))
    for row, p in zip(r, coupled(r, everything(20, k)), strict=True):

        def whole(q: np.ndarray, row: np.ndarray = row) -> float:
            each = zip(row, combinations(range(k), 2), strict=True)
            return float(sum(((1 - v) * q[i] - v * q[j]) ** 2 for v, (i, j) in each))

        best = minimize(
            whole,
            np.full(k, 1 / k),
            method="SLSQP",
            bounds=[(0, 1)] * k,
            constraints={"type": "eq", "fun": lambda q: q.sum() - 1},
            options={"ftol": 1e-15, "maxiter": 1000},
        )
        assert whole(p) <= best.fun + 1e-12
        assert p == pytest.approx(best.x, abs=1e-5)
        assert np.all(p > 0) and p.sum() == pytest.approx(1)


def test_certain_pairs_have_an_answer() -> None:
    winner = coupled(np.array([[1.0, 1.0, 0.5]]), everything(1, 3))
    assert winner.tolist() == [[1.0, 0.0, 0.0]]
    circle = coupled(np.array([[1.0, 0.0, 1.0]]), everything(1, 3))  # 0 beats 1, 1 beats 2, 2 beats 0
    assert circle == pytest.approx(np.full((1, 3), 1 / 3))
    wild = np.random.default_rng(0).choice([0.0, 1e-300, 1e-16, 0.5, 1 - 1e-16, 1.0], size=(2000, 10))
    p = coupled(wild, everything(2000, 5))
    assert np.all((p >= 0) & (p <= 1)) and p.sum(axis=1) == pytest.approx(np.ones(2000))


def test_classes_that_are_not_known_have_probability_0_and_say_nothing() -> None:
    rng = np.random.default_rng(1)
    r, known = rng.random((40, 6)), rng.random((40, 4)) < 0.7
    known[:, :2] = True
    p = coupled(r, known)
    assert np.array_equal(p > 0, known)
    few = ~known[:, 2] & known[:, 3]
    assert p[few][:, [0, 1, 3]] == pytest.approx(coupled(r[few][:, [0, 2, 4]], everything(int(few.sum()), 3)))


def test_rows_do_not_depend_on_their_neighbours() -> None:
    r = np.random.default_rng(2).random((3000, 45))
    whole = coupled(r, everything(3000, 10))
    assert np.array_equal(coupled(r[1700:1800], everything(100, 10)), whole[1700:1800])
