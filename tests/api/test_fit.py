"""Fit, nothing more: the model says what was fitted, and to what."""

from __future__ import annotations

import numpy as np
import pytest

import calibrate
from calibrate.calibrators.temperature import Temperature
from calibrate.errors import CalibrateError

RNG = np.random.default_rng(4)
LABELS = RNG.integers(0, 3, 500)
LOGITS = RNG.normal(size=(500, 3)) + 2.0 * (LABELS[:, None] == np.arange(3))


@pytest.mark.parametrize("executor", ["serial", "threads:workers=2"])
def test_the_model_says_what_it_is(executor: str) -> None:
    model = calibrate.fit(LOGITS, LABELS, executor=executor)
    assert (model.task, model.scale, model.classes, model.n_columns) == ("multiclass", "logits", ("0", "1", "2"), 3)
    assert (model.method, model.link_key) == ("temperature", "softmax")
    assert model.fit is not None
    assert model.fit.parameters["temperature"].value == model.calibrator.temperature  # type: ignore[attr-defined]
    assert model.fit.n == 500


def test_temperatures_of_labels_carry_their_names() -> None:
    events = (RNG.random((500, 2)) < 1 / (1 + np.exp(-LOGITS[:, :2] / 2))).astype(int)
    model = calibrate.fit(
        LOGITS[:, :2], events, link="sigmoid", method="temperature:per_label=true", classes=("a", "b")
    )
    assert isinstance(model.calibrator, Temperature)
    assert model.fit is not None
    assert set(model.fit.parameters) == {"temperature[a]", "temperature[b]"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"method": "temprature"}, "E601"),
        ({"method": "temperature:speed=1"}, "E602"),
        ({"link": "softmin"}, "E601"),
        ({"executor": "gpu"}, "E601"),
        ({"input": "odds"}, "E201"),
    ],
)
def test_what_is_not_known_is_refused(options: dict[str, str], code: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        calibrate.fit(LOGITS, LABELS, **options)  # type: ignore[arg-type]
    assert caught.value.code == code
