"""A table of columns in memory, each of its own type: what JSON lines, Parquet and data frames are read into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calibrate.table import Decision, Fault, Matrix, Numbers, Source, Table, place


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    values  int64, uint64, float32, float64 or bool; or an object array of str
    kind    `int`, `float`, `bool` or `text`; `int` with float64 values where it has faults or is beyond 64 bits
    texts   as it was written, where the values do not tell
    faults  the first few cells that are no numbers in a column of numbers; their `column` is set by the table
    """

    values: np.ndarray
    kind: str
    texts: tuple[str, ...] | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, eq=False)
class ColumnTable:
    """See `calibrate.table.Table`; `first_line` is the line of the first row, where every row has one."""

    source: Source
    columns: tuple[Column, ...]
    names: tuple[str, ...] | None
    decisions: tuple[Decision, ...] = ()
    first_line: int | None = None
    n: int = field(init=False)
    kinds: tuple[str, ...] = field(init=False)
    faults: tuple[Fault, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", len(self.columns[0].values))
        object.__setattr__(self, "kinds", tuple(c.kind for c in self.columns))
        faults = tuple(Fault(f.row, j, f.text, f.why) for j, c in enumerate(self.columns) for f in c.faults)
        object.__setattr__(self, "faults", faults)

    def numbers(self, columns: Sequence[int]) -> Numbers:
        """Columns of numbers as a matrix: float32 where all of them are, else float64."""
        chosen = [self.columns[j] for j in columns]
        text = next((j for j, c in zip(columns, chosen, strict=True) if c.kind == "text"), None)
        if text is not None:
            raise TypeError(f"column {text} is text")
        dtype = np.float32 if all(c.values.dtype == np.float32 for c in chosen) else np.float64
        matrix = np.empty((self.n, len(chosen)), dtype)
        for i, c in enumerate(chosen):
            matrix[:, i] = c.values
        return Matrix(matrix)

    def column(self, j: int) -> np.ndarray:
        """Column j as it is."""
        return self.columns[j].values

    def text(self, j: int) -> list[str]:
        """Column j as it was written, or in the shortest digits that read back exactly."""
        column = self.columns[j]
        return list(column.texts) if column.texts is not None else list(map(str, column.values))

    def place(self, row: int, column: int | None = None) -> str:
        """`row 11 (line 11), column 2 'c1'`."""
        return place(row, column, self.names, None if self.first_line is None else self.first_line + row)

    def headerless(self) -> Table | None:
        """None: names are no row of these containers."""
        return None
