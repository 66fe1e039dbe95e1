"""Dirichlet calibration: an independent solver of the objective with ODIR, and matrix scaling where it is that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import optimize, special

from calibrate.calibrators.dirichlet import Dirichlet
from calibrate.calibrators.matrix import Matrix
from calibrate.errors import CalibrateError
from calibrate.links.softmax import Softmax
from calibrate.rows import from_arrays

TRUE = np.array([[0.8, 0.2, 0.0], [-0.1, 0.6, 0.3], [0.0, 0.0, 1.0]])


def fit(z: np.ndarray, y: np.ndarray, **options: Any) -> Any:
    return Dirichlet.fit(from_arrays(z, y), Softmax(), **options).calibrator


@pytest.mark.parametrize(("odir", "reg"), [(1e-3, 1e-3), (0.1, 0.0), (0.0, 0.1)])
def test_is_the_least(odir: float, reg: float, world: Any, least: Any, nll: Any) -> None:
    z, y = world(lambda x: x @ TRUE.T + [0.3, 0, -0.3], k=3)
    x, beside = special.log_softmax(z, axis=1), ~np.eye(3, dtype=bool)

    def penalty(u: np.ndarray) -> float:
        return float(odir * np.square(u[:9].reshape(3, 3)[beside]).sum() + reg * np.square(u[9:]).sum())

    known = least(lambda u: x @ u[:9].reshape(3, 3).T + u[9:], penalty, y, np.array([*np.eye(3).ravel(), 0, 0, 0]))
    found = fit(z, y, odir=odir, reg=reg)
    value = nll(found.transform(z), y) + penalty(np.array([*np.ravel(found.matrix), *found.biases]))
    assert value == pytest.approx(known.fun, rel=1e-8)
    assert value <= known.fun + 1e-13


def test_without_strengths_it_is_matrix_scaling(world: Any) -> None:
    z, y = world()
    other = Matrix.fit(from_arrays(z, y), Softmax()).calibrator
    found = special.softmax(fit(z, y, odir=0.0, reg=0.0).transform(z), axis=1)
    assert found == pytest.approx(special.softmax(other.transform(z), axis=1), abs=1e-8)


def test_almost_without_strengths_it_is_the_model_whose_last_class_is_the_reference(world: Any, nll: Any) -> None:
    z, y = world(k=3)
    x, hits = np.column_stack([special.log_softmax(z, axis=1), np.ones(len(y))]), np.eye(3)[y]

    def value(u: np.ndarray) -> tuple[float, np.ndarray]:
        p = special.log_softmax(x @ np.vstack([u.reshape(2, 4), np.zeros(4)]).T, axis=1)
        return -(p * hits).sum() / len(y), ((np.exp(p) - hits).T @ x / len(y))[:2].ravel()

    known = optimize.minimize(value, np.zeros(8), jac=True, method="BFGS", options={"gtol": 1e-9})
    found = fit(z, y, odir=1e-12, reg=1e-12)
    assert nll(found.transform(z), y) == pytest.approx(known.fun, abs=1e-10)
    both = np.column_stack([found.matrix, found.biases])
    # log softmax adds up to no constant of a row, so that the parameters are known but for a common row.
    assert (both - both[-1])[:2].ravel() == pytest.approx(known.x, abs=1e-4)


def test_the_order_of_the_classes_does_not_matter(world: Any) -> None:
    z, y = world()
    turn = np.array([2, 0, 3, 1])
    found = fit(z[:, turn], np.argsort(turn)[y]).transform(z[:, turn])
    assert special.softmax(found, axis=1) == pytest.approx(special.softmax(fit(z, y).transform(z), axis=1)[:, turn])


def test_bad_input_is_refused(world: Any) -> None:
    z, y = world()
    for options, code in (({"odir": -1.0}, "E602"), ({"reg": float("inf")}, "E602")):
        with pytest.raises(CalibrateError) as caught:
            fit(z, y, **options)
        assert caught.value.code == code
    with pytest.raises(CalibrateError, match="class 3 is in no row"):
        fit(z, y % 3)
