"""Fit a calibrator, nothing more: scores and labels in, model out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from calibrate import registry
from calibrate.api.load import default_link, load
from calibrate.blas import one_thread
from calibrate.choosing import applies, auto
from calibrate.errors import CalibrateError
from calibrate.fitting.weights import weighed
from calibrate.model import Model
from calibrate.priors import Frequencies
from calibrate.protocols import Link
from calibrate.reading.dataset import Dataset
from calibrate.reading.options import reading_options
from calibrate.results import FitRecord, Fitted
from calibrate.rows import Rows

AUTO = "auto"
"""Not a method but the choice of one."""


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
    weights          (n,) weights of the rows; only their ratios matter
    reading          any option of `ReadOptions`: input="probs", classes=(...), label_base=1, ...

    Raises `CalibrateError` for data that cannot be read or understood, or that have no finite answer.

    >>> model = fit([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0], [1.0, 0.0]], [0, 0, 1, 1])
    >>> model.apply([[0.0, 0.0]]).tolist()
    [[0.5, 0.5]]
    """
    options = reading_options(reading, link)
    with one_thread():
        data = load(scores, labels, options, weights=weights, execute=registry.make("executors", executor))
        key = link or default_link(data.task)
        return model_of(data, fitted(data.rows, method, registry.make("links", key)), method, key)


def fitted(rows: Rows, method: str, link: Link, folds: int = 0, level: float = 0.95) -> Fitted:
    """A method by its name, fitted; with `folds` the blocks carry fold numbers, and the answer one calibrator each.

    `auto` takes the best of all by its held-out loss. Weights are brought to the unit in which they count rows; the
    record tells what they were.
    """
    own, weight = weighed(rows)
    found = _fitted(own, method, link, folds, level)
    return found if weight is None else replace(found, record=replace(found.record, weight=weight))


def _fitted(rows: Rows, method: str, link: Link, folds: int, level: float) -> Fitted:
    if method.strip() == AUTO:
        return auto(rows, link, folds=folds, level=level)
    spec = registry.parse("calibrators", method)
    entry = registry.load("calibrators", spec.name)
    _expect_applicable(spec.name, entry, link)
    options: Mapping[str, Any] = registry.typed(spec, entry.fit)
    found: Fitted = entry.fit(rows, link, folds=folds, level=level, **options)
    return found


def applicable(link: Link) -> tuple[str, ...]:
    """Names of the calibrators that fit the kind of scores of a link."""
    return tuple(name for name in registry.names("calibrators") if applies(registry.load("calibrators", name), link))


def _expect_applicable(name: str, entry: Any, link: Link) -> None:
    if not applies(entry, link):
        kind = {True: "events (one column, or --link sigmoid)", False: "classes of which one is true"}.get(
            entry.for_events, "softmax and sigmoid links"
        )
        known = ", ".join(known.replace("_", "-") for known in applicable(link))
        raise CalibrateError(
            "E308", f"--method {name.replace('_', '-')}: is for {kind}, these data are not", f"known: {known}"
        )


def model_of(data: Dataset, found: Fitted, method: str, link_key: str, rows: Rows | None = None) -> Model:
    """The artefact of a fit; `rows` are those that were fitted, where they are not all."""
    return Model(
        registry.make("links", link_key),
        found.calibrator,
        data.task,
        data.scale,
        data.classes,
        data.rows.n_columns,
        found.method or registry.parse("calibrators", method).key,
        link_key,
        _by_name(found.record, data.classes),
        data.options.clip,
        priors=_priors(data, rows or data.rows),
    )


def _priors(data: Dataset, rows: Rows) -> tuple[float, ...] | None:
    """Frequencies of the classes or events."""
    if data.task == "top-label":
        return None
    found = rows.sum(Frequencies(rows.n_columns))
    return tuple((np.asarray(found["counts"]) / float(found["weight"])).tolist())  # type: ignore[arg-type]


def _by_name(record: FitRecord, classes: tuple[str, ...]) -> FitRecord:
    """`temperature[2]` under the name of its label."""
    names = {f"[{j}]": f"[{name}]" for j, name in enumerate(classes)}
    named = {
        key: key.partition("[")[0] + names.get(key[key.find("[") :], "") if "[" in key else key
        for key in record.parameters
    }
    return replace(record, parameters={named[key]: estimate for key, estimate in record.parameters.items()})
