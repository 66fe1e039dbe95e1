"""Dirichlet calibration: an independent solver of the objective with ODIR, and matrix scaling where it is that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

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
