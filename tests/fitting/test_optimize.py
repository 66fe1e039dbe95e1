"""Roots of slopes in one variable: from anywhere, in any unit, and none where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from calibrate.fitting.optimize import FARTHEST, Slopes, minimise, third_order_step


def softplus_pair(right: float, wrong: float) -> Callable[[np.ndarray], Slopes]:
    """Slopes of right * log(1 + e^-b) + wrong * log(1 + e^b); its minimum is at log(right / wrong)."""

    def slopes(b: np.ndarray) -> Slopes:
        q = np.exp(-b) / (1 + np.exp(-b))
        p = 1 / (1 + np.exp(-b))
        bend = (right + wrong) * p * q
        return Slopes(wrong * p - right * q, bend, bend * (q - p), 1e-16 * (wrong * p + right * q))

    return slopes


@pytest.mark.parametrize("start", [1e-9, 1e-3, 1.0, 3.0, 30.0, 300.0])
@pytest.mark.parametrize(("right", "wrong"), [(3.0, 1.0), (1.0 + 1e-6, 1.0), (1e9, 1.0)])
def test_minimum_from_anywhere(start: float, right: float, wrong: float) -> None:
    found = minimise(softplus_pair(right, wrong), np.array([start]), 1e-13)
    assert found.settled.all()
    assert found.at[0] == pytest.approx(np.log(right / wrong), rel=1e-9 if right < 2 else 1e-13)
    assert found.passes <= 40


def test_problems_share_passes_and_settle_one_by_one() -> None:
    rights = np.array([[2.0, 5.0], [1e6, 1.1]])
    parts = [softplus_pair(right, 1.0) for right in rights.ravel()]

    def slopes(b: np.ndarray) -> Slopes:
        found = [part(np.array([x])) for part, x in zip(parts, b.ravel(), strict=True)]
        keys = ("first", "second", "third", "floor")
        return Slopes(*(np.concatenate([getattr(one, key) for one in found]).reshape(b.shape) for key in keys))

    found = minimise(slopes, np.ones((2, 2)), 1e-13)
    assert found.at == pytest.approx(np.log(rights), rel=1e-12)


def test_minimum_at_zero_is_no_answer() -> None:
    found = minimise(softplus_pair(1.0, 2.0), np.ones(1), 1e-13)
    assert not found.settled.any()
    assert found.at[0] < 10 / FARTHEST


def test_minimum_at_infinity_is_no_answer() -> None:
    found = minimise(softplus_pair(1.0, 0.0), np.full(1, 720.0), 1e-13)
    assert not found.settled.any()
    assert found.passes < 60


def test_slopes_that_are_no_numbers_end_the_search() -> None:
    nan = np.full(1, np.nan)
    found = minimise(lambda b: Slopes(nan, nan, nan, nan), np.ones(1), 1e-13)
    assert (found.passes, found.settled.tolist()) == (1, [False])


def test_points_are_evaluated_in_the_precision_of_the_rows() -> None:
    seen: list[float] = []

    def slopes(b: np.ndarray) -> Slopes:
        seen.extend(b.tolist())
        return softplus_pair(3.0, 1.0)(b)

    found = minimise(slopes, np.array([0.1]), 1e-13, precision=np.float32)
    assert all(float(np.float32(b)) == b for b in seen)
    assert found.at[0] == pytest.approx(np.log(3), rel=1e-13)


def test_piecewise_quadratic_lands_on_the_root() -> None:
    found = minimise(lambda b: Slopes(3 * (b - 2), 3 + 0 * b, 0 * b, 0 * b), np.array([1.5]), 1e-13)
    assert found.at[0] == 2.0
    assert found.passes <= 3


def test_step_has_third_order() -> None:
    errors = []
    for distance in (0.1, 0.05):
        b = np.array([np.log(3.0) + distance])
        s = softplus_pair(3.0, 1.0)(b)
        step, left = third_order_step(b, s.first, s.second, s.third)
        errors.append(abs(float((b + step)[0]) - np.log(3.0)))
        assert errors[-1] <= float(left[0])
    assert errors[0] / errors[1] == pytest.approx(8, rel=0.25)
