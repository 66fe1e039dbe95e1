"""The result as one JSON document, full precision; no NaN, no Infinity: null, with the reason beside it.

The stable part of the machine-readable output: keys are only ever added under the same schema number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import msgspec

from calibrate.results import Estimate, FitRecord, Result, Variant, finite, plain

SCHEMA = "calibrate/result/1"


def render(result: Result) -> str:
    """The document as text, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(document(result)), indent=2).decode() + "\n"


def document(result: Result) -> dict[str, Any]:
    """The document as plain data."""
    return {
        "schema": SCHEMA,
        "task": result.task,
        "link": result.link,
        "method": result.method,
        "n": result.n,
        "weight": result.weight,
        "classes": result.classes,
        "level": result.level,
        "before": _metrics(result.before.metrics),
        "after": result.after and _metrics(result.after.metrics),
        "change": None if result.change is None else _metrics(result.change),
        "after_is": result.after_is,
        "reason": result.reason,
        "verdict": result.verdict and dataclasses.asdict(result.verdict),
        "fit": result.fit and _fit(result.fit),
        "bins": _sides(result, lambda side: [dataclasses.asdict(curve) for curve in side.curves]),
        "totals": _sides(result, lambda side: [dataclasses.asdict(total) for total in side.totals]),
        "groups": {
            column: {value: document(part) for value, part in values.items()}
            for column, values in result.groups.items()
        },
        "gates": [{**dataclasses.asdict(gate), "judged": plain(gate.judged)} for gate in result.gates],
        "check": result.check and dataclasses.asdict(result.check),
        "inputs": [dataclasses.asdict(i) for i in result.inputs],
        "decisions": [dataclasses.asdict(d) for d in result.decisions],
        "notes": result.notes,
        "options": result.options,
        "definitions": {key: e.definition for key, e in result.before.metrics.items()},
        "environment": result.environment,
    }


def _metrics(metrics: dict[str, Estimate]) -> dict[str, Any]:
    return {key: plain(estimate) for key, estimate in metrics.items()}


def _fit(record: FitRecord) -> dict[str, Any]:
    found = {key: finite(value) for key, value in dataclasses.asdict(record).items()}
    return {**found, "parameters": _metrics(record.parameters)}


def _sides(result: Result, part: Callable[[Variant], Any]) -> dict[str, Any]:
    sides: dict[str, Variant | None] = {"before": result.before, "after": result.after}
    return {name: part(side) for name, side in sides.items() if side is not None}
