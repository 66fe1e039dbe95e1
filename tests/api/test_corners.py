"""Corners of the functions behind the commands: shares that are nearly none or all, statements, impossible models."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import calibrate
from calibrate.api.attest import statement
from calibrate.api.audit import Order
from calibrate.api.provenance import command, created
from calibrate.api.report import Bundle
from calibrate.cli.show_rows import _per_cent
from calibrate.errors import CalibrateError
from calibrate.gates.policy import Asked, policy_of
from calibrate.model import from_json
from calibrate.results import Check, Estimate, Gate

RNG = np.random.default_rng(3)
LABELS = RNG.integers(0, 3, 90)
LOGITS = RNG.normal(size=(90, 3)) + 2 * np.eye(3)[LABELS]
SKETCH = {"n": 3, "distinct": 3, "repeated": 0, "columns": 3, "smallest": ["xyz"], "exact": True}


def test_methods_are_compared_from_python() -> None:
    found = calibrate.compare(LOGITS, LABELS, methods="temperature,none", folds=3, repeats=1)
    assert {"temperature", "none"} <= {one.method for one in found.methods}
    assert found.recommended


def test_a_recommended_method_is_spelt_as_the_command_line_has_it() -> None:
    names = ("structured_matrix", "temperature_mixture")
    found = calibrate.compare(LOGITS, LABELS, methods=names, folds=3, repeats=1)
    assert {one.method for one in found.methods} == {"none", "structured-matrix", "temperature-mixture"}
    assert {found.recommended, found.best, found.reference} <= {one.method for one in found.methods}
    assert calibrate.fit(LOGITS, LABELS, method=found.best).method == found.best.replace("-", "_")


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0, "0.0 %"), (1e-9, "< 0.1 %"), (0.5, "50.0 %"), (1 - 1e-9, "> 99.9 %"), (1.0, "100.0 %")],
)
def test_no_share_is_rounded_to_none_or_all(p: float, text: str) -> None:
    assert _per_cent(p) == text


def test_the_command_says_all_that_was_asked_for() -> None:
    asked = policy_of({"on": "lenient", "inconclusive": "warn", "preset": "not-worse"}, "gates.toml", Asked())
    order = Order(
        {"groups": ("a b", "c"), "drop_missing": True, "classes": ("x", "y")}, policy=asked, fail_on_warn=True
    )
    found = command({"scores": "/somewhere/z.csv", "--model": "/elsewhere/m.json"}, order)
    assert found == (
        "calibrate report z.csv --model m.json --group 'a b' --group c --drop-missing --classes x,y "
        "--preset not-worse --on lenient --inconclusive warn --fail-on-warn --output-dir DIR"
    )


def test_the_day_is_today_where_nobody_sets_it() -> None:
    assert len(created({})) == 10
    with pytest.raises(CalibrateError, match="SOURCE_DATE_EPOCH"):
        created({"SOURCE_DATE_EPOCH": "9" * 30})


def gate(verdict: Any, level: Any, stops: bool) -> Gate:
    return Gate("nll", "max", 0.5, "safe", level, verdict, stops, Estimate(0.4), "0.4 <= 0.5")


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        ((gate("PASS", "error", False),), "PASSED"),
        ((gate("PASS", "error", False), gate("FAIL", "warn", False)), "WARNED"),
        ((gate("FAIL", "error", True), gate("FAIL", "warn", False)), "FAILED"),
    ],
)
def test_the_outcome_of_a_statement(gates: tuple[Gate, ...], said: str) -> None:

    result = replace(
        calibrate.score(LOGITS, LABELS, metrics="nll"), gates=gates, check=Check(0, "passed", "x", "before")
    )
    found = json.loads(statement(Bundle({}, result, {"report.json": b"{}"})))["predicate"]
    assert found["result"] == said
    assert len(found["passedTests"] + found["warnedTests"] + found["failedTests"]) == len(gates)


def test_nothing_can_be_stated_without_gates() -> None:
    result = calibrate.score(LOGITS, LABELS, metrics="nll")
    with pytest.raises(CalibrateError, match="without gates") as caught:
        statement(Bundle({}, result, {}))
    assert caught.value.code == "E624"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"scale": "percent"}, "scale"),
        ({"clip": 0.7}, "clip"),
        ({"rows": SKETCH}, "hexadecimal"),
        ({"calibrator": {"name": "temperature", "temperature": 1e308}}, ""),
    ],
)
def test_a_model_with_a_value_that_none_can_have(change: dict[str, Any], word: str) -> None:

    plain = json.loads(calibrate.fit(LOGITS, LABELS).to_json())
    content = json.dumps({**plain, **change}).encode()
    if not word:
        assert repr(from_json(content, "m.json")).startswith("<Model: softmax of ")
        return
    with pytest.raises(CalibrateError, match=word) as caught:
        from_json(content, "m.json")
    assert caught.value.code == "E401"
