"""The columns of the scores where a model says which there are: by name, reordered; without names by position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.columns import label_of
from calibrate.reading.options import KnownModel, ReadOptions
from calibrate.reading.strays import Chosen, chosen, is_prediction, numeric
from calibrate.reading.words import generic, listed
from calibrate.table import Decision, Table


def chosen_for(model: KnownModel, table: Table, free: Sequence[int], options: ReadOptions) -> Chosen:
    """The model's columns in the model's order. Raises E219 where they are not there, or others are."""
    if options.score_columns is not None or model.n_columns == 1:
        found = chosen(table, free, options, None)
        return replace(_counted(model, table, found), top_label=model.task == "top-label")
    names = options.classes or table.names
    numbers = [j for j in free if table.kinds[j] != "text" and not is_prediction(table, j)]
    if names is None or (options.classes is not None and len(options.classes) != len(numbers)):
        return _counted(model, table, chosen(table, free, options, None))
    own = dict(zip(numbers, options.classes, strict=True)) if options.classes else {j: names[j] for j in numbers}
    present = [name for name in model.classes if name in own.values()]
    if len(present) == len(model.classes):
        return _by_name(model, table, own)
    if present or not (generic(list(own.values())) or generic(model.classes)):
        absent = [name for name in model.classes if name not in present]
        raise CalibrateError(
            "E219",
            f"{named(table.source.name)}: no column of scores for {listed(absent)}; found "
            f"{listed(list(own.values()))}, "
            f"expected the model's {len(model.classes)} classes",
            "--classes gives the names of the columns in their order",
        )
    found = _counted(model, table, chosen(table, free, options, None))
    why = "the columns have no names of classes"
    return replace(
        found, decisions=(*found.decisions, Decision("classes", "the model's, by position", why, "--classes"))
    )


def _by_name(model: KnownModel, table: Table, own: dict[int, str]) -> Chosen:
    at = {name: j for j, name in own.items()}
    extra = [j for j, name in own.items() if name not in model.classes]
    if extra:
        raise CalibrateError(
            "E219",
            f"{named(table.source.name)}: {label_of(table, extra[0])}: found {len(own)} columns of numbers, expected "
            "the model's "
            f"{len(model.classes)} classes and no other",
            "--score-columns "
            + ",".join(shown(name, 30) for name in model.classes[:4])
            + (",..." if len(model.classes) > 4 else ""),
        )
    columns = tuple(at[name] for name in model.classes)
    reordered = list(columns) != sorted(columns)
    value = "the model's, columns reordered by name" if reordered else "the model's, in their order"
    return Chosen(
        numeric(table, columns),
        decisions=(Decision("classes", value, "every class is the name of a column", "--classes"),),
    )


def _counted(model: KnownModel, table: Table, found: Chosen) -> Chosen:
    if len(found.columns) == model.n_columns:
        return found
    expected = f"{model.n_columns} columns" if model.n_columns != 1 else "1 column"
    raise CalibrateError(
        "E219",
        f"{named(table.source.name)}: found {len(found.columns)} columns of scores, expected {expected}, as the model "
        "has",
        "--score-columns names the columns of scores",
    )
