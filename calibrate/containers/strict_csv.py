"""Delimited text, row by row: every row as wide as the first, or an error that names the row.

The slow and exact reader of CSV: it reads small files whole, and of large ones the pieces that the fast reader
declines. Quotes as in RFC 4180: a field in quotes may hold delimiters, line ends, and quotes written twice.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from calibrate.errors import CalibrateError, shown

MAX_CELL = 131_072
"""Characters of one field: the limit that Python's csv module comes with."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Some consecutive lines of a file.

    rows    their fields
    lines   of each row the line on which it starts (from 1); None where row i starts on line `first` + i
    first   the first line
    blank   the first of the blank lines at the end, None without such
    """

    rows: list[list[str]]
    lines: tuple[int, ...] | None
    first: int
    blank: int | None

    def line(self, i: int) -> int:
        """The line on which row i starts."""
        return self.first + i if self.lines is None else self.lines[i]


def decode(data: bytes, line: int, where: str) -> str:
    """The bytes, which start on `line`, as text. Raises `CalibrateError` E108: no UTF-8, or a NUL."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        message = f"{where}: line {line}: found byte 0x{data[error.start]:02x}, expected UTF-8 text"
        raise CalibrateError("E108", message, "convert it: iconv -f LATIN1 -t UTF-8 FILE") from None
    if "\0" in text:
        line += text.count("\n", 0, text.index("\0"))
        raise CalibrateError(
            "E108",
            f"{where}: line {line}: found a NUL byte, expected text: a binary file, or UTF-16?",
            "save it as UTF-8",
        )
    return text


def split(text: str, delimiter: str, padded: bool, line: int, where: str) -> Piece:
    """The rows of `text`, which starts on `line`. Raises `CalibrateError` E111 (quote), E114."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=padded, strict=True)
    rows: list[list[str]] = []
    ends: list[int] | None = None
    try:
        rows = list(reader)
    except csv.Error as error:
        raise _broken(text, delimiter, padded, line, where, error) from None
    if reader.line_num != len(rows):
        ends = []
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=padded, strict=True)
        ends.extend(reader.line_num for _ in reader)
    starts = None if ends is None else [line, *(line + end for end in ends[:-1])]
    n = len(rows)
    while n and _is_blank(rows[n - 1]):
        n -= 1
    blank = None if n == len(rows) else (line + n if starts is None else starts[n])
    rows = rows[:n]
    return Piece(rows, None if starts is None else tuple(starts[:n]), line, blank)


def blank_inside(where: str, row: int, line: int) -> CalibrateError:
    """The error of a blank line that is followed by rows; it stands where row `row` (from 0) should."""
    return CalibrateError(
        "E109",
        f"{where}: row {row + 1} (line {line}): found a blank line (empty) before further rows, expected a row",
        "remove it, or write the missing row",
    )


def check_widths(piece: Piece, width: int, row: int, where: str) -> None:
    """Raise `CalibrateError` E109 at a blank row or one without `width` fields; the first is number `row` from 0."""
    if width > 1 and set(map(len, piece.rows)) <= {width}:
        return
    i = next((i for i, fields in enumerate(piece.rows) if len(fields) != width or _is_blank(fields)), None)
    if i is None:
        return
    if _is_blank(piece.rows[i]):
        raise blank_inside(where, max(0, row + i), piece.line(i))
    found = len(piece.rows[i])
    fields, columns = "field" if found == 1 else "fields", "column" if width == 1 else "columns"
    raise CalibrateError(
        "E109",
        f"{where}: row {row + i + 1} (line {piece.line(i)}): found {found} {fields}, expected {width} {columns}",
        "every row needs as many fields as the first: a stray, missing or trailing delimiter? a decimal comma?",
    )


def columns(rows: Sequence[Sequence[str]], width: int) -> list[tuple[str, ...]]:
    """The cells of every column."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _is_blank(row: list[str]) -> bool:
    return not row or (len(row) == 1 and row[0] != "" and not row[0].strip())


def _broken(text: str, delimiter: str, padded: bool, line: int, where: str, error: csv.Error) -> CalibrateError:
    """The error of a quote that goes wrong, with the line on which its row starts."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=padded, strict=True)
    start = line
    with suppress(csv.Error):  # it comes again
        while True:
            next(reader)
            start = line + reader.line_num
    if "limit" in str(error):
        return CalibrateError(
            "E114",
            f"{where}: line {start}: found a field longer than {MAX_CELL:,} characters, expected shorter ones",
            "is a quote never closed?",
        )
    return CalibrateError(
        "E111",
        f'{where}: line {start}: found a quote (") that is never closed, or text after it ({shown(error)}), expected '
        "fields in whole quotes",
        "close or double it",
    )
