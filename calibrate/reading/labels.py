"""Labels as they are written: whole numbers, booleans or texts, and which of them are missing.

What class a label is, is not decided here (`classes.py`): a label is only taken apart and its distinct values
are counted, so that columns and classes can be judged by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.words import MISSING, whole
from calibrate.table import Table

FAR = 1 << 62
"""No class number is as large; larger integers would not survive as int64."""

DENSE = 1 << 20
"""Ranges of whole labels up to this wide are counted, not sorted."""
PART = 1 << 20
"""Labels that are widened at a time."""


@dataclass(frozen=True, eq=False)
class Labels:
    """One column of labels.

    kind        whole: `values` are integers, as narrow as they were stored; bool: 0 and 1; text: numbers of `texts`
    texts       distinct texts, in order of appearance; for whole and bool empty
    missing     rows without a label (their value is 0), or None where there are none
    """

    table: Table
    column: int
    kind: Literal["whole", "bool", "text"]
    values: np.ndarray
    texts: tuple[str, ...] = ()
    missing: np.ndarray | None = None

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """The distinct labels as text: whole numbers ascending, texts in order of appearance."""
        if self.kind == "text":
            return self.texts
        return tuple(("False", "True")[v] if self.kind == "bool" else str(v) for v in self.numbers)

    @cached_property
    def numbers(self) -> list[int]:
        """What stands in `values` for each of `distinct`, ascending."""
        if self.kind == "text":
            return list(range(len(self.texts)))
        return _distinct(self._present, self.low, self.high) if len(self._present) else []

    def as_numbers(self, numbers: Mapping[str, int]) -> np.ndarray:
        """(n,) `numbers[label]` of every row, whose keys hold all of `distinct`; 0 where the label is missing."""
        wanted = np.array([numbers[t] for t in self.distinct], dtype=np.int64)
        found = np.zeros(len(self.values), dtype=np.min_scalar_type(wanted.max(initial=0)))
        own = np.array(self.numbers, dtype=np.int64)
        for part in _parts(len(found)) if len(wanted) else ():
            at = np.searchsorted(own, self.values[part])
            found[part] = wanted[np.minimum(at, len(wanted) - 1)]
        return found if self.missing is None else np.where(self.missing, 0, found)

    @cached_property
    def low(self) -> int:
        """The smallest whole label; 0 without any."""
        return int(self._present.min()) if len(self._present) else 0

    @cached_property
    def high(self) -> int:
        """The largest whole label; 0 without any."""
        return int(self._present.max()) if len(self._present) else 0

    @cached_property
    def _present(self) -> np.ndarray:
        return self.values if self.missing is None else self.values[~self.missing]

    def as_written(self, row: int) -> str:
        """The label of a row, as the file has it."""
        return self.table.text(self.column)[row]

    def bad(self, row: int, expected: str, hint: str = "") -> CalibrateError:
        """The error that names the label of `row`."""
        place = f"{named(self.table.source.name)}: {self.table.place(row, self.column)}"
        text = self.as_written(row)
        if not text.strip():
            return CalibrateError(
                "E205", f"{place}: the label is empty; expected {expected}", "--drop-missing leaves such rows out"
            )
        beyond = f" (as float64 {int(self.values[row])})" if self._is_rounded(row, text) else ""
        return CalibrateError("E204", f"{place}: found label '{shown(text)}'{beyond}, expected {expected}", hint)

    def _is_rounded(self, row: int, text: str) -> bool:
        """Whether the number was too large for float64 to hold as it is written."""
        values = self.values
        return (
            self.kind == "whole"
            and len(values) > row
            and values.dtype.kind == "i"
            and abs(int(values[row])) >= 1 << 53
            and "." in text
        )

    def first(self, rows: np.ndarray, expected: str, hint: str = "") -> CalibrateError:
        """The error that names the first row of a mask."""
        return self.bad(int(np.argmax(rows)), expected, hint)

    def taken_as_whole(self) -> Labels | None:
        """Texts as whole numbers, if every one of them writes one."""
        numbers = [whole(t) for t in self.texts]
        if self.kind != "text" or not numbers or any(v is None or abs(v) > FAR for v in numbers):
            return None
        return replace(self, kind="whole", values=np.array(numbers, dtype=np.int64)[self.values], texts=())


def counts(values: np.ndarray, low: int, high: int) -> np.ndarray:
    """How often each of `low` to `high` stands in `values`, which holds no other."""
    found = np.zeros(high - low + 1, dtype=np.int64)
    for part in _parts(len(values)):
        found += np.bincount(values[part].astype(np.int64) - low, minlength=len(found))
    return found


def _parts(n: int) -> Iterator[slice]:
    """n rows in parts: what is computed of narrow labels is wide, and never of all of them at once."""
    return (slice(start, start + PART) for start in range(0, n, PART))


def _distinct(values: np.ndarray, low: int, high: int) -> list[int]:
    if high - low <= DENSE:
        return [int(v) + low for v in np.flatnonzero(counts(values, low, high))]
    in_order = np.sort(values)
    return [int(v) for v in in_order[np.concatenate([[True], in_order[1:] != in_order[:-1]])]]


def labels_of(table: Table, column: int, *, names: Sequence[str] = (), drop_missing: bool = False) -> Labels:
    """The labels of a column. Missing ones raise E205 unless dropped; texts in `names` are labels, never missing."""
    kind = table.kinds[column]
    if kind == "text":
        return _texts(table, column, names, drop_missing)
    values = table.column(column)
    faulty = _faulty(table, column, values, drop_missing)
    if faulty is not None:
        values = np.where(faulty, 0, np.nan_to_num(values) if values.dtype.kind == "f" else values)
    found = Labels(table, column, "bool" if values.dtype.kind == "b" else "whole", values, missing=faulty)
    if values.dtype.kind == "f":
        fraction = ~np.isfinite(values) | (values != np.floor(values)) | (np.abs(values) > FAR)
        if fraction.any():
            raise found.first(fraction, "a class number or name")
    elif values.dtype.kind == "u" and values.dtype.itemsize == 8 and len(values) and values.max() > FAR:
        raise found.first(values > FAR, "a class number")
    narrow = values.dtype.kind in "iu" and values.dtype.itemsize < 8
    return replace(found, values=values if narrow else values.astype(np.int64, copy=False))


def _faulty(table: Table, column: int, values: np.ndarray, drop_missing: bool) -> np.ndarray | None:
    """Rows of a numeric column that hold no number; an error unless all of them are missing and may be dropped."""
    faults = [f for f in table.faults if f.column == column]
    absent = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
    if not faults and not absent.any():
        return None
    texts = table.text(column)
    rows = np.flatnonzero(absent) if absent.any() else np.array([f.row for f in faults])
    for row in sorted({*rows.tolist(), *(f.row for f in faults)}):
        if texts[row].strip().lower() not in MISSING:
            raise Labels(table, column, "whole", values).bad(row, "a class number or name")
        if not drop_missing:
            raise _missing(table, column, row, texts[row])
        absent[row] = True
    return absent


def _missing(table: Table, column: int, row: int, text: str) -> CalibrateError:
    place = f"{named(table.source.name)}: {table.place(row, column)}"
    found = f"'{shown(text)}'" if text.strip() else "an empty cell"
    return CalibrateError(
        "E205", f"{place}: the label is missing: found {found}, expected a class", "--drop-missing leaves such rows out"
    )


def _texts(table: Table, column: int, names: Sequence[str], drop_missing: bool) -> Labels:
    number: dict[str, int] = {}
    codes = np.array([number.setdefault(t, len(number)) for t in map(str.strip, table.text(column))], dtype=np.int64)
    known = set(names)
    gone = [k for t, k in number.items() if t not in known and (not t or (drop_missing and t.lower() in MISSING))]
    if not gone:
        return Labels(table, column, "text", codes, tuple(number))
    absent = np.isin(codes, gone)
    if not drop_missing:
        row = int(np.argmax(absent))
        raise _missing(table, column, row, "")
    kept = {t: k for t, k in number.items() if k not in gone}
    moved = np.zeros(len(number), dtype=np.int64)
    moved[list(kept.values())] = np.arange(len(kept))
    return Labels(table, column, "text", np.where(absent, 0, moved[codes]), tuple(kept), absent)
