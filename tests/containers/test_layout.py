"""What is concluded from the first rows of a delimited file."""

from __future__ import annotations

import pytest

from calibrate.containers.layout import comment_lines, dialect_of


@pytest.mark.parametrize(
    ("text", "delimiter", "decimal"),
    [
        ("a,b\n1,2\n", ",", "."),
        ("1;2\n3;4\n", ";", "."),
        ("1\t2\n", "\t", "."),
        ("1|2\n", "|", "."),
        ("1\n2\n", ",", "."),
        ("cat\ndog\n", ",", "."),
        ("0,5;1,5\n2,5;3,5\n", ";", ","),
        ("0,5;1,5;2\n2,5;3,5;4\n", ";", ","),
        ("a;b\n1,5;2\n1;2\n", ";", ","),
        ("a;b,c\n1.5;2\n3.5;2\n", ";", "."),
        ('"a;b",c\n1,2\n3,4\n', ",", "."),
        ("x;y,1.5,2\nz,2.5,3\nw,3.5,4\n", ",", "."),
        ("1,234;5,678\n", ";", "."),
        ("0,5\t1\n", "\t", ","),
        ("-2,75;;x;-2;dog\n1,5;;y;3;cat\n", ";", ","),
        ("x;1,5\ny;2,5\n", ";", ","),
        ("id,cat;dog,score\na,b;c,1\nd,e;f,2\n", ",", "."),
    ],
)
def test_delimiter_and_decimal_sign(text: str, delimiter: str, decimal: str) -> None:
    assert dialect_of(text)[:2] == (delimiter, decimal)


def test_blanks_before_quotes() -> None:
    assert dialect_of('"a", "b"\n')[2]
    assert not dialect_of('"a","b"\n')[2]


@pytest.mark.parametrize(
    ("text", "lines", "rest"),
    [
        ("a\n#b\n", [], "a\n#b\n"),
        ("# a\r\n#b\nc\n", ["# a", "#b"], "c\n"),
        ("# a\r# b\rc\rd\r", ["# a", "# b"], "c\rd\r"),
        ("#a", [], "#a"),
        ("", [], ""),
    ],
)
def test_comments_stand_before_the_first_row(text: str, lines: list[str], rest: str) -> None:
    found, start = comment_lines(text)
    assert (found, text[start:]) == (lines, rest)


def test_decimal_commas_in_quotes_on_lines_of_an_old_mac() -> None:
    assert dialect_of('"0,5";"1,5"\r"2,5";"3,5"\r')[:2] == (";", ",")
