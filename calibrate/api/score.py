"""Measure: scores and labels in, every metric with its uncertainty out; with a model before and after."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from calibrate import __version__, registry
from calibrate.api.load import default_link, load, load_model
from calibrate.api.seen import seen
from calibrate.blas import one_thread
from calibrate.errors import CalibrateError, shown
from calibrate.model import Calibrated, Model
from calibrate.protocols import Link, Metric, Task
from calibrate.reading.dataset import Dataset
from calibrate.reading.options import ReadOptions, reading_options
from calibrate.results import Input, Result
from calibrate.rows import Rows, Step
from calibrate.scoring import AFTER, BEFORE, Measured, Unchanged, measure
from calibrate.uncertainty.quantiles import known_level
from calibrate.verdict import verdict_of

Chosen = Sequence[str] | str | None
"""Names of metrics, or one text with commas between them; None for `DEFAULT`."""

DEFAULT = ("nll", "brier", "accuracy", "ece", "classwise_ece", "mce", "confidence_gap")
"""Measured unless others are named; `classwise_ece` only of classes: of events it is the ECE again."""


def score(
    scores: Any,
    labels: Any = None,
    *,
    model: Model | str | None = None,
    metrics: Chosen = None,
    link: str | None = None,
    weights: Any = None,
    level: float = 0.95,
    executor: str = "serial",
    **reading: Any,
) -> Result:
    """The metrics of `scores` (n, K) against `labels`, each with its interval; with a `model` also after it.

    metrics    names with their options: ("nll", "ece:bins=20"); by default all of `DEFAULT`
    level      of the two-sided intervals

    Raises `CalibrateError` for data that cannot be read or understood; never for a bad number.

    >>> result = score([[0.9, 0.1], [0.2, 0.8]], [0, 1], metrics="accuracy")
    >>> result.before.metrics["accuracy"].value
    1.0
    """
    known = load_model(model) if isinstance(model, str) else model
    options = reading_options(reading, link)
    with one_thread():
        data = load(scores, labels, options, model=known, weights=weights, execute=registry.make("executors", executor))
        return measured(data, known, link, metrics, level)


def metrics_of(chosen: Chosen, task: Task, bins: int | None = None, also: Sequence[str] = ()) -> dict[str, Metric]:
    """Key -> metric of names with options, and of those in `also`; `bins` is the default of those that have bins, whose
    keys stay."""
    usual = tuple(name for name in DEFAULT if task == "multiclass" or name != "classwise_ece")
    names = usual if chosen is None else tuple(registry.split(chosen)) if isinstance(chosen, str) else chosen
    names = (*names, *also)
    found: dict[str, Metric] = {}
    for text in names:
        spec = registry.parse("metrics", text)
        entry = registry.load("metrics", spec.name)
        binned = {"bins": bins} if bins is not None and "bins" in registry.options_of(entry) else {}
        try:
            found[spec.key] = entry(**{**binned, **registry.typed(spec, entry)})
        except ValueError as problem:
            raise CalibrateError("E602", f"{shown(text)}: {problem}", "") from problem
    if not found:
        raise CalibrateError("E602", "no metric is named", f"known: {', '.join(registry.names('metrics'))}")
    return found


def measured(
    data: Dataset,
    model: Model | None,
    link_key: str | None,
    metrics: Chosen,
    level: float,
    bins: int | None = None,
    also: Sequence[str] = (),
) -> Result:
    """The result of a data set, with `after` where there is a model; with a warning where that was fitted on them."""
    known_level(level)
    key = link_key or (model.link_key if model else default_link(data.task))
    link = model.link if model and link_key is None else registry.make("links", key)
    steps: dict[str, Step] = {BEFORE: Unchanged()}
    if model is not None:
        steps[AFTER] = Calibrated(model.calibrator)
        data = replace(data, inputs=(*data.inputs, _as_input(model)))
    after_is = None if model is None else "applied"
    return result_of(
        data,
        data.rows,
        link,
        key,
        steps,
        metrics_of(metrics, data.task, bins, also),
        level=level,
        after_is=after_is,
        method=model and model.method,
        notes=seen(model, data.rows),
    )


def _as_input(model: Model) -> Input:
    """The model among the inputs, with the digest of the file that `fit` writes of it."""
    from hashlib import sha256

    content = model.to_json()
    return Input("model.json", "model", sha256(content).hexdigest(), len(content), "json", 0, model.n_columns)


def result_of(
    data: Dataset,
    rows: Rows,
    link: Link,
    link_key: str,
    steps: Mapping[str, Step],
    metrics: Mapping[str, Metric],
    *,
    level: float,
    after_is: str | None,
    n_parameters: int = 1,
    **facts: Any,
) -> Result:
    """The result of `rows` of `data` under `steps`, with one per group, and a verdict where there is an after."""

    def find(part: Rows) -> Measured:
        return measure(
            part, link, steps, metrics, task=data.task, classes=data.classes, n_parameters=n_parameters, level=level
        )

    def told(found: Measured, groups: dict[str, dict[str, Result]], **more: Any) -> Result:
        after = found.variants.get(AFTER)
        reason, record = more.get("reason", ""), more.get("fit")
        verdict = verdict_of(
            found.change, n=found.n, log_loss=link.log_loss, after_is=after_is or "", level=level, reason=reason,
            parameters=record.parameters if record else None, n_parameters=record.n_parameters if record else 1,
        ) if after or reason else None  # fmt: skip
        return Result(
            data.task, link_key, found.n, found.weight, data.classes, found.variants[BEFORE], after, found.change,
            after_is, verdict=verdict, level=level, groups=groups, **more,
        )  # fmt: skip

    groups: dict[str, dict[str, Result]] = {}
    for column, value, mask in _masks(data):
        groups.setdefault(column, {})[value] = told(find(rows.keep(mask)), {})
    facts["notes"] = (*data.notes, *facts.get("notes", ()))
    facts["options"] = {**facts.get("options", {}), "reading": _given(data.options)}
    return told(find(rows), groups, inputs=data.inputs, decisions=data.decisions, environment=environment(), **facts)


def _given(options: ReadOptions) -> dict[str, Any]:
    """The reading options that differ from their defaults."""
    default = ReadOptions()
    found = {f.name: getattr(options, f.name) for f in fields(options)}
    return {name: value for name, value in found.items() if value != getattr(default, name)}


def environment() -> dict[str, str]:
    """Versions that the numbers may depend on."""
    return {"calibrate": __version__, "python": platform.python_version(), "numpy": np.__version__}


def _masks(data: Dataset) -> Iterator[tuple[str, str, np.ndarray]]:
    for column, values in data.groups.items():
        for value in sorted(set(values.tolist())):
            yield column, str(value), values == value
