"""SVS: the published objective by an independent solver, reference values, known parameters, any data an answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from calibrate.calibrators.structured_vector import StructuredVector
from calibrate.calibrators.temperature import Temperature
from calibrate.errors import CalibrateError
from calibrate.links.softmax import Softmax
from calibrate.links.sparsemax import Sparsemax
from calibrate.rows import from_arrays


def fit(z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None, **options: Any) -> Any:
    return StructuredVector.fit(from_arrays(z, y, w), Softmax(), **options)


@pytest.mark.parametrize("reg", [0.1, 1.0, 10.0])
def test_is_the_least_of_the_published_objective(reg: float, world: Any, least: Any) -> None:
    z, y = world(lambda x: x * [0.3, 0.6, 0.9, 0.5] + [0.5, 0, 0, -0.5])
    n, k = z.shape
    t = Temperature.fit(from_arrays(z, y), Softmax()).calibrator.temperature
    mixed = np.log((n * special.softmax(z / t, axis=1) + 1 / k) / (n + 1))
    known = least(
        lambda u: (1 + u[:k]) * mixed + u[k:], lambda u: reg * k / n * float(np.square(u).sum()), y, np.zeros(2 * k)
    )
    found = fit(z, y, reg=reg).calibrator
    assert found.temperature == pytest.approx(t, rel=1e-12)
    off = np.array([*found.slopes, *found.biases]) - np.repeat([1, 0], k)
    scores = found.transform(z)
    value = -special.log_softmax(scores, axis=1)[np.arange(n), y].mean() + reg * k / n * np.square(off).sum()
    assert value == pytest.approx(known.fun, rel=1e-8)
    assert value <= known.fun + 1e-13
    assert off == pytest.approx(known.x, abs=1e-4)


def test_known_parameters_come_back(world: Any) -> None:
    slopes, biases = np.array([0.5, 1.0, 1.5, 0.8]), np.array([0.4, -0.2, 0.1, -0.3])
    z, y = world(lambda x: x * slopes + biases, m=100_000)
    found = fit(z, y).calibrator
    known = special.softmax(special.log_softmax(z, axis=1) * slopes + biases, axis=1)
    assert np.abs(special.softmax(found.transform(z), axis=1) - known).mean() < 0.01


def test_a_strong_prior_leaves_the_temperature_and_the_mixture(world: Any) -> None:
    z, y = world()
    found = fit(z, y, reg=1e9).calibrator
    assert found.slopes == pytest.approx(np.ones(4), abs=1e-6)
    assert found.biases == pytest.approx(np.zeros(4), abs=1e-6)


def test_more_classes_than_rows_and_classes_that_never_occur() -> None:
    z = np.random.default_rng(0).normal(size=(12, 40))
    found = fit(z, np.arange(12) % 3).calibrator
    assert np.isfinite(found.transform(z)).all()


def test_a_masked_class_keeps_a_probability(world: Any) -> None:
    z, y = world()
    z[y != 1, 1] = -np.inf
    assert np.isfinite(fit(z, y).calibrator.transform(z)).all()


def test_units_of_the_scores_do_not_matter(world: Any) -> None:
    z, y = world()
    one = fit(z, y).calibrator.transform(z)
    for unit in (1e-12, 1e12, 1e200):
        assert fit(z * unit, y).calibrator.transform(z * unit) == pytest.approx(one, abs=1e-8)


def test_folds_begin_at_the_whole_and_end_at_their_own(world: Any) -> None:
    from calibrate.folds import with_folds

    z, y = world()
    rows = with_folds(from_arrays(z, y), 3, 0)[0]
    found = StructuredVector.fit(rows, Softmax(), folds=3)
    which = np.concatenate([np.asarray(block.folds) for block in rows.blocks()])
    own = fit(z[which != 2], y[which != 2]).calibrator
    assert found.folds[2].slopes == pytest.approx(own.slopes, abs=1e-8)


def test_bad_input_is_refused(world: Any) -> None:
    z, y = world(m=20)
    with pytest.raises(CalibrateError, match="reg") as caught:
        fit(z, y, reg=-1.0)
    assert caught.value.code == "E602"
    with pytest.raises(CalibrateError, match="sparsemax") as caught:
        StructuredVector.fit(from_arrays(z, y), Sparsemax())
    assert caught.value.code == "E308"
    with pytest.raises(CalibrateError, match="finite"):
        StructuredVector(1.0, 5.0, (float("nan"), 1.0), (0.0, 0.0))
    with pytest.raises(ValueError, match="2 classes"):
        StructuredVector(1.0, 5.0, (1.0, 1.0), (0.0, 0.0)).transform(np.ones((1, 3)))
