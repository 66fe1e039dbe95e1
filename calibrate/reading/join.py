"""Rows of two files put together: by ids where both have them, else by position; the counts must agree.

Row numbers that are out of order tell that their file was shuffled: then its rows are never taken by position unasked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.columns import Sides, base_name, label_of
from calibrate.reading.options import ReadOptions
from calibrate.reading.words import LABELS, SIDE_DATA, is_id, is_index, listed, plain
from calibrate.table import Decision, Table

FEW = 10
"""Rows below which a column that nothing calls row numbers may hold 0 to n-1 by chance."""


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


def same_count(scores: Table, score_side: Sides, labels: Table, label_side: Sides, label_id: int | None) -> None:
    """Raises E216 unless both tables have the same number of rows, naming the ids that one of them lacks."""
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
    left = score_side.index if score_side.id is None else score_side.id
    right = label_side.index if label_id is None else label_id
    lacking = "" if left is None or right is None else _lacking(scores, left, labels, right)
    if lacking:
        hint = "remove these rows, or give them their partners"
    raise CalibrateError(
        "E216",
        f"{named(scores.source.name)}: found {rows} of scores, {named(labels.source.name)}: {answers}{odd}; expected "
        f"as many of both{lacking}",
        hint,
    )


def _lacking(scores: Table, left: int, labels: Table, right: int) -> str:
    """The first ids of the longer table that the other does not have; empty where they are hardly the same ids."""
    one, two = (scores, _texts(scores, left)), (labels, _texts(labels, right))
    (longer, all_ids), (shorter, some) = (one, two) if scores.n > labels.n else (two, one)
    known = set(some)
    missing = list(dict.fromkeys(i for i in all_ids if i not in known))
    if not missing or len(missing) > len(all_ids) / 2:
        return ""
    what = "id" if len(missing) == 1 else f"{len(missing)} ids"
    return f": {what} of {base_name(longer)} not in {base_name(shorter)}: {listed(missing, 5)}"


def row_order(
    scores: Table,
    score_side: Sides,
    labels: Table,
    label_side: Sides,
    label_id: int | None,
    columns: Collection[int],
    options: ReadOptions,
) -> tuple[np.ndarray | None, tuple[Decision, ...]]:
    """For every row of scores the row of its label; None where that is the same row. `columns` hold the labels.

    Joined by id where both files have one. Row numbers of a data frame join with ids or row numbers that are the same
    in both files. Row numbers that are out of order and find no partner are refused, unless `--join` decides. Raises
    E217 where ids do not agree, or nothing tells what row numbers mean.
    """
    if options.join == "position":
        return None, (Decision("join", "by position", "as told", "--join"),)
    pair = _ids(score_side, label_side, label_id)
    if pair is None:
        beside = [j for j in label_side.rest if j not in columns and _may_number(labels, j)]
        numbers = _numbering(scores, _known(score_side)), _numbering(labels, [*_known(label_side, label_id), *beside])
        pair = _same_numbers(scores, _known(score_side), labels, [*_known(label_side, label_id), numbers[1]])
        if pair is None:
            return _without_partner((scores, labels), (score_side, label_side), numbers, options)
    left, right = (_texts(t, j) for t, j in zip((scores, labels), pair, strict=True))
    why = f"{label_of(scores, pair[0])} and {label_of(labels, pair[1])}"
    if left == right:
        return None, (Decision("join", "by id, same order", why, "--id-column"),)
    at = _places(labels, pair[1], right)
    _places(scores, pair[0], left)
    order = np.array([at.get(i, -1) for i in left], dtype=np.int64)
    if (order < 0).any():
        row = int(np.argmax(order < 0))
        missing = int((order < 0).sum())
        raise CalibrateError(
            "E217",
            f"{named(scores.source.name)}: {scores.place(row, pair[0])}: found the id '{shown(left[row])}', "
            f"expected one of {named(labels.source.name)} ({missing} of {len(left)} ids are not there; it has "
            f"'{shown(right[0])}', ...)",
            "both files need the same ids; --id-column names another column",
        )
    return order, (Decision("join", "by id, rows of labels reordered", why, "--id-column"),)


def _ids(score_side: Sides, label_side: Sides, label_id: int | None) -> tuple[int, int] | None:
    """The columns of ids, or those of row numbers, where both files have them."""
    if score_side.id is None or label_id is None or score_side.loose != label_side.loose:
        return None
    return score_side.id, label_id


def _same_numbers(
    scores: Table, ours: Collection[int], labels: Table, theirs: Collection[int | None]
) -> tuple[int, int] | None:
    """The first columns of both files that hold the same whole numbers, each once, in any order."""
    for left in ours:
        for right in theirs:
            one, two = _whole(scores, left), None if right is None else _whole(labels, right)
            if right is None or one is None or two is None:
                continue
            one, two = np.sort(one), np.sort(two)
            if np.array_equal(one, two) and (one[1:] != one[:-1]).all():
                return left, right
    return None


def _whole(table: Table, j: int) -> np.ndarray | None:
    """Column j where it holds whole numbers and nothing else."""
    if table.kinds[j] not in ("int", "float") or any(f.column == j for f in table.faults):
        return None
    values = table.column(j)
    return values if bool(np.all(np.isfinite(values) & (values == np.floor(values)))) else None


def _texts(table: Table, j: int) -> list[str]:
    """Column j as text, whole numbers stored as floats without their point: `3.0` and `3` are the same row."""
    values = _whole(table, j) if table.kinds[j] == "float" else None
    return list(map(str.strip, table.text(j))) if values is None else [str(int(v)) for v in values.tolist()]


def _known(side: Sides, ident: int | None = None) -> list[int]:
    return [j for j in (ident, side.id, side.index) if j is not None]


def _numbering(table: Table, columns: Collection[int]) -> int | None:
    """The first of the columns that numbers the rows from 0 or 1, but in another order; None where none does."""
    for j in columns:
        values = _whole(table, j)
        if values is None or not table.n:
            continue
        in_order = values.min() + np.arange(table.n)
        if (
            values.min() in (0, 1)
            and np.array_equal(np.sort(values), in_order)
            and not np.array_equal(values, in_order)
        ):
            return j
    return None


def _may_number(table: Table, j: int) -> bool:
    """Whether the name of a column lets it number rows; most do where chance does not put 0 to n-1 into it."""
    if table.names is None:
        return False
    name = table.names[j]
    return is_index(name) or is_id(name) or (table.n >= FEW and plain(name) not in SIDE_DATA | LABELS)


def _without_partner(
    tables: tuple[Table, Table],
    sides: tuple[Sides, Sides],
    numbers: tuple[int | None, int | None],
    options: ReadOptions,
) -> tuple[np.ndarray | None, tuple[Decision, ...]]:
    """Rows of which no columns in both files tell which belong together: by position, or as row numbers say."""
    at = next((i for i, j in enumerate(numbers) if j is not None), None)
    if options.join == "number":
        return _by_number(tables, numbers)
    if at is not None:
        raise _shuffled(tables[at], numbers[at], tables[1 - at])
    alone = [t for t, side in zip(tables, sides, strict=True) if side.identified]
    if len(alone) == 1:
        only = f"only {base_name(alone[0])} has ids"
        return None, (Decision("join", f"by position ({only})", only, "--id-column"),)
    if all(side.index is not None for side in sides) and any(side.loose for side in sides):
        why = "the row numbers of the two files are not the same"
        return None, (Decision("join", f"by position ({why})", why, "--id-column"),)
    return None, ()


def _by_number(
    tables: tuple[Table, Table], numbers: tuple[int | None, int | None]
) -> tuple[np.ndarray | None, tuple[Decision, ...]]:
    at = next((i for i, j in enumerate(numbers) if j is not None), None)
    if at is None:
        files = " and ".join(named(t.source.name) for t in tables)
        message = f"{files}: --join number: no column numbers the rows, in another order than they stand in"
        raise CalibrateError("E201", message, "leave --join out")
    table, j = tables[at], numbers[at]
    values = table.column(j).astype(np.int64)  # type: ignore[arg-type]
    values -= values.min()
    why = f"{base_name(table)}: {label_of(table, j)} numbers the rows of {base_name(tables[1 - at])}"  # type: ignore[arg-type]
    order = values if at == 0 else np.argsort(values)
    return order, (Decision("join", "by number, rows of labels reordered", why, "--join"),)


def _shuffled(table: Table, j: int | None, other: Table) -> CalibrateError:
    values = table.column(j)  # type: ignore[arg-type]
    row = int(np.argmax(values != np.arange(table.n) + values.min()))
    return CalibrateError(
        "E217",
        f"{named(table.source.name)}: {table.place(row, j)}: found the row number {int(values[row])}, expected "
        f"{row + int(values.min())}: its rows were shuffled, and no such numbers in {named(other.source.name)} tell "
        "whether that was, too",
        "--join number if the numbers are those of the rows of the other file, --join position if both files have the "
        "same order",
    )


def _places(table: Table, column: int, ids: list[str]) -> dict[str, int]:
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
