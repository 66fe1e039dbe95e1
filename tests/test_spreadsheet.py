"""Formulas are disarmed, numbers and names are left alone, and reading gives back every text."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calibrate.spreadsheet import guard, unguard

CASES = [
    ("cat", "cat"),
    ("", ""),
    ("-", "'-"),
    ("=1+1", "'=1+1"),
    ("+49 30 123", "'+49 30 123"),
    ("-1", "-1"),
    ("+1.5e-3", "+1.5e-3"),
    ("-.5", "-.5"),
    ("-1,5", "'-1,5"),
    ("-inf", "'-inf"),
    ("-1\n", "'-1\n"),
    ("-\u0661", "'-\u0661"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\t=1"),
    ("\r=1", "'\r=1"),
    ("\uff1d1", "'\uff1d1"),
    ("'tis", "'tis"),
    ("'=1", "''=1"),
    ("'-1", "'-1"),
]


@pytest.mark.parametrize(("text", "guarded"), CASES)
def test_cases(text: str, guarded: str) -> None:
    assert guard(text) == guarded
    assert unguard(guarded) == text


@given(st.text(alphabet=st.one_of(st.sampled_from("'=+-@1.e\t\r\n\uff1d"), st.characters())))
@example("''=")
def test_every_text_comes_back(text: str) -> None:
    assert unguard(guard(text)) == text
