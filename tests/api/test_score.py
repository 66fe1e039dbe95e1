"""Score: every metric on data of every shape, as numbers or with a reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import calibrate
from calibrate.errors import CalibrateError

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(60, 3)) * 3
Y = RNG.integers(0, 3, 60)
P = np.array([0.0, 1.0, 0.3, 0.8, 0.5, 0.2])
EVENTS = RNG.normal(size=(30, 4)) * 3
NAMES = "nll,brier,accuracy,ece,classwise_ece,mce,confidence_gap,link_loss,ece:binning=mass,ece:norm=l2,ece:norm=max"
CLASSES = {"classes": ("a", "b", "c"), "label_base": 0}


@pytest.mark.parametrize("metrics", [None, NAMES])
@pytest.mark.parametrize(
    ("scores", "labels", "options"),
    [
        (Z[:1], Z[:1].argmax(axis=1), CLASSES),
        (Z[:2], Z[:2].argmin(axis=1), CLASSES),
        (Z[:3], Y[:3], CLASSES),
        (Z, Z.argmax(axis=1), {}),
        (Z, Z.argmin(axis=1), {}),
        (Z, np.zeros(60, dtype=int), CLASSES),
        (np.zeros((60, 3)), np.arange(60) % 3, {"input": "logits"}),
        (np.where((np.arange(60) == 7)[:, None] & (np.eye(3)[Y] == 1), -np.inf, Z), Y, {}),
        (Z * 1e300, Y, {}),
        (Z.astype(np.float16), Y, {}),
        (np.round(Z), Y, {}),
        (P[:, None], np.array([0, 1, 0, 1, 1, 0]), {"input": "probs"}),
        (P[:, None], np.array([1, 1, 0, 1, 1, 0]), {"input": "probs"}),
        (EVENTS[:1], np.array([[1, 0, 1, 0]]), {"link": "sigmoid"}),
        (EVENTS, np.where(np.arange(4) == 2, 0, EVENTS > 1).astype(int), {"link": "sigmoid"}),
        (Z, Y, {"link": "sparsemax"}),
        (Z, Y, {"link": "gumbel-softmax:seed=3"}),
        (Z, Y, {"link": "gumbel-softmax:hard=true"}),
        (Z, Y, {"weights": np.where(np.arange(60) == 3, 1.0, 0.0)}),
        (Z, Y, {"weights": np.where(np.arange(60) == 3, 1.0, 1e-12)}),
        (Z, Y, {"weights": 10.0 ** RNG.uniform(-250, 250, 60)}),
        (Z, Y, {"level": 0.5}),
        (Z, Y, {"level": 0.999999}),
    ],
)
def test_every_number_is_one_or_has_a_reason(
    scores: Any, labels: Any, options: Any, metrics: str | None, sound: Any
) -> None:
    found = sound(calibrate.score(scores, labels, metrics=metrics, **options))
    assert found.n == len(scores)


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0, 95, float("nan")])
def test_what_is_no_level_is_refused(level: float) -> None:
    with pytest.raises(CalibrateError) as caught:
        calibrate.score(Z, Y, level=level)
    assert caught.value.code == "E603"


@pytest.mark.parametrize("k", [1000, 100_000])
def test_very_many_classes(k: int, sound: Any) -> None:
    z = np.zeros((4, k))
    z[:, 3] = [50.0, -50.0, 1e300, 0.0]
    found = sound(calibrate.score(z, np.array([3, 3, 3, 0]), classes=tuple(map(str, range(k)))))
    assert found.before.metrics["nll"].value == pytest.approx((k and (50 + np.log(k - 1) + np.log(k)) / 4), rel=1e-12)


def test_a_row_of_weight_0_is_no_row(sound: Any) -> None:
    w = RNG.integers(0, 3, 60).astype(float)
    z = np.where((w == 0)[:, None] & (np.eye(3)[Y] == 1), -np.inf, Z)
    kept = calibrate.score(Z[w > 0], Y[w > 0], weights=w[w > 0], metrics=NAMES)
    whole = sound(calibrate.score(z, Y, weights=w, metrics=NAMES))
    for key, one in kept.before.metrics.items():
        other = whole.before.metrics[key]
        for name in ("value", "low", "high", "debiased", "noise_floor", "noise_floor_p95"):
            expected = getattr(one, name)
            assert getattr(other, name) == (None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-12))
    for one, other in zip(kept.before.curves, whole.before.curves, strict=True):
        assert (one.count, one.weight) == (other.count, pytest.approx(other.weight))


def test_empty_first_bins_hold_no_rounding() -> None:
    """K = 2 with weights: no probability is in the first bin of either class, and nothing else is."""
    z = RNG.uniform(-0.5, 0.5, (500, 2))
    found = calibrate.score(z, RNG.integers(0, 2, 500), weights=RNG.exponential(size=500), input="logits")
    for curve in found.before.curves[1:]:
        assert (curve.weight[0], curve.observed[0]) == (0.0, None)


def test_sure_rows_whose_losses_have_no_cube_are_scored() -> None:
    found = calibrate.score([300.0, -310, 305, -290], [1, 0, 1, 0], input="logits").before.metrics["nll"]
    assert 0 < (found.value or 0) < 1e-120
    assert found.low == 0
