"""What we write is what our JSON Schemas say, by an independent program's reading of them."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import numpy as np
import pytest

import calibrate
from calibrate.api.report import report
from calibrate.cli.start import start
from calibrate.errors import CalibrateError
from calibrate.renderers.json import render
from calibrate.reporting.meta import Meta
from calibrate.results import Check, Estimate, Gate
from calibrate.schemas import DOCUMENTS, field_texts, schema_of
from calibrate.stored import document
from calibrate.table import Decision

DATA = Path(__file__).parent.parent / "sample_data"


def valid(name: str, found: Any) -> bool:
    schema = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(found)
    return True


@pytest.mark.parametrize(
    ("files", "arguments"),
    [
        (("cifar10/logits.csv", "cifar10/labels.csv"), ()),
        (("employment/calibration.csv",), ("--holdout", "0.3", "--group", "sex")),
        (("digits_multilabel/logits.csv", "digits_multilabel/labels.csv"), ("--link", "sigmoid")),
        (("imagenet_top1/calibration.csv",), ("--clip", "1e-6")),
    ],
)
def test_what_fit_writes(files: tuple[str, ...], arguments: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert start(["fit", *(str(DATA / f) for f in files), *arguments, "-o", str(out), "-q", "--no-plot"]) == 0
    for name in ("model", "result"):
        assert valid(name, json.loads((out / f"{name}.json").read_text()))


@pytest.mark.parametrize(
    ("files", "options"),
    [
        (("cifar10/logits.csv", "cifar10/labels.csv"), {}),
        (("employment/calibration.csv",), {"groups": ("sex",), "minimum_n": 100}),
    ],
)
def test_what_report_writes(files: tuple[str, ...], options: dict[str, Any], tmp_path: Path) -> None:
    paths = [str(DATA / f) for f in files]
    facts = Meta(title="Audit", developers=("A. Noether",), extra={"ticket": "12"})
    assert start(["fit", *paths, "-o", str(tmp_path / "fitted"), "-q", "--no-plot"]) == 0
    model = tmp_path / "fitted" / "model.json"
    report(*paths, model=model, meta=facts, output_dir=tmp_path / "out", **options)
    found = json.loads((tmp_path / "out" / "report.json").read_text())
    assert found["rows"]["overlap"] and found["thresholds"] and found["events"]
    assert valid("report", found)
    for change in ({"id": None}, {"schema": "calibrate/report/2"}, {"result": {**found["result"], "n": "5"}}):
        with pytest.raises(jsonschema.ValidationError):
            valid("report", {**found, **change})


def test_groups_and_infinite_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.csv"
    path.write_text("a,b,label,sex\n" + "0.9,0.1,a,f\n0.3,0.7,a,m\n0.2,0.8,b,f\n" * 20 + "1.0,0.0,b,m\n")
    assert start(["score", str(path), "--input", "probs", "--group", "sex", "--json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert valid("result", found)
    assert (
        found["before"]["nll"]["infinite"] == found["groups"]["sex"]["m"]["before"]["nll"]["infinite"] == {"value": 1}
    )


def test_gates() -> None:
    result = calibrate.score(np.eye(2) + 1, [0, 1], metrics="nll", input="logits")
    judged = Estimate(None, -math.inf, math.inf, reason="two rows")
    gate = Gate(
        "nll", "max_increase", 0.1, "safe", "error", "INCONCLUSIVE", True, judged, "", ("sex", "f"), "b", old=math.inf
    )
    check = Check(4, "inconclusive", "the data are too few to say", "before")
    found = json.loads(render(replace(result, gates=(gate,), check=check)))
    assert valid("result", found)
    assert found["gates"][0]["judged"]["infinite"] == {"low": -1, "high": 1}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"schema": "calibrate/result/2"}, "schema"),
        ({"n": "5"}, "n"),
        ({"task": "regression"}, "task"),
        ({"before": {"nll": {"low": 1.0}}}, "before"),
        ({"before": {"nll": {"value": None, "infinite": {"value": 2}}}}, "before"),
    ],
)
def test_what_is_refused_when_read_is_not_valid(change: dict[str, Any], where: str) -> None:
    found = json.loads(json.dumps(document(calibrate.score(np.eye(2) + 1, [0, 1], metrics="nll", input="logits"))))
    assert valid("result", found)
    with pytest.raises(jsonschema.ValidationError) as caught:
        valid("result", {**copy.deepcopy(found), **change})
    assert next(iter(caught.value.absolute_path)) == where


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_part_and_every_key_of_a_document_is_described(name: str) -> None:
    schema = schema_of(name)
    assert "$id" not in schema
    for part, of in schema["$defs"].items():
        assert of["description"].endswith("."), part
    keys = schema["$defs"][schema["$ref"].rpartition("/")[2]]["properties"]
    assert {key for key, of in keys.items() if "description" not in of} <= {"schema"}


def test_texts_of_fields_are_those_of_the_docstrings() -> None:
    texts = field_texts(Decision)
    assert texts["flag"] == "The option that would pin it: `--input logits`; empty where none is needed."
    assert field_texts(type(calibrate.score([[1.0, 0.0]], [0], metrics="nll", input="logits").before))["curves"]


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["schema"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(DOCUMENTS)
    for name in DOCUMENTS:
        assert start(["schema", name]) == 0
        once = capsys.readouterr().out
        assert start(["schema", name.upper()]) == 0
        assert capsys.readouterr().out == once
        assert json.loads(once) == json.loads(msgspec.json.encode(schema_of(name)))
    with pytest.raises(CalibrateError, match="modle") as caught:
        schema_of("modle")
    assert (caught.value.code, caught.value.hint) == ("E601", "did you mean model?")
