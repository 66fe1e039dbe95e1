"""What the sections say, and that the limitations follow from the facts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from calibrate.reporting import markdown, words
from calibrate.reporting.document import assemble, typed
from calibrate.reporting.outline import page
from calibrate.reporting.sections import crosswalk
from calibrate.reporting.tables import tables


def section(document: dict[str, Any], title: str) -> str:
    text = markdown.render(document)
    return next(part for part in text.split("\n## ") if part.partition("\n")[0].endswith(title))


def changed(document: dict[str, Any], result: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    known = {k: document[k] for k in ("meta", "model", "rows", "class_counts", "command", "git", "lock", "thresholds")}
    new = {**json.loads(json.dumps(document["result"])), **(result or {})}
    made: dict[str, Any] = assemble(**{"created": "2026-04-30", "version": "0.1.0", "result": new, **known, **facts})
    return made


def test_the_summary_says_how_often_the_model_kept_its_word(cifar10: dict[str, Any]) -> None:
    text = section(cifar10, "Summary")
    assert "when it said 99.9 % it was right 96.5 % of the time [96.0 %, 97.0 %] (4,890 rows" in text
    assert "against a noise floor of 0.0023 before" in text
    assert "better: calibration helps" in text.lower()


def test_of_an_event_it_says_how_often_it_happened(employment: dict[str, Any]) -> None:
    assert "when it gave the event '1' 50.3 % it happened 48.9 % of the time" in section(employment, "Summary")


def test_without_an_after_nothing_is_claimed(cifar10: dict[str, Any]) -> None:
    alone = {"after": None, "change": None, "after_is": None, "verdict": None, "fit": None, "method": None}
    bins, totals = ({"before": cifar10["result"][key]["before"]} for key in ("bins", "totals"))
    text = markdown.render(changed(cifar10, {**alone, "bins": bins, "totals": totals}, model=None, thresholds=[]))
    assert "no calibration was applied" in text
    assert "No calibrator: the scores were turned into probabilities by the link alone." in text
    assert "There are none: only the scores as they came were measured." in text
    assert "after, cross-fitted" not in text


def test_empty_fields_are_said(cifar10: dict[str, Any]) -> None:
    assert section(cifar10, "Purpose, scope and people").count("not provided") == 12


@pytest.mark.parametrize(
    ("result", "facts", "said"),
    [
        ({"after_is": "in-sample"}, {}, "they flatter"),
        ({"n": 200}, {}, "Few rows: 200."),
        ({"weight": 4000.5}, {}, "Rows are weighted"),
        ({"after_is": "applied"}, {}, "is not known: compare the files' digests"),
        (
            {"after_is": "applied"},
            {"rows": {"overlap": {"found": 5, "of": 9, "exact": True, "n": 5000, "seen": 7, "sampled": 5000}}},
            "Overlap: 7 of 5,000 rows measured",
        ),
        ({}, {"class_counts": [{"label": "ox", "count": 0}, {"label": "cow", "count": 3}]}, "Never the true one: ox."),
        ({}, {"class_counts": [{"label": "cow", "count": 3}]}, "Rare, with fewer than 10 rows each: cow."),
        ({}, {"rows": {"dropped": 4}}, "4 rows were left out"),
        ({}, {"rows": {"repeated": 1}}, "1 row repeats"),
        ({}, {"thresholds": []}, "No decision thresholds"),
        ({}, {"git": {"commit": "abc", "dirty": True}}, "not committed"),
        ({"reason": "too few errors"}, {}, "too few errors"),
        ({}, {}, "Without an interval, so without a statement of their uncertainty: Classwise ECE."),
        ({}, {}, "temperature is 2.498"),
        ({}, {}, "No subgroups were measured"),
    ],
)
def test_limitations_follow_from_the_facts(
    cifar10: dict[str, Any], result: dict[str, Any], facts: dict[str, Any], said: str
) -> None:
    assert said in section(changed(cifar10, result, **facts), "Limitations")


def test_free_limitations_are_added(cifar10: dict[str, Any]) -> None:
    text = section(changed(cifar10, meta={"limitations": ["only by day", "first\nsecond"]}), "Limitations")
    assert "- only by day\n- first\n- second" in text


def test_few_errors_are_said(cifar10: dict[str, Any]) -> None:
    after = json.loads(json.dumps(cifar10["result"]["after"]))
    after["accuracy"]["value"] = 0.9996
    assert "Few errors: 2 wrong predictions in 5,000 rows" in section(changed(cifar10, {"after": after}), "Limitations")


def test_the_crosswalk_refers_to_sections_that_there_are(document: dict[str, Any]) -> None:
    there = {one.id for one in page(typed(document)).sections}
    assert {id_ for *_, ids in crosswalk.ASKS for id_ in ids} <= there
    text = section(document, "Crosswalk")
    assert "It is no legal advice and no statement of compliance" in text


def test_no_word_claims_compliance(document: dict[str, Any]) -> None:
    text = markdown.render(document).lower()
    assert "compliant" not in text
    assert text.count("compliance") == 1


def test_numbers_that_are_not_there_say_why(employment: dict[str, Any]) -> None:
    text = section(employment, "Observed against expected events")
    assert "n/a the logits do not overlap" in text


def test_expected_events_have_the_same_decimals_and_separators(cifar10: dict[str, Any]) -> None:
    text = section(cifar10, "Observed against expected events")
    lines = [line for line in text.splitlines() if line.startswith("| ") and "expected" not in line]
    cells = [line.split("|")[3].strip() for line in lines if "---" not in line]
    assert len(cells) == 20
    assert all(re.fullmatch(r"[1-9]\d{0,2}(,\d{3})?\.\d\d", cell) for cell in cells), cells
    assert words.expected([1026.5, 936.11]) == ["1,026.50", "936.11"]


def test_shares_of_classes_in_a_weighted_report_are_of_rows(cifar10: dict[str, Any]) -> None:
    said = "Rows are counted, and shares are of rows: without the weights"
    assert said in section(changed(cifar10, {"weight": 4000.5}), "Data")
    assert said not in section(cifar10, "Data")


def test_infinite_numbers_are_said_to_be(cifar10: dict[str, Any]) -> None:
    why = "infinite: 1 row gives the true class probability 0"
    endless = {"value": None, "low": None, "high": None, "reason": why, "infinite": {"value": 1}}
    document = changed(cifar10, {"after": {**cifar10["result"]["after"], "nll": endless}})
    assert f"inf: {why} after" in section(document, "Summary")
    assert f"inf {why} |" in section(document, "Metrics before and after")
    assert f"Not finite: NLL ({why})." in section(document, "Limitations")
    assert "Not computed" not in section(document, "Limitations")
    assert f"after,nll,inf,,,{why}," in tables(document)["metrics.csv"].decode()


def test_tables_and_figures_are_numbered_through(document: dict[str, Any]) -> None:
    blocks = [block for part in page(typed(document)).sections for block in part.blocks]
    for kind in ("Table", "Figure"):
        numbers = [block.number for block in blocks if type(block).__name__ == kind]  # type: ignore[union-attr]
        assert numbers == list(range(1, len(numbers) + 1))
