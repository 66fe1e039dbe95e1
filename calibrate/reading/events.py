"""Labels in several columns, one-hot or one event each; and the event of top-label files: the prediction is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.classes import Coded
from calibrate.reading.columns import label_of
from calibrate.reading.labels import Labels, labels_of
from calibrate.reading.words import MISSING, generic, listed
from calibrate.table import Decision, Table


def indicators(
    table: Table, columns: Sequence[int], names: tuple[str, ...] | None, k: int, *, drop_missing: bool
) -> tuple[np.ndarray, np.ndarray | None, tuple[Decision, ...]]:
    """A matrix (n, k) of 0 and 1 (int8) in the order of the scores' columns, and the rows with a missing cell.

    Columns that have the same names as those of the scores are put in their order.
    """
    file = named(table.source.name)
    if len(columns) != k:
        have = f"{len(columns)} columns" if len(columns) != 1 else "1 column"
        raise CalibrateError(
            "E209",
            f"{file}: {have} of labels, the scores have {k}: expected a column of 0 and 1 for each",
            "labels of several events are a matrix of 0 and 1; without --input sigmoid or --link sigmoid one column "
            "of classes will do",
        )
    order, decisions = _ordered(table, columns, names)
    found = np.empty((table.n, k), dtype=np.int8)
    missing = np.zeros(table.n, dtype=bool)
    for at, j in enumerate(order):
        found[:, at], gone = _zero_one(table, j, drop_missing)
        missing |= gone
    return found, missing if missing.any() else None, decisions


def _ordered(
    table: Table, columns: Sequence[int], names: tuple[str, ...] | None
) -> tuple[list[int], tuple[Decision, ...]]:
    own = [table.names[j] for j in columns] if table.names else []
    if not names or not own or tuple(own) == tuple(names):
        return list(columns), ()
    for mine, theirs in ((own, names), (_bare(own), _bare(names))):
        if len(set(mine)) == len(mine) and set(mine) == set(theirs):
            order = [columns[mine.index(name)] for name in theirs]
            why = "they have the same names, in another order"
            by_name = Decision("labels", "columns in the order of the scores", why, "--label-column")
            return order, (by_name,) if order != list(columns) else ()
    if set(own) & set(names) or not (generic(own) or generic(names)):
        strange = next(n for n in own if n not in names)
        raise CalibrateError(
            "E209",
            f"{named(table.source.name)}: column of labels '{shown(strange)}' has no column of scores; found "
            f"{listed(names)}",
            "name the columns of both files alike, or neither",
        )
    return list(columns), ()


def _bare(names: Sequence[str]) -> list[str]:
    """Names without what all of them start or end with, whatever their case: `p_Cat`, `p_dog` -> `cat`, `dog`."""
    folded = [name.strip().casefold() for name in names]
    before = _shared(folded)
    after = _shared([name[before:][::-1] for name in folded])
    return [name[before : len(name) - after] for name in folded]


def _shared(texts: Sequence[str]) -> int:
    """How many characters all of them start with."""
    low, high = min(texts), max(texts)
    return next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))


def _zero_one(table: Table, j: int, drop_missing: bool) -> tuple[np.ndarray, np.ndarray]:
    if table.kinds[j] == "text":
        return _zero_one_texts(table, j, drop_missing)
    labels = labels_of(table, j, drop_missing=drop_missing)
    strange = (labels.values != 0) & (labels.values != 1)
    if strange.any():
        raise labels.first(strange, "0 or 1")
    return labels.values.astype(np.int8), labels.missing if labels.missing is not None else np.zeros(
        table.n, dtype=bool
    )


def _zero_one_texts(table: Table, j: int, drop_missing: bool) -> tuple[np.ndarray, np.ndarray]:
    meaning = {"0": 0, "1": 1, "false": 0, "true": 1}
    texts = [t.strip().lower() for t in table.text(j)]
    gone = np.array([t in MISSING for t in texts])
    for row, text in enumerate(texts):
        if text not in meaning and not (drop_missing and gone[row]):
            raise Labels(table, j, "text", np.empty(0, np.int64)).bad(row, "0 or 1")
    return np.array([meaning.get(t, 0) for t in texts], dtype=np.int8), gone


def from_one_hot(table: Table, columns: Sequence[int], matrix: np.ndarray, missing: np.ndarray | None) -> np.ndarray:
    """Class numbers of one-hot rows. Raises E209 at the first row that has none or several."""
    ones = matrix.sum(axis=1, dtype=np.int64)
    strange = ones != 1 if missing is None else (ones != 1) & ~missing
    if strange.any():
        row = int(np.argmax(strange))
        raise CalibrateError(
            "E209",
            f"{named(table.source.name)}: {table.place(row)}: found a 1 in {int(ones[row])} of {len(columns)} columns "
            "of labels, expected it in exactly one",
            "several events in a row: --link sigmoid",
        )
    return np.asarray(matrix.argmax(axis=1))


def is_right(predicted: Labels, labels: Labels) -> Coded:
    """(n,) 1 where the predicted class is the label, as they are written (2 and 2.0 are equal), else 0."""
    if predicted.kind != labels.kind:
        predicted, labels = predicted.taken_as_whole() or predicted, labels.taken_as_whole() or labels
    seen = {t: i for i, t in enumerate(dict.fromkeys((*predicted.distinct, *labels.distinct)))}
    if not set(predicted.distinct) & set(labels.distinct):
        raise CalibrateError(
            "E204",
            f"{named(labels.table.source.name)}: no label ({listed(labels.distinct)}) is ever predicted "
            f"({listed(predicted.distinct)}): "
            f"{label_of(predicted.table, predicted.column)} and {label_of(labels.table, labels.column)} are written "
            "differently",
            "write predictions and labels alike",
        )
    right = predicted.as_numbers(seen) == labels.as_numbers(seen)
    decision = Decision(
        "event",
        "the prediction is right",
        f"{label_of(predicted.table, predicted.column)} holds predicted classes",
        "--score-columns",
    )
    return Coded(right.astype(np.int64), (), (decision,))
