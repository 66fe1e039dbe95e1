"""A model predicts the same bits after a round trip, and what is no model is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibrate.calibrators.isotonic import Isotonic
from calibrate.calibrators.matrix import Matrix
from calibrate.calibrators.temperature import Temperature
from calibrate.errors import CalibrateError
from calibrate.links.sigmoid import Sigmoid
from calibrate.links.softmax import Softmax
from calibrate.model import Model, from_json

MODEL = Model(Softmax(), Temperature(1.742136), "multiclass", "logits", ("cat", "dog", "fox"), 3)
GOOD = json.loads(MODEL.to_json())
EVENT = {**GOOD, "task": "binary", "link": "sigmoid", "classes": ["no", "yes"], "columns": 1}
ONES = {name: [1.0] for name in ("a", "b", "c", "centre", "scale", "low", "high")}
PARABOLA = {"name": "quadratic", **ONES}
LOGITS = np.random.default_rng(2).normal(size=(50, 3)) * 5


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_a_saved_model_predicts_bitwise_the_same(temperature: float) -> None:
    model = Model(Softmax(), Temperature(temperature), "multiclass", "logits", ("a", "b", "c"), 3)
    again = from_json(model.to_json(), "model.json")
    assert again.apply(LOGITS).tobytes() == model.apply(LOGITS).tobytes()
    assert again.to_json() == model.to_json()


def test_what_is_masked_has_no_probability() -> None:
    hidden = np.ma.array(LOGITS, mask=np.arange(50)[:, None] == [4, 4, 4])
    p = MODEL.apply(hidden)
    assert np.isnan(p[4]).all() and np.array_equal(np.delete(p, 4, 0), MODEL.apply(np.delete(LOGITS, 4, 0)))


def test_a_model_of_several_labels_comes_back() -> None:
    model = Model(
        Sigmoid(),
        Temperature((1.5, 0.5)),
        "multilabel",
        "logits",
        ("x", "y"),
        2,
        "temperature:per_label=true",
        "sigmoid",
    )
    again = from_json(model.to_json(), "model.json")
    assert again.apply(LOGITS[:, :2]).tobytes() == model.apply(LOGITS[:, :2]).tobytes()


def test_a_model_knows_its_priors_and_an_older_one_has_none() -> None:
    known = replace(MODEL, priors=(0.5, 0.25, 0.25))
    assert from_json(known.to_json(), "model.json").priors == (0.5, 0.25, 0.25)
    older = {key: value for key, value in GOOD.items() if key != "priors"}
    assert from_json(json.dumps(older).encode(), "model.json").priors is None


def test_rows_are_the_same_alone_and_together() -> None:
    together = MODEL.apply(LOGITS)
    alone = np.vstack([MODEL.apply(row) for row in LOGITS])
    assert together.tobytes() == alone.tobytes()


def test_float32_is_computed_in_float64() -> None:
    single = LOGITS.astype(np.float32)
    assert MODEL.apply(single).tobytes() == MODEL.apply(single.astype(np.float64)).tobytes()


def test_another_width_is_refused() -> None:
    with pytest.raises(CalibrateError, match="expected 3 columns") as caught:
        MODEL.apply(LOGITS[:, :2])
    assert caught.value.code == "E403"


def without(key: str) -> dict[str, object]:
    return {k: v for k, v in GOOD.items() if k != key}


@pytest.mark.parametrize(
    ("document", "code", "word"),
    [
        (b"", "E401", "not a model"),
        (b"PK\x03\x04", "E401", "not a model"),
        (b"[" * 10_000, "E401", "not a model"),
        (b"{}", "E401", "schema"),
        ({**GOOD, "schema": "calibrate/result/1"}, "E401", "schema"),
        ({**GOOD, "schema": "calibrate/model/2"}, "E402", "reads up to"),
        (without("classes"), "E401", "classes"),
        ({**GOOD, "classes": ["cat", "cat", "fox"]}, "E401", "3 columns and 3 classes"),
        ({**GOOD, "columns": 4}, "E401", "4 columns and 3 classes"),
        ({**GOOD, "task": "regression"}, "E401", "regression"),
        ({**GOOD, "priors": [0.5, 0.5]}, "E401", "3 frequencies"),
        ({**GOOD, "priors": [0.5, 0.5, 1.5]}, "E401", "3 frequencies"),
        ({**GOOD, "calibrator": {"name": "platt", "a": [1.0], "b": [0.0, 1.0]}}, "E401", "a, b"),
        (EVENT | {"calibrator": {"name": "platt", "a": [1.0, 1.0], "b": [0.0, 1.0]}}, "E401", "1 columns"),
        (EVENT | {"calibrator": PARABOLA | {"scale": [0.0]}}, "E401", "scale"),
        ({**GOOD, "link": "probit"}, "E601", "probit"),
        ({**GOOD, "method": "temperatur"}, "E601", "model.json: calibrator 'temperatur' is unknown"),
        ({**GOOD, "method": "vector"}, "E401", "its method is 'vector', but its calibrator is 'temperature'"),
        ({**GOOD, "calibrator": {"name": "os", "temperature": 2.0}}, "E601", "os"),
        ({**GOOD, "calibrator": {"name": "../errors"}}, "E601", "errors"),
        ({**GOOD, "calibrator": {"name": "temperature"}}, "E401", "temperature"),
        ({**GOOD, "calibrator": {"name": "temperature", "temperature": -2.0}}, "E401", "positive"),
        ({**GOOD, "calibrator": {"name": "temperature", "temperature": 0.0}}, "E401", "positive"),
        ({**GOOD, "calibrator": {"name": "temperature", "temperature": "2"}}, "E401", "temperature"),
        ({**GOOD, "calibrator": {"name": "temperature", "temperature": 2.0, "bias": 1}}, "E401", "bias"),
        ({**GOOD, "calibrator": {"name": "temperature", "temperature": [1.0, 2.0]}}, "E401", "2"),
        (json.dumps(GOOD).replace("1.742136", "NaN").encode(), "E401", "not a model"),
        (json.dumps(GOOD).replace("1.742136", "1e999").encode(), "E401", "not a model"),
    ],
)
def test_what_is_no_model_is_refused(document: dict[str, object] | bytes, code: str, word: str) -> None:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(CalibrateError) as caught:
        from_json(data, "model.json")
    assert caught.value.code == code
    assert "model.json" in caught.value.message
    assert word in caught.value.message


def test_parameters_that_overflow_are_an_error_and_no_nan() -> None:
    """As an edited file may hold them: towards -inf it is a probability of 0; among classes +inf is no number."""
    rows = ((1e308, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    model = replace(MODEL, calibrator=Matrix(rows, (0.0,) * 3))
    assert model.apply(np.array([[-9.0, 0.0, 1.0]]))[0, 0] == 0
    opposite = replace(MODEL, calibrator=Matrix(((-1e308, 0.0, 0.0), *rows[1:]), (0.0,) * 3))
    with pytest.raises(CalibrateError, match="beyond float64") as caught:
        opposite.apply(np.array([[-9.0, 0.0, 1.0]]))
    assert caught.value.code == "E305"


def test_an_event_may_become_certain() -> None:
    """Isotonic regression of several labels has steps at 0 and at 1: infinite logits, and sound probabilities."""
    steps = Isotonic("events", at=((0.25, 0.75),) * 2, probability=((0.0, 1.0),) * 2)
    model = Model(Sigmoid(), steps, "multilabel", "logits", ("a", "b"), 2, method="isotonic", link_key="sigmoid")
    assert model.apply(np.array([[-3.0, 3.0]])).tolist() == [[0.0, 1.0]]
