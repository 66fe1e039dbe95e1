"""Regressions of events: numeric gradients and information, features, the survey before a fit."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.fitting.event_logistic import Line, _Likelihood, certain, solve, standard
from calibrate.fitting.events import survey
from calibrate.rows import from_arrays


def world(n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(n, 2)) * 3
    return z, rng.integers(0, 2, (n, 2)), rng.exponential(size=n)


def test_gradient_and_information_are_numeric_ones() -> None:
    z, y, w = world()
    rows = from_arrays(z, y, w)
    features, targets, which = standard(rows, Line()), np.array([[0.1, 0.0], [0.8, 1.0]]), np.arange(2)

    def sums(at: np.ndarray) -> np.ndarray:
        return np.asarray(rows.sum(_Likelihood(features, targets, which, at))["sums"])

    at, h = np.array([[0.3, -1.0], [-0.4, 2.0]]), 1e-5
    here = sums(at)
    for i in range(2):
        step = h * np.eye(2)[i]
        up, down = sums(at + step), sums(at - step)
        assert here[1 + i] == pytest.approx(-(up[0] - down[0]) / (2 * h), rel=1e-7)
        second = -(up[1:3] - down[1:3]) / (2 * h)
        assert here[[[3, 4], [4, 5]][i]] == pytest.approx(second, rel=1e-7)


def test_features_are_standardised_and_offsets_of_the_scores_do_not_matter() -> None:
    z, y, w = world()
    found = standard(from_arrays(z + 1e6, y, w), Line())
    u = found(z.T + 1e6, np.arange(2))[0]
    assert u @ w == pytest.approx(np.zeros(2), abs=1e-6)
    assert np.square(u) @ w / w.sum() == pytest.approx(np.ones(2), rel=1e-9)
    assert found.reach[0] == pytest.approx(np.abs(u).max(axis=1))
    assert standard(from_arrays(np.full((5, 1), 0.1), y[:5, :1]), Line()).scale[0, 0] == 0


def test_an_empty_block_and_rows_of_weight_0_are_no_rows() -> None:
    z, y, _ = world()
    w = np.ones(60)
    w[::3] = 0
    z[0] = -np.inf
    y[0] = 1
    kept = w > 0
    weighted = from_arrays(z, y, w, rows_per_block=7)
    some = from_arrays(z, y, rows_per_block=1).keep(kept)
    answers = [solve(e, standard(e.rows, Line()), certain(2), 0.0).values for e in map(survey, (weighted, some))]
    assert answers[0] == pytest.approx(answers[1], rel=1e-10)
    assert survey(weighted).n == int(kept.sum())


def test_overlap() -> None:
    z = np.array([[1.0, 1, 5], [2, 2, 5], [3, 0, 5], [1.5, 2, 5]])
    y = np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 0, 1]])
    assert survey(from_arrays(z, y)).overlap.tolist() == [False, False, True]
