"""Histogram binning against a naive loop and the numbers of netcal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate import registry
from calibrate.calibrators.histogram import Histogram
from calibrate.errors import CalibrateError
from calibrate.rows import from_arrays

SOFTMAX, SIGMOID = registry.make("links", "softmax"), registry.make("links", "sigmoid")


def fit(p: np.ndarray, y: np.ndarray, w: np.ndarray | None = None, **options: Any) -> Histogram:
    rows = from_arrays(np.log(p / (1 - p))[:, None], y[:, None], w)
    found: Histogram = Histogram.fit(rows, SIGMOID, **options).calibrator
    return found


def test_frequencies_of_bins_by_a_loop() -> None:
    rng = np.random.default_rng(0)
    p, w = rng.random(300) * 0.9, rng.integers(0, 3, 300).astype(float)
    y = (rng.random(300) < p).astype(int)
    base = (w @ y + 0.5) / (w.sum() + 1)
    plain, pulled = fit(p, y, w, bins=10, laplace=False), fit(p, y, w, bins=10)
    for i in range(10):
        inside = (p > i / 10) & (p <= (i + 1) / 10)
        weight, event = w[inside].sum(), w[inside] @ y[inside]
        assert plain.probability[0][i] == pytest.approx(event / weight if weight else (i + 0.5) / 10)
        assert pulled.probability[0][i] == pytest.approx((event + base) / (weight + 1) if weight else (i + 0.5) / 10)
    assert plain.n_parameters == 10


def test_the_mean_is_kept() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(500)
    y = (rng.random(500) < p**3).astype(int)
    for binning in ("width", "mass"):
        found = fit(p, y, laplace=False, binning=binning)
        q = SIGMOID(found.transform(np.log(p / (1 - p))[:, None]))
        assert q.mean() == pytest.approx(y.mean())


def test_the_last_bit_moves_no_prediction_over_an_edge() -> None:
    third = 1 / 3
    p = np.array([np.nextafter(third, 0), third, np.nextafter(third, 1), 0.35])
    found = fit(p, np.array([1, 0, 1, 0]), bins=15, laplace=False)
    assert found.probability[0][4:6] == pytest.approx([2 / 3, 0.0])
    assert SIGMOID(found.transform(np.log(p / (1 - p))[:, None]))[:3, 0] == pytest.approx([2 / 3] * 3)


def test_bins_of_equal_mass_keep_ties_together() -> None:
    p = np.array([0.1, 0.2, 0.2, 0.2, 0.2, 0.9])
    found = fit(p, np.array([0, 0, 1, 1, 1, 1]), bins=3, binning="mass", laplace=False)
    assert found.edges[0] == pytest.approx([0.55])
    assert found.probability[0] == pytest.approx([0.6, 1.0])


@pytest.mark.parametrize("key", ["netcal width", "netcal confidence width"])
def test_real_scores_give_the_probabilities_of_netcal(key: str, reference: dict[str, Any], sample_data: Any) -> None:
    known = reference["non_parametric"]["cifar10"]["histogram"][key]
    z, y, held = (np.load(sample_data / "cifar10" / f"{name}.npy") for name in ("logits", "labels", "holdout_logits"))
    rows = from_arrays(z.astype(np.float64), y)
    multiclass = "confidence" if "confidence" in key else "one-vs-rest"
    found = Histogram.fit(rows, SOFTMAX, laplace=False, bins=known["bins"], multiclass=multiclass).calibrator
    scores = held[known["rows"]].astype(np.float64)
    p = SOFTMAX(found.transform(scores))
    if multiclass == "confidence":
        assert p[np.arange(len(p)), scores.argmax(axis=1)] == pytest.approx(known["probabilities"], abs=1e-12)
    else:
        assert p.tolist() == [pytest.approx(row, abs=1e-12) for row in known["probabilities"]]


def test_options_that_cannot_be_are_refused() -> None:
    with pytest.raises(CalibrateError, match="expected at least 1") as refused:
        fit(np.array([0.5]), np.array([1]), bins=0)
    assert refused.value.code == "E602"
    with pytest.raises(CalibrateError, match="no probabilities"):
        Histogram("events", ((0.5,),), ((0.1,),))
