"""Which of the remaining columns are scores: all numbers, unless options or names say otherwise; texts never are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np

from calibrate.containers.grammar import is_number, remedy
from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.columns import find, label_of, needed
from calibrate.reading.labels import Labels
from calibrate.reading.options import ReadOptions
from calibrate.reading.unexplained import refuse_unexplained
from calibrate.reading.words import CONFIDENCES, PREDICTIONS, listed, numbered, plain
from calibrate.table import Decision, Table

HEAD = 256
"""Rows in which text is looked at for digits."""


@dataclass(frozen=True)
class Chosen:
    """The columns of scores in class order, and the column of predicted classes where there is one.

    top_label    the only scores are the confidence in the prediction
    """

    columns: tuple[int, ...]
    prediction: int | None = None
    top_label: bool = False
    decisions: tuple[Decision, ...] = field(default=())


def chosen(table: Table, free: Sequence[int], options: ReadOptions, labels: Labels | None) -> Chosen:
    """The scores among the columns that are not index, id, label, weight or group. Raises E202, E210 or E211."""
    if options.score_columns is not None:
        columns = _asked(table, free, options.score_columns)
        why = Decision("scores", _of(table, columns), "--score-columns", "")
        prediction = next((j for j in free if j not in columns and is_prediction(table, j)), None)
        confident = len(columns) == 1 and prediction is not None and _is_confidence(table, columns[0])
        return Chosen(numeric(table, columns), prediction, confident, (why,))
    if options.classes is not None and table.names is not None and set(options.classes) <= set(table.names):
        columns = tuple(table.names.index(name) for name in options.classes)
        return Chosen(numeric(table, columns), decisions=(Decision("scores", _of(table, columns), "--classes", ""),))
    prediction = next((j for j in free if is_prediction(table, j)), None)
    rest = [j for j in free if j != prediction]
    numbers = [j for j in rest if table.kinds[j] != "text"]
    ignored = _unused_texts(table, [j for j in rest if table.kinds[j] == "text"], numbers, labels)
    if not numbers:
        raise _no_scores(table, rest, prediction)
    top = len(numbers) == 1 and prediction is not None and _is_confidence(table, numbers[0])
    if len(numbers) > 1 and (table.names is not None or len({table.kinds[j] for j in numbers}) > 1):
        refuse_unexplained(table, numbers, labels)
    if prediction is not None and not top:
        ignored = (
            *ignored,
            Decision(
                "not used", label_of(table, prediction), "predicted classes follow from the scores", "--score-columns"
            ),
        )
    return Chosen(numeric(table, numbers), prediction, top, ignored)


def _of(table: Table, columns: Sequence[int]) -> str:
    names = [table.names[j] for j in columns] if table.names else []
    return listed(names, 10) if names else f"{len(columns)} columns"


def is_prediction(table: Table, j: int) -> bool:
    """Whether column j holds predicted classes: by its name, and no fractions in it."""
    if table.names is None or plain(table.names[j]) not in PREDICTIONS:
        return False
    if table.kinds[j] != "float":
        return True
    values = table.column(j)
    values = values[np.isfinite(values)]
    return bool(np.all(values == np.floor(values)))


def _is_confidence(table: Table, j: int) -> bool:
    return table.names is not None and plain(table.names[j]) in CONFIDENCES


def _asked(table: Table, free: Sequence[int], wanted: Sequence[str]) -> tuple[int, ...]:
    found: list[int] = []
    for text in wanted:
        low, dash, high = text.partition("-")
        if find(table, text) is not None:
            found.append(needed([table], text, "--score-columns"))
        elif dash and low.isdigit() and high.isdigit() and 1 <= int(low) <= int(high) <= len(table.kinds):
            found += range(int(low) - 1, int(high))
        elif "*" in text:
            matching = [
                j for j in free if fnmatchcase(table.names[j] if table.names else "", text) and table.kinds[j] != "text"
            ]
            found += matching or [needed([table], text, "--score-columns")]
        else:
            found.append(needed([table], text, "--score-columns"))
    twice = next((j for j in found if found.count(j) > 1), None)
    if twice is not None:
        raise CalibrateError(
            "E202",
            f"{named(table.source.name)}: --score-columns names {label_of(table, twice)} twice",
            "each column once",
        )
    return tuple(found)


def numeric(table: Table, columns: Sequence[int]) -> tuple[int, ...]:
    """The columns, all of numbers. Raises E211 at one of text or booleans."""
    for j in columns:
        if table.kinds[j] not in ("bool", "text"):
            continue
        row = first_text(table, j) if table.kinds[j] == "text" else 0
        found = table.text(j)[row]
        what = "a column of text or dates" if table.kinds[j] == "text" else "booleans (bool): predictions, not scores?"
        raise CalibrateError(
            "E211",
            f"{named(table.source.name)}: {table.place(row, j)}: found '{shown(found)}', expected a number: {what}",
            remedy(found) or _PICK,
        )
    return tuple(columns)


def first_text(table: Table, j: int) -> int:
    """The first row of a column of text that holds no number."""
    return next((row for row, text in enumerate(table.text(j)) if not is_number(text)), 0)


_PICK = "name the columns of scores: --score-columns A,B,... (or numbers: 2-4; or a pattern: 'logit_*')"


def _no_scores(table: Table, rest: Sequence[int], prediction: int | None) -> CalibrateError:
    file = named(table.source.name)
    if prediction is not None:
        message = f"{file}: {label_of(table, prediction)}: found predicted classes only (predictions), expected scores"
        return CalibrateError("E213", message, "calibration needs what the model says before it decides")
    if not rest:
        counted = "1 column" if len(table.kinds) == 1 else f"{len(table.kinds)} columns"
        message = f"{file}: found {counted}, none of them scores (ids or labels by name), expected columns of scores"
        return CalibrateError("E211", message, f"are the two files swapped? Else {_PICK}")
    cells = [(row := first_text(table, j), j, table.text(j)[row]) for j in rest]
    row, j, found = next((cell for cell in cells if remedy(cell[2])), cells[0])
    message = (
        f"{file}: {table.place(row, j)}: found '{shown(found)}', expected a number: no column of scores, only text"
    )
    return CalibrateError("E211", message, remedy(found) or _PICK)


def _unused_texts(table: Table, texts: list[int], numbers: list[int], labels: Labels | None) -> tuple[Decision, ...]:
    """Texts beside scores are left alone, unless they stand where a score should: then they are errors."""
    classes = set(labels.distinct) if labels is not None else set()
    prefixes = {p[0] for j in numbers if table.names and (p := numbered(table.names[j]))}
    for j in texts:
        name = table.names[j] if table.names else ""
        pattern = numbered(name)
        among = bool(numbers) and min(numbers) < j < max(numbers)
        digits = sum(any(c.isdigit() for c in t) for t in table.text(j)[:HEAD]) > min(table.n, HEAD) / 2
        if (
            name in classes
            or (pattern and pattern[0] in prefixes and name)
            or (among and digits)
            or table.names is None
        ):
            numeric(table, [j])
    return tuple(Decision("not used", label_of(table, j), "text that nothing asks for", "--group") for j in texts)
