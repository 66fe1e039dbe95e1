"""Rows of two files put together: by ids where both have them, else by position; the counts must agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.columns import Sides, base_name, label_of
from calibrate.reading.words import LABELS, is_index, plain
from calibrate.table import Decision, Table


def partners(scores: Table, side: Sides, labels: Table, other: Sides) -> tuple[Sides, Sides]:
    """Both sides with the columns that identify the rows of both files alike, where their names do not tell.

    Texts that are all different and the same in both files, or called alike, are ids; so are whole numbers that are
    both.
    """
    if (side.identified and other.identified) or scores.n != labels.n:
        return side, other
    called_alike: tuple[int, int] | None = None
    for left in _candidates(scores, side, labels):
        mine = set(map(str.strip, scores.text(left)))
        for right in _candidates(labels, other, scores):
            yours = set(map(str.strip, labels.text(right)))
            if mine == yours and len(mine) == scores.n:
                return _with_id(scores, side, left), _with_id(labels, other, right)
            texts = scores.kinds[left] == "text" == labels.kinds[right]
            alike = scores.names and labels.names and scores.names[left] == labels.names[right]
            if texts and alike and len(mine) == len(yours) == scores.n:
                called_alike = called_alike or (left, right)
    if called_alike is None:
        return side, other
    return _with_id(scores, side, called_alike[0]), _with_id(labels, other, called_alike[1])


def _candidates(table: Table, side: Sides, partner: Table) -> Iterator[int]:
    if side.id is not None and side.identified:
        yield side.id
        return
    for j in side.rest if len(side.rest) > 1 else ():
        name = table.names[j] if table.names else ""
        if plain(name) in LABELS:
            continue
        shared = name in (partner.names or ()) and not is_index(name)
        if table.kinds[j] == "text" or (table.kinds[j] == "int" and shared):
            yield j


def _with_id(table: Table, side: Sides, j: int) -> Sides:
    if side.id == j:
        return side
    found = Decision("id", label_of(table, j), "all different, and in both files", "--id-column")
    rest = tuple(c for c in side.rest if c != j)
    return replace(side, id=j, loose=False, rest=rest, decisions=(*side.decisions, found))


def same_count(scores: Table, labels: Table) -> None:
    """Raises E216 unless both tables have the same number of rows."""
    if scores.n == labels.n:
        return
    if labels.n == 1 and len(labels.kinds) == 1 and plain(labels.text(0)[0]) in LABELS:
        message = (
            f"{named(labels.source.name)}: found a header and no rows below it, expected {scores.n} labels (empty)"
        )
        raise CalibrateError("E107", message, "write the labels below their name")
    rows, answers = (f"{n} {what}{'s' if n != 1 else ''}" for n, what in ((scores.n, "row"), (labels.n, "label")))
    fault = next(iter(sorted(scores.faults, key=lambda f: f.row)), None)
    odd = (
        "" if fault is None else f" ({scores.place(fault.row, fault.column)} of the scores holds '{shown(fault.text)}')"
    )
    hint = "is a row or a header lost, or a file cut off?"
    if labels.n in (len(scores.kinds), len(scores.kinds) * scores.n):
        hint = f"the scores are {scores.n} rows of {len(scores.kinds)} columns: transposed, or flattened?"
    raise CalibrateError(
        "E216",
        f"{named(scores.source.name)}: found {rows} of scores, {named(labels.source.name)}: {answers}{odd}; expected "
        "as many of both",
        hint,
    )


def row_order(
    scores: Table, score_side: Sides, labels: Table, label_side: Sides, label_id: int | None
) -> tuple[np.ndarray | None, tuple[Decision, ...]]:
    """For every row of scores the row of its label; None where that is the same row.

    Joined by id where both files have one. Row numbers of a data frame (`Sides.loose`) join only if they are the
    same in both files; they cannot be compared with ids. Raises E217 where ids do not agree.
    """
    columns = _to_join_by(scores, score_side, labels, label_side, label_id)
    if columns is None:
        alone = [t for t, has in ((scores, score_side.identified), (labels, label_side.identified)) if has]
        only = f"only {base_name(alone[0])} has ids" if len(alone) == 1 else ""
        return None, (Decision("join", f"by position ({only})", only, "--id-column"),) if only else ()
    left, right = (list(map(str.strip, t.text(j))) for t, j in zip((scores, labels), columns, strict=True))
    why = f"{label_of(scores, columns[0])} and {label_of(labels, columns[1])}"
    if left == right:
        return None, (Decision("join", "by id, same order", why, "--id-column"),)
    at = _numbers(labels, columns[1], right)
    _numbers(scores, columns[0], left)
    order = np.array([at.get(i, -1) for i in left], dtype=np.int64)
    if (order < 0).any():
        row = int(np.argmax(order < 0))
        missing = int((order < 0).sum())
        raise CalibrateError(
            "E217",
            f"{named(scores.source.name)}: {scores.place(row, columns[0])}: found the id '{shown(left[row])}', "
            f"expected one of {named(labels.source.name)} ({missing} of {len(left)} ids are not there; it has "
            f"'{shown(right[0])}', ...)",
            "both files need the same ids; --id-column names another column",
        )
    return order, (Decision("join", "by id, rows of labels reordered", why, "--id-column"),)


def _to_join_by(
    scores: Table, score_side: Sides, labels: Table, label_side: Sides, label_id: int | None
) -> tuple[int, int] | None:
    """The columns of both files by which rows are joined; None: by position."""
    if score_side.id is not None and label_id is not None and score_side.loose == label_side.loose:
        return score_side.id, label_id
    left, right = score_side.index, label_side.index
    if left is None or right is None or not (score_side.loose or label_side.loose):
        return None
    same = np.array_equal(np.sort(scores.column(left)), np.sort(labels.column(right)))
    return (left, right) if same else None


def _numbers(table: Table, column: int, ids: list[str]) -> dict[str, int]:
    at: dict[str, int] = {}
    for row, text in enumerate(ids):
        if at.setdefault(text, row) != row:
            raise CalibrateError(
                "E217",
                f"{named(table.source.name)}: {table.place(row, column)}: found the id '{shown(text)}' of "
                f"{table.place(at[text])} again (duplicate), expected distinct ids",
                "ids must be unique; --id-column names another column",
            )
    return at
