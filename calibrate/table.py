"""A table as its container holds it, before anybody says what a column means.

Formats make tables, reading interprets them. Columns are numbers or text; what would not parse in a column of
numbers is kept as a `Fault`, to be complained about only if somebody needs that column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np

from calibrate.errors import shown


@dataclass(frozen=True)
class Source:
    """The file (or standard input) a table came from; `named(source.name)` in messages."""

    name: str
    """As the user gave it."""
    container: str
    """csv, npy, npz, jsonl, parquet, or `array` for arrays of the Python API."""
    digest: str | Callable[[], str] = field(compare=False)
    """Of the bytes as they lie on disk (compressed where compressed), or what reads the file for it."""
    size: int

    @cached_property
    def sha256(self) -> str:
        """The digest; a file that was not read from its first byte to its last is read for it, once."""
        return self.digest if isinstance(self.digest, str) else self.digest()


@dataclass(frozen=True)
class Decision:
    """One thing a reader concluded: shown by `inspect`, kept in results."""

    what: str
    """`delimiter`, `header`, `scale`, `classes`, ..."""
    value: str
    why: str
    flag: str = ""
    """The option that would pin it: `--input logits`; empty where none is needed."""
    where: str = ""
    """`scores` or `labels` where it is about one of two files."""


@dataclass(frozen=True)
class Fault:
    """A cell that is no number in a column of numbers."""

    row: int
    """Row of data, from 0."""
    column: int
    text: str
    why: str
    """`empty`, `not a number`, `decimal comma`, `not finite`, ..."""


class Numbers(Protocol):
    """A numeric matrix (n, k) that can be read by rows; float32 stays float32, all else is float64."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        ...

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """float32 or float64."""
        ...

    def read(self, start: int, stop: int) -> np.ndarray:
        """Rows start to stop, C-contiguous; valid until the next call of the same thread. Thread-safe and picklable."""
        ...


class Table(Protocol):
    """n rows of named or numbered columns."""

    @property
    def source(self) -> Source:
        """Where it came from."""
        ...

    @property
    def n(self) -> int:
        """Rows of data."""
        ...

    @property
    def names(self) -> tuple[str, ...] | None:
        """Column names; None where the container has none or the header is no header."""
        ...

    @property
    def kinds(self) -> tuple[str, ...]:
        """Per column: `int`, `float`, `bool` or `text`.

        `int`: every value is a whole number, written as one or stored as one; `bool`: stored as booleans (npy,
        parquet, jsonl; the words true and false in a CSV are text).
        """
        ...

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What the container's reader concluded."""
        ...

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The first few of every column that has any.

        Text among numbers, nulls of Parquet and JSON; a NaN or inf that a binary container stores is no fault but a
        value, and found by whoever reads the numbers.
        """
        ...

    def numbers(self, columns: Sequence[int]) -> Numbers:
        """Columns of numbers or booleans, in this order; `TypeError` for one of text."""
        ...

    def column(self, j: int) -> np.ndarray:
        """Column j as it is: whole numbers of any width, float32, float64, bool, or an object array of str.

        A cell that is a fault is NaN (inf where it spells infinity or a number beyond float64), so an `int` column
        with faults is float64, and so is one with numbers beyond 64 bits.
        """
        ...

    def text(self, j: int) -> list[str]:
        """Column j as it was written."""
        ...

    def place(self, row: int, column: int | None = None) -> str:
        """`row 11 (line 12), column 2 'c1'`: rows and columns from 1, `line` where the container has lines."""
        ...

    def headerless(self) -> Table | None:
        """The same with its header read as a row of data, where it could be one; None where it could not."""
        ...


@runtime_checkable
class Archive(Protocol):
    """A table out of a container of arrays with names (npz): `isinstance(table, Archive)`."""

    @property
    def arrays(self) -> tuple[str, ...]:
        """All names, that of this table included; () where the container is one array without a name."""
        ...

    def other(self, name: str) -> Table:
        """The table of another of the arrays."""
        ...


@dataclass(frozen=True, eq=False)
class Matrix:
    """`Numbers` in memory."""

    array: np.ndarray
    shape: tuple[int, int] = field(init=False)
    dtype: np.dtype[np.floating] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", self.array.shape)
        object.__setattr__(self, "dtype", self.array.dtype)

    def read(self, start: int, stop: int) -> np.ndarray:
        """See `Numbers`."""
        return self.array[start:stop]


@dataclass(frozen=True, eq=False)
class Picked:
    """Some columns of `Numbers`, picked from each block as it is read."""

    numbers: Numbers
    columns: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """See `Numbers`."""
        return self.numbers.shape[0], len(self.columns)

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """See `Numbers`."""
        return self.numbers.dtype

    def read(self, start: int, stop: int) -> np.ndarray:
        """See `Numbers`."""
        first, last = self.columns[0], self.columns[-1]
        if self.columns == tuple(range(first, last + 1)):
            return np.ascontiguousarray(self.numbers.read(start, stop)[:, first : last + 1])
        return np.ascontiguousarray(self.numbers.read(start, stop)[:, list(self.columns)])


def pick(numbers: Numbers, columns: Sequence[int]) -> Numbers:
    """`numbers` themselves where `columns` are all of theirs in order, else those `columns` of them."""
    wanted = tuple(columns)
    return numbers if wanted == tuple(range(numbers.shape[1])) else Picked(numbers, wanted)


def place(row: int, column: int | None, names: Sequence[str] | None, line: int | None = None) -> str:
    """`row 11 (line 12), column 2 'c1'` of `row` and `column` counted from 0."""
    where = f"row {row + 1}" + (f" (line {line})" if line is not None else "")
    if column is None:
        return where
    return f"{where}, column {column + 1}" + (f" '{shown(names[column])}'" if names is not None else "")
