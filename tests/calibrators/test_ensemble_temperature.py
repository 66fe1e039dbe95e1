"""ETS: the mixture, weights that come back, and what temperature alone would be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from calibrate.calibrators.ensemble_temperature import EnsembleTemperature
from calibrate.calibrators.temperature import Temperature
from calibrate.errors import CalibrateError
from calibrate.links.softmax import Softmax
from calibrate.rows import from_arrays


def fit(z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None) -> Any:
    return EnsembleTemperature.fit(from_arrays(z, y, w), Softmax()).calibrator


def test_is_the_mixture_and_no_worse_than_temperature(world: Any, nll: Any) -> None:
    z, y = world()
    found = fit(z, y)
    alone = Temperature.fit(from_arrays(z, y), Softmax()).calibrator
    assert found.temperature == pytest.approx(alone.temperature, rel=1e-12)
    p = found.tempered * special.softmax(z / found.temperature, axis=1)
    p += found.untouched * special.softmax(z, axis=1) + found.uniform / 4
    assert np.exp(found.transform(z)) == pytest.approx(p, abs=1e-14)
    assert nll(found.transform(z), y) <= nll(alone.transform(z), y) + 1e-14


def test_noise_in_the_labels_becomes_weight_of_the_uniform(world: Any) -> None:
    z, y = world(lambda x: 3 * x, m=50_000)
    rng = np.random.default_rng(1)
    y = np.where(rng.random(len(y)) < 0.2, rng.integers(0, 4, len(y)), y)
    found = fit(3 * z, y)
    assert found.uniform == pytest.approx(0.2, abs=0.04)


def test_far_scores_keep_their_order() -> None:
    found = EnsembleTemperature(3.0, 0.5, 0.5, 0.0).transform(np.array([[0.0, -1e5, -2e5, -np.inf]]))
    assert np.all(np.diff(found) < 0)


def test_no_answer_is_said(world: Any) -> None:
    z, y = world()
    for scores, labels, code in ((z, z.argmax(axis=1), "E302"), (-z, y, "E303"), (np.ones_like(z), y, "E301")):
        with pytest.raises(CalibrateError) as caught:
            fit(scores, labels)
        assert caught.value.code == code


@pytest.mark.parametrize("weights", [(-0.5, 1.5, 0.0), (0.5, 0.25, 0.0), (1.0, 1.0, 1.0)])
def test_weights_that_are_none_are_refused(weights: tuple[float, float, float]) -> None:
    """As an edited model file may hold them: a negative one made every probability NaN."""
    with pytest.raises(CalibrateError, match="sum to 1") as caught:
        EnsembleTemperature(2.0, *weights)
    assert caught.value.code == "E305"
