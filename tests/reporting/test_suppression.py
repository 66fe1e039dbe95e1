"""Small groups are hidden in every format, with whatever would give them away."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from calibrate.reporting import html, markdown
from calibrate.reporting.document import assemble, typed
from calibrate.reporting.suppression import COMPLEMENT, groups_of
from calibrate.reporting.tables import tables


def with_groups(employment: dict[str, Any], sizes: dict[str, int], events: float | None = None) -> dict[str, Any]:
    part = next(iter(employment["result"]["groups"]["sex"].values()))
    groups = {}
    for value, n in sizes.items():
        group = json.loads(json.dumps(part))
        group["n"], group["before"]["nll"]["value"] = n, 0.77007 + n
        for total in group["totals"]["before"]:
            total["weight"], total["observed"] = float(n), n / 2 if events is None else events
        groups[value] = group
    result = {**employment["result"], "groups": {"column": groups}}
    return assemble(created="2026-04-30", version="0.1.0", result=result)


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ({"a": 100, "b": 200, "c": 300}, {}),
        ({"a": 29, "b": 200, "c": 300}, {"a": "fewer than 30 rows", "b": COMPLEMENT}),
        ({"a": 29, "b": 12, "c": 300}, {"a": "fewer than 30 rows", "b": "fewer than 30 rows"}),
        ({"a": 29, "b": 300}, {"a": "fewer than 30 rows", "b": COMPLEMENT}),
        ({"a": 29}, {"a": "fewer than 30 rows"}),
        ({"a": 30, "b": 300}, {}),
    ],
)
def test_what_is_hidden(employment: dict[str, Any], sizes: dict[str, int], hidden: dict[str, str]) -> None:
    groups = groups_of(typed(with_groups(employment, sizes)))["column"]
    assert {value: group.why for value, group in groups.items() if group.why} == hidden


@pytest.mark.parametrize(
    ("events", "why"), [(4.0, "fewer than 5 events"), (97.0, "fewer than 5 rows without the event")]
)
def test_few_events_are_hidden(employment: dict[str, Any], events: float, why: str) -> None:
    groups = groups_of(typed(with_groups(employment, {"a": 100, "b": 100}, events)))["column"]
    assert {group.why for group in groups.values()} == {why}


def test_few_wrong_predictions_are_hidden(cifar10: dict[str, Any]) -> None:
    part = json.loads(json.dumps({**cifar10["result"], "groups": {}}))
    part["n"], part["before"]["accuracy"]["value"] = 100, 0.96
    groups = {"column": {"a": part, "b": cifar10["result"]}}
    found = groups_of(typed(assemble(created="", version="", result={**cifar10["result"], "groups": groups})))["column"]
    assert {value: group.why for value, group in found.items()} == {
        "a": "fewer than 5 wrong predictions",
        "b": COMPLEMENT,
    }


def test_no_format_shows_what_is_hidden(employment: dict[str, Any]) -> None:
    document = with_groups(employment, {"a": 17, "b": 219, "c": 340})
    csv = tables(document)["groups.csv"].decode()
    for text in (html.render(document), markdown.render(document), csv):
        assert "suppressed" in text
        assert "17.77" not in text
        assert "219.77" not in text
        assert "219.8" not in text
    assert "340.77007" in csv
    assert "report.json holds" in markdown.render(document)


def test_a_gate_on_a_hidden_group_shows_its_verdict_alone(employment: dict[str, Any]) -> None:
    document = with_groups(employment, {"a": 17, "b": 219, "c": 340})
    gate = {
        "metric": "accuracy", "rule": "min", "limit": 0.8, "on": "safe", "level": "error", "verdict": "FAIL",
        "stops": True,
        "judged": {"value": 0.70711, "low": 0.5, "high": 0.9}, "reason": "0.70711 is below 0.8",
    }  # fmt: skip
    result = {**document["result"], "gates": [{**gate, "group": ["column", value]} for value in "abc"]}
    shown = assemble(created="", version="", result=result)
    verdicts = (r"<td>\s*FAIL\s*</td>", r"\| FAIL +\|", ",FAIL,")
    texts = (html.render(shown), markdown.render(shown), tables(shown)["gates.csv"].decode())
    for text, verdict in zip(texts, verdicts, strict=True):
        assert len(re.findall(verdict, text)) == 3
        assert text.count("0.70711 is below 0.8") == 1
