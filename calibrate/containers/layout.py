"""How the text of a delimited file is laid out: delimiter, decimal sign, comments, header, kinds of its columns.

All of it is concluded from the first rows, and stands in `Layout` with the reasons.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calibrate.containers.grammar import has_comma, has_decimal_comma, is_undecided, is_whole, parse, spells_number
from calibrate.errors import CalibrateError, shown
from calibrate.spreadsheet import unguard
from calibrate.table import Decision

DELIMITERS = {";": "semicolon", "\t": "tab", "|": "bar", ",": "comma"}
"""In order of preference where nothing else decides: a comma beside one of the others is rather a decimal sign."""
SAMPLE = 100
"""Rows from which delimiter and decimal sign are concluded."""
_LINE_END = re.compile("\r\n?|\n")
ENOUGH = 10
"""Rows without a whole number from which on a first row of whole numbers is no chance."""


@dataclass(frozen=True)
class Layout:
    """What was concluded.

    delimiter  one of `DELIMITERS`; a comma too where there is but one column
    decimal    "." or ","
    padded     quotes may follow a blank: `"a", "b"`
    comments   lines before the first row that start with #
    names      of the columns; None without a header
    in_rows    the header is the first row (it may be the last comment instead)
    doubtful   the header could be a row of data
    numeric    per column, whether it is one of numbers
    """

    delimiter: str
    decimal: str
    padded: bool
    comments: int
    names: tuple[str, ...] | None
    in_rows: bool
    doubtful: bool
    numeric: tuple[bool, ...]
    decisions: tuple[Decision, ...]

    @property
    def width(self) -> int:
        """Fields of every row."""
        return len(self.numeric)


def comment_lines(text: str) -> tuple[list[str], int]:
    """The lines before the first row that start with #, as `numpy.savetxt` writes its header; where that row starts."""
    found: list[str] = []
    start = 0
    while text.startswith("#", start) and (end := _LINE_END.search(text, start)):
        found.append(text[start : end.start()])
        start = end.end()
    return found, start


def dialect_of(text: str) -> tuple[str, str, bool, tuple[Decision, ...]]:
    """Delimiter, decimal sign and whether fields are padded, of the first rows (without comments)."""
    sample = text[: 1 << 16]
    lines = _LINE_END.split(sample)[:SAMPLE]
    if len(sample) < len(text) and len(lines) < SAMPLE and len(lines) > 1:
        lines.pop()
    best, highest, width = ",", (0.0, 0.0, 0.0), 1
    for delimiter in DELIMITERS:
        rows = [r for r in _fields(lines, delimiter) if r]
        usual, often = Counter(map(len, rows)).most_common(1)[0] if rows else (1, 0)
        if usual > 1:
            body = rows[1:] or rows
            numbers = sum(spells_number(c) or (delimiter != "," and has_comma(c)) for r in body for c in r)
            rank = (round(numbers / len(body), 1), round(numbers / sum(map(len, body)), 1), often / len(rows))
            if rank > highest:
                best, highest, width = delimiter, rank, usual
    decimal = _decimal_of(_fields(lines, best), best)
    padded = f'{best} "' in sample
    decisions = (
        Decision("delimiter", DELIMITERS[best] if width > 1 else "none", f"{width} fields in most of the first rows"),
        Decision(
            "decimal sign", "comma" if decimal == "," else "point", "as the numbers of the first rows are written"
        ),
    )
    return best, decimal, padded, decisions


def _fields(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return [line.split(delimiter) for line in lines]


def _decimal_of(rows: list[list[str]], delimiter: str) -> str:
    if delimiter == ",":
        return "."
    cells = [c for r in rows for c in r]
    commas = sum(map(has_decimal_comma, cells))
    points = sum("." in c and spells_number(c) for c in cells)
    return "," if commas > points else "."


def conclude(
    rows: list[list[str]],
    dialect: tuple[str, str, bool, tuple[Decision, ...]],
    comments: list[str],
    header: bool | None,
    where: str,
) -> Layout:
    """The layout of a file whose first rows are `rows`; `header` True or False leaves no doubt.

    `where` names the file in errors. Raises `CalibrateError` E110 for a name that stands in the header twice.
    """
    delimiter, decimal, padded, decisions = dialect
    body = rows[1:]
    numeric = tuple(_is_numeric(column, decimal) for column in zip(*(body or rows), strict=True))
    first = [c.strip() for c in rows[0]]
    is_header, doubtful, why = (
        (header, False, "as told") if header is not None else _header(first, body, numeric, decimal)
    )
    in_comment = None if is_header else _named_in_comment(comments, delimiter, len(first))
    names = tuple(map(unguard, first)) if is_header else in_comment
    layout = Layout(delimiter, decimal, padded, len(comments), names, is_header, doubtful, numeric, decisions)
    if names is not None and len(set(names)) < len(names):
        twice = next(name for name, times in Counter(names).items() if times > 1)
        if doubtful and not any(numeric):
            return conclude(rows, dialect, comments, False, where)
        one, two = [j + 1 for j, name in enumerate(names) if name == twice][:2]
        message = f"{where}: header, columns {one} and {two}: found the name {shown(twice)!r} twice, expected it once"
        raise CalibrateError("E110", message, "name every column differently")
    if not is_header:
        layout = replace(layout, numeric=tuple(_is_numeric(column, decimal) for column in zip(*rows, strict=True)))
    said = f"{len(comments)} lines that start with #" if comments else ""
    noted = (Decision("comments", "skipped", said),) if comments else ()
    value = "the last comment" if in_comment else "first row" if is_header else "none"
    return replace(layout, decisions=(*decisions, *noted, Decision("header", value, why)))


def refuse_strange(rows: list[list[str]], delimiter: str, where: str) -> None:
    """Raise `CalibrateError` E109 where blanks stand between the numbers of a row, or a delimiter behind its last."""
    body = rows[1:] or rows
    if len(rows[0]) == 1:
        by_blanks = [row[0].split() for row in body]
        if 2 * sum(len(cells) > 1 and all(map(spells_number, cells)) for cells in by_blanks) > len(body):
            message = f"{where}: found numbers separated by blanks, expected a comma, semicolon, tab or bar"
            raise CalibrateError("E109", message, "write it with numpy.savetxt(FILE, array, delimiter=',')")
    elif is_undecided(rows[0][-1]) and all(row[-1] == "" for row in body):
        message = f"{where}: every row ends in {delimiter!r}: column {len(rows[0])} holds nothing, expected values"
        raise CalibrateError("E109", message, "take the delimiter off the end of every row")


def _is_numeric(cells: Sequence[str], decimal: str) -> bool:
    """Whether most cells that say anything are numbers; one beyond float64 is none, but no text."""
    found = parse(cells, decimal)
    spelled = found.numbers + found.beyond
    return spelled > len(cells) - spelled - found.unsure


def _header(first: list[str], body: list[list[str]], numeric: Sequence[bool], decimal: str) -> tuple[bool, bool, str]:
    """Whether the first row is a header, whether that is in doubt, and why."""
    cells = [c.replace(",", ".") if decimal == "," else c for c in first]
    if not body:
        return (len(first) > 1 and not any(map(spells_number, cells))), True, "the only row"
    if not any(numeric):
        again = any(c in column for c, column in zip(first, zip(*body, strict=True), strict=True))
        return (
            not again,
            True,
            "its cells stand nowhere below" if not again else "its cells stand below too: a row of data",
        )
    above = [c for c, is_numeric in zip(cells, numeric, strict=True) if is_numeric]
    if not any(map(spells_number, above)):
        nothing = all(map(is_undecided, above))
        return _over_an_index(first, body, numeric, decimal) if nothing else (True, False, "text above numbers")
    if why := _counts(first, above, body, numeric, decimal):
        return True, True, why
    if all(is_whole(c) or not spells_number(c) for c in above) and not all(
        spells_number(c) or is_undecided(c) for c in above
    ):
        return True, False, "text above numbers"
    return False, True, "numbers like those below"


def _over_an_index(
    first: list[str], body: list[list[str]], numeric: Sequence[bool], decimal: str
) -> tuple[bool, bool, str]:
    """Whether `,label` above row numbers and texts is a header, as data frames write it, whether in doubt, and why."""
    none = False, False, "nothing above numbers"
    if first[0] or not numeric[0] or not all(first[1:]):
        return none
    below = parse([row[0] for row in body], decimal)
    if below.wrong or not below.whole:
        return none
    rows = np.arange(len(body))
    if np.array_equal(below.values, rows) or np.array_equal(below.values, rows + 1):
        return True, False, "nothing above row numbers"
    texts = [{row[j].strip() for row in body} for j in range(1, len(first))]
    if len(set(below.values)) < len(body) or any(c in column for c, column in zip(first[1:], texts, strict=True)):
        return none
    return True, True, "nothing above row numbers, and names that stand nowhere below"


def _counts(first: list[str], above: list[str], body: list[list[str]], numeric: Sequence[bool], decimal: str) -> str:
    """Why a row of whole numbers is a header all the same; empty where it need not be."""
    counted = [c for c in above if c]
    if counted == [str(j) for j in range(len(counted))]:
        if _has_fractions(body, numeric, decimal):
            return "0, 1, ... above numbers that are not whole"
        if not first[0] and numeric[0] and parse([row[0] for row in body], decimal).whole:
            return "nothing above row numbers, 0, 1, ... above the rest"
    if _only_whole_row(counted, body, numeric, decimal):
        return "whole numbers above numbers of which none is whole"
    return ""


def _only_whole_row(above: Sequence[str], body: list[list[str]], numeric: Sequence[bool], decimal: str) -> bool:
    """Whether different whole numbers stand above columns in which none is whole: `7,42,100`, `0.0,1.0,2.0`.

    Not 0 and 1: a first row of saturated probabilities.
    """
    values = parse(above)
    if len(above) < sum(numeric) or values.wrong or len(body) < ENOUGH or set(values.values) <= {0, 1}:
        return False
    if _fractional(values.values).any() or len(set(values.values)) < len(above):
        return False
    columns = [c for c, is_numeric in zip(zip(*body, strict=True), numeric, strict=True) if is_numeric]
    return all(_fractional(parse(c, decimal).values).all() for c in columns)


def _fractional(values: np.ndarray) -> np.ndarray:
    """Which values are no whole numbers; infinite and missing ones are none."""
    return np.asarray(~np.isfinite(values) | (np.floor(values) != values))


def _has_fractions(body: list[list[str]], numeric: Sequence[bool], decimal: str) -> bool:
    columns = [c for c, is_numeric in zip(zip(*body, strict=True), numeric, strict=True) if is_numeric]
    return any(not parse(c, decimal).whole for c in columns)


def _named_in_comment(comments: list[str], delimiter: str, width: int) -> tuple[str, ...] | None:
    """Names in the last comment: `# a,b,c`, with as many fields as the rows have."""
    if not comments or width < 2:
        return None
    fields = [c.strip() for c in _fields([comments[-1]], delimiter)[0]]
    if len(fields) != width or any(map(spells_number, fields)):
        return None
    return (fields[0].removeprefix("# "), *fields[1:])
