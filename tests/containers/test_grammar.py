"""What is a number in text, and what is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibrate.containers.grammar import (
    has_decimal_comma,
    is_number,
    is_undecided,
    is_whole,
    parse,
    remedy,
    spells_number,
    why_no_number,
)

NUMBERS = ["0", "-0", "007", "1.5", ".5", "5.", "+1", "-.5e-3", "1E+5", " 1.5 ", "\t2", "-inf", "-Infinity", "5e-324"]
NONE = {
    "": "empty",
    "  ": "empty",
    "inf": "not finite",
    "+Inf": "not finite",
    "nan": "not finite",
    "-NaN": "not finite",
    "1e999": "too large",
    "-1e999": "too large",
    "1,5": "decimal comma",
    "1,000": "decimal comma",
    "1_000": "not a number",
    "12%": "not a number",
    "0x1f": "not a number",
    "1.2.3": "not a number",
    "1 2": "not a number",
    "٣": "not a number",
    "１": "not a number",
    "null": "not a number",
    "#N/A": "not a number",
    "1e": "not a number",
    ".": "not a number",
    "--1": "not a number",
    "1\xa0": "not a number",
    "1\n": "not a number",
}


@pytest.mark.parametrize("text", NUMBERS)
def test_is_a_number(text: str) -> None:
    assert is_number(text)
    found = parse([text])
    assert found.wrong == ()
    assert found.numbers == 1
    assert found.values[0] == float(text)


@pytest.mark.parametrize(("text", "why"), NONE.items())
def test_is_none(text: str, why: str) -> None:
    assert not is_number(text)
    assert why_no_number(text) == why
    found = parse(["1.5", text, "2"])
    assert found.wrong == (1,)
    assert not math.isfinite(found.values[1])
    assert (spells_number(text), found.beyond) == (why == "too large", why == "too large")


@pytest.mark.parametrize(
    ("cells", "whole"), [(["1", "-2"], True), (["1", "2.0"], False), (["1e3"], False), (["1", "cat"], True)]
)
def test_whole_numbers_are_written_as_such(cells: list[str], whole: bool) -> None:
    assert parse(cells).whole is whole


def test_a_decimal_comma_makes_a_point_no_number() -> None:
    found = parse(["1,5", "2", "3.5", "1,5,5", ""], ",")
    assert found.wrong == (2, 3, 4)
    assert found.values[:2].tolist() == [1.5, 2.0]
    assert parse(["1,5", "-2,25e1"], ",").values.tolist() == [1.5, -22.5]


def test_what_could_be_thousands_is_no_decimal_comma() -> None:
    assert [has_decimal_comma(t) for t in ("1,5", "0,123", "1,234", "12,345,678", "1.5")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_undecided_cells_say_nothing_of_their_column() -> None:
    assert [is_undecided(t) for t in ("", " ", "nan", "INF", "-inf", "na", "None", "1")] == [True] * 4 + [False] * 4
    assert parse(["", "nan", "x", "1"]).unsure == 2


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_law_values_are_those_of_float_to_the_last_bit(x: float) -> None:
    for text in (repr(x), f"{x:.30e}", f" {x!r}\t"):
        assert parse([text]).values.tobytes() == np.float64(text).tobytes()


@given(st.text(max_size=12))
def test_law_one_cell_and_many_agree(text: str) -> None:
    alone = parse([text])
    assert (alone.wrong == ()) is is_number(text)
    assert not is_whole(text) or is_number(text)
    beside = parse(["1.5", text])
    assert beside.wrong == tuple(i + 1 for i in alone.wrong)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["95.0%", "95 %", "+9,5%"], "divide by 100"),
        (["0,9498", "-,5", "1,5e3"], "decimal points; decimal commas"),
        (["1,234"], "its comma could be either"),
        (["1,036.75", "1.036,75", "1 000", "1_000", "1,234,567.8", "1\u202f000,5"], "thousands separators out"),
        (["", "cat", "%", "a%", "2024-01-01", "1,2,3", "0x1f", "1.5", "10:30", "192.168.1.100"], ""),
    ],
)
def test_what_to_do_about_a_cell_that_was_meant_as_a_number(texts: list[str], words: str) -> None:
    for text in texts:
        assert (words in remedy(text)) if words else not remedy(text), text
