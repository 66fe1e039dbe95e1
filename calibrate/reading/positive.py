"""Which label is the event that one column of scores is about."""

from __future__ import annotations

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.classes import UNLABELLED, Coded, truths
from calibrate.reading.labels import Labels
from calibrate.reading.options import ReadOptions
from calibrate.reading.words import listed, whole
from calibrate.table import Decision


def coded_events(
    labels: Labels, options: ReadOptions, column: str | None, known: tuple[str, ...] | None, scores: str
) -> Coded:
    """Labels (n,) as 0 and 1 of one column of scores, and (negative, positive). Raises E204 or E208.

    known     the two classes of the model or of --classes
    column    the name of the column of scores: it names the positive class if it is one of the labels
    scores    the file of the scores, for messages
    """
    texts = labels.taken_as_whole() or truths(labels) or labels
    pair, why = _pair(texts, options, column, known)
    if len(texts.distinct) > 2 and not set(texts.distinct) <= set(pair):
        strange = [t for t in texts.distinct if t not in pair]
        raise _three(texts, strange, pair, scores)
    number = {pair[0]: 0, pair[1]: 1}
    if not set(texts.distinct) <= set(pair):
        missing = next(t for t in texts.distinct if t not in pair)
        raise labels.bad(_row_of(texts, missing), f"'{shown(pair[0])}' or '{shown(pair[1])}'")
    classes = known or pair
    decision = Decision("positive class", shown(classes[1]), why, "--positive")
    return Coded(texts.as_numbers(number), classes, (decision,))


def _pair(
    labels: Labels, options: ReadOptions, column: str | None, known: tuple[str, ...] | None
) -> tuple[tuple[str, str], str]:
    """The negative and the positive label as they are written, and why."""
    seen = labels.distinct
    if options.positive is not None:
        return _with_positive(labels, options.positive)
    if known is not None and set(seen) & set(known):
        return (known[0], known[1]), "the classes are given"
    if options.label_base == 1 and set(seen) <= {"1", "2"}:
        return ("1", "2"), "labels are 1 and 2"
    for pair in (("0", "1"), ("False", "True"), ("-1", "1")):
        if set(seen) <= set(pair):
            return pair, f"labels are {pair[0]} and {pair[1]}"
    if len(seen) > 2:
        return (("0", "1") if labels.kind == "whole" else (seen[0], seen[1])), "the first two labels"
    if column is not None and column in seen and len(seen) == 2:
        return (next(t for t in seen if t != column), column), "it is the name of the column of scores"
    raise CalibrateError(
        "E208",
        f"{named(labels.table.source.name)}: labels are {listed(seen)}: which is the event that the one column of "
        "scores is about?",
        f"--positive {shown(seen[-1])}" + (f" or --positive {shown(seen[0])}" if len(seen) > 1 else ""),
    )


def _with_positive(labels: Labels, positive: str) -> tuple[tuple[str, str], str]:
    others = [t for t in labels.distinct if t != positive]
    if labels.kind == "bool":
        others = [t for t in ("False", "True") if t.lower() != positive.lower()]
        positive = positive.capitalize()
    elif labels.kind == "whole":
        positive = str(positive if whole(positive) is None else whole(positive))
        others = [t for t in labels.distinct if t != positive]
    if len(others) == 2 and positive not in labels.distinct and labels.kind != "bool":
        raise CalibrateError(
            "E208",
            f"{named(labels.table.source.name)}: no label is {shown(positive)!r} (--positive); found "
            f"{listed(labels.distinct)}",
        )
    negative = others[0] if others else ("not " + positive)
    return (negative, positive), "--positive"


def _three(labels: Labels, strange: list[str], pair: tuple[str, str], scores: str) -> CalibrateError:
    row = _row_of(labels, strange[0])
    where = "" if labels.table.source.name == scores else f"{named(labels.table.source.name)} has "
    return CalibrateError(
        "E204",
        f"{named(scores)}: found one column of scores, expected one for each class: {where}{len(labels.distinct)} "
        f"classes ({labels.table.place(row, labels.column)}: label '{shown(labels.as_written(row))}' beside "
        f"'{shown(pair[0])}' and '{shown(pair[1])}')",
        UNLABELLED if strange[0] == "-1" else "one column of scores goes with two classes; more need a column each",
    )


def _row_of(labels: Labels, text: str) -> int:
    rows = labels.values == labels.numbers[labels.distinct.index(text)]
    return int(np.argmax(rows if labels.missing is None else rows & ~labels.missing))
