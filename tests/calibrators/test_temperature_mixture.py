"""Temperature, mixed with the uniform distribution: the formula, and an answer on any data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from calibrate.calibrators.temperature import Temperature
from calibrate.calibrators.temperature_mixture import TemperatureMixture
from calibrate.errors import CalibrateError
from calibrate.links.softmax import Softmax
from calibrate.rows import from_arrays


def fit(z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None) -> Any:
    return TemperatureMixture.fit(from_arrays(z, y, w), Softmax())


def test_is_temperature_and_a_row_that_knows_nothing(world: Any) -> None:
    z, y = world()
    w = np.random.default_rng(1).integers(0, 3, len(z)).astype(float)
    found = fit(z, y, w).calibrator
    known = Temperature.fit(from_arrays(z, y, w), Softmax()).calibrator.temperature
    assert found.temperature == pytest.approx(known, rel=1e-12)
    assert found.weight == w.sum()
    p = (w.sum() * special.softmax(z / known, axis=1) + 0.25) / (w.sum() + 1)
    assert np.exp(found.transform(z)) == pytest.approx(p, abs=1e-14)


def test_rows_without_an_error_have_an_answer(world: Any) -> None:
    z, _ = world()
    found = fit(z, z.argmax(axis=1))
    p = np.exp(found.calibrator.transform(z))
    assert p.max(axis=1) == pytest.approx(np.full(600, (600 + 0.25) / 601), rel=1e-4)
    assert "no temperature is best" in found.record.notes[0]
    assert found.record.parameters["temperature"].value == found.calibrator.temperature


def test_bad_input_is_refused(world: Any) -> None:
    z, y = world()
    z[3, y[3]] = -np.inf
    with pytest.raises(CalibrateError, match="row 4") as caught:
        fit(z, y)
    assert caught.value.code == "E304"
    with pytest.raises(CalibrateError, match="positive"):
        TemperatureMixture(1.0, 0.0)
