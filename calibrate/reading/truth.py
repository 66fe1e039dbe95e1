"""What is known of the labels of a data set, put in the order of the scores: classes, events, missing rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from calibrate.errors import CalibrateError, named
from calibrate.protocols import Task
from calibrate.reading.classes import Coded, coded, default_names
from calibrate.reading.conclude import refuse_predictions
from calibrate.reading.events import from_one_hot, indicators, is_right
from calibrate.reading.labels import Labels, labels_of
from calibrate.reading.options import KnownModel, ReadOptions
from calibrate.reading.positive import coded_events
from calibrate.reading.strays import Chosen
from calibrate.table import Decision, Table


@dataclass(frozen=True, eq=False)
class Truth:
    """labels    (n,) class numbers or (n, L) of 0 and 1, rows as in the labels' table; None where not known
    missing   rows without a label, or None
    unsure    see `classes.Coded`
    """

    task: Task
    classes: tuple[str, ...]
    labels: np.ndarray | None = None
    missing: np.ndarray | None = None
    decisions: tuple[Decision, ...] = field(default=())
    unsure: bool = False
    range: tuple[int, int] = (0, 0)


@dataclass(frozen=True, eq=False)
class Asked:
    """The tables and columns that labels are read from.

    names    of the classes: from --classes, the model or the header; None where nothing names them
    known    they are the classes, not only names of columns
    order    for every row of scores the row of its label; None: the same row
    """

    scores: Table
    chosen: Chosen
    labels: Table
    columns: Sequence[int]
    single: Labels | None
    names: tuple[str, ...] | None
    known: bool
    options: ReadOptions
    model: KnownModel | None
    order: np.ndarray | None = None


def task_of(k: int, top_label: bool, options: ReadOptions, model: KnownModel | None, file: str) -> Task:
    """The task that the columns, the link and the model leave. Raises E211 for a softmax over one column."""
    if model is not None:
        return model.task
    if top_label and options.events is None:
        return "top-label"
    if k == 1:
        if options.events is False:
            raise CalibrateError(
                "E211",
                f"{named(file)}: found one column of scores, expected two or more classes for this link",
                "--link sigmoid",
            )
        return "binary"
    return "multilabel" if options.events else "multiclass"


def unlabelled(task: Task, k: int, names: tuple[str, ...] | None, known: bool, options: ReadOptions) -> Truth:
    """The classes of scores without labels."""
    if task == "top-label":
        return Truth(task, ())
    if task == "binary":
        positive = options.positive or "1"
        classes = (
            names
            if known and names is not None and len(names) == 2
            else ("0" if positive == "1" else f"not {positive}", positive)
        )
        return Truth(task, classes)
    return Truth(task, names or default_names(k, options.label_base or 0))


def truth_of(task: Task, asked: Asked) -> Truth:
    """The labels as the task needs them, in the order of the scores."""
    if task == "top-label":
        return _top_label(asked)
    found = {"multilabel": _multilabel, "multiclass": _multiclass, "binary": _binary}[task](asked)
    return _reordered(found, asked.order)


def _reordered(truth: Truth, order: np.ndarray | None) -> Truth:
    if order is None or truth.labels is None:
        return truth
    return replace(truth, labels=truth.labels[order], missing=None if truth.missing is None else truth.missing[order])


def _from(task: Task, found: Coded, labels: Labels | None, values: np.ndarray | None = None) -> Truth:
    span = (labels.low, labels.high) if labels is not None and labels.kind == "whole" else (0, 0)
    missing = labels.missing if labels is not None else None
    return Truth(
        task, found.classes, found.codes if values is None else values, missing, found.decisions, found.unsure, span
    )


def _multiclass(asked: Asked) -> Truth:
    k = len(asked.chosen.columns)
    if asked.single is not None:
        return _from("multiclass", coded(asked.single, asked.names, k, asked.options), asked.single)
    if k != len(asked.columns):
        raise CalibrateError(
            "E209",
            f"{named(asked.labels.source.name)}: {len(asked.columns)} columns of labels, the scores have {k}; "
            "expected one column of labels, or one-hot rows",
            "--label-column NAME",
        )
    matrix, missing, decisions = indicators(
        asked.labels, asked.columns, asked.names, k, drop_missing=asked.options.drop_missing
    )
    codes = from_one_hot(asked.labels, asked.columns, matrix, missing)
    said = Decision("labels", "one-hot rows", "exactly one 1 in every row", "--label-column")
    return Truth("multiclass", asked.names or default_names(k), codes, missing, (*decisions, said))


def _multilabel(asked: Asked) -> Truth:
    k = len(asked.chosen.columns)
    matrix, missing, decisions = indicators(
        asked.labels, asked.columns, asked.names, k, drop_missing=asked.options.drop_missing
    )
    own = tuple(asked.labels.names[j] for j in asked.columns) if asked.labels.names else None
    return Truth("multilabel", asked.names or own or default_names(k), matrix, missing, decisions)


def _binary(asked: Asked) -> Truth:
    known = asked.names if asked.known else None
    if asked.single is None:
        return _binary_one_hot(asked, known)
    column = asked.scores.names[asked.chosen.columns[0]] if asked.scores.names else None
    refuse_predictions(asked.scores, asked.chosen.columns[0], asked.single)
    found = coded_events(asked.single, asked.options, column, known, asked.scores.source.name)
    return _from("binary", found, asked.single, found.codes.astype(np.int8)[:, None])


def _binary_one_hot(asked: Asked, known: tuple[str, ...] | None) -> Truth:
    matrix, missing, decisions = indicators(
        asked.labels, asked.columns, known, 2, drop_missing=asked.options.drop_missing
    )
    codes = from_one_hot(asked.labels, asked.columns, matrix, missing)
    own = tuple(asked.labels.names[j] for j in asked.columns) if asked.labels.names else None
    return Truth("binary", known or own or ("0", "1"), codes.astype(np.int8)[:, None], missing, decisions)


def _top_label(asked: Asked) -> Truth:
    if asked.single is None or asked.chosen.prediction is None:
        raise CalibrateError(
            "E203",
            f"{named(asked.scores.source.name)}: confidences need the predicted class beside them, and one column of "
            "labels",
            "columns confidence, prediction and label",
        )
    predicted = labels_of(asked.scores, asked.chosen.prediction, drop_missing=asked.options.drop_missing)
    two = set(predicted.distinct) | set(asked.single.distinct)
    confidence = asked.scores.column(asked.chosen.columns[0])
    if len(two) == 2 and asked.model is None and bool(np.nanmin(confidence) < 0.5):
        why = "two classes, and values below 0.5: the probability of one of them, not of the predicted one"
        truth = _reordered(_binary(asked), asked.order)
        return replace(truth, decisions=(*truth.decisions, Decision("task", "binary", why, "--score-columns")))
    labels = asked.single
    if asked.order is not None:
        missing = None if labels.missing is None else labels.missing[asked.order]
        labels = replace(labels, values=labels.values[asked.order], missing=missing)
    found = is_right(predicted, labels)
    gone = [m for m in (predicted.missing, labels.missing) if m is not None]
    return Truth(
        "top-label",
        (),
        found.codes.astype(np.int8)[:, None],
        np.logical_or.reduce(gone) if gone else None,
        found.decisions,
    )
