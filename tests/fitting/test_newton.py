"""Families and the Newton search: derivatives against numeric ones, both ways to a step, no optimum said plainly."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.errors import CalibrateError
from calibrate.fitting.families import CommonSlope, Diagonal, Family, Matrix
from calibrate.fitting.linear import optimum
from calibrate.fitting.objective import Objective
from calibrate.rows import from_arrays

K = 4
FAMILIES = [CommonSlope(K), Diagonal(K), Matrix(K), Matrix(K, blocks=False)]


def objective(family: Family, ridge: float = 0.01, m: int = 90, *, masked: bool = False) -> Objective:
    rng = np.random.default_rng(1)
    x, y = rng.normal(0, 1.5, (m, K)), rng.integers(0, K, m)
    if masked:
        x[::7, 1], y[::7] = -np.inf, 0
    w = rng.random(m) + 0.5
    rows = from_arrays(x, y, w, rows_per_block=31)
    return Objective(rows, float(w.sum()), family, np.full(family.size, ridge), family.start, masked)


def numeric(function: object, theta: np.ndarray) -> np.ndarray:
    steps = 1e-5 * np.eye(len(theta))
    return np.stack([(function(theta + h) - function(theta - h)) / 2e-5 for h in steps])  # type: ignore[operator]


@pytest.mark.parametrize("family", FAMILIES, ids=repr)
@pytest.mark.parametrize("masked", [False, True])
def test_derivatives_are_those_of_the_value(family: Family, masked: bool) -> None:
    if masked and isinstance(family, Matrix):
        return
    one = objective(family, masked=masked)
    theta = family.start + np.random.default_rng(2).normal(0, 0.3, family.size)
    at = one.at(theta)
    assert at.slopes == pytest.approx(numeric(lambda t: one.at(t).value, theta), abs=1e-9)
    hessian = at.curves + 2 * np.diag(one.ridge)
    assert hessian == pytest.approx(numeric(lambda t: one.at(t).slopes, theta), abs=1e-8)
    direction = np.random.default_rng(3).normal(size=family.size)
    assert one.times(theta, direction) == pytest.approx(hessian @ direction, abs=1e-6)


@pytest.mark.parametrize("family", FAMILIES, ids=repr)
def test_conjugate_gradients_find_what_the_hessian_finds(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    one = objective(family)
    found, _ = optimum(one.rows, one.weight, family, one.ridge, "it")
    monkeypatch.setattr("calibrate.fitting.objective.FEW", 0)
    monkeypatch.setattr("calibrate.fitting.objective.WORK", 0.0)
    assert not one.exact
    again, _ = optimum(one.rows, one.weight, family, one.ridge, "it")
    assert again == pytest.approx(found, abs=1e-7)
    assert np.abs(one.at(found).slopes).max() < 1e-9


@pytest.mark.parametrize("family", FAMILIES, ids=repr)
def test_a_preconditioner_is_close_to_the_hessian(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calibrate.fitting.objective.FEW", 0)
    monkeypatch.setattr("calibrate.fitting.objective.WORK", 0.0)
    one = objective(family)
    solve = family.approximate(one.at(family.start).curves, 2 * one.ridge)
    product = np.stack([solve(one.times(family.start, unit)) for unit in np.eye(family.size)])
    assert np.all(np.linalg.eigvals(product).real > 0)
    assert np.linalg.eigvals(product).real.max() < 4


@pytest.mark.parametrize("family", FAMILIES, ids=repr)
@pytest.mark.parametrize("few", [0, 1000])
def test_separable_data_are_refused(family: Family, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calibrate.fitting.objective.FEW", few)
    monkeypatch.setattr("calibrate.fitting.objective.WORK", 0.0)
    x = np.random.default_rng(4).normal(size=(50, K))
    rows = from_arrays(x, x.argmax(axis=1))
    with pytest.raises(CalibrateError, match="separable") as caught:
        optimum(rows, 50.0, family, np.zeros(family.size), "it", unbounded=True)
    assert caught.value.code == "E302"


def test_data_that_are_separable_in_part_are_refused() -> None:
    """Class 3 is never taken for another, the others are: the loss has an infimum above 0 and no minimum."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(200, K)), rng.integers(0, 3, 200)
    x[:, 3], y[:20] = -5.0, 3
    x[:20, 3] = 5.0
    with pytest.raises(CalibrateError, match="separable"):
        optimum(from_arrays(x, y), 200.0, Diagonal(K), np.zeros(2 * K), "it", unbounded=True)
