from __future__ import annotations

from typing import Any

import pytest

from calibrate.reading.summary import two_lines

S3 = "{}c0,c1,c2\n{}2.5,-1,0.25\n{}-0.5,1.5,0\n{}0.125,0.5,3\n"
P = "0.25,0.75\n0.5,0.5\n"


@pytest.mark.parametrize(
    ("scores", "labels", "options", "first", "second"),
    [
        (
            S3.format("", "", "", ""),
            "label\n0\n1\n2\n",
            {},
            "read scores.csv, labels.csv: 3 rows, 3 classes ('c0', 'c1', 'c2')",
            "scores are logits; labels by position, row for row; labels are numbers of the columns, counted from 0",
        ),
        (
            S3.format(",", "0,", "1,", "2,"),
            "label\n0\n1\n2\n",
            {},
            "read scores.csv, labels.csv: 3 rows, 3 classes ('c0', 'c1', 'c2')",
            "index: first column dropped",
        ),
        (
            "sample,c0,c1,label\n7,2.5,-1,0\n8,-0.5,1.5,1\n",
            None,
            {},
            "read scores.csv: 2 rows, 2 classes ('c0', 'c1')",
            "; id: column 1 'sample'",
        ),
        (P, "0\n1\n", {}, "2 rows, 2 classes ('0', '1')", "scores are probabilities"),
        ("0.25\n0.5\n", "0\n1\n", {}, "2 rows, binary: one column, the event is '1'", "scores are probabilities"),
        (
            "confidence,pred,label\n0.5,a,a\n0.75,b,a\n",
            None,
            {},
            "top-label",
            "labels in the same file; column 2 'pred' holds predicted classes",
        ),
        (
            P,
            "0,1\n1,1\n",
            {"link": "sigmoid"},
            "multi-label: 2 events ('0', '1')",
            "scores are probabilities of independent events",
        ),
        (S3.format("", "", "", ""), "0\n1\nNA\n", {"drop_missing": True}, "2 rows (1 dropped), 3 classes", "logits"),
    ],
)
def test_two_lines(
    reads: Any, scores: str, labels: str | None, options: dict[str, Any], first: str, second: str
) -> None:
    lines = two_lines(reads(scores, labels, **options))
    assert first in lines[0]
    assert second in lines[1]
    assert not [line for line in lines if "\n" in line]


def test_without_labels(reads: Any) -> None:
    assert two_lines(reads(P, need_labels=False))[1] == "scores are probabilities; no labels"


def test_every_decision_can_be_pinned_or_needs_no_flag(reads: Any) -> None:
    decisions = reads(S3.format(",", "0,", "1,", "2,"), "label\n0\n1\n2\n").decisions
    assert {d.what for d in decisions} >= {"delimiter", "header", "index", "task", "classes", "scale"}
    assert {d.what: d.flag for d in decisions}["scale"] == "--input logits"
    assert all(d.flag == "" or d.flag.startswith("--") for d in decisions)
    assert {d.where for d in decisions} == {"scores", "labels", ""}


def test_an_id_by_its_plain_name_or_as_told_needs_no_words(reads: Any) -> None:
    text = "{},c0,c1,label\n{},2.5,-1,0\n{},-0.5,1.5,1\n"
    for columns, options in (
        (("image_id", 7, 8), {}),
        (("sample", "a", "b"), {}),
        (("sample", 7, 8), {"id_column": "1"}),
    ):
        assert "id:" not in two_lines(reads(text.format(*columns), **options))[1]


def test_weights_and_groups_that_were_asked_for_are_among_the_decisions(reads: Any) -> None:
    def told(*files: str) -> list[tuple[str, ...]]:
        decisions = reads(*files, weight="w", groups=("sex", "site")).decisions
        return [(d.what, d.value, d.flag, d.where) for d in decisions if d.why == "as told"]

    assert told("c0,c1,sex,site,w,label\n2.5,-1,f,a,1,0\n-0.5,1.5,m,b,2,1\n") == [
        ("weight", "column 5 'w'", "--weight", ""),
        ("group", "column 3 'sex'", "--group", ""),
        ("group", "column 4 'site'", "--group", ""),
    ]
    assert told("c0,c1,sex\n2.5,-1,f\n-0.5,1.5,m\n", "label,site,w,sex\n0,a,1,f\n1,b,2,m\n") == [
        ("weight", "column 3 'w'", "--weight", "labels"),
        ("group", "column 3 'sex'", "--group", "scores"),
        ("group", "column 2 'site'", "--group", "labels"),
    ]
