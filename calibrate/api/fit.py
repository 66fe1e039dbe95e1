"""Fit a calibrator, nothing more: scores and labels in, model out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from calibrate import registry
from calibrate.api.load import default_link, load
from calibrate.blas import one_thread
from calibrate.model import Model
from calibrate.protocols import Link
from calibrate.reading.dataset import Dataset
from calibrate.reading.options import ReadOptions
from calibrate.results import FitRecord, Fitted
from calibrate.rows import Rows


def fit(
    scores: Any,
    labels: Any = None,
    *,
    method: str = "temperature",
    link: str | None = None,
    weights: Any = None,
    executor: str = "serial",
    **reading: Any,
) -> Model:
    """The calibrator of `scores` (n, K) and `labels` (n,), by minimising the loss of the link.

    scores, labels   arrays, DataFrames, or paths of files
    method           name of a calibrator with its options: "temperature:per_label=true"
    link             softmax | sigmoid | sparsemax | gumbel-softmax; by default what the data say
    weights          (n,) weights of the rows
    reading          any option of `ReadOptions`: input="probs", classes=(...), label_base=1, ...

    Raises `CalibrateError` for data that cannot be read or understood, or that have no finite answer.

    >>> model = fit([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0], [1.0, 0.0]], [0, 0, 1, 1])
    >>> model.apply([[0.0, 0.0]]).tolist()
    [[0.5, 0.5]]
    """
    options = ReadOptions(link=link, **reading)
    with one_thread():
        data = load(scores, labels, options, weights=weights, execute=registry.make("executors", executor))
        key = link or default_link(data.task)
        return model_of(data, fitted(data.rows, method, registry.make("links", key)), method, key)


def fitted(rows: Rows, method: str, link: Link, folds: int = 0, level: float = 0.95) -> Fitted:
    """A method by its name, fitted; with `folds` the blocks carry fold numbers, and the answer one calibrator each."""
    spec = registry.parse("calibrators", method)
    entry = registry.load("calibrators", spec.name)
    options: Mapping[str, Any] = registry.typed(spec, entry.fit)
    found: Fitted = entry.fit(rows, link, folds=folds, level=level, **options)
    return found


def model_of(data: Dataset, found: Fitted, method: str, link_key: str) -> Model:
    """The artefact of a fit."""
    return Model(
        registry.make("links", link_key),
        found.calibrator,
        data.task,
        data.scale,
        data.classes,
        data.rows.n_columns,
        registry.parse("calibrators", method).key,
        link_key,
        _by_name(found.record, data.classes),
        data.options.clip,
    )


def _by_name(record: FitRecord, classes: tuple[str, ...]) -> FitRecord:
    """`temperature[2]` under the name of its label."""
    names = {f"[{j}]": f"[{name}]" for j, name in enumerate(classes)}
    named = {
        key: key.partition("[")[0] + names.get(key[key.find("[") :], "") if "[" in key else key
        for key in record.parameters
    }
    return replace(record, parameters={named[key]: estimate for key, estimate in record.parameters.items()})
