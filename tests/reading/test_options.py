from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import calibrate
from calibrate.errors import CalibrateError
from calibrate.reading.options import ReadOptions, link_name, reading_options


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"input": "logit"}, "'logit'"),
        ({"label_base": 2}, "expected 0 or 1"),
        ({"clip": 0.0}, "--clip"),
        ({"clip": 0.5}, "--clip"),
        ({"clip": float("nan")}, "--clip"),
        ({"classes": ("cat", "dog", "cat")}, "name 3, 'cat', is given twice"),
        ({"classes": ("cat", "")}, "is empty"),
        ({"weight": np.ones(3)}, "weight: found ndarray, expected the name of a column"),
        ({"groups": "sex"}, "groups: found str, expected names of columns"),
        ({"groups": [np.ones(3)]}, "groups: found list"),
        ({"label_column": np.array([0, 1])}, "label_column: found ndarray"),
        ({"input": "sigmoid", "link": "softmax"}, "--link softmax"),
    ],
)
def test_values_that_no_option_takes(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        ReadOptions(**wrong)
    assert caught.value.code == "E201"
    assert word in caught.value.message


@pytest.mark.parametrize(
    ("given", "events"),
    [
        ({}, None),
        ({"input": "probs"}, None),
        ({"input": "sigmoid"}, True),
        ({"link": "sigmoid"}, True),
        ({"link": "softmax"}, False),
        ({"link": "gumbel-softmax:seed=3", "input": "logits"}, False),
    ],
)
def test_events(given: dict[str, Any], events: bool | None) -> None:
    assert ReadOptions(**given).events is events


def test_label_columns() -> None:
    assert ReadOptions().label_columns == ()
    assert ReadOptions(label_column="y").label_columns == ("y",)
    assert ReadOptions(label_column=("a", "b")).label_columns == ("a", "b")


def test_link_name() -> None:
    assert link_name("gumbel-softmax:seed=3") == "gumbel_softmax"


def test_an_array_of_weights_is_told_its_argument() -> None:
    with pytest.raises(CalibrateError) as caught:
        calibrate.fit(np.eye(2), np.array([0, 1]), weight=np.ones(2))
    assert (caught.value.code, caught.value.hint) == ("E201", "an array goes in as weights=")


def test_an_argument_that_there_is_not_is_named_with_its_neighbour() -> None:
    with pytest.raises(TypeError, match="'wieght', expected one that there is: weight\\?"):
        calibrate.evaluate(np.eye(2), np.array([0, 1]), wieght="w")
    assert reading_options({"clip": 0.1}, "sigmoid") == ReadOptions(clip=0.1, link="sigmoid")
