from __future__ import annotations

from typing import Any

import pytest

from calibrate.errors import CalibrateError
from calibrate.reading.options import ReadOptions, link_name


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
