"""SMS: the published objective by an independent solver, known confusions, any data an answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from calibrate.calibrators.structured_matrix import StructuredMatrix
from calibrate.calibrators.temperature import Temperature
from calibrate.errors import CalibrateError
from calibrate.links.softmax import Softmax
from calibrate.rows import from_arrays


def fit(z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None, **options: Any) -> Any:
    return StructuredMatrix.fit(from_arrays(z, y, w), Softmax(), **options)


TRUE = np.array([[0.8, 0.2, 0.0], [-0.1, 0.6, 0.3], [0.0, 0.0, 1.0]])


@pytest.mark.parametrize("reg", [0.1, 1.0])
def test_is_the_least_of_the_published_objective(reg: float, world: Any, least: Any) -> None:
    z, y = world(lambda x: x @ TRUE.T + [0.2, 0, -0.2], k=3)
    n, k = z.shape
    t = Temperature.fit(from_arrays(z, y), Softmax()).calibrator.temperature
    mixed = np.log((n * special.softmax(z / t, axis=1) + 1 / k) / (n + 1))
    beside = ~np.eye(k, dtype=bool)

    def penalty(u: np.ndarray) -> float:
        d, b = u[: k * k].reshape(k, k), u[k * k :]
        small = np.square(b).sum() + np.square(np.diag(d)).sum()
        return float(reg * (k / n * small + k * (k - 1) / n * np.square(d[beside]).sum()))

    known = least(lambda u: mixed + mixed @ u[: k * k].reshape(k, k).T + u[k * k :], penalty, y, np.zeros(k * k + k))
    found = fit(z, y, reg=reg).calibrator
    off = np.concatenate([(np.array(found.matrix) - np.eye(k)).ravel(), found.biases])
    value = -special.log_softmax(found.transform(z), axis=1)[np.arange(n), y].mean() + penalty(off)
    assert value == pytest.approx(known.fun, rel=1e-8)
    assert value <= known.fun + 1e-13
    assert off == pytest.approx(known.x, abs=1e-4)


def test_known_confusions_come_back(world: Any) -> None:
    z, y = world(lambda x: x @ TRUE.T, k=3, m=100_000)
    found = fit(z, y).calibrator
    known = special.softmax(special.log_softmax(z, axis=1) @ TRUE.T, axis=1)
    assert np.abs(special.softmax(found.transform(z), axis=1) - known).mean() < 0.01


def test_more_classes_than_rows_and_classes_that_never_occur() -> None:
    z = np.random.default_rng(0).normal(size=(12, 40))
    found = fit(z, np.arange(12) % 3).calibrator
    assert np.isfinite(found.transform(z)).all()
    assert found.n_parameters == 1 + 40 * 41


def test_float32_stays(world: Any) -> None:
    z, y = world()
    assert fit(z, y).calibrator.transform(z.astype(np.float32)).dtype == np.float32


def test_bad_input_is_refused() -> None:
    with pytest.raises(CalibrateError, match="wide and high"):
        StructuredMatrix(1.0, 5.0, ((1.0, 0.0), (0.0,)), (0.0, 0.0))
    with pytest.raises(CalibrateError, match="positive"):
        StructuredMatrix(-1.0, 5.0, ((1.0, 0.0), (0.0, 1.0)), (0.0, 0.0))
