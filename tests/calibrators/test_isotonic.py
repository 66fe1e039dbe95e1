"""Isotonic regression against scikit-learn's, and what the base rate and the centres change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from calibrate import registry
from calibrate.calibrators.isotonic import Isotonic
from calibrate.errors import CalibrateError
from calibrate.rows import from_arrays

SOFTMAX, SIGMOID = registry.make("links", "softmax"), registry.make("links", "sigmoid")


def events(seed: int = 0, n: int = 2000, digits: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (with ties where there are few digits) and events."""
    rng = np.random.default_rng(seed)
    p = rng.random(n).round(digits).clip(0.001, 0.999)
    return p, (rng.random(n) < p**2).astype(np.int64)


def fit(p: np.ndarray, y: np.ndarray, w: np.ndarray | None = None, **options: Any) -> Isotonic:
    rows = from_arrays(np.log(p / (1 - p))[:, None], y[:, None], w)
    found: Isotonic = Isotonic.fit(rows, SIGMOID, **options).calibrator
    return found


def apply(found: Isotonic, p: np.ndarray) -> np.ndarray:
    return np.asarray(SIGMOID(found.transform(np.log(p / (1 - p))[:, None])))[:, 0]


@pytest.mark.parametrize("digits", [9, 2])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_plain_fit_is_that_of_scikit_learn(digits: int, weighted: bool) -> None:
    p, y = events(digits=digits)
    w = np.random.default_rng(5).integers(0, 4, len(p)).astype(float) if weighted else None
    grid = np.linspace(0.0005, 0.9995, 2001)
    known = IsotonicRegression(out_of_bounds="clip").fit(p, y, w).predict(grid)
    assert apply(fit(p, y, w, laplace=False), grid) == pytest.approx(known, abs=1e-12)


def test_one_against_the_rest_is_scikit_learn_per_class() -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(size=(900, 4))
    y = np.array([rng.choice(4, p=row) for row in SOFTMAX(z)])
    p = SOFTMAX(2 * z)
    columns = [IsotonicRegression(out_of_bounds="clip").fit(p[:, k], y == k).predict(p[:, k]) for k in range(4)]
    known = np.stack(columns, axis=1)
    found = Isotonic.fit(from_arrays(2 * z, y), SOFTMAX, laplace=False).calibrator
    assert SOFTMAX(found.transform(2 * z)) == pytest.approx(known / known.sum(axis=1, keepdims=True), abs=1e-12)


def test_real_confidences_have_the_probabilities_of_scikit_learn(reference: dict[str, Any], sample_data: Any) -> None:
    known = reference["non_parametric"]["cifar10"]["isotonic"]
    z, y, held = (np.load(sample_data / "cifar10" / f"{name}.npy") for name in ("logits", "labels", "holdout_logits"))
    found = Isotonic.fit(
        from_arrays(z.astype(np.float64), y), SOFTMAX, laplace=False, multiclass="confidence"
    ).calibrator
    scores = held[known["rows"]].astype(np.float64)
    p = SOFTMAX(found.transform(scores))[np.arange(len(scores)), scores.argmax(axis=1)]
    assert p == pytest.approx(known["probabilities"], abs=1e-12)


def test_means_are_kept_and_the_function_rises() -> None:
    p, y = events(1)
    found = fit(p, y, laplace=False)
    assert apply(found, p).mean() == pytest.approx(y.mean(), abs=1e-12)
    for options in ({}, {"centred": True}, {"laplace": False}):
        assert np.all(np.diff(apply(fit(p, y, **options), np.linspace(0.001, 0.999, 999))) >= -1e-15)
    assert np.all(np.diff(found.probability[0]) >= 0)
    assert found.n_parameters == len(set(found.probability[0]))


def test_a_row_of_the_base_rate_keeps_probabilities_off_0_and_1() -> None:
    p, y = np.array([0.1, 0.2, 0.3, 0.6, 0.7]), np.array([0, 0, 1, 1, 1])
    base = 3.5 / 6
    assert fit(p, y).probability[0] == pytest.approx([base / 3] * 2 + [(3 + base) / 4] * 2)
    assert fit(p, y, laplace=False).probability[0] == (0.0, 0.0, 1.0, 1.0)
    assert fit(p, np.ones(5, dtype=int)).probability[0] == pytest.approx([(5 + 5.5 / 6) / 6] * 2)


def test_blocks_whose_order_the_base_rate_would_turn_are_pooled_again() -> None:
    # One row at 0 before a hundred at .01: the single one would be pulled up above them.
    p = np.concatenate(([0.01], np.linspace(0.1, 0.2, 100), [0.9]))
    y = np.zeros(102, dtype=int)
    y[[50, 101]] = 1
    levels = fit(p, y).probability[0]
    assert np.all(np.diff(levels) >= 0)


def test_a_centred_block_is_one_point() -> None:
    p, y = np.array([0.1, 0.2, 0.4, 0.6, 0.9]), np.array([0, 1, 0, 1, 1])
    found = fit(p, y, centred=True, laplace=False)
    assert found.at[0] == pytest.approx([0.1, 0.3, 0.75])
    assert found.probability[0] == pytest.approx([0.0, 0.5, 1.0])
    assert apply(found, np.array([0.2]))[0] == pytest.approx(0.25)
    weighted = fit(p, y, np.array([1.0, 3.0, 1.0, 1.0, 1.0]), centred=True, laplace=False)
    assert weighted.at[0] == pytest.approx([0.1, 0.25, 0.75])


def test_a_function_of_confidence_is_shared_by_all_classes() -> None:
    rng = np.random.default_rng(6)
    z = rng.normal(size=(500, 3))
    y = rng.integers(0, 3, 500)
    assert len(Isotonic.fit(from_arrays(z, y), SOFTMAX, multiclass="confidence").calibrator.at) == 1
    by_class = Isotonic.fit(from_arrays(z, y), SOFTMAX, multiclass="top-label").calibrator
    assert len(by_class.at) == 3 and by_class.reduction == "top-label"


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(CalibrateError) as refused:
        Isotonic("events", ((0.5, 0.2),), ((0.1, 0.2),))
    assert refused.value.code == "E401"
