"""What an audit measures: every number of a report, from data, model and options alone; a verification repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import msgspec
import numpy as np

from calibrate import registry
from calibrate.api.check import Baselines, Measuring, checked
from calibrate.api.load import default_link, load
from calibrate.api.score import Chosen, measured
from calibrate.blas import one_thread
from calibrate.errors import CalibrateError, shown
from calibrate.evidence.gather import evidence
from calibrate.evidence.sketch import overlap
from calibrate.gates.policy import Policy
from calibrate.model import Calibrated, Model
from calibrate.protocols import Link
from calibrate.reading.dataset import Dataset
from calibrate.reading.options import ReadOptions, reading_options
from calibrate.results import Result
from calibrate.rows import Block, Execute, Step, serial
from calibrate.scoring import AFTER, BEFORE, Unchanged
from calibrate.stored import document
from calibrate.sums import Sums

MINIMUM_N = 30
"""Rows below which a subgroup is not shown, unless said otherwise."""


@dataclass(frozen=True)
class Order:
    """What was asked for, all of it: with the model, the baseline and the data it gives every number again.

    reading   reading options that differ from their defaults
    policy    gates with their rules; its baseline is the bundle's own file
    """

    reading: dict[str, Any] = field(default_factory=dict)
    metrics: str | tuple[str, ...] | None = None
    bins: int | None = None
    level: float = 0.95
    link: str | None = None
    minimum_n: int = MINIMUM_N
    policy: Policy | None = None
    fail_on_warn: bool = False

    @property
    def options(self) -> ReadOptions:
        """The reading options, with the columns of groups that gates are about."""
        given = reading_options(self.reading, self.link)
        columns = self.policy.columns if self.policy else ()
        return replace(given, groups=tuple(dict.fromkeys((*given.groups, *columns))))


def given(options: ReadOptions) -> dict[str, Any]:
    """The reading options that differ from their defaults, but for the link."""
    default = ReadOptions()
    found = {f.name: getattr(options, f.name) for f in fields(options) if f.name != "link"}
    return {name: value for name, value in found.items() if value != getattr(default, name)}


def order_from(content: bytes, name: str) -> Order:
    """The order in the bytes of an options.json. Raises `CalibrateError` E633 for what is none."""
    try:
        found = msgspec.json.decode(content, type=Order)
        listed = {key: tuple(v) if isinstance(v, list) else v for key, v in found.reading.items()}
        order = replace(found, reading=listed)
        _ = order.options
    except (msgspec.DecodeError, TypeError, UnicodeDecodeError, RecursionError, CalibrateError) as problem:
        raise CalibrateError("E633", f"{name}: no options of a report: {shown(problem, 200)}", "") from problem
    return order


@dataclass(frozen=True, eq=False)
class Audited:
    """The parts of a report document that are measured: plain data, and the result that they hold."""

    result: Result
    parts: dict[str, Any]


def read_for(scores: Any, labels: Any, model: Model | None, order: Order, execute: Execute = serial) -> Dataset:
    """The data as an audit reads them."""
    return load(scores, labels, order.options, model=model, execute=execute)


def audited(
    data: Dataset,
    model: Model | None,
    order: Order,
    baselines: Baselines,
    labels: Any = None,
    execute: Execute = serial,
) -> Audited:
    """Everything that is measured of the data, with gates where any are asked for."""
    with one_thread():
        chosen: Chosen = order.metrics
        how = Measuring(data, model, order.link, chosen, order.level, order.bins, labels, execute)
        if order.policy is None:
            result = measured(data, model, order.link, chosen, order.level, order.bins)
        else:
            result = checked(how, order.policy, baselines, fail_on_warn=order.fail_on_warn)
        return Audited(result, {"result": plain(document(result)), **_evidence(data, model, order, result)})


def _evidence(data: Dataset, model: Model | None, order: Order, result: Result) -> dict[str, Any]:
    key = order.link or (model.link_key if model else default_link(data.task))
    link: Link = model.link if model is not None and order.link is None else registry.make("links", key)
    steps: dict[str, Step] = {BEFORE: Unchanged()}
    if model is not None:
        steps[AFTER] = Calibrated(model.calibrator)
    found = evidence(data.rows, link, steps, task=data.task, names=data.classes, level=order.level)
    rows = {
        "read": data.rows.n + data.dropped,
        "measured": result.n,
        "missing": data.dropped,
        "dropped": data.dropped,
        "repeated": found.rows.repeated,
        "fitted": model.fit.n if model is not None and model.fit is not None else None,
        "overlap": None if model is None or model.rows is None else overlap(model.rows, data.rows),
        "notes": found.notes,
    }
    return {
        "thresholds": plain(found.thresholds),
        "events": plain(found.totals),
        "rows": plain(rows),
        "class_counts": plain(_class_counts(data)),
    }


def plain(value: Any) -> Any:
    """Plain JSON data of dataclasses, tuples and the like."""
    return msgspec.json.decode(msgspec.json.encode(value))


@dataclass(frozen=True)
class _Labels:
    """Collect: how often each class or event is the true one."""

    n_classes: int

    def __call__(self, block: Block) -> Sums:
        labels = np.asarray(block.labels)
        if labels.ndim == 1:
            return {"count": np.bincount(labels.astype(np.int64), minlength=self.n_classes)}
        return {"count": labels.sum(axis=0, dtype=np.int64)}


def _class_counts(data: Dataset) -> list[Mapping[str, Any]]:
    """Rows of each class; of events those in which each happens; of top labels the right and the wrong ones."""
    count = np.asarray(data.rows.sum(_Labels(len(data.classes)))["count"]).tolist()
    if data.task == "top-label":
        pairs = (("prediction is right", count[0]), ("prediction is wrong", data.rows.n - count[0]))
    elif data.task == "binary":
        pairs = ((data.classes[0], data.rows.n - count[0]), (data.classes[1], count[0]))
    else:
        pairs = tuple(zip(data.classes, count, strict=True))  # type: ignore[assignment]
    return [{"label": label, "count": number} for label, number in pairs]
