"""An archive of arrays (npz) as one table: the scores, and beside them as columns the arrays that go with them.

Arrays that nobody asks for and whose name says nothing are left alone: in an archive every array has a name.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.columns import find
from calibrate.reading.options import ReadOptions
from calibrate.reading.words import CONFIDENCES, PREDICTIONS, is_id, plain
from calibrate.table import Archive, Decision, Fault, Matrix, Numbers, Source, Table, place

SCORE_ARRAYS = (
    *("logits", "logit", "scores", "score", "log_probs", "logprobs", "log_probabilities", "probs", "probabilities"),
    *("proba", "prob", "y_score", "y_prob", "outputs", "confidence", "confidences", "conf"),
)
"""Names of arrays of scores, best first."""
LABEL_ARRAYS = ("labels", "label", "y_true", "y", "targets", "target", "true_labels", "true_label", "truth", "gt")
"""Names of arrays of labels, best first."""


class Beside:
    """The table of the scores with further one-column tables beside it, named as their arrays."""

    def __init__(self, scores: Table, others: dict[str, Table]) -> None:
        self._parts: tuple[Table, ...] = (scores, *others.values())
        width = len(scores.kinds)
        own = scores.names or (tuple(map(str, range(width))) if width > 1 else (_key(scores),))
        self._at: tuple[tuple[int, int], ...] = (
            *((0, j) for j in range(width)),
            *((i + 1, 0) for i in range(len(others))),
        )
        self.source: Source = scores.source
        self.n: int = scores.n
        self.names: tuple[str, ...] | None = (*own, *others)
        self.kinds: tuple[str, ...] = tuple(self._parts[i].kinds[j] for i, j in self._at)
        self.decisions: tuple[Decision, ...] = tuple(d for part in self._parts for d in part.decisions)
        self.faults: tuple[Fault, ...] = tuple(
            Fault(f.row, at, f.text, f.why)
            for at, (i, j) in enumerate(self._at)
            for f in self._parts[i].faults
            if f.column == j
        )

    def numbers(self, columns: Sequence[int]) -> Numbers:
        """Columns of one of the arrays, read where they lie; those of several, put side by side in memory."""
        parts = {self._at[j][0] for j in columns}
        if len(parts) > 1:
            return Matrix(np.hstack([self.numbers([j]).read(0, self.n).copy() for j in columns]))
        return self._parts[parts.pop()].numbers([self._at[j][1] for j in columns])

    def column(self, j: int) -> np.ndarray:
        """Column j as it is."""
        i, at = self._at[j]
        return self._parts[i].column(at)

    def text(self, j: int) -> list[str]:
        """Column j as text."""
        i, at = self._at[j]
        return self._parts[i].text(at)

    def place(self, row: int, column: int | None = None) -> str:
        """`row 11, column 4 'labels'`."""
        return place(row, column, self.names)

    def headerless(self) -> Table | None:
        """None: arrays have no header."""
        return None


def _key(table: Table) -> str:
    """The name of the array that was taken."""
    return next((d.value for d in table.decisions if d.what == "key"), "score")


def labels_in(table: Table, options: ReadOptions) -> Table | None:
    """The labels' array of an archive that holds the scores: as it is named, or as labels are usually called."""
    if not isinstance(table, Archive):
        return None
    usual = [a for name in LABEL_ARRAYS for a in table.arrays if plain(a) == name]
    for name in options.label_columns or usual:
        if name in table.arrays and name != _key(table):
            return table.other(name)
    return None


def with_its_arrays(table: Table, options: ReadOptions, labels: Table | None = None) -> Table:
    """An archive's scores with its ids, predictions, groups and weights beside them; any other table as it is.

    Ids that are no numbers are left alone where no other file could be joined by them. Raises E112 for other arrays of
    no numbers, E202 where an array that a flag names, and no column of the labels' table, holds no value for each row.
    """
    if not isinstance(table, Archive):
        return table
    flags: dict[str | None, str] = {options.weight: "--weight", options.id_column: "--id-column"}
    asked = flags | dict.fromkeys(options.groups, "--group")
    top = len(table.kinds) == 1 and plain(_key(table)) in CONFIDENCES
    alone = labels is None or labels.source.name == table.source.name
    others: dict[str, Table] = {}
    for name in table.arrays:
        if name != _key(table) and (name in asked or is_id(name) or (top and plain(name) in PREDICTIONS)):
            try:
                other = table.other(name)
            except CalibrateError as error:
                if error.code == "E112" and alone and name not in asked and is_id(name):
                    continue
                raise
            if other.n == table.n and len(other.kinds) == 1:
                others[name] = other
            elif name in asked and (labels is None or find(labels, name) is None):
                raise _no_column(table, name, other, asked[name])
    return Beside(table, others) if others else table


def _no_column(table: Table, name: str, other: Table, flag: str) -> CalibrateError:
    where = f"{named(table.source.name)}, array {shown(name)!r} ({flag})"
    found = f"found {other.n:,} by {len(other.kinds):,} values"
    expected = f"one for each of the {table.n:,} rows of scores"
    return CalibrateError("E202", f"{where}: {found}, expected {expected}", "name an array of as many values")
