"""Roots of slopes in one variable: from anywhere, in any unit, and none where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

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

    found = minimise(slopes, np.array([0.1, 1.09]), 1e-13, precision=np.float32)
    assert all(float(np.float32(b)) == b for b in seen)
    assert found.at == pytest.approx([np.log(3)] * 2, rel=1e-13)


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


@pytest.mark.parametrize("start", [1e-3, 300.0])
@pytest.mark.parametrize("unit", [2.0**-40, 2.0**40])
def test_the_loss_has_no_unit(start: float, unit: float) -> None:
    def slopes(b: np.ndarray) -> Slopes:
        found = softplus_pair(3.0, 1.0)(b)
        return Slopes(*(unit * getattr(found, key) for key in ("first", "second", "third", "floor")))

    one = minimise(softplus_pair(3.0, 1.0), np.array([start]), 1e-13)
    other = minimise(slopes, np.array([start]), 1e-13)
    assert (other.at.tolist(), other.passes) == (one.at.tolist(), one.passes)


def test_passes_are_counted_and_have_an_end() -> None:
    seen: list[float] = []

    def slopes(b: np.ndarray) -> Slopes:
        seen.append(float(b[0]))
        return Slopes(np.where(b < 3, -1.0, 1.0), 1e-9 + 0 * b, 0 * b, 0 * b)  # every step leaves the bracket

    assert minimise(slopes, np.array([3.0]), 1e-13).passes == len(seen) == 60
    seen.clear()
    found = minimise(slopes, np.array([3.0]), 1e-13, most=3)
    assert (found.passes, len(seen), found.settled.tolist()) == (3, 3, [False])


def test_a_problem_that_has_settled_stays_where_it_is() -> None:
    seen: list[float] = []

    def slopes(b: np.ndarray) -> Slopes:
        seen.append(float(b[0]))
        return softplus_pair(3.0, 1.0)(b)

    found = minimise(slopes, np.array([1.1, 500.0]), 1e-3)
    assert found.settled.all() and found.passes > 2
    assert set(seen[1:]) == {found.at[0]}
    assert found.at[0] == pytest.approx(np.log(3.0), rel=1e-3)
    assert found.at[0] != minimise(slopes, found.at[:1], 1e-13).at[0]


def test_doubt_of_the_second_derivative_asks_for_another_pass() -> None:
    def slopes(doubt: float) -> Callable[[np.ndarray], Slopes]:
        return lambda b: Slopes(3 * (b - 2), 3 + 0 * b, 0 * b, 0 * b, doubt)

    passes = [minimise(slopes(doubt), np.array([1.9]), 0.02, most=9).passes for doubt in (0.0, 0.1, 1.0)]
    assert passes == [1, 1, 2]


def test_no_step_is_longer_than_a_factor_of_8() -> None:
    for start, sign in ((1.0, -1.0), (1.0, 1.0)):
        seen: list[float] = []

        def slopes(b: np.ndarray, sign: float = sign, seen: list[float] = seen) -> Slopes:
            seen.append(float(b[0]))
            return Slopes(sign + 0 * b, 1e-9 + 0 * b, 0 * b, 0 * b)

        minimise(slopes, np.array([start]), 1e-13, most=4)
        assert seen == [8.0 ** (-sign * i) for i in range(4)]


def test_a_step_out_of_the_bracket_ends_at_the_geometric_mean() -> None:
    seen: list[float] = []

    def slopes(b: np.ndarray) -> Slopes:
        seen.append(float(b[0]))
        return Slopes(np.where(b < 3, -1.0, 1.0), 1e-9 + 0 * b, 0 * b, 0 * b)

    minimise(slopes, np.array([1.0]), 1e-13, most=5)
    assert seen == pytest.approx([1.0, 8.0, 8**0.5, (8**0.5 * 8) ** 0.5, (8**0.5 * (8**0.5 * 8) ** 0.5) ** 0.5])


def test_a_plateau_is_no_answer() -> None:
    found = minimise(lambda b: Slopes(0 * b, 0 * b, 0 * b, 0 * b), np.ones(1), 1e-13)
    assert (found.passes, found.settled.tolist()) == (1, [False])


def test_steps_by_hand() -> None:
    """d + d^2 / 2 b = root of the parabola; Newton's where there is none, and what is left of either."""
    b = np.array([2.0, 2.0, 2.0, 2.0])
    step, left = third_order_step(b, np.array([-1.0, -1.0, -1.0, 0.0]), np.ones(4) * 2, np.array([0.0, 1.0, -9.0, 1.0]))
    assert step == pytest.approx([0.5, np.sqrt(2 * 1 + 4) - 2, 0.5, 0.0])
    small = [0.25, 0.25, 0.5 * 9 / 2, 0.0]
    assert left == pytest.approx([0.5 * small[0], 0.5 * small[1] ** 2, 0.5 * small[2] ** 2, 0.0])
    assert third_order_step(b[:1], np.array([np.nan]), b[:1], b[:1])[1].tolist() == [np.inf]


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [(1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1e200, 1e-200, 1.0), (1.0, 1e-200, 1e200), (np.inf, 1.0, 1.0)],
)
def test_steps_that_are_no_numbers_leave_everything(first: float, second: float, third: float) -> None:
    step, left = third_order_step(*(np.array([x]) for x in (1.0, first, second, third)))
    assert not np.isfinite(step[0]) or step[0] == 0.0 or left[0] > abs(step[0])
    assert left[0] == np.inf


def test_a_kink_without_curvature_is_closed_in_on_but_never_settled() -> None:
    found = minimise(lambda b: Slopes(np.where(b < 3, -1.0, 1.0), 0 * b, 0 * b, 0 * b), np.ones(1), 1e-13)
    assert (found.passes, found.settled.tolist()) == (60, [False])
    assert found.at[0] == pytest.approx(3.0, rel=1e-12)


@pytest.mark.parametrize("start", [1.0, 2.0])
def test_steps_from_either_end_of_the_bracket_to_the_other_do_not_go_in_circles(start: float) -> None:
    found = minimise(lambda b: Slopes(np.where(b < 1.5, -1.0, 1.0), 1 + 0 * b, 0 * b, 0 * b), np.full(1, start), 1e-13)
    assert found.at[0] == pytest.approx(1.5, rel=1e-12)


def test_what_has_settled_is_not_asked_again() -> None:
    """The first problem settles at once; what its slopes are said to be from then on does not matter."""
    later: list[float] = []

    def slopes(b: np.ndarray) -> Slopes:
        found = softplus_pair(3.0, 1.0)(b)
        first = np.where(np.arange(2) < len(later), np.nan, found.first)
        later[:] = [0.0]
        return replace(found, first=first)

    found = minimise(slopes, np.array([np.log(3.0), 30.0]), 1e-13)
    assert found.passes > 1 and found.settled.tolist() == [True, True]
    assert found.at == pytest.approx([np.log(3.0)] * 2, rel=1e-12)


@pytest.mark.parametrize("end", [1.5 / FARTHEST, FARTHEST / 1.5])
def test_minima_next_to_the_farthest_points_are_answers(end: float) -> None:
    found = minimise(lambda b: Slopes(b - end, 1 + 0 * b, 0 * b, 0 * b), np.full(1, 1.1 * end), 1e-13)
    assert (found.at.tolist(), found.settled.tolist()) == ([end], [True])
