"""The document: one id per content, plain data in and out, and a clear refusal of what is no report."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from calibrate.errors import CalibrateError
from calibrate.reporting.document import Report, assemble, digest, encoded, typed


def test_the_id_is_the_digest_of_everything_else(document: dict[str, Any]) -> None:
    assert document["id"] == digest(document)
    assert len(document["id"]) == 16
    again = json.loads(encoded(document))
    assert digest(again) == document["id"]
    assert digest(dict(sorted(again.items()))) == document["id"]
    again["result"]["n"] += 1
    assert digest(again) != document["id"]


def test_it_is_plain_and_survives_the_way_through_a_file(document: dict[str, Any]) -> None:
    assert json.loads(encoded(document)) == document
    assert typed(document).id == document["id"]


def test_what_a_later_version_adds_is_passed_over(cifar10: dict[str, Any]) -> None:
    assert typed({**cifar10, "new": 1, "result": {**cifar10["result"], "new": 1}}) == typed(cifar10)


def test_parts_may_be_types(cifar10: dict[str, Any]) -> None:
    report = typed(cifar10)
    again = assemble(
        created=report.created, version=report.version, result=cifar10["result"], meta=report.meta, rows=report.rows,
        git=report.git, class_counts=report.class_counts,
    )  # fmt: skip
    assert typed(again).rows == report.rows
    assert typed(again).git == report.git


@pytest.mark.parametrize("broken", [{"schema": "calibrate/report/2"}, {"schema": None}, {"rows": 3}, {"result": {}}])
def test_what_is_no_report_is_refused(cifar10: dict[str, Any], broken: dict[str, Any]) -> None:
    with pytest.raises(CalibrateError) as caught:
        typed({**cifar10, **broken})
    assert caught.value.code == "E632"


def test_there_is_a_json_schema() -> None:
    schema = msgspec.json.schema(Report)
    assert schema["$ref"] == "#/$defs/Report"
    assert {"result", "meta", "thresholds", "events", "rows"} <= schema["$defs"]["Report"]["properties"].keys()
