"""The grammar of numbers in text: what is one, what is none, and why.

A number is an optional sign, ASCII digits with at most one point, and an optional exponent; blanks and tabs around it
do not count. No underscores, percent signs, hexadecimal, thousands separators or digits of other scripts, all of which
Python's `float` or a spreadsheet would take. `-inf` is a number too (a masked class); `inf` and `nan` are none.
Values are those of `float`: correctly rounded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_NUMBER = re.compile(r"[ \t]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t]*", re.ASCII)
_WHOLE = re.compile(r"[ \t]*[+-]?\d+[ \t]*", re.ASCII)
_COMMA = re.compile(r"[ \t]*[+-]?(?:\d+,\d*|\d*,\d+)(?:[eE][+-]?\d+)?[ \t]*", re.ASCII)
_THOUSANDS = re.compile(r"[ \t]*[+-]?[1-9]\d{0,2}(?:,\d{3})+[ \t]*", re.ASCII)
_PERCENT = re.compile(r"[ \t]*[+-]?[\d.,]*\d[.,]?[ \t]*%[ \t]*", re.ASCII)
_SEPARATED = re.compile(
    r"[ \t]*[+-]?[1-9]\d{0,2}(?:([,.' _\u00a0\u202f])\d{3}(?:\1\d{3})*)(?!\1)[.,]?\d*[ \t]*", re.ASCII
)
_MINUS_INF = {"-inf", "-infinity"}
_SPECIAL = {"inf", "+inf", "infinity", "+infinity", "nan", "+nan", "-nan"}
_PLAIN = b"0123456789+-.eE \t"
"""Of texts of these characters alone, `float` takes exactly the numbers of the grammar."""

EXACT = 2.0**53
"""Up to here float64 holds every whole number."""


def is_number(text: str) -> bool:
    """Whether `text` is a finite number of the grammar, or `-inf`.

    >>> [is_number(t) for t in ("1e-3", " -.5 ", "-inf", "1_000", "0x1f", "12%", "nan", "")]
    [True, True, True, False, False, False, False, False]
    """
    if _NUMBER.fullmatch(text):
        return math.isfinite(float(text))
    return text.strip(" \t").lower() in _MINUS_INF


def spells_number(text: str) -> bool:
    """Whether `text` is written as a number or `-inf`: what `is_number` takes, and numbers beyond float64.

    >>> [spells_number(t) for t in ("1e-3", "1e999", "-inf", "nan", "x")]
    [True, True, True, False, False]
    """
    return _NUMBER.fullmatch(text) is not None or text.strip(" \t").lower() in _MINUS_INF


def is_whole(text: str) -> bool:
    """Whether `text` is a whole number written as one: no point, no exponent."""
    return _WHOLE.fullmatch(text) is not None


def is_undecided(text: str) -> bool:
    """Empty, or a spelling of infinity or not-a-number: stands in columns of numbers and of text alike."""
    bare = text.strip(" \t").lower()
    return not bare or bare in _SPECIAL


def has_comma(text: str) -> bool:
    """Whether `text` is a number but for one comma, of decimals or of thousands."""
    return _COMMA.fullmatch(text) is not None


def has_decimal_comma(text: str) -> bool:
    """Whether `text` is a number but for its decimal comma (`1,234` could be one with thousands: no)."""
    return has_comma(text) and not _THOUSANDS.fullmatch(text)


def why_no_number(text: str) -> str:
    """`empty`, `not finite`, `too large`, `decimal comma` or `not a number`, for a `text` that `is_number` denies."""
    bare = text.strip(" \t").lower()
    if not bare:
        return "empty"
    if bare in _SPECIAL:
        return "not finite"
    if _NUMBER.fullmatch(text):
        return "too large"
    return "decimal comma" if has_comma(text) else "not a number"


def remedy(text: str) -> str:
    """What to do about a cell that is no number but was meant as one; empty where it was not, or nobody can tell.

    >>> remedy("95.0 %"), remedy("1,036.75"), remedy("cat")
    ('take the % off and divide by 100', 'take the thousands separators out', '')
    """
    if _PERCENT.fullmatch(text):
        return "take the % off and divide by 100"
    if has_decimal_comma(text):
        return "write decimal points; decimal commas are read where ; or a tab separates the columns"
    if has_comma(text):
        return "write decimal points and no thousands separators: its comma could be either"
    return "take the thousands separators out" if _SEPARATED.fullmatch(text) and not is_number(text) else ""


@dataclass(frozen=True, eq=False)
class Parsed:
    """A column of text read as numbers.

    values   float64; NaN where a cell is no number, inf where it spells infinity or a number beyond float64
    wrong    positions of the cells that are no numbers
    whole    every number among them is a whole number written as one
    numbers  how many cells are numbers
    beyond   how many spell numbers beyond float64
    unsure   how many are neither number nor plainly text (`is_undecided`)
    """

    values: np.ndarray
    wrong: tuple[int, ...]
    whole: bool
    numbers: int
    beyond: int
    unsure: int


def parse(cells: Sequence[str], decimal: str = ".") -> Parsed:
    """All `cells` of a column as numbers; with `decimal` a comma, a point is none."""
    joined = "".join(cells)
    if decimal == ",":
        if "." in joined:
            return _one_by_one(cells, decimal)
        cells, joined = [c.replace(",", ".") for c in cells], joined.replace(",", ".")
    if not joined.isascii() or joined.encode().translate(None, _PLAIN):
        return _one_by_one(cells, ".")
    try:
        values = np.array(list(map(float, cells)), dtype=np.float64)
    except ValueError:
        return _one_by_one(cells, ".")
    if not np.isfinite(values).all():
        return _one_by_one(cells, ".")
    whole = not ("." in joined or "e" in joined or "E" in joined)
    return Parsed(values, (), whole, len(cells), 0, 0)


def _one_by_one(cells: Sequence[str], decimal: str) -> Parsed:
    values = np.full(len(cells), np.nan)
    wrong: list[int] = []
    whole, beyond, unsure = True, 0, 0
    for i, cell in enumerate(cells):
        text = _with_point(cell) if decimal == "," else cell
        if is_number(text):
            values[i] = float(text)
            whole = whole and is_whole(text)
            continue
        wrong.append(i)
        is_beyond = spells_number(text)
        beyond += is_beyond
        unsure += is_undecided(text)
        if is_beyond or (is_undecided(text) and text.strip(" \t")):
            values[i] = float(text)
    return Parsed(values, tuple(wrong), whole, len(cells) - len(wrong), beyond, unsure)


def _with_point(cell: str) -> str:
    """A number with a decimal comma in the grammar's spelling; one with a point becomes no number."""
    return cell.replace(".", "?").replace(",", ".")
