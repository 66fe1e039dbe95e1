"""Venn-Abers against isotonic fits of their own, and against the numbers of the package venn-abers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from calibrate import registry
from calibrate.calibrators.venn_abers import VennAbers
from calibrate.errors import CalibrateError
from calibrate.rows import from_arrays

SOFTMAX, SIGMOID = registry.make("links", "softmax"), registry.make("links", "sigmoid")


def fit(z: np.ndarray, y: np.ndarray, **options: Any) -> VennAbers:
    found: VennAbers = VennAbers.fit(from_arrays(z, y), SIGMOID, **options).calibrator
    return found


def events(n: int = 80, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 1)).round(1)
    return z, (rng.random((n, 1)) < 1 / (1 + np.exp(-z))).astype(int)


def test_the_interval_is_what_two_isotonic_fits_say() -> None:
    z, y = events()
    fresh = np.concatenate([z[:20], z[:20] + 0.05, [[-9.0], [9.0]]])
    low, high = fit(z, y).interval(fresh)
    for i, one in enumerate(fresh[:, 0]):
        for found, label in ((low, 0), (high, 1)):
            model = IsotonicRegression().fit(np.append(z[:, 0], one), np.append(y[:, 0], label))
            assert found[i, 0] == pytest.approx(model.predict([one])[0], abs=1e-12)


def test_the_merged_probability_lies_between_and_is_never_0_or_1() -> None:
    z, y = events()
    found = fit(z, y)
    low, high = found.interval(z)
    p = SIGMOID(found.transform(z))
    assert p == pytest.approx(high / (1 - low + high))
    assert np.all((low < p) & (p < high))
    ends = SIGMOID(found.transform(np.array([[-99.0], [99.0]])))
    assert 0 < ends[0, 0] < ends[1, 0] < 1


def test_real_confidences_have_the_probabilities_of_the_package(reference: dict[str, Any], sample_data: Any) -> None:
    known = reference["non_parametric"]["cifar10"]["venn_abers"]
    z, y, held = (np.load(sample_data / "cifar10" / f"{name}.npy") for name in ("logits", "labels", "holdout_logits"))
    rows = from_arrays(z.astype(np.float64), y)
    found = VennAbers.fit(rows, SOFTMAX, multiclass="confidence").calibrator
    scores = held[known["rows"]].astype(np.float64)
    p = SOFTMAX(found.transform(scores))[np.arange(len(scores)), scores.argmax(axis=1)]
    assert p == pytest.approx(known["probabilities"], abs=1e-12)
    interval = np.concatenate(found.interval(scores), axis=1)
    assert interval.tolist() == [pytest.approx(pair, abs=1e-12) for pair in known["interval"]]


def test_intervals_of_classes_are_those_of_each_against_the_rest() -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(size=(60, 3))
    y = rng.integers(0, 3, 60)
    low, high = VennAbers.fit(from_arrays(z, y), SOFTMAX).calibrator.interval(z)
    p = SOFTMAX(z)
    logits = np.log(p[:, 1] / (1 - p[:, 1]))[:, None]
    alone = fit(logits, (y == 1).astype(int)[:, None]).interval(logits)
    assert low[:, 1] == pytest.approx(alone[0][:, 0]) and high[:, 1] == pytest.approx(alone[1][:, 0])
    pairs, _ = VennAbers.fit(from_arrays(z, y), SOFTMAX, multiclass="one-vs-one").calibrator.interval(z)
    first = (y < 2).nonzero()[0]
    known = fit((z[first, 0] - z[first, 1])[:, None], (y[first] == 0).astype(int)[:, None])
    assert pairs[:, 0] == pytest.approx(known.interval((z[:, 0] - z[:, 1])[:, None])[0][:, 0])
    top, _ = VennAbers.fit(from_arrays(z, y), SOFTMAX, multiclass="top-label").calibrator.interval(z)
    assert top.shape == (60, 1)


def test_places_where_nothing_jumps_are_not_stored() -> None:
    z, y = events(400, seed=2)
    found = fit(z, y)
    assert len(found.lower[0]) == len(found.at[0]) + 1 <= len(np.unique(z)) + 1
    assert found.n_parameters <= 2 * len(found.lower[0])


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(CalibrateError, match="no probabilities"):
        VennAbers("events", ((0.5,),), ((0.1, 0.2),), ((0.1,),))
