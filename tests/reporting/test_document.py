"""The document: one id per content, plain data in and out, and a clear refusal of what is no report."""

from __future__ import annotations

import json
from typing import Any

import pytest

from calibrate.errors import CalibrateError
from calibrate.reporting.document import assemble, digest, typed
from calibrate.versioned import encoded


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


def _uneven(document: dict[str, Any]) -> dict[str, Any]:
    """A curve that lacks a bin in one column."""
    curve, *more = document["result"]["bins"]["before"]
    short = {**curve, "count": curve["count"][:-1]}
    return {"result": {**document["result"], "bins": {"before": [short, *more]}}}


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"schema": "calibrate/report/2"}, "E634"),
        ({"schema": "calibrate/result/1"}, "E632"),
        ({"schema": None}, "E632"),
        ({"rows": 3}, "E632"),
        ({"result": {}}, "E632"),
        ({"result": {"schema": "calibrate/result/2"}}, "E412"),
        (_uneven, "E632"),
    ],
)
def test_what_is_no_report_is_refused(cifar10: dict[str, Any], broken: Any, code: str) -> None:
    with pytest.raises(CalibrateError, match=r"report\.json: ") as caught:
        typed({**cifar10, **(broken(cifar10) if callable(broken) else broken)})
    assert caught.value.code == code
