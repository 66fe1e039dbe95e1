"""Damped Newton steps: convex problems of several parameters in the same passes, from bad starts, with fixed ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from calibrate.fitting.damped_newton import MOST, Bends, climb, inverses


def bends(sums: np.ndarray) -> Bends:
    return Bends(sums[0], sums[1:3].T, sums[[3, 4, 4, 5]].T.reshape(-1, 2, 2))


class Logistic:
    """Two rows of each problem with x = -1 and 1, whose events have the frequencies f (q, 2)."""

    def __init__(self, f: np.ndarray) -> None:
        self.f, self.seen = f, [0] * len(f)

    def __call__(self, which: np.ndarray, at: np.ndarray) -> np.ndarray:
        x, f = np.array([-1.0, 1.0]), self.f[which]
        for i in which:
            self.seen[i] += 1
        eta = at[:, :1] + at[:, 1:] * x
        p, r = special.expit(eta), special.expit(-eta)
        loss = -f * special.log_expit(eta) - (1 - f) * special.log_expit(-eta)
        gap, v = f * r - (1 - f) * p, p * r
        return np.stack([loss.sum(1), gap.sum(1), gap @ x, v.sum(1), v @ x, v.sum(1)])


def solved(f: np.ndarray, start: np.ndarray, free: np.ndarray | None = None) -> tuple[Logistic, object]:
    problem = Logistic(f)
    free = np.ones((len(f), 2), dtype=bool) if free is None else free
    return problem, climb(problem, bends, start, problem(np.arange(len(f)), start), np.ones((len(f), 2)), free)


def logit(f: np.ndarray) -> np.ndarray:
    return np.log(f) - np.log1p(-f)


@pytest.mark.parametrize("start", [0.0, 5.0, -30.0])
def test_every_start_ends_in_the_minimum(start: float) -> None:
    f = np.array([[0.2, 0.9], [0.5, 0.5], [0.001, 0.7], [0.9, 0.3]])
    problem, found = solved(f, np.full((4, 2), start))
    low, high = logit(f).T
    assert found.points == pytest.approx(np.stack([(low + high) / 2, (high - low) / 2], axis=1), abs=1e-12)  # type: ignore[attr-defined]
    assert found.settled.all() and max(problem.seen) == found.passes  # type: ignore[attr-defined]


def test_what_is_done_is_not_summed_again() -> None:
    problem, found = solved(np.array([[0.5, 0.5], [0.001, 0.9]]), np.zeros((2, 2)))
    assert problem.seen[0] == 1 < problem.seen[1] == found.passes  # type: ignore[attr-defined]


def test_what_is_not_free_stays() -> None:
    _, found = solved(np.array([[0.2, 0.9]]), np.array([[0.0, 0.25]]), np.array([[True, False]]))
    assert found.points[0, 1] == 0.25  # type: ignore[attr-defined]


def test_a_minimum_at_infinity_does_not_settle() -> None:
    _, found = solved(np.array([[0.0, 1.0]]), np.zeros((1, 2)))
    assert not found.settled.any() and found.passes == MOST  # type: ignore[attr-defined]
    assert found.points[0, 1] > 30  # type: ignore[attr-defined]


def test_inverses_are_those_of_linalg() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 5, 3)) * np.array([1e-6, 1.0, 1e6])
    matrices = np.einsum("qmi,qmj->qij", x, x)
    assert inverses(matrices, np.ones((50, 3), dtype=bool)) == pytest.approx(np.linalg.inv(matrices), rel=1e-7)
    assert not np.isfinite(inverses(np.zeros((1, 2, 2)), np.ones((1, 2), dtype=bool))).any()
