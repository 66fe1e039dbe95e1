"""Scaling-binning: the mean of a fitted sigmoid in bins of equal mass, by a loop and scikit-learn's regression."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from calibrate import registry
from calibrate.calibrators.scaling_binning import ScalingBinning
from calibrate.errors import CalibrateError
from calibrate.rows import from_arrays

SOFTMAX, SIGMOID = registry.make("links", "softmax"), registry.make("links", "sigmoid")


def test_bins_hold_the_mean_of_the_sigmoid() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(3000, 1)) * 2
    y = (rng.random((3000, 1)) < 1 / (1 + np.exp(-0.5 * z - 0.3))).astype(int)
    found = ScalingBinning.fit(from_arrays(z, y), SIGMOID, bins=10).calibrator
    events = y.sum()
    target = np.where(y[:, 0] == 1, (events + 1) / (events + 2), 1 / (3000 - events + 2))
    twice = np.concatenate([z, z]), np.repeat([1, 0], 3000)
    known = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000).fit(*twice, np.concatenate([target, 1 - target]))
    order = np.argsort(z[:, 0])
    g = known.predict_proba(z[order])[:, 1].reshape(10, 300)
    assert found.probability[0] == pytest.approx(g.mean(axis=1), abs=1e-6)
    assert found.edges[0] == pytest.approx((z[order][299:-1:300, 0] + z[order][300::300, 0]) / 2)
    assert SIGMOID(found.transform(z)).mean() == pytest.approx(target.mean(), abs=1e-9)


def test_a_score_that_falls_with_the_event_is_turned() -> None:
    z = np.linspace(-3, 3, 60)[:, None]
    found = ScalingBinning.fit(from_arrays(z, (z < 0.2).astype(int)), SIGMOID, bins=4).calibrator
    assert np.all(np.diff(found.probability[0]) < 0)


def test_probabilities_are_never_0_or_1() -> None:
    z = np.array([[9.0, 0.0], [8.0, 0.0], [0.0, 7.0]])
    found = ScalingBinning.fit(from_arrays(z, np.array([0, 0, 1])), SOFTMAX).calibrator
    p = SOFTMAX(found.transform(z))
    assert np.all((p > 0) & (p < 1))
    assert found.n_parameters == 6


def test_options_that_cannot_be_are_refused() -> None:
    with pytest.raises(CalibrateError, match="expected at least 1"):
        ScalingBinning.fit(from_arrays(np.eye(2), np.arange(2)), SOFTMAX, bins=0)
    with pytest.raises(CalibrateError, match="no probabilities"):
        ScalingBinning("events", ((0.5,),), ((0.1,),))
