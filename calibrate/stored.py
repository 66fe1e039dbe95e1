"""Results as documents and back: `result.json` and `--json`, read again with every bit of every number.

The stable part of the machine-readable output: keys are only ever added under the same schema number, so what is
unknown is passed over. JSON has no infinite numbers: those are null, with their signs under `infinite` beside them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import msgspec

from calibrate.plain import flat, plain, plain_fit, restored_each, restored_one
from calibrate.protocols import Task
from calibrate.results import (
    Check,
    ClassTotal,
    Curve,
    Estimate,
    FitRecord,
    Gate,
    Input,
    Result,
    Variant,
    Verdict,
)
from calibrate.table import Decision
from calibrate.versioned import Kind

SCHEMA = "calibrate/result/1"
MOST_ROWS = 1e15
KIND = Kind(
    "result",
    SCHEMA,
    "E411",
    "E412",
    "name a result.json that `calibrate fit` wrote, or what `calibrate score --json` printed",
    "make it again with: calibrate score SCORES LABELS --json",
)


def document(result: Result) -> dict[str, Any]:
    """The result as plain data that JSON can say; `from_document` is the inverse."""
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
        "fit": result.fit and plain_fit(result.fit),
        "bins": _sides(result, lambda side: [dataclasses.asdict(curve) for curve in side.curves]),
        "totals": _sides(result, lambda side: [dataclasses.asdict(total) for total in side.totals]),
        "groups": {
            column: {value: document(part) for value, part in values.items()}
            for column, values in result.groups.items()
        },
        "gates": [{**flat(gate), "judged": plain(gate.judged)} for gate in result.gates],
        "check": result.check and dataclasses.asdict(result.check),
        "inputs": [dataclasses.asdict(i) for i in result.inputs],
        "decisions": [dataclasses.asdict(d) for d in result.decisions],
        "notes": result.notes,
        "options": msgspec.json.decode(msgspec.json.encode(result.options)),
        "definitions": {key: e.definition for key, e in result.before.metrics.items()},
        "environment": result.environment,
    }


def from_json(data: bytes, name: str) -> Result:
    """The result in `data`, the content of the file `name`.

    Raises `CalibrateError` E411 (no result, or a damaged one) or E412 (a newer schema).
    """
    with KIND.reading(name):
        return result_of(msgspec.convert(restored(msgspec.json.decode(data)), Document))


def from_document(decoded: dict[str, Any], name: str) -> Result:
    """The same of a document that is decoded already, and came from `name`."""
    with KIND.reading(name):
        return result_of(msgspec.convert(restored(decoded), Document))


def restored(decoded: Any) -> Any:
    """The decoded document of a result, its infinite numbers in their places: ready to become a `Document`.

    To be called where a `versioned.Kind` is reading.
    """
    return _with_infinite(KIND.known(decoded))


class Curves(msgspec.Struct):
    """Reliability curves of either side; `after` only where there is one."""

    before: tuple[Curve, ...] = ()
    after: tuple[Curve, ...] = ()


class Totals(msgspec.Struct):
    """Observed and expected events per class of either side; `after` only where there is one."""

    before: tuple[ClassTotal, ...] = ()
    after: tuple[ClassTotal, ...] = ()


class Document(msgspec.Struct):
    """Everything that a run found. What has no default here is in every result, whatever wrote it.

    task        multiclass (one class a row), binary (one event), multilabel, or top-label
    link        what makes probabilities of scores: softmax, sigmoid, ...
    n           rows that were measured
    weight      what their weights add up to; n where there are none
    classes     names, in the order of the columns
    level       of all intervals
    before      metric, with its options -> what it is of the scores as they came
    after       the same of the calibrated scores; null where nothing was calibrated
    change      after - before, paired by row
    after_is    cross-fitted, holdout, in-sample or applied: which rows the calibrator had seen; compared: of two models
    reason      why there is no after or no change, where one was asked for
    method      the calibrator, with its options
    verdict     whether calibration helped
    fit         how the calibrator was fitted
    bins        the reliability curves
    totals      observed against expected events per class
    groups      column -> value -> the result of those rows
    gates       limits, in the order they were asked for
    check       what the gates come to
    inputs      the files that went in, with their digests
    decisions   what their reader concluded
    notes       sentences for the reader
    options     what was asked for and is not said elsewhere
    definitions  the conventions of the metrics
    environment  versions that the numbers may depend on
    """

    schema: str
    task: Task
    link: str
    n: Annotated[int, msgspec.Meta(ge=0)]
    weight: float
    classes: tuple[str, ...]
    level: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    before: dict[str, Estimate]
    after: dict[str, Estimate] | None = None
    change: dict[str, Estimate] | None = None
    after_is: str | None = None
    reason: str = ""
    method: str | None = None
    verdict: Verdict | None = None
    fit: FitRecord | None = None
    bins: Curves = msgspec.field(default_factory=Curves)
    totals: Totals = msgspec.field(default_factory=Totals)
    groups: dict[str, dict[str, Document]] = msgspec.field(default_factory=dict)
    gates: tuple[Gate, ...] = ()
    check: Check | None = None
    inputs: tuple[Input, ...] = ()
    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    definitions: dict[str, str] = msgspec.field(default_factory=dict)
    environment: dict[str, str] = msgspec.field(default_factory=dict)


def _metrics(metrics: dict[str, Estimate]) -> dict[str, Any]:
    return {key: plain(estimate) for key, estimate in metrics.items()}


def _sides(result: Result, part: Callable[[Variant], Any]) -> dict[str, Any]:
    return {name: part(side) for name, side in result.sides.items()}


def result_of(file: Document) -> Result:
    """What a document says. Raises `ValueError` where its parts do not fit each other."""
    for name, estimate in _estimates(file):
        _check_cells(name, estimate)
    for curve in (*file.bins.before, *file.bins.after):
        _check_curve(curve)
    if file.after is None and (file.bins.after or file.totals.after):
        raise ValueError("found bins or totals of `after`, expected none where there is no `after`")
    for column, values in file.groups.items():
        if not values:
            raise ValueError(f"$.groups.{column}: found no group, expected one or more")
    after = None if file.after is None else Variant(file.after, file.bins.after, file.totals.after)
    return Result(
        file.task,
        file.link,
        file.n,
        file.weight,
        file.classes,
        Variant(file.before, file.bins.before, file.totals.before),
        after,
        file.change,
        file.after_is,
        file.reason,
        file.method,
        file.fit,
        file.verdict,
        file.level,
        file.inputs,
        file.decisions,
        file.notes,
        {name: {value: result_of(part) for value, part in values.items()} for name, values in file.groups.items()},
        file.gates,
        file.check,
        file.environment,
        file.options,
    )


def _estimates(file: Document) -> Iterator[tuple[str, Estimate]]:
    """Every estimate of a document by its place, those of classes and labels too."""
    for side in ("before", "after"):
        for key, estimate in (getattr(file, side) or {}).items():
            for number, one in enumerate((estimate, *estimate.parts)):
                yield f"$.{side}.{key}" + (f".parts[{number - 1}]" if number else ""), one
    for number, gate in enumerate(file.gates):
        yield f"$.gates[{number}].judged", gate.judged


def _check_cells(name: str, estimate: Estimate) -> None:
    """Bins are shares, probabilities, frequencies and rows: a calculation with others has no sense."""
    for share, predicted, observed, n in estimate.cells:
        if not (0 < share <= 1 and 0 <= predicted <= 1 and 0 <= observed <= 1 and 0.5 <= n <= MOST_ROWS):
            raise ValueError(
                f"{name}.cells: found {(share, predicted, observed, n)}, expected a share, two frequencies, rows"
            )


def _check_curve(curve: Curve) -> None:
    """One entry a bin in every column: whoever draws it walks them side by side."""
    lengths = {f.name: len(getattr(curve, f.name)) for f in dataclasses.fields(curve) if f.name not in _OF_THE_CURVE}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{n} {name}" for name, n in lengths.items())
        raise ValueError(f"a curve in $.bins: found {found}, expected as many of each")


_OF_THE_CURVE = ("kind", "label")


def _with_infinite(found: Any, at: str = "$") -> Any:
    """A document with its infinite numbers in their places; what is no document is left to the types to refuse."""
    if not isinstance(found, dict):
        return found
    whole = {**found, "fit": restored_one(found.get("fit"), f"{at}.fit")}
    for side in ("before", "after", "change"):
        whole[side] = restored_each(found.get(side), f"{at}.{side}")
    whole["gates"] = restored_each(found.get("gates", []), f"{at}.gates")
    if isinstance(groups := found.get("groups"), dict):
        whole["groups"] = {
            column: {value: _with_infinite(part, f"{at}.groups.{column}.{value}") for value, part in values.items()}
            if isinstance(values, dict)
            else values
            for column, values in groups.items()
        }
    return whole
