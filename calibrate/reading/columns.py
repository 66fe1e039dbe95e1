"""Which column is what: index, id, weights, groups and labels, by name, and by what the values themselves allow.

What is left over are the scores; `strays.py` judges whether all of them can be.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.options import ReadOptions
from calibrate.reading.words import LABELS, is_id, is_index, listed, plain
from calibrate.table import Decision, Table

_HOW = "NAME, or its number from 1"
_STORED = "__index_level_0__"
"""How pandas calls an index without a name in a Parquet file, where it comes last."""


@dataclass(frozen=True)
class Sides:
    """The columns that stand beside scores and labels; `rest` are the others, in file order.

    loose    the id is a data frame's index: it identifies rows only where the other file has the same ones
    index    the column of row numbers that was dropped
    """

    id: int | None
    loose: bool
    weight: int | None
    groups: dict[str, int]
    rest: tuple[int, ...]
    decisions: tuple[Decision, ...] = field(default=())
    index: int | None = None

    @property
    def identified(self) -> bool:
        """Whether a column identifies the rows by its name, or by the values that the other file has too."""
        return self.id is not None and not self.loose


def sides(table: Table, options: ReadOptions, other: Table | None = None, *, second: bool = False) -> Sides:
    """The side columns of a table; among several ids one that the `other` file has too comes first.

    `second`: what is asked for by its number, and is in the other file, is not meant here.
    """
    prefer = frozenset(plain(n) for n in (other.names or ()) if is_id(n)) if other is not None else frozenset()
    free = list(range(len(table.kinds)))
    first = other if second else None
    groups = {name: j for name in options.groups if (j := _find_here(table, name, first)) is not None}
    weight = _find_here(table, options.weight, first) if options.weight is not None else None
    scores = {j for name in options.score_columns or () if (j := find(table, name)) is not None}
    labels = {j for name in options.label_columns if (j := find(table, name)) is not None}
    taken = {*groups.values(), *scores, *labels, *([weight] if weight is not None else [])}
    index, informative, decisions = _index(table, [j for j in free if j not in scores | labels], options)
    ident = _id(table, [j for j in free if j not in taken and j != index], options, prefer)
    loose = False
    if ident is None and informative:
        ident, loose = index, True
    if ident is not None and not loose:
        decisions = (*decisions, Decision("id", label_of(table, ident), _why_id(table, ident, options), "--id-column"))
    gone = {*groups.values(), index, ident, weight}
    if ident is not None and not loose and not second:
        more = [j for j in _named_ids(table, free) if j not in taken | gone]
        decisions += tuple(
            Decision("not used", label_of(table, j), "its name: another id", "--id-column") for j in more
        )
        gone.update(more)
    return Sides(ident, loose, weight, groups, tuple(j for j in free if j not in gone), decisions, index)


def find(table: Table, wanted: str) -> int | None:
    """The column of that name, or of that number (from 1) where no column has the name; None where there is neither."""
    if table.names is not None and wanted in table.names:
        return table.names.index(wanted)
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(table.kinds):
        return int(wanted) - 1
    return None


def _find_here(table: Table, wanted: str, first: Table | None) -> int | None:
    by_name = table.names is not None and wanted in table.names
    return find(table, wanted) if by_name or first is None or find(first, wanted) is None else None


def needed(tables: Sequence[Table], wanted: str, flag: str, origin: str = "") -> int:
    """The column, in the first of the tables that has it. Raises `CalibrateError` E202, listing what there is.

    `origin` is where else than by the flag the column may have been asked for.
    """
    for table in tables:
        found = find(table, wanted)
        if found is not None:
            return found
    files = " and ".join(dict.fromkeys(named(t.source.name) for t in tables))
    columns = "; ".join(listed(t.names) if t.names else f"{len(t.kinds)} columns without names" for t in tables)
    raise CalibrateError(
        "E202",
        f"{files}: no column {shown(wanted)!r} ({flag}{origin and f', {origin}'}); found {columns}",
        f"{flag} takes a name, or a number from 1",
    )


def base_name(table: Table) -> str:
    """The name of the file without its folders, for what is kept in results."""
    return shown(os.path.basename(table.source.name) or table.source.name)


def label_of(table: Table, j: int) -> str:
    """`column 2 'c1'`, for messages."""
    return f"column {j + 1}" + (f" '{shown(table.names[j])}'" if table.names is not None else "")


def _index(table: Table, free: list[int], options: ReadOptions) -> tuple[int | None, bool, tuple[Decision, ...]]:
    """The column of row numbers, and whether they tell more than the order of the rows."""
    if table.names is None or not free or len(table.kinds) < 2 or options.id_column is not None:
        return None, False, ()
    at = table.names.index(_STORED) if _STORED in table.names else 0
    name, kind = table.names[at], table.kinds[at]
    if (
        at not in free
        or not is_index(name)
        or kind not in {"int", "float"}
        or any(f.column == at for f in table.faults)
    ):
        return None, False, ()
    values, dropped = table.column(at), "first column dropped" if at == 0 else "column dropped"
    if _counts(values):
        why = f"{base_name(table)}: {label_of(table, at)} counts the rows"
        return at, False, (Decision("index", dropped, why, "--score-columns"),)
    is_whole = bool(np.all(np.isfinite(values) & (values == np.floor(values))))
    unnamed, in_order = name in ("", _STORED) or name.startswith("Unnamed:"), np.sort(values)
    if is_whole and (bool((np.diff(in_order) > 0).all()) if unnamed else _counts(in_order)):
        why = f"{base_name(table)}: {label_of(table, at)} holds distinct row numbers"
        return at, True, (Decision("index", dropped, why, "--score-columns"),)
    return None, False, ()


def _counts(values: np.ndarray) -> bool:
    return bool(np.array_equal(values, np.arange(len(values))) or np.array_equal(values, np.arange(1, len(values) + 1)))


def _id(table: Table, free: list[int], options: ReadOptions, prefer: frozenset[str]) -> int | None:
    if options.id_column is not None:
        return find(table, options.id_column)
    if table.names is None:
        return None
    by_name = _named_ids(table, free)
    unnamed_text = [0] if 0 in free and is_index(table.names[0]) and table.kinds[0] == "text" else []
    candidates = sorted(
        by_name or unnamed_text, key=lambda j: plain(table.names[j]) not in prefer if table.names else False
    )
    unique = [j for j in candidates if len(candidates) == 1 or len(set(table.text(j))) == table.n]
    return (unique or candidates or [None])[0]  # type: ignore[list-item]


def _why_id(table: Table, j: int, options: ReadOptions) -> str:
    """Numbers by a name like `sample`, which says less than `id`, could be scores or labels: then that is said."""
    if options.id_column is not None:
        return "as told"
    vague = table.names is None or plain(table.names[j]).split("_")[-1] not in ("id", "ids", "uuid", "guid")
    return "its name, of numbers" if vague and table.kinds[j] in ("int", "float") else "its name"


def _named_ids(table: Table, free: Sequence[int]) -> list[int]:
    """Columns called as ids are, that hold what ids can be."""
    names = table.names or ()
    return [j for j in free if names and plain(names[j]) not in LABELS and is_id(names[j]) and not _fraction(table, j)]


def _fraction(table: Table, j: int) -> bool:
    """Whether column j holds numbers that are not all whole: no id, no label."""
    if table.kinds[j] != "float":
        return False
    values = table.column(j)
    values = values[np.isfinite(values)]
    return bool(np.any(values != np.floor(values)))


def labels_beside_scores(table: Table, rest: Sequence[int], options: ReadOptions) -> tuple[int, ...]:
    """The columns of labels in the file of the scores; none where no column says that it is one."""
    if options.label_columns:
        return tuple(needed([table], name, "--label-column") for name in options.label_columns)
    return _only(table, named_labels(table, rest, options))


def named_labels(table: Table, rest: Sequence[int], options: ReadOptions) -> list[int]:
    """Columns called as labels are, that hold what labels can be."""
    if table.names is None:
        return []
    scores = {find(table, name) for name in options.score_columns or ()}
    return [j for j in rest if plain(table.names[j]) in LABELS and not _fraction(table, j) and j not in scores]


def fraction_for_label(table: Table, rest: Sequence[int]) -> CalibrateError | None:
    """Why the only column that is called as labels are cannot be them; None where there is no such column."""
    found = [j for j in rest if table.names is not None and plain(table.names[j]) in LABELS and _fraction(table, j)]
    if len(found) != 1:
        return None
    values = table.column(found[0])
    row = int(np.argmax(np.isfinite(values) & (values != np.floor(values))))
    return CalibrateError(
        "E204",
        f"{named(table.source.name)}: {table.place(row, found[0])}: found label '{shown(table.text(found[0])[row])}', "
        "expected a whole number or a name",
        "--label-column NAME, where another column holds the labels",
    )


def _only(table: Table, found: list[int]) -> tuple[int, ...]:
    if len(found) < 2:
        return tuple(found)
    columns = listed([table.names[j] for j in found]) if table.names else ""
    raise CalibrateError(
        "E203",
        f"{named(table.source.name)}: {len(found)} columns could hold the labels: {columns}",
        f"say which: --label-column {_HOW}",
    )


def labels_of_their_own(
    table: Table, side: Sides, options: ReadOptions
) -> tuple[tuple[int, ...], int | None, tuple[Decision, ...]]:
    """Columns of labels, id column and decisions, of a file of labels.

    One column is the labels; several are where they are named so, where all others are known (id, weights,
    groups), or where all of them are columns of 0 and 1. Else `CalibrateError` E203.
    """
    if options.label_columns:
        return tuple(needed([table], name, "--label-column") for name in options.label_columns), side.id, ()
    rest = list(side.rest)
    if len(rest) == 1:
        return (rest[0],), side.id, ()
    found = _only(table, named_labels(table, rest, options))
    if found:
        others = [j for j in rest if j not in found]
        why = f"its name; not used: {', '.join(label_of(table, j) for j in others[:6])}" if others else "its name"
        ident = side.id if side.id is not None else next(iter(_texts_that_identify(table, others)), None)
        return found, ident, (Decision("labels", label_of(table, found[0]), why, "--label-column"),)
    if len(rest) > 1 and all(_indicator(table, j) for j in rest):
        return (
            tuple(rest),
            side.id,
            (Decision("labels", f"{len(rest)} columns of 0 and 1", "every value is 0 or 1", "--label-column"),),
        )
    ids = _texts_that_identify(table, rest)
    if len(rest) == 2 and len(ids) == 1 and side.id is None:
        label = rest[1 - rest.index(ids[0])]
        decision = Decision("id", label_of(table, ids[0]), "text, different in every row", "--id-column")
        return (label,), ids[0], (decision,)
    columns = listed([table.names[j] for j in rest]) if table.names else "without names"
    counted = f"{len(rest)} columns that" if rest else "no column that"
    hint = f"say which: --label-column {_HOW} (and --id-column likewise)"
    if table.n == 1:
        hint = "write a label a row: is it transposed?"
    elif len(rest) > 1 and all(_fraction(table, j) for j in rest):
        hint = f"these look like scores: are the two files swapped? Else {hint}"
    raise CalibrateError(
        "E203",
        f"{named(table.source.name)}: found {counted} could hold the labels ({columns}), expected one, or an id and a "
        "label",
        hint,
    )


def _texts_that_identify(table: Table, columns: Sequence[int]) -> list[int]:
    return [j for j in columns if table.kinds[j] == "text" and table.n > 1 and len(set(table.text(j))) == table.n]


def _indicator(table: Table, j: int) -> bool:
    if table.kinds[j] == "text" or any(f.column == j for f in table.faults):
        return False
    values = table.column(j)
    return bool(np.all((values == 0) | (values == 1)))
