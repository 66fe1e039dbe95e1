"""Which of the remaining columns are scores: all of them, unless one could be something else.

A stray feature taken for an eleventh class is a silent disaster: a column of numbers counts as a class only if
its name, the labels or the sums of the rows say so; else it is named and the user is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.classes import stripped
from calibrate.reading.columns import find, label_of, needed
from calibrate.reading.labels import Labels
from calibrate.reading.options import ReadOptions
from calibrate.reading.words import CONFIDENCES, PREDICTIONS, SIDE_DATA, listed, numbered, plain, whole
from calibrate.table import Decision, Table

HEAD = 256
"""Rows that are looked at to see whether rows sum to 1."""


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
        raise _no_scores(table, rest)
    top = len(numbers) == 1 and prediction is not None and _is_confidence(table, numbers[0])
    if table.names is not None and len(numbers) > 1:
        _no_strays(table, numbers, labels)
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
        if table.kinds[j] == "bool":
            what = "booleans: these look like predictions, not scores"
        elif table.kinds[j] == "text":
            what = f"text: found '{shown(table.text(j)[0])}' in {table.place(0, j)}" if table.n else "text"
        else:
            continue
        raise CalibrateError(
            "E211",
            f"{named(table.source.name)}: {label_of(table, j)} holds {what}, expected numbers (bool, text and dates "
            "are no scores)",
            _PICK,
        )
    return tuple(columns)


_PICK = "name the columns of scores: --score-columns A,B,... (or numbers: 2-4; or a pattern: 'logit_*')"


def _no_scores(table: Table, rest: Sequence[int]) -> CalibrateError:
    texts = [label_of(table, j) for j in rest]
    found = (
        f"found only text in {', '.join(texts[:6])}"
        if texts
        else f"found {len(table.kinds)} columns, none of them scores"
    )
    return CalibrateError("E211", f"{named(table.source.name)}: no column of scores: {found}", _PICK)


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


def _no_strays(table: Table, numbers: list[int], labels: Labels | None) -> None:
    head = np.asarray(table.numbers(numbers).read(0, min(table.n, HEAD)), dtype=np.float64)
    if sums_to_one(head):
        return
    names = [(table.names or ())[j] for j in numbers]
    stray = _unlike(table, numbers, names, labels)
    if not stray:
        return
    why = _why(table, stray, names, labels)
    others = [n for j, n in zip(numbers, names, strict=True) if j not in stray]
    hint = "--score-columns " + (
        ",".join(shown(n, 30) for n in others[:4]) + (",..." if len(others) > 4 else "") if others else "A,B,..."
    )
    raise CalibrateError(
        "E210",
        f"{named(table.source.name)}: "
        f"{' and '.join(label_of(table, j) for j in stray[:3])}{' ...' if len(stray) > 3 else ''}: "
        f"found numbers beside {len(others)} columns of scores, expected only scores: {why}",
        f"name the scores: {hint}; if every column is a class: --score-columns '*'",
    )


def sums_to_one(head: np.ndarray) -> bool:
    """Whether the first rows are probabilities, or logs of probabilities, over exactly these columns."""
    if not len(head) or not np.isfinite(head).all():
        return False
    if head.min() >= 0 and head.max() <= 1:
        return bool(np.abs(head.sum(axis=1) - 1).max() < 1e-3)
    return bool(head.max() <= 0 and np.abs(np.exp(head).sum(axis=1) - 1).max() < 1e-3)


def _unlike(table: Table, numbers: list[int], names: list[str], labels: Labels | None) -> list[int]:
    """The columns that may be no class."""
    floats = [j for j in numbers if table.kinds[j] == "float"]
    if (
        floats
        and len(floats) < len(numbers)
        and (odd := [j for j in numbers if table.kinds[j] == "int" and _side(table, j)])
    ):
        return odd
    pairs = [numbered(n) for n in names]
    prefix, count = Counter(p[0] for p in pairs if p).most_common(1)[0] if any(pairs) else ("", 0)
    if count >= 2 and count > len(numbers) / 2:
        return [j for j, p in zip(numbers, pairs, strict=True) if p is None or p[0] != prefix]
    if labels is not None and labels.distinct:
        known = set((stripped(names, labels.distinct) and names) or ()) or (
            set(names) if set(labels.distinct) <= set(names) else set()
        )
        if known and set(labels.distinct) <= set(names):
            return [j for j, n in zip(numbers, names, strict=True) if n not in labels.distinct]
        if known:
            return []
        wholes = [whole(t) for t in labels.distinct]
        if (
            all(v is not None for v in wholes)
            and not {0, len(names) - 1} <= set(wholes)
            and not {1, len(names)} <= set(wholes)
        ):
            return [j for j in numbers if _side(table, j)] or (
                [numbers[-1]] if 0 in wholes else [numbers[0], numbers[-1]]
            )
    odd = [j for j in numbers if table.kinds[j] == "int"] if labels is None and len(floats) > len(numbers) / 2 else []
    return [j for j in numbers if _side(table, j)] or odd


def _side(table: Table, j: int) -> bool:
    return table.names is not None and plain(table.names[j]) in SIDE_DATA


def _why(table: Table, stray: list[int], names: list[str], labels: Labels | None) -> str:
    if any(_side(table, j) for j in stray):
        return "by its name it is no class"
    if labels is not None and labels.distinct and set(labels.distinct) <= set(names):
        return f"no label has this name ({listed(labels.distinct)})"
    if labels is not None and all(whole(t) is not None for t in labels.distinct):
        return (
            f"no label is this column's number (labels {labels.low} to {labels.high}, {len(names)} columns of numbers)"
        )
    return "its name is unlike the others"
