"""What the reader saw, for people: two lines for standard error."""

from __future__ import annotations

from calibrate.errors import shown
from calibrate.reading.conclude import IN_WORDS
from calibrate.reading.dataset import Dataset
from calibrate.reading.words import listed


def two_lines(dataset: Dataset) -> tuple[str, str]:
    """Which files, how many rows and classes; and how scores and labels were understood."""
    files = ", ".join("standard input" if i.name == "-" else shown(i.name) for i in dataset.inputs)
    dropped = f" ({dataset.dropped} dropped)" if dataset.dropped else ""
    first = f"read {files}: {_counted(dataset.rows.n, 'row')}{dropped}, {_task(dataset)}"
    said = [
        d for d in dataset.decisions if d.what in {"index", "not used", "imbalance"} or d.why.endswith("of numbers")
    ]
    more = [f"{d.what}: {shown(d.value)}" for d in said]
    return first, "; ".join([f"scores are {IN_WORDS[dataset.scale]}", _labels(dataset), *more])


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def _task(dataset: Dataset) -> str:
    k = dataset.rows.n_columns
    if dataset.task == "multiclass":
        return f"{k} classes ({listed(dataset.classes, 3)})"
    if dataset.task == "binary":
        return f"binary: one column, the event is '{shown(dataset.classes[1])}'"
    if dataset.task == "multilabel":
        return f"multi-label: {k} events ({listed(dataset.classes, 3)})"
    return "top-label: confidence in the predicted class"


def _labels(dataset: Dataset) -> str:
    if not dataset.labels_known:
        return "no labels"
    default = "by position, row for row" if len(dataset.inputs) > 1 else "in the same file"
    joined = next((d.value for d in dataset.decisions if d.what == "join"), default)
    why = next(
        (d.why for d in reversed(dataset.decisions) if d.what in ("classes", "positive class", "event", "labels")), ""
    )
    return f"labels {joined}" + (f"; {why}" if why else "")
