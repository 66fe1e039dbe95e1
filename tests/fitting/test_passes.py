"""Passes over rows: what they count, what they leave out, and derivatives that are carried instead of computed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from calibrate.fitting.passes import Passes, _carried
from calibrate.fitting.slopes import Problem
from calibrate.links.sigmoid import Sigmoid
from calibrate.links.softmax import Softmax
from calibrate.rows import Rows, from_arrays

RNG = np.random.default_rng(3)
Z = RNG.normal(0, 3, (120, 4))
Y = np.where(RNG.random(120) < 0.7, Z.argmax(axis=1), RNG.integers(0, 4, 120))


def test_derivatives_are_carried_exactly_where_the_fourth_is_constant() -> None:
    first, second, third, fourth = 0.3, 2.0, -1.5, 4.0
    d = np.array([[0.2, 0.0, -0.1]])
    moved = first + d * (second + d * (third / 2 + d * fourth / 6))
    known: Any = {"first": first, "second": second, "third": third, "spread": "kept"}
    found: Any = _carried(known, moved, d)
    assert found["second"] == pytest.approx(second + d * (third + d * fourth / 2), rel=1e-12)
    assert found["third"] == pytest.approx(third + d * fourth, rel=1e-12)
    assert found["spread"] == "kept"


def test_rounding_of_the_first_derivative_is_no_bend_where_the_point_did_not_move() -> None:
    known: Any = {"first": np.array([[0.3]]), "second": 2.0, "third": -1.5, "spread": 1.0}
    found: Any = _carried(known, np.array([[np.nextafter(0.3, 1.0)]]), np.zeros((1, 1)))
    assert (found["second"].tolist(), found["third"].tolist()) == ([[2.0]], [[-1.5]])


def test_close_by_only_the_first_derivative_is_computed_anew() -> None:
    rows, asked = from_arrays(Z, Y), []

    def execute(collect: Any, loads: Any) -> Any:
        asked.append(collect.order)
        return rows.execute(collect, loads)

    rows_asked = replace(rows, execute=execute)
    usual, thrifty = (Passes(Problem(Softmax()), rows_asked, thrifty=t) for t in (False, True))
    for passes in (usual, thrifty):
        passes.common(np.array([0.5]))
    for b, orders in ((0.5 * 1.05, (3, 1)), (0.7, (3, 3)), (0.7 / 1.2, (3, 3))):
        full, part = (passes.common(np.array([b])) for passes in (usual, thrifty))
        assert part.first == pytest.approx(full.first, rel=1e-12)
        assert part.second == pytest.approx(full.second, rel=1e-2 if orders[1] == 1 else 1e-12)
        assert part.floor == pytest.approx(full.floor, rel=1e-12)
        assert full.doubt == 0.0
        assert part.doubt == (pytest.approx(50 * 0.05**3) if orders[1] == 1 else 0.0)
    assert (usual.count, thrifty.count) == (4, 4)
    assert asked == [3, 3, 3, 1, 3, 3, 3, 3]


@pytest.mark.parametrize("weights", [None, np.arange(120) / 60])
def test_without_a_fold_are_the_rows_of_the_others(weights: np.ndarray | None) -> None:
    """Of events too, each label and each fold at its own b; the floor is that of all rows."""
    fold, y, points = np.arange(120) % 5, (RNG.normal(0, 3, Z.shape) < Z).astype(int), RNG.uniform(0.2, 2.0, (2, 4))

    def rows(kept: np.ndarray) -> Rows:
        return from_arrays(Z[kept], y[kept], None if weights is None else weights[kept])

    passes = Passes(Problem(Sigmoid(), 4, 5), rows(fold >= 0).number(fold))
    found = passes.without(points, np.array([3, 1]))
    assert passes.count == 1
    for i, k in enumerate((3, 1)):
        others = Passes(Problem(Sigmoid(), 4), rows(fold != k)).common(points[i])
        for key in ("first", "second", "third"):
            assert getattr(found, key)[i] == pytest.approx(getattr(others, key), rel=1e-11, abs=1e-12)
        everyone = Passes(Problem(Sigmoid(), 4), rows(fold >= 0)).common(points[i])
        assert found.floor[i] == pytest.approx(everyone.floor, rel=1e-12)
    assert found.doubt == 0.0


def test_floor_is_the_rounding_of_a_sum_of_so_many_slopes() -> None:
    p = np.exp(0.4 * Z) / np.exp(0.4 * Z).sum(axis=1, keepdims=True)
    slopes = (p * Z).sum(axis=1) - Z[np.arange(120), Y]
    floor = Passes(Problem(Softmax()), from_arrays(Z, Y)).common(np.array([0.4])).floor
    assert floor == pytest.approx([2.0**-52 * np.sqrt(120 * (slopes**2).sum())], rel=1e-12)
