"""From files or arrays to a data set: canonical rows with labels, and everything that was concluded on the way.

The order of the questions: header, side columns, labels, scores, task, classes, join, scale. Each is answered by a
file of its own; here they are only asked in turn.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from calibrate.containers.container import open_table
from calibrate.errors import CalibrateError, named, shown
from calibrate.protocols import Task
from calibrate.reading import imbalance, plausible
from calibrate.reading.archive import LABEL_ARRAYS, SCORE_ARRAYS, labels_in, with_its_arrays
from calibrate.reading.arrays import table_of, tables_of_pair
from calibrate.reading.canonical import rows_of
from calibrate.reading.conclude import Case, Scale, concluded, looks_like_logs
from calibrate.reading.labels import counts
from calibrate.reading.options import KnownModel, ReadOptions
from calibrate.reading.remarks import remarks
from calibrate.reading.scale import HEAD, Look, Seen
from calibrate.reading.tables import Tables, groups_of, tables_of, weights_of
from calibrate.reading.truth import Asked, Truth, task_of, truth_of, unlabelled
from calibrate.results import Input
from calibrate.rows import Execute, Rows, block_rows, serial
from calibrate.table import Decision, Numbers, Table

REPEATED = 1 << 17
"""First scores, in whole rows, among which repeated rows are looked for."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows with everything that is known of them.

    rows          canonical scores (logits), labels and weights as `Block` documents
    classes       in column order; binary: (negative, positive); top-label: ()
    scale         what the file held: logits, probs, log-probs, or sigmoid (probabilities of independent events)
    ids           in the order of the scores, with the name of their column
    groups        column name -> text of every row
    notes         sentences for the user: warnings, and counts of what was done
    score_names   header of the score columns as read
    zero_true     rows (events: cells) whose true class has probability 0: their loss is infinite
    clipped       probabilities that --clip changed
    dropped       rows that --drop-missing left out
    options       what the user said
    """

    rows: Rows
    task: Task
    classes: tuple[str, ...]
    scale: str
    ids: tuple[str, ...] | None
    id_name: str | None
    labels_known: bool
    groups: dict[str, np.ndarray]
    inputs: tuple[Input, ...]
    decisions: tuple[Decision, ...]
    notes: tuple[str, ...]
    score_names: tuple[str, ...] | None
    zero_true: int = 0
    clipped: int = 0
    dropped: int = 0
    options: ReadOptions = field(default_factory=ReadOptions)


def read(
    scores: str,
    labels: str | None = None,
    options: ReadOptions | None = None,
    *,
    model: KnownModel | None = None,
    need_labels: bool | None = True,
    execute: Execute = serial,
) -> Dataset:
    """The data set in one or two files. What lies in an .npy file stays there and is read block by block.

    need_labels   True: there must be labels; None: they are read if there are any; False: those in the file of the
                  scores are left alone

    Raises `CalibrateError` E1xx (files) and E2xx (meaning).
    """
    options = options or ReadOptions()
    if scores == labels == "-":
        raise CalibrateError(
            "E201", "standard input: found it named for scores and labels, expected one of them", "name a file for one"
        )
    table = open_table(scores, key=options.key, wanted=SCORE_ARRAYS)
    beside = None
    if labels is not None:
        beside = open_table(labels, wanted=LABEL_ARRAYS)
    elif need_labels is not False:
        beside = labels_in(table, options)
        options = options if beside is None else replace(options, label_column=None)
    return interpreted(with_its_arrays(table, options, beside), beside, options, model, need_labels, execute)


def from_memory(
    scores: Any,
    labels: Any = None,
    options: ReadOptions | None = None,
    *,
    model: KnownModel | None = None,
    need_labels: bool | None = True,
    execute: Execute = serial,
) -> Dataset:
    """The same from arrays, lists, or data frames, by the same rules and with the same errors."""
    table, beside = (table_of(scores, "scores"), None) if labels is None else tables_of_pair(scores, labels)
    return interpreted(table, beside, options or ReadOptions(), model, need_labels, execute)


def interpreted(
    scores: Table,
    labels: Table | None,
    options: ReadOptions,
    model: KnownModel | None,
    need_labels: bool | None,
    execute: Execute,
) -> Dataset:
    """The data set that one table, or two, hold."""
    tables = tables_of(scores, labels, options, model, need_labels)
    truth = _truth(tables, options, model)
    numbers = tables.scores.numbers(tables.chosen.columns)
    seen = _seen(tables, truth, numbers, options, model)
    events, multilabel = truth.task != "multiclass", truth.task == "multilabel"
    case = Case(tables.scores, tables.chosen.columns, events, multilabel, options, model, seen, tables.scores.n)
    scale = concluded(case)
    kept = truth.labels if truth.labels is None or seen.keep is None else truth.labels[seen.keep]
    notes = (*remarks(case, scale.name), *_notes(tables, truth, scale, seen, kept, numbers))
    weights = weights_of(tables, options, seen.keep)
    weights = imbalance.weighed(kept, weights, truth.classes, truth.task, options.class_weight)
    rows = rows_of(numbers, scale.step, kept, weights, seen.keep, execute)
    task = Decision("task", truth.task, _why_task(truth.task, rows.n_columns))
    classes = imbalance.said(kept, truth.classes, truth.task)
    clipped = 0 if options.clip is None else _clipped(numbers, scale, seen)
    zero_true = seen.zero_true if scale.step.how in ("log", "logit") else seen.masked_true
    return Dataset(
        rows=rows,
        task=truth.task,
        classes=truth.classes,
        scale=scale.name,
        ids=tables.kept_ids(seen.keep),
        id_name=tables.id_name,
        labels_known=kept is not None,
        groups=groups_of(tables, options, seen.keep),
        inputs=_inputs(tables),
        decisions=(
            *tables.decisions,
            task,
            *truth.decisions,
            *classes,
            *scale.decisions,
            *_cut(options, clipped, seen.dropped),
        ),
        notes=notes if options.clip is None else (*notes, f"--clip {options.clip:g}: probabilities changed: {clipped}"),
        score_names=tables.score_names,
        zero_true=zero_true if options.clip is None else 0,
        clipped=clipped,
        dropped=seen.dropped,
        options=options,
    )


def _seen(tables: Tables, truth: Truth, numbers: Numbers, options: ReadOptions, model: KnownModel | None) -> Seen:
    """One pass over the scores. Raises E211 where --drop-missing leaves nothing, E212."""
    said = model.scale if model is not None and options.input == "auto" else options.input
    look = Look(
        table=tables.scores,
        columns=tables.chosen.columns,
        truth=truth.labels,
        ranged=options.input != "logits",
        events=truth.task != "multiclass",
        drop_missing=options.drop_missing,
        keep=None if truth.missing is None else ~truth.missing,
        logs=said == "log-probs",
    )
    seen = look.over(numbers)
    seen.logs = look.ranged and looks_like_logs(np.array(numbers.read(0, min(tables.scores.n, HEAD))))
    if seen.dropped == tables.scores.n:
        left_out = f"no rows are left: all {seen.dropped} lack a score or a label"
        raise CalibrateError("E211", f"{named(tables.scores.source.name)}: {left_out}", "")
    return seen


def _cut(options: ReadOptions, clipped: int, dropped: int) -> list[Decision]:
    """What flags changed in the data, for the results."""
    clip = Decision("clip", f"{clipped} probabilities", f"as told: {options.clip}", "--clip")
    drop = Decision("missing rows", f"{dropped} left out", "as told", "--drop-missing")
    weigh = Decision("class weight", str(options.class_weight), "as told", "--class-weight")
    asked = (options.clip is not None, options.drop_missing, options.class_weight is not None)
    return [d for d, given in zip((clip, drop, weigh), asked, strict=True) if given]


def _clipped(numbers: Numbers, scale: Scale, seen: Seen) -> int:
    """How many values of the kept rows --clip changes."""
    n, k = numbers.shape
    total = 0
    for start in range(0, n, block_rows(k)):
        raw = numbers.read(start, min(start + block_rows(k), n))
        total += scale.step.clips(raw if seen.keep is None else raw[seen.keep[start : start + len(raw)]])
    return total


def _truth(tables: Tables, options: ReadOptions, model: KnownModel | None) -> Truth:
    k = len(tables.chosen.columns)
    task = task_of(k, tables.chosen.top_label, options, model, tables.scores.source.name)
    if model is not None and task == "binary" and options.positive not in (None, model.classes[1]):
        raise CalibrateError(
            "E219",
            f"--positive {shown(options.positive)}: the model's event is '{shown(model.classes[1])}'",
            "leave it out",
        )
    names, known = _names(tables, task, options, model)
    if not tables.label_columns:
        return unlabelled(task, k, names, known, options)
    single = tables.single(names or (), options.drop_missing)
    return truth_of(
        task,
        Asked(
            tables.scores,
            tables.chosen,
            tables.labels,
            tables.label_columns,
            single,
            names,
            known,
            options,
            model,
            tables.order,
        ),
    )


def _names(
    tables: Tables, task: Task, options: ReadOptions, model: KnownModel | None
) -> tuple[tuple[str, ...] | None, bool]:
    """Names of the classes in column order, and whether they are given and not only read from a header."""
    if model is not None:
        return model.classes, True
    columns = tables.chosen.columns
    if options.classes is not None and task != "top-label":
        expected = 2 if task == "binary" else len(columns)
        if len(options.classes) != expected:
            what = (
                f"{len(columns)} columns of scores"
                if task != "binary"
                else "one column of scores: a negative and a positive class"
            )
            raise CalibrateError(
                "E207",
                f"{named(tables.scores.source.name)}: --classes names {len(options.classes)} classes, expected "
                f"{expected} for {what}",
                "",
            )
        return options.classes, True
    header = tables.scores.names
    return (tuple(header[j] for j in columns) if header is not None and len(columns) > 1 else None), False


def _why_task(task: Task, k: int) -> str:
    return {
        "multiclass": f"{k} columns of scores, one class a row",
        "binary": "one column of scores",
        "multilabel": f"{k} columns of scores, each an event of its own",
        "top-label": "confidence and predicted class only",
    }[task]


def _notes(
    tables: Tables, truth: Truth, scale: Scale, seen: Seen, kept: np.ndarray | None, numbers: Numbers
) -> list[str]:
    """What was dropped, and what does not look right. Raises E206, E216 where predictions contradict a guess."""
    rows, k = numbers.shape
    n = rows - seen.dropped
    notes = [f"--drop-missing left out {seen.dropped} of {rows} rows"] if seen.dropped else []
    notes += plausible.repeated(np.array(numbers.read(0, min(rows, max(1, REPEATED // k)))), rows)
    if kept is None or truth.labels is None:
        return notes
    with np.errstate(invalid="ignore"):
        scores = scale.step(np.concatenate(seen.sample))
    at = np.concatenate(seen.sampled)
    sampled = plausible.Sampled(scores, truth.labels[at].astype(np.int64), n)
    if tables.doubt:
        others = truth.labels[np.clip(at + tables.doubt, 0, len(truth.labels) - 1)].astype(np.int64)
        plausible.refuse_shifted(sampled, others, tables.scores, tables.labels)
    if truth.unsure and plausible.base_is_one(sampled):
        raise plausible.refuse_base(tables.labels, *truth.range, scores.shape[1])
    notes += plausible.notes(sampled, truth.task, truth.classes)
    if truth.task != "top-label" and not all(_counts(truth, sampled.truth)):
        exclusive = truth.task != "multilabel"
        notes += plausible.never_seen(_counts(truth, kept), truth.classes, exclusive=exclusive)
    return notes


def _counts(truth: Truth, labels: np.ndarray) -> np.ndarray:
    """Labels of each class, or events of each column."""
    if truth.task == "multilabel":
        return np.asarray(labels.sum(axis=0, dtype=np.int64))
    return counts(labels.ravel(), 0, max(1, len(truth.classes) - 1))[: len(truth.classes)]


def _inputs(tables: Tables) -> tuple[Input, ...]:
    scores, labels = tables.scores, tables.labels
    if labels.source.name == scores.source.name:
        role = "scores and labels" if tables.label_columns else "scores"
        return (_input(scores, role),)
    return (_input(scores, "scores"), _input(labels, "labels"))


def _input(table: Table, role: str) -> Input:
    s = table.source
    return Input(
        shown(os.path.basename(s.name) or s.name, 255), role, s.sha256, s.size, s.container, table.n, len(table.kinds)
    )
