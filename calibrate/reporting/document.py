"""The report document: every fact of a report as plain JSON data, under one schema, known by one digest.

Everything that people read is rendered from it, so that a saved report.json renders again to the same bytes. Fields
that a later version adds are ignored by an earlier one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from calibrate.exhibits import EventTotals, Overlap, Thresholds
from calibrate.reporting.meta import Meta
from calibrate.results import Input, Result
from calibrate.stored import Document as Stored
from calibrate.stored import restored, result_of
from calibrate.versioned import Kind

SCHEMA = "calibrate/report/1"
KIND = Kind(
    "report",
    SCHEMA,
    "E632",
    "E634",
    "name a report.json that `calibrate report` wrote",
    "make it again with: calibrate report",
)


@dataclass(frozen=True)
class RowFacts:
    """What became of the rows; None where nobody counted.

    read, measured     rows in the files, and rows that the numbers are of
    missing, dropped   rows with a missing score or label, and those left out for it
    repeated           rows whose scores occur earlier: all rows less the different ones
    fitted             rows that the calibrator was fitted on
    """

    read: int | None = None
    measured: int | None = None
    missing: int | None = None
    dropped: int | None = None
    repeated: int | None = None
    fitted: int | None = None
    overlap: Overlap | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClassCount:
    """Number of rows in which a class is the true one, or a label is."""

    label: str
    count: float


@dataclass(frozen=True)
class NamedFile:
    """A file by its own name and digest."""

    name: str
    sha256: str
    note: str = ""


@dataclass(frozen=True)
class Package:
    """An installed distribution that the numbers may depend on."""

    name: str
    version: str


@dataclass(frozen=True)
class Component:
    """An installed distribution of the bill of materials.

    expression, licence   an SPDX expression, or what else the distribution calls its licence
    record                SHA-256 of the list of its files as installed, each with its digest
    needs                 names of the others that it requires
    """

    name: str
    version: str
    expression: str = ""
    licence: str = ""
    record: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Git:
    """The state of the caller's repository."""

    commit: str
    dirty: bool


class Report(msgspec.Struct, frozen=True, dict=True):
    """What report.json holds: every fact of a report. What has no default here is in every report.

    id          16 hex digits of the SHA-256 of everything else, keys in order, as JSON without spaces
    created     the day, as text: the only time in the whole bundle
    version     of calibrate
    result      what result.json holds: every number that was measured
    meta        what the provider says about the model
    model       what model.json holds; null where nothing was calibrated
    thresholds  what decisions at thresholds do, per event
    events      side -> observed against expected events, one entry per class
    rows        what became of the rows
    class_counts   how often each class is the true one
    gates_file  the file of gates
    baseline    the result that increases are measured from
    reading     reading options that were given
    command     what makes this report again
    inputs      the files that went in, with their digests
    git         the state of the repository; null without one
    lock        installed distributions that calibrate names
    packages    those and all that they stand on: the bill of materials
    minimum_n   rows below which a subgroup is not shown
    """

    schema: str
    id: str
    created: str
    version: str
    stored: Stored = msgspec.field(name="result")
    meta: Meta = msgspec.field(default_factory=Meta)
    model: dict[str, Any] | None = None
    thresholds: tuple[Thresholds, ...] = ()
    events: dict[str, tuple[EventTotals, ...]] = msgspec.field(default_factory=dict)
    rows: RowFacts = msgspec.field(default_factory=RowFacts)
    class_counts: tuple[ClassCount, ...] = ()
    gates_file: NamedFile | None = None
    baseline: NamedFile | None = None
    reading: dict[str, Any] = msgspec.field(default_factory=dict)
    command: str = ""
    inputs: tuple[Input, ...] = ()
    git: Git | None = None
    lock: tuple[Package, ...] = ()
    packages: tuple[Component, ...] = ()
    minimum_n: int = 30

    @cached_property
    def result(self) -> Result:
        """The result, as every renderer reads it."""
        return result_of(self.stored)


def assemble(
    *,
    created: str,
    version: str,
    result: Mapping[str, Any],
    meta: Meta | None = None,
    model: Mapping[str, Any] | None = None,
    thresholds: Sequence[Any] = (),
    events: Mapping[str, Sequence[Any]] | None = None,
    rows: RowFacts | Mapping[str, Any] | None = None,
    class_counts: Sequence[Any] = (),
    gates_file: NamedFile | Mapping[str, Any] | None = None,
    baseline: NamedFile | Mapping[str, Any] | None = None,
    reading: Mapping[str, Any] | None = None,
    command: str = "",
    git: Git | Mapping[str, Any] | None = None,
    lock: Sequence[Any] = (),
    packages: Sequence[Any] = (),
    minimum_n: int = 30,
) -> dict[str, Any]:
    """The document of the facts, with its id; parts may be the types above or plain data of their shape.

    created   the day, as text: the only time in the whole bundle
    result    what result.json holds
    """
    facts = {
        "schema": SCHEMA,
        "created": created,
        "version": version,
        "meta": meta or Meta(),
        "result": result,
        "model": model,
        "thresholds": thresholds,
        "events": events or {},
        "rows": rows or RowFacts(),
        "class_counts": class_counts,
        "gates_file": gates_file,
        "baseline": baseline,
        "reading": reading or {},
        "command": command,
        "inputs": result.get("inputs", ()),
        "git": git,
        "lock": lock,
        "packages": packages,
        "minimum_n": minimum_n,
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(facts))
    document = {"schema": plain.pop("schema"), "id": "", **plain}
    document["id"] = digest(document)
    typed(document)
    return document


def digest(document: Mapping[str, Any]) -> str:
    """The id that a document must have: 16 hex digits of the SHA-256 of everything but the id, keys in order."""
    content = {key: value for key, value in document.items() if key != "id"}
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:16]


def typed(document: Mapping[str, Any]) -> Report:
    """The document as types.

    Raises `CalibrateError` E632 (no report, or a damaged one), E634 (a newer schema) or E412 (its result has one).
    """
    with KIND.reading("report.json"):
        known = KIND.known(document)
        report = msgspec.convert({**known, "result": restored(known.get("result"))}, Report)
        _ = report.result  # parts that do not fit each other are refused here
    return report
