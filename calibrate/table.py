"""A table as its container holds it, before anybody says what a column means.

Formats make tables, reading interprets them. Columns are numbers or text; what would not parse in a column of
numbers is kept as a `Fault`, to be complained about only if somebody needs that column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Source:
    """The file (or standard input) a table came from."""

    name: str
    """As the user gave it; `shown()` it in messages."""
    container: str
    """csv, npy, npz, jsonl, parquet, ..., or `array` for arrays of the Python API."""
    sha256: str
    """Of the bytes as they lie on disk (compressed where compressed)."""
    size: int


@dataclass(frozen=True)
class Decision:
    """One thing a reader concluded: shown by `inspect`, kept in results."""

    what: str
    """`delimiter`, `header`, `scale`, `classes`, ..."""
    value: str
    why: str
    flag: str = ""
    """The option that would pin it: `--input logits`; empty where none is needed."""


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
    def shape(self) -> tuple[int, int]: ...
    @property
    def dtype(self) -> np.dtype[np.floating]: ...
    def read(self, start: int, stop: int) -> np.ndarray:
        """Rows start to stop, C-contiguous; valid until the next call. Thread-safe, and picklable where a file is behind it."""
        ...


class Table(Protocol):
    """n rows of named or numbered columns."""

    source: Source
    n: int
    names: tuple[str, ...] | None
    """Column names; None where the container has none or the header is no header."""
    kinds: tuple[str, ...]
    """Per column: `int`, `float`, `bool` or `text` (`int`: every value is a whole number, written as one or stored as one)."""
    decisions: tuple[Decision, ...]
    faults: tuple[Fault, ...]
    """The first few of every column that has any."""

    def numbers(self, columns: Sequence[int]) -> Numbers: ...
    def column(self, j: int) -> np.ndarray:
        """Column j as it is: int64, uint64, float32, float64, bool, or an object array of str."""
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
        return self.array[start:stop]
