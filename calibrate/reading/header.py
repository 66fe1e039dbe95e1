"""Header or data? Where a first row could be either, the rows of the other file decide: the counts must agree.

A container reads a first row of text as a header and a first row of numbers as data. Two layouts are misread so:
class names without a header (the first label would be lost), and the `0` or `0,1,2` that data frames write above
whole numbers (a row too many). One file having exactly one row more than the other tells them; where both files
start so, both are headers.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np

from calibrate.errors import shown
from calibrate.reading.classes import default_names
from calibrate.reading.columns import base_name
from calibrate.reading.words import LABELS, is_id, is_index, plain, whole
from calibrate.table import Decision, Fault, Numbers, Source, Table


@dataclass(frozen=True, eq=False)
class Agreed:
    """Both tables, with as many rows as each other if a header was all that kept them apart.

    doubt    how far labels would be shifted (-1, 1) if it was another row that one of them has too many; 0: no doubt
    """

    scores: Table
    labels: Table
    decisions: tuple[Decision, ...] = ()
    doubt: int = 0


def agreed(scores: Table, labels: Table, classes: Sequence[str] = ()) -> Agreed:
    """The tables as the counts of their rows let their headers be read.

    `classes` are names of classes: a header of labels is a label if it is one of them, or stands among those below.
    """
    doubt = 0
    if scores.n + 1 == labels.n:
        left, right = _one_of(_as_data(scores, frozenset()), _as_header(labels), of_numbers=scores.names)
        doubt = -1
    elif scores.n == labels.n + 1:
        right, left = _one_of(_as_data(labels, {*classes, *(scores.names or ())}), _as_header(scores))
        doubt = 0 if left is None else 1
    elif scores.n == labels.n and len(labels.kinds) == 1 < len(scores.kinds) and scores.names is None:
        left, right = _as_header(scores), _as_header(labels)
        if left is None or right is None or left.names != default_names(len(scores.kinds)):
            return Agreed(scores, labels)
    else:
        return Agreed(scores, labels)
    changed = [
        (t, new, other) for t, new, other in ((scores, left, labels), (labels, right, scores)) if new is not None
    ]
    return Agreed(left or scores, right or labels, tuple(_decision(*c) for c in changed), doubt if changed else 0)


def _one_of(
    longer: Table | None, shorter: Table | None, *, of_numbers: Sequence[str] | None = None
) -> tuple[Table | None, Table | None]:
    """The one change that makes the counts agree; none where there are two.

    Where one file is headed by numbers (`of_numbers`), as data frames write them, so is the other.
    """
    if longer is None or shorter is None:
        return longer, shorter
    return (None, shorter) if of_numbers and all(whole(name) is not None for name in of_numbers) else (None, None)


def _decision(table: Table, changed: Table, other: Table) -> Decision:
    value = "none: its first row is data" if changed.n > table.n else "its first row"
    why = f"{base_name(other)} has {other.n} rows" if table.n != other.n else "both files start 0, 1, ..."
    return Decision("header", f"{base_name(table)}: {value}", why)


def _as_data(table: Table, classes: Set[str]) -> Table | None:
    if table.names is None or any(plain(n) in LABELS or is_id(n) or is_index(n) for n in table.names):
        return None
    whole = table.headerless()
    if whole is None or any(f.row == 0 for f in whole.faults):
        return None
    texts = [whole.text(j) for j, kind in enumerate(whole.kinds) if kind == "text"]
    return whole if all(column[0] in classes or column[0] in column[1:] for column in texts) else None


def _as_header(table: Table) -> Table | None:
    """The table with its first row as header, if that counts the columns: 0..K-1 in any order, or 1..K of several."""
    k = len(table.kinds)
    if (
        table.names is not None
        or table.source.container != "csv"
        or table.n < 2
        or not {*table.kinds} <= {"int", "float"}
    ):
        return None
    first = table.numbers(range(k)).read(0, 1)[0].tolist()
    if sorted(first) != list(range(k)) and (k == 1 or sorted(first) != list(range(1, k + 1))):
        return None
    for j, kind in enumerate(table.kinds):
        if kind == "float" and table.text(j)[0].strip() != str(int(first[j])):
            return None
    return Headed(table, tuple(str(int(value)) for value in first))


@dataclass(frozen=True, eq=False)
class _Later:
    """Numbers without their first row."""

    numbers: Numbers

    @property
    def shape(self) -> tuple[int, int]:
        n, k = self.numbers.shape
        return n - 1, k

    @property
    def dtype(self) -> np.dtype[np.floating]:
        return self.numbers.dtype

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.numbers.read(start + 1, stop + 1)


class Headed:
    """A table whose first row of data, `names`, is its header after all."""

    def __init__(self, table: Table, names: tuple[str, ...]) -> None:
        self._table = table
        self.source: Source = table.source
        self.n: int = table.n - 1
        self.names: tuple[str, ...] | None = names
        self.kinds: tuple[str, ...] = table.kinds
        self.decisions: tuple[Decision, ...] = table.decisions
        self.faults: tuple[Fault, ...] = tuple(Fault(f.row - 1, f.column, f.text, f.why) for f in table.faults if f.row)

    def numbers(self, columns: Sequence[int]) -> Numbers:
        """The same columns, from the second row on."""
        return _Later(self._table.numbers(columns))

    def column(self, j: int) -> np.ndarray:
        """Column j without its first cell."""
        return self._table.column(j)[1:]

    def text(self, j: int) -> list[str]:
        """Column j as written, without its first cell."""
        return self._table.text(j)[1:]

    def place(self, row: int, column: int | None = None) -> str:
        """The place as the file counts it: its line is one further, its row of data is not."""
        found = self._table.place(row + 1, column).replace(f"row {row + 2}", f"row {row + 1}", 1)
        return found if column is None else f"{found} '{shown((self.names or ())[column])}'"

    def headerless(self) -> Table | None:
        """The table as its container read it."""
        return self._table
