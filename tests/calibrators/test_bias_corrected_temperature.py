"""BCTS: an independent solver, known parameters, any unit, no optimum said plainly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.calibrators.bias_corrected_temperature import BiasCorrectedTemperature
from calibrate.errors import CalibrateError
from calibrate.links.softmax import Softmax
from calibrate.rows import from_arrays

BIASES = np.array([0.5, 0.2, -0.1, -0.6])


def fit(z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None) -> Any:
    return BiasCorrectedTemperature.fit(from_arrays(z, y, w), Softmax()).calibrator


def test_is_the_least(world: Any, least: Any, nll: Any) -> None:
    z, y = world(lambda x: x / 2 + BIASES)
    known = least(lambda u: u[0] * z + u[1:], lambda _: 0.0, y, np.array([1.0, 0, 0, 0, 0]))
    found = fit(z, y)
    assert nll(found.transform(z), y) == pytest.approx(known.fun, rel=1e-8)
    assert nll(found.transform(z), y) <= known.fun + 1e-13
    assert 1 / found.temperature == pytest.approx(known.x[0], abs=1e-5)
    assert sum(found.biases) == pytest.approx(0.0, abs=1e-12)


def test_known_parameters_come_back(world: Any) -> None:
    found = fit(*world(lambda x: x / 2 + BIASES, m=100_000))
    assert found.temperature == pytest.approx(2.0, rel=0.03)
    assert found.biases == pytest.approx(BIASES, abs=0.05)


@pytest.mark.parametrize("unit", [1e-200, 1e-12, 1e12, 1e200])
def test_units_are_units_of_the_temperature(unit: float, world: Any) -> None:
    z, y = world()
    one, other = fit(z, y), fit(z * unit, y)
    assert other.temperature / unit == pytest.approx(one.temperature, rel=1e-9)
    assert other.biases == pytest.approx(one.biases, abs=1e-9)


def test_constants_of_rows_and_masked_classes(world: Any) -> None:
    z, y = world()
    assert fit(z + 1e3, y).temperature == pytest.approx(fit(z, y).temperature, rel=1e-9)
    z[np.where(y != 1)[0][::2], 1] = -np.inf
    assert np.array_equal(np.isneginf(fit(z, y).transform(z)), np.isneginf(z))


def test_no_answer_is_said(world: Any) -> None:
    z, y = world()
    for scores, labels, code in (
        (z, y % 3, "E302"),
        (z, z.argmax(axis=1), "E302"),
        (np.ones_like(z), y, "E301"),
        (-z, y, "E303"),
    ):
        with pytest.raises(CalibrateError) as caught:
            fit(scores, labels)
        assert caught.value.code == code and caught.value.hint
    with pytest.raises(CalibrateError, match="positive"):
        BiasCorrectedTemperature(0.0, (0.0, 0.0))
