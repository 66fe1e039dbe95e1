"""Tables of what is in memory already: NumPy arrays, lists, and data frames of any library, known by their methods.

No library is imported for it: a frame has `columns` and gives its values through NumPy. What an array masks is
missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from calibrate.errors import CalibrateError, shown
from calibrate.numerics import unmasked
from calibrate.table import Decision, Fault, Matrix, Numbers, Source, Table, place

KINDS = {"i": "int", "u": "int", "f": "float", "b": "bool", "U": "text", "S": "text", "T": "text", "O": "text"}


class MemoryTable:
    """A table of columns in memory; `block` is the matrix they are columns of, where they are one."""

    def __init__(
        self, name: str, names: tuple[str, ...] | None, columns: Sequence[np.ndarray], block: np.ndarray | None
    ) -> None:
        self.source: Source = Source(name, "array", "", 0)
        self.names: tuple[str, ...] | None = names
        self._columns = columns
        self._block = block
        self.n: int = len(columns[0]) if len(columns) else 0
        self.kinds: tuple[str, ...] = tuple(KINDS[c.dtype.kind] for c in columns)
        self.decisions: tuple[Decision, ...] = ()
        self.faults: tuple[Fault, ...] = ()

    def numbers(self, columns: Sequence[int]) -> Numbers:
        """The columns as one matrix: the array itself where it can be."""
        if self._block is not None and list(columns) == list(range(self._block.shape[1])):
            return Matrix(_floats(self._block))
        chosen = [self._columns[j] for j in columns]
        kind = np.float32 if all(c.dtype.kind == "f" and c.dtype.itemsize <= 4 for c in chosen) else np.float64
        found = np.empty((self.n, len(chosen)), dtype=kind)
        for at, column in enumerate(chosen):
            found[:, at] = column
        return Matrix(found)

    def column(self, j: int) -> np.ndarray:
        """Column j as it is."""
        return self._columns[j]

    def text(self, j: int) -> list[str]:
        """Column j as text; missing values are empty."""
        return [_text(v) for v in self._columns[j].tolist()]

    def place(self, row: int, column: int | None = None) -> str:
        """`row 11 (index 10), column 2 'c1'`."""
        return place(row, column, self.names).replace(f"row {row + 1}", f"row {row + 1} (index {row})", 1)

    def headerless(self) -> Table | None:
        """None: what is in memory has no header that could be data."""
        return None


def _floats(array: np.ndarray) -> np.ndarray:
    kind = np.float32 if array.dtype.kind == "f" and array.dtype.itemsize <= 4 else np.float64
    return np.ascontiguousarray(array, dtype=kind)


def _text(value: object) -> str:
    if _is_missing(value):
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _is_missing(value: object) -> bool:
    return (
        value is None
        or type(value).__name__ in ("NAType", "NaTType")
        or (isinstance(value, float) and math.isnan(value))
    )


def tables_of_pair(scores: Any, labels: Any) -> tuple[MemoryTable, MemoryTable]:
    """Both tables; where both have an index (pandas) and these differ, it is their first column, to be joined by."""
    left, right = table_of(scores, "scores"), table_of(labels, "labels")
    one: Any = getattr(scores, "index", None)
    two: Any = getattr(labels, "index", None)
    if not (hasattr(one, "equals") and hasattr(two, "equals")) or one.equals(two):
        return left, right
    return _with_index(left, one), _with_index(right, two)


def _with_index(table: MemoryTable, index: Any) -> MemoryTable:
    names = table.names or tuple(f"column {j}" if len(table.kinds) > 1 else "label" for j in range(len(table.kinds)))
    columns = [
        _known(np.asarray(index.to_numpy()), table.source.name, as_text=True),
        *map(table.column, range(len(names))),
    ]
    return MemoryTable(table.source.name, ("", *names), columns, None)


def table_of(values: Any, name: str) -> MemoryTable:
    """`values` as a table called `name` in messages. Raises E211 for what is no table."""
    if hasattr(values, "collect") and not hasattr(values, "to_numpy"):
        values = values.collect()
    if hasattr(values, "columns") and not isinstance(values, np.ndarray):
        return _from_frame(values, name)
    if hasattr(values, "to_numpy") and hasattr(values, "name"):
        names = (str(values.name),) if isinstance(values.name, str) and values.name else None
        return MemoryTable(name, names, [_known(np.asarray(values.to_numpy()), name)], None)
    if isinstance(values, dict):
        columns = [_known(_array(v, name), name) for v in values.values()]
        _same_length(columns, name)
        return MemoryTable(name, tuple(map(str, values)), columns, None)
    return _from_array(_array(values, name), name)


def _array(values: Any, name: str) -> np.ndarray:
    try:
        if isinstance(values, list | tuple) and any(isinstance(v, np.ma.MaskedArray) for v in values):
            values = list(map(unmasked, values))
        return np.asarray(unmasked(values))
    except ValueError as problem:
        raise CalibrateError(
            "E211", f"{name}: no table: {shown(problem, 120)}", "every row needs the same number of values"
        ) from None


def _from_array(array: np.ndarray, name: str) -> MemoryTable:
    if array.ndim not in (1, 2) or array.dtype.names:
        raise CalibrateError(
            "E211",
            f"{name}: an array of shape {array.shape}, dtype {array.dtype}; expected 1 or 2 dimensions of numbers",
            "",
        )
    array = _known(array, name)
    block = array[:, None] if array.ndim == 1 else array
    return MemoryTable(
        name, None, [block[:, j] for j in range(block.shape[1])], block if array.dtype.kind in "iuf" else None
    )


def _from_frame(frame: Any, name: str) -> MemoryTable:
    labels = list(frame.columns)
    names = tuple(map(str, labels))
    if len(set(names)) != len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise CalibrateError(
            "E211", f"{name}: column name '{shown(twice)}' stands there twice", "name every column differently"
        )
    columns = [_known(np.asarray(frame[label].to_numpy()), name, as_text=True) for label in labels]
    alike = len({c.dtype for c in columns}) == 1 and columns[0].dtype.kind in "iuf"
    return MemoryTable(name, names, columns, np.asarray(frame.to_numpy()) if alike else None)


def _known(array: np.ndarray, name: str, *, as_text: bool = False) -> np.ndarray:
    """An array of a kind that columns have; objects become numbers where all of them are, else text.

    `as_text`: dates and other values, which may stand beside the scores in a data frame, become text too.
    """
    if array.dtype.kind == "O":
        return _objects(array, name, as_text)
    if array.dtype.kind not in KINDS:
        if as_text:
            return array.astype(str).astype(object)
        raise CalibrateError("E211", f"{name}: dtype {array.dtype}, expected numbers, booleans or text", "")
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype(np.float64)
    return array


def _objects(array: np.ndarray, name: str, as_text: bool) -> np.ndarray:
    flat = array.ravel().tolist()
    values = [None if _is_missing(v) else v for v in flat]
    kinds = {type(v) for v in values if v is not None}
    if kinds and kinds <= {bool, np.bool_} and None not in values:
        return array.astype(bool)
    if kinds and all(issubclass(k, (int, float, np.integer, np.floating)) and k is not bool for k in kinds):
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64).reshape(array.shape)
    if as_text or kinds <= {str, np.str_, int, float, bool, np.bool_, bytes}:
        return np.array([_text(v) for v in values], dtype=object).reshape(array.shape)
    strange = next(k.__name__ for k in kinds if k not in (str, int, float, bool))
    raise CalibrateError("E211", f"{name}: objects of type {shown(strange)}, expected numbers or text", "")


def _same_length(columns: Sequence[np.ndarray], name: str) -> None:
    if len({c.shape for c in columns}) > 1 or any(c.ndim != 1 for c in columns):
        raise CalibrateError("E211", f"{name}: columns of different lengths: {[c.shape for c in columns]}", "")
