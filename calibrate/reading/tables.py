"""The tables of a data set once it is known what each of their columns is, and which rows belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.numerics import in_sound_unit
from calibrate.reading.columns import (
    Sides,
    base_name,
    find,
    fraction_for_label,
    label_of,
    labels_beside_scores,
    labels_of_their_own,
    named_labels,
    needed,
    sides,
)
from calibrate.reading.header import agreed
from calibrate.reading.join import partners, row_order, same_count
from calibrate.reading.known import chosen_for
from calibrate.reading.labels import Labels, labels_of
from calibrate.reading.options import KnownModel, ReadOptions
from calibrate.reading.strays import Chosen, chosen, first_text
from calibrate.reading.words import listed
from calibrate.table import Decision, Table


@dataclass(frozen=True, eq=False)
class Tables:
    """`labels` is the table of the scores itself where that holds the labels too.

    order    for every row of scores the row of `labels` that belongs to it; None: the same row
    doubt    where a header was decided by the counts: how far the labels would be shifted (-1, 1) had it been another
             row that one file has too many; else 0
    """

    scores: Table
    labels: Table
    side: Sides
    label_side: Sides
    label_columns: tuple[int, ...]
    chosen: Chosen
    order: np.ndarray | None
    decisions: tuple[Decision, ...]
    doubt: int = 0

    def single(self, names: Sequence[str], drop_missing: bool) -> Labels | None:
        """The labels where they are one column; texts in `names` are no missing values."""
        if len(self.label_columns) != 1:
            return None
        return labels_of(self.labels, self.label_columns[0], names=names, drop_missing=drop_missing)

    @property
    def id_name(self) -> str | None:
        """The name of the column of ids; None without ids or without names."""
        return None if self.side.id is None or self.scores.names is None else self.scores.names[self.side.id]

    @property
    def score_names(self) -> tuple[str, ...] | None:
        """The header of the scores."""
        names = self.scores.names
        return None if names is None else tuple(names[j] for j in self.chosen.columns)

    def kept_ids(self, keep: np.ndarray | None) -> tuple[str, ...] | None:
        """The ids of the kept rows of scores."""
        if self.side.id is None:
            return None
        ids = self.scores.text(self.side.id)
        return tuple(ids) if keep is None else tuple(i for i, k in zip(ids, keep.tolist(), strict=True) if k)


def tables_of(
    scores: Table, labels: Table | None, options: ReadOptions, model: KnownModel | None, need_labels: bool | None
) -> Tables:
    """What every column is. Raises E202, E203, E210, E211, E216, E217, E219."""
    if not scores.n:
        raise CalibrateError("E211", f"{named(scores.source.name)}: no rows of data (empty)", "")
    if labels is None:
        return _in_one(scores, options, model, need_labels)
    said = tuple(
        replace(decision, where=role)
        for role, table in (("scores", scores), ("labels", labels))
        for decision in table.decisions
    )
    both = agreed(scores, labels, options.classes or (model.classes if model else ()))
    scores, labels = both.scores, both.labels
    _asked_for([scores, labels], options)
    side, other = partners(scores, sides(scores, options, labels), labels, sides(labels, options, scores, second=True))
    columns, label_id, how = labels_of_their_own(labels, other, options)
    same_count(scores, side, labels, other, label_id)
    order, join = row_order(scores, side, labels, other, label_id, columns, options)
    unused = named_labels(scores, side.rest, options)
    free = [j for j in side.rest if j not in unused]
    found = _chosen(scores, free, labels, columns, options, model)
    ignored = [
        Decision(
            "not used", f"labels in {base_name(scores)}", f"labels come from {base_name(labels)}", "--label-column"
        )
    ][: len(unused)]
    columns_said = (*side.decisions, *other.decisions, *_told(scores, labels, options), *how)
    decisions = (*said, *both.decisions, *columns_said, *join, *found.decisions, *ignored)
    return Tables(scores, labels, side, other, columns, found, order, decisions, 0 if join else both.doubt)


def _in_one(scores: Table, options: ReadOptions, model: KnownModel | None, need_labels: bool | None) -> Tables:
    _asked_for([scores], options)
    side = sides(scores, options)
    columns = labels_beside_scores(scores, side.rest, options)
    if need_labels and not columns:
        if (wrong := fraction_for_label(scores, side.rest)) is not None:
            raise wrong
        have = listed(scores.names, 12) if scores.names else f"{len(scores.kinds)} columns without names"
        raise CalibrateError(
            "E203",
            f"{named(scores.source.name)}: no labels: none of its columns is called label (found {have}), and no file "
            "of labels is given",
            "give a file of labels after the scores, or --label-column NAME, or its number from 1",
        )
    free = [j for j in side.rest if j not in columns]
    if need_labels is False:
        columns = ()
    found = _chosen(scores, free, scores, columns, options, model)
    in_file = [
        Decision(
            "labels",
            f"column {j + 1}" + (f" '{scores.names[j]}'" if scores.names else ""),
            "its name",
            "--label-column",
        )
        for j in columns
    ]
    return Tables(
        scores,
        scores,
        side,
        side,
        columns,
        found,
        None,
        (*scores.decisions, *side.decisions, *_told(scores, scores, options), *in_file[:1], *found.decisions),
    )


def _chosen(
    scores: Table,
    free: Sequence[int],
    labels: Table,
    columns: Sequence[int],
    options: ReadOptions,
    model: KnownModel | None,
) -> Chosen:
    if model is not None:
        return chosen_for(model, scores, free, options)
    single = None
    if len(columns) == 1 and (scores.names is not None or len({scores.kinds[j] for j in free}) > 1):
        names = (*(scores.names or ()), *(options.classes or ()))
        single = labels_of(labels, columns[0], names=names, drop_missing=options.drop_missing)
    return chosen(scores, free, options, single)


def _asked_for(tables: list[Table], options: ReadOptions) -> None:
    """Columns that flags name must be in one of the tables."""
    for name in options.groups:
        needed(tables, name, "--group", f"or [groups.{shown(name)}] in the gates")
    if options.weight is not None:
        needed(tables, options.weight, "--weight")
    if options.id_column is not None:
        needed(tables, options.id_column, "--id-column")


def _told(scores: Table, labels: Table, options: ReadOptions) -> tuple[Decision, ...]:
    """The columns of weights and groups that were asked for, and in which of two files they stand."""
    asked = [("group", name, "--group") for name in options.groups]
    if options.weight is not None:
        asked.insert(0, ("weight", options.weight, "--weight"))
    found = []
    for what, name, flag in asked:
        table = scores if find(scores, name) is not None else labels
        where = "" if scores is labels else "scores" if table is scores else "labels"
        found.append(Decision(what, label_of(table, needed([table], name, flag)), "as told", flag, where))
    return tuple(found)


def _beside(tables: Tables, wanted: str) -> tuple[Table, int, np.ndarray | None]:
    """The table that has a column, the column, and the order of its rows."""
    at = find(tables.scores, wanted)
    if at is not None:
        return tables.scores, at, None
    return tables.labels, needed([tables.labels], wanted, "--group"), tables.order


def groups_of(tables: Tables, options: ReadOptions, keep: np.ndarray | None) -> dict[str, np.ndarray]:
    """Column name -> its texts, of the kept rows."""
    groups = {}
    for name in options.groups:
        table, column, order = _beside(tables, name)
        texts = np.array(table.text(column), dtype=object)
        texts = texts if order is None else texts[order]
        groups[name] = texts if keep is None else texts[keep]
    return groups


def weights_of(tables: Tables, options: ReadOptions, keep: np.ndarray | None) -> np.ndarray | None:
    """Weights of the kept rows. Raises E218 at the first that is negative or no finite number, or where all are 0."""
    if options.weight is None:
        return None
    table, column, order = _beside(tables, options.weight)
    if table.kinds[column] == "text":
        raise _bad_weight(table, first_text(table, column), column)
    values = table.column(column).astype(np.float64)
    kept = np.ones(len(values), dtype=bool)
    if keep is not None:
        kept[np.arange(len(values)) if order is None else order] = keep
    bad = kept & ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        raise _bad_weight(table, int(np.argmax(bad)), column)
    if not values[kept].any():
        raise CalibrateError(
            "E218",
            f"{named(table.source.name)}: every weight is 0 (column '{shown(options.weight)}'), expected some above 0",
            "",
        )
    values = values if order is None else values[order]
    return in_sound_unit(values if keep is None else values[keep])


def _bad_weight(table: Table, row: int, column: int) -> CalibrateError:
    found = table.text(column)[row]
    return CalibrateError(
        "E218",
        f"{named(table.source.name)}: {table.place(row, column)}: found weight '{shown(found)}', expected a finite "
        "number, 0 or more",
        "--drop-missing does not drop weights",
    )
