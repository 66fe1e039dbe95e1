"""A table read from delimited text: its numbers in memory, its text read again where somebody asks for it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from calibrate.containers import fast_csv, strict_csv
from calibrate.containers.content import Content
from calibrate.containers.grammar import EXACT
from calibrate.containers.layout import Layout
from calibrate.containers.pieces import Span
from calibrate.spreadsheet import unguard
from calibrate.table import Decision, Fault, Matrix, Numbers, Source, Table, pick, place


@dataclass(frozen=True, eq=False)
class TextTable:
    """See `calibrate.table.Table`.

    values   (n, k) float64, the columns of numbers
    where    per column its place in `values`; -1 for text
    content  the unpacked file; text is read from it again, by `spans`
    spans    its pieces, with `starts[i]` the number of the first row of piece i (-1: its first row is the header)
    lines    of the pieces in which rows and lines differ
    again    reads the same file with (True) or without (False) a header
    """

    source: Source
    n: int
    names: tuple[str, ...] | None
    kinds: tuple[str, ...]
    decisions: tuple[Decision, ...]
    faults: tuple[Fault, ...]
    values: np.ndarray
    where: tuple[int, ...]
    layout: Layout
    content: Content
    spans: tuple[Span, ...]
    starts: tuple[int, ...]
    lines: dict[int, tuple[int, ...]]
    again: Callable[[bool], Table]

    def numbers(self, columns: Sequence[int]) -> Numbers:
        """Columns of numbers, as float64."""
        places = [self.where[j] for j in columns]
        if -1 in places:
            raise TypeError(f"column {columns[places.index(-1)]} is text")
        return pick(Matrix(self.values), places)

    def column(self, j: int) -> np.ndarray:
        """Column j: int64 or uint64 where it is whole and fits, float64, or texts."""
        if self.kinds[j] == "text":
            return np.array(self.text(j), dtype=object)
        values = self.values[:, self.where[j]]
        if self.kinds[j] != "int" or not np.isfinite(values).all():
            return values.copy()
        if np.abs(values).max() < EXACT:
            return values.astype(np.int64)
        exact = [int(cell) for cell in self.text(j)]
        if min(exact) >= -(2**63) and max(exact) < 2**63:
            return np.array(exact, dtype=np.int64)
        return np.array(exact, dtype=np.uint64) if min(exact) >= 0 and max(exact) < 2**64 else values.copy()

    def text(self, j: int) -> list[str]:
        """Column j as it was written (text without the apostrophe that guards against formulas)."""
        found: list[str] = []
        for span, start in zip(self.spans, self.starts, strict=True):
            found += self._texts(span, j)[1 if start < 0 else 0 :]
        return list(map(unguard, found)) if self.kinds[j] == "text" else found

    def _texts(self, span: Span, j: int) -> list[str]:
        data, layout = self.content.read(span.size, span.at), self.layout
        fast = (
            fast_csv.texts(data, span.ends, layout.delimiter, layout.decimal, layout.width, j)
            if len(self.spans) > 1
            else None
        )
        if fast is not None:
            return fast
        text = strict_csv.decode(data, span.line, self.source.name)
        return [
            row[j] for row in strict_csv.split(text, layout.delimiter, layout.padded, span.line, self.source.name).rows
        ]

    def place(self, row: int, column: int | None = None) -> str:
        """`row 11 (line 12), column 2 'c1'`."""
        i = bisect_right(self.starts, row) - 1
        within = row - self.starts[i]
        line = self.lines[i][within] if i in self.lines else self.spans[i].line + within
        return place(row, column, self.names, line)

    def headerless(self) -> Table | None:
        """The same with its header read as data, where there is one that could be data."""
        return self.again(False) if self.layout.in_rows and self.layout.doubtful else None
