"""CSV and TSV: delimited text with or without a header, of any usual delimiter.

Comma, semicolon, tab or bar; decimal commas beside semicolons; a byte order mark; any line ends; quotes; lines with #
before the first row. Every row is as wide as the first. A first row of text above numbers is a header, and so is
`0, 1, ..., K-1` above numbers that are not whole. A column is one of numbers where most of its cells (in the first
MiB) are numbers; what else stands in it is an error if that
column is needed. Small files, and whatever is unusual, are read by the strict
reader, the rest by polars: both give the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from calibrate.containers import fast_csv, grammar, strict_csv
from calibrate.containers.layout import Layout, comment_lines, conclude, dialect_of, refuse_strange
from calibrate.containers.opening import Opened
from calibrate.containers.pieces import FIRST, Span, ahead, pieces
from calibrate.containers.text_table import TextTable
from calibrate.errors import named
from calibrate.table import Fault, Source

STRICT_BELOW = 4 << 20
"""Bytes up to which the strict reader is done before polars is imported."""
FAULTS = 5
"""Faults that are kept of every column."""


@dataclass(frozen=True)
class Csv:
    """Reads delimited text.

    fast_from  bytes of a file from which on polars is used
    first      bytes of the first piece, from which the layout is concluded
    later      bytes of the other pieces when polars reads them
    """

    fast_from: int = STRICT_BELOW
    first: int = FIRST
    later: int = fast_csv.LATER
    extensions: ClassVar[tuple[str, ...]] = ("csv", "tsv", "txt", "tab")
    magic: ClassVar[bytes] = b""

    def read(self, opened: Opened, header: bool | None = None) -> TextTable:
        """The table; `header` None: concluded. Raises `CalibrateError` E107 to E111 and E114."""
        if opened.content.size > opened.limits.in_memory:
            raise opened.error(
                "E114",
                f"has more than {opened.limits.in_memory:,} bytes",
                "set CALIBRATE_MAX_BYTES higher, or give a .npy file",
            )
        return _Reading(opened, header, self).run()


@dataclass(eq=False)
class _Reading:
    """One reading, from the first piece to the last: what was found so far."""

    opened: Opened
    header: bool | None
    entry: Csv
    n: int = 0
    values: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    spans: list[Span] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    lines: dict[int, tuple[int, ...]] = field(default_factory=dict)
    blank: int | None = None
    whole: list[bool] = field(default_factory=list)
    faults: dict[int, list[Fault]] = field(default_factory=dict)

    def run(self) -> TextTable:
        import hashlib

        opened, entry, hasher = self.opened, self.entry, None
        if not isinstance(opened.digest, str) and self.header is None:
            hasher = hashlib.sha256()
        self.where = named(opened.name)
        is_fast = opened.content.size >= entry.fast_from
        later = entry.later if is_fast else entry.first
        found = pieces(opened.content, entry.first, later, self.where, hasher.update if hasher else None)
        first = next(found, None)
        self.layout = self._first(*first) if first else self._nothing()
        # while one piece is stored, the next is parsed, and the one after it is read, hashed and counted
        for span, data, values in ahead(self._parsed(ahead(found))) if is_fast else ((*item, None) for item in found):
            if values is None or self.blank is not None:
                self._strict(span, data)
            else:
                self._keep(span, values)
        if not self.n:
            raise opened.error("E107", "no rows of data: found a header and nothing below it", "")
        return self._table(hasher.hexdigest() if hasher else opened.digest)

    def _nothing(self) -> Layout:
        raise self.opened.error("E107", "empty: no rows of data", "")

    def _first(self, span: Span, data: bytes) -> Layout:
        text = strict_csv.decode(data, span.line, self.where)
        comments, start = comment_lines(text)
        ends = text.count("\n", 0, start)
        text = text[start:]
        rest = len(text.encode())
        span = Span(span.at + span.size - rest, rest, span.line + len(comments), span.ends - ends)
        dialect = dialect_of(text)
        piece = strict_csv.split(text, dialect[0], dialect[2], span.line, self.where)
        if not piece.rows:
            self._nothing()
        width = len(piece.rows[0])
        if width > self.opened.limits.max_columns:
            raise self.opened.error(
                "E114",
                f"{width:,} columns, at most {self.opened.limits.max_columns:,} are read",
                "is the delimiter right?",
            )
        headed = not any(map(grammar.spells_number, piece.rows[0]))
        strict_csv.check_widths(piece, width, -1 if headed else 0, self.where)
        refuse_strange(piece.rows, dialect[0], self.where)
        layout = conclude(piece.rows, dialect, comments, self.header, self.where)
        self.numeric = [j for j, is_numeric in enumerate(layout.numeric) if is_numeric]
        self.whole = [True] * len(self.numeric)
        self.layout = layout
        share = max(1.0, (self.opened.content.size - span.at) / max(1, rest))
        self.values = np.empty((int(len(piece.rows) * share * 1.02) + 1, len(self.numeric)))
        if layout.in_rows:
            self.n = -1
        self._take(span, piece)
        return layout

    def _parsed(self, items: Iterator[tuple[Span, bytes]]) -> Iterator[tuple[Span, bytes, np.ndarray | None]]:
        """The pieces with their numbers by polars; None where it declines."""
        for span, data in items:
            kinds = ["text"] * self.layout.width
            for j, is_whole in zip(self.numeric, self.whole, strict=True):
                kinds[j] = "int" if is_whole else "float"
            yield span, data, fast_csv.numbers(data, span.ends, self.layout.delimiter, self.layout.decimal, kinds)

    def _strict(self, span: Span, data: bytes) -> None:
        text = strict_csv.decode(data, span.line, self.where)
        piece = strict_csv.split(text, self.layout.delimiter, self.layout.padded, span.line, self.where)
        if piece.rows and self.blank is not None:
            raise strict_csv.blank_inside(self.where, self.n, self.blank)
        strict_csv.check_widths(piece, self.layout.width, self.n, self.where)
        self._take(span, piece)

    def _take(self, span: Span, piece: strict_csv.Piece) -> None:
        """The rows of a piece that was split strictly."""
        self.blank = piece.blank if self.blank is None else self.blank
        rows = piece.rows[1:] if self.n < 0 else piece.rows
        cells = strict_csv.columns(rows, self.layout.width)
        values = np.empty((len(rows), len(self.numeric)))
        first = max(self.n, 0)
        for i, j in enumerate(self.numeric):
            parsed = grammar.parse(cells[j], self.layout.decimal)
            values[:, i] = parsed.values
            self.whole[i] = self.whole[i] and parsed.whole
            for at in parsed.wrong[: FAULTS - len(self.faults.get(j, ()))]:
                text = cells[j][at]
                self.faults.setdefault(j, []).append(Fault(first + at, j, text, self._why(text)))
        if piece.lines is not None:
            self.lines[len(self.spans)] = piece.lines
        self._keep(span, values)

    def _why(self, text: str) -> str:
        if self.layout.decimal == "," and grammar.is_number(text):
            return "decimal point among decimal commas"
        return grammar.why_no_number(text.replace(",", ".") if self.layout.decimal == "," and "." not in text else text)

    def _keep(self, span: Span, values: np.ndarray) -> None:
        self.spans.append(span)
        self.starts.append(self.n)
        first = max(self.n, 0)
        self.n = first + len(values)
        if self.n > len(self.values):
            self.values.resize((self.n + self.n // 8, self.values.shape[1]), refcheck=False)
        self.values[first : self.n] = values

    def _table(self, digest: object) -> TextTable:
        layout, opened = self.layout, self.opened
        self.values.resize((self.n, len(self.numeric)), refcheck=False)
        self.values.flags.writeable = False
        where, kinds = [-1] * layout.width, ["text"] * layout.width
        for i, j in enumerate(self.numeric):
            where[j], kinds[j] = i, "int" if self.whole[i] else "float"
        faults = tuple(f for j in sorted(self.faults) for f in self.faults[j])
        return TextTable(
            Source(opened.name, "csv", digest if isinstance(digest, str) else opened.digest, opened.size),
            self.n,
            layout.names,
            tuple(kinds),
            layout.decisions,
            faults,
            self.values,
            tuple(where),
            layout,
            opened.content,
            tuple(self.spans),
            tuple(self.starts),
            self.lines,
            lambda header: self.entry.read(opened, header),
        )
