"""One temperature as a first step: that of the method of this name, cut off where none is best."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.calibrators.temperature import Temperature
from calibrate.errors import CalibrateError
from calibrate.fitting import scale
from calibrate.fitting.scale import best_scale, log_mixture
from calibrate.links.softmax import Softmax
from calibrate.rows import from_arrays


def data(m: int = 5000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    z = rng.normal(0, 3, (m, 4))
    return z, np.where(rng.random(m) < 0.7, z.argmax(axis=1), rng.integers(0, 4, m))


@pytest.mark.parametrize("large", [1, 10**9])
@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12, 1e100])
def test_is_the_temperature(large: int, unit: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "LARGE", large)
    z, y = data()
    rows = from_arrays(z * unit, y)
    known = Temperature.fit(rows, Softmax()).calibrator.temperature
    assert best_scale(rows, Softmax()).temperature == pytest.approx(known, rel=1e-12)


def test_is_cut_off_where_none_is_best() -> None:
    z, y = data()
    right, wrong = from_arrays(z, z.argmax(axis=1)), from_arrays(z, z.argmin(axis=1))
    assert 0 < best_scale(right, Softmax()).temperature < 1e-5
    assert best_scale(wrong, Softmax()).temperature > 1e6
    found = best_scale(from_arrays(np.ones((3, 4)), y[:3]), Softmax())
    assert found.temperature == 1.0
    assert "all equal" in found.notes[0]
    with pytest.raises(CalibrateError, match="separable"):
        best_scale(right, Softmax(), endless=False)


def test_the_mixture_is_finite_and_sums_to_one() -> None:
    z = np.array([[800.0, -800.0, -np.inf], [1.0, 2.0, 3.0]])
    found = log_mixture(z, 0.5, 9.0)
    assert np.exp(found).sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-15)
    assert found[0, 2] == pytest.approx(np.log(1 / 3 / 10))
