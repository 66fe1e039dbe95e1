"""Rows of two files put together: by ids where both have them, else by position; the counts must agree."""

from __future__ import annotations

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.columns import Sides, label_of
from calibrate.table import Decision, Table


def same_count(scores: Table, labels: Table) -> None:
    """Raises E216 unless both tables have the same number of rows."""
    if scores.n != labels.n:
        raise CalibrateError(
            "E216",
            f"{named(scores.source.name)}: {scores.n} rows of scores, {named(labels.source.name)}: {labels.n} labels; "
            "expected as many of both",
            "is a row or a header lost, or a file cut off?",
        )


def row_order(
    scores: Table, score_side: Sides, labels: Table, label_side: Sides, label_id: int | None
) -> tuple[np.ndarray | None, tuple[Decision, ...]]:
    """For every row of scores the row of its label; None where that is the same row.

    Joined by id where both files have one. Row numbers of a data frame (`Sides.loose`) join only if they are the
    same in both files; they cannot be compared with ids. Raises E217 where ids do not agree.
    """
    if score_side.id is None or label_id is None or score_side.loose != label_side.loose:
        return None, ()
    left, right = scores.text(score_side.id), labels.text(label_id)
    why = f"{label_of(scores, score_side.id)} and {label_of(labels, label_id)}"
    if left == right:
        return None, (Decision("join", "by id, same order", why, "--id-column"),)
    at = _numbers(labels, label_id, right)
    _numbers(scores, score_side.id, left)
    order = np.array([at.get(i, -1) for i in left], dtype=np.int64)
    if (order < 0).any():
        row = int(np.argmax(order < 0))
        missing = int((order < 0).sum())
        raise CalibrateError(
            "E217",
            f"{named(scores.source.name)}: {scores.place(row, score_side.id)}: id '{shown(left[row])}' has no label in "
            f"{named(labels.source.name)} ({missing} of {len(left)} ids have none; it has '{shown(right[0])}', ...)",
            "both files need the same ids; --id-column names another column",
        )
    return order, (Decision("join", "by id, rows of labels reordered", why, "--id-column"),)


def _numbers(table: Table, column: int, ids: list[str]) -> dict[str, int]:
    at: dict[str, int] = {}
    for row, text in enumerate(ids):
        if at.setdefault(text, row) != row:
            raise CalibrateError(
                "E217",
                f"{named(table.source.name)}: {table.place(row, column)}: id '{shown(text)}' stands in "
                f"{table.place(at[text])} too, expected distinct ids",
                "ids must be unique; --id-column names another column",
            )
    return at
