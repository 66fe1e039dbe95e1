"""Rows of text, split strictly: fields, lines, and the line of what is wrong."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibrate.containers.strict_csv import check_widths, columns, decode, split
from calibrate.errors import CalibrateError


def rows(text: str, line: int = 1) -> list[list[str]]:
    return split(text, ",", False, line, "x").rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2", [["a", "b"], ["1", "2"]]),
        ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
        ('"a,b","c""d"\n', [["a,b", 'c"d']]),
        ('"a\r\nb",c\n', [["a\r\nb", "c"]]),
        ('""\nx\n', [[""], ["x"]]),
        (',\n" ", \n', [["", ""], [" ", " "]]),
        ("a\n\n\n", [["a"]]),
        ("", []),
    ],
)
def test_fields(text: str, expected: list[list[str]]) -> None:
    assert rows(text) == expected


def test_lines() -> None:
    piece = split('a\n"b\nc"\nd\n\n', ",", False, 10, "x")
    assert [piece.line(i) for i in range(3)] == [10, 11, 13]
    assert piece.blank == 14
    assert split("a\nb\n", ",", False, 10, "x").line(1) == 11


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ('a\n"b\nc\n', "E111", "line 8"),
        ('a\n"b"c\n', "E111", "line 8"),
        ("a\n" + "b" * 140_000, "E114", "line 8"),
    ],
)
def test_wrong(text: str, code: str, words: str) -> None:
    with pytest.raises(CalibrateError, match=words) as caught:
        rows(text, 7)
    assert caught.value.code == code


def test_widths() -> None:
    piece = split("1,2\n3,4\n5\n", ",", False, 4, "x")
    with pytest.raises(CalibrateError, match=r"row 13 \(line 6\): found 1 field, expected 2 columns"):
        check_widths(piece, 2, 10, "x")
    check_widths(split("1,2\n", ",", False, 4, "x"), 2, 10, "x")
    assert columns([["1", "2"], ["3", "4"]], 2) == [("1", "3"), ("2", "4")]
    assert columns([], 2) == [(), ()]


@pytest.mark.parametrize(
    ("text", "row", "line"), [("a\n\nb\n", 2, 8), ('"a\nb"\n  \nc\n', 2, 9), ("a\nb\n\nc\n1,2\n", 3, 9)]
)
def test_blank_lines_between_rows(text: str, row: int, line: int) -> None:
    with pytest.raises(CalibrateError, match=rf"row {row} \(line {line}\): found a blank line"):
        check_widths(split(text, ",", False, 7, "x"), 1, 0, "x")


def test_bytes_that_are_no_text() -> None:
    for data, words in ((b"a\nb\xff\n", "line 8: found byte 0xff"), (b"a\n\nb\0", "line 9: found a NUL")):
        with pytest.raises(CalibrateError, match=words):
            decode(data, 7, "x")
    assert decode("é\n".encode(), 1, "x") == "é\n"


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=4),
        min_size=1,
        max_size=6,
    )
)
def test_law_what_csv_writes_is_read_back(written: list[list[str]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(written)
    piece = split(buffer.getvalue(), ",", False, 1, "x")
    assert piece.rows == written
    assert [piece.line(i) for i in range(len(written))] == sorted({piece.line(i) for i in range(len(written))})
