"""Verify a bundle: every byte as it was written, every page from its document, and with the data every number again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from calibrate import __version__, model
from calibrate.api import report as bundle
from calibrate.api.agreement import RELATIVE, Finding, differences, told_apart
from calibrate.api.asked import against_order, kept_baseline
from calibrate.api.audit import audited, order_from, plain, read_for
from calibrate.api.packages import packages
from calibrate.errors import CalibrateError, shown
from calibrate.outputs.manifest import MANIFEST, listed, text
from calibrate.reporting.document import Report, digest, typed
from calibrate.rows import Execute, serial

MEASURED = ("result", "thresholds", "events", "rows", "class_counts")
"""What of a document the data give again."""
DIGITS = 16
"""Of a digest, where these show that it is another."""
MOST_BYTES = 1 << 28
MOST_NAMED = 6
"""Packages of other versions that are named."""

File = str | os.PathLike[str]


@dataclass(frozen=True)
class Verified:
    """What a verification found; `findings` is empty where everything agrees.

    checked   what was looked at, in words
    notes     how this environment differs from the one that made the bundle: no finding, but a reason for one
    """

    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    id: str
    notes: tuple[str, ...] = ()

    @property
    def code(self) -> int:
        """Exit code: 0, or 1 where something does not agree."""
        return 1 if self.findings else 0


@dataclass(frozen=True, eq=False)
class _Read:
    files: dict[str, bytes]
    manifest: dict[str, str]
    document: Any
    damage: Finding | None


def verify(
    folder: File, scores: Any = None, labels: Any = None, *, tolerance: float = RELATIVE, execute: Execute = serial
) -> Verified:
    """What of the bundle in `folder` does not agree; with the data every number is computed again, first.

    tolerance   numbers may differ by this share (and by 1e-12); float32 scores on another kind of processor: 1e-6

    Raises `CalibrateError` E640 (no bundle: no manifest, or no report.json), and what reading the data raises.
    """
    found = _read(os.fspath(folder))
    checked: list[str] = []
    findings: list[Finding] = []
    changed = list(_against_manifest(found))
    if scores is not None and found.damage is None:
        try:
            findings += _against_data(found, scores, labels, tolerance, execute)
        except CalibrateError as problem:
            if not changed:  # the data are to blame, and not what was changed in the bundle
                raise
            findings.append(Finding("bundle", f"the numbers cannot be computed again: {shown(problem, 200)}"))
        checked.append(f"every number against the data, to {tolerance:g} of it")
    findings += changed
    checked.append(f"{len(found.manifest)} files against {MANIFEST}")
    findings += [found.damage] if found.damage is not None else _against_document(found)
    if found.damage is None:
        same = found.document.get("version") == __version__
        checked.append("the pages and tables against report.json" if same else "report.json against its id")
    name = found.document.get("id", "") if isinstance(found.document, dict) else ""
    notes = () if scores is None or found.damage is not None else _environments(typed(found.document))
    return Verified(tuple(findings), tuple(checked), name if isinstance(name, str) else "", notes)


def _environments(report: Report) -> tuple[str, ...]:
    """One sentence where packages have other versions here, or are not here: numbers may then differ by rounding."""
    here = {one["name"]: one["version"] for one in packages()}
    other = [
        f"{shown(one.name)} {shown(one.version)} (here {here.get(one.name, 'none')})"
        for one in report.packages
        if here.get(one.name) != one.version
    ]
    if not other:
        return ()
    tail = f" and {len(other) - MOST_NAMED} more" if len(other) > MOST_NAMED else ""
    return (f"made with other packages, which may move a number by rounding: {', '.join(other[:MOST_NAMED])}{tail}",)


def _read(folder: str) -> _Read:
    if not os.path.isfile(os.path.join(folder, MANIFEST)):
        found = f"{shown(folder, 255)}: found no {MANIFEST}, expected a bundle of calibrate"
        raise CalibrateError("E640", found, "make one with: calibrate report ... -o DIR")
    manifest, files = listed(folder), dict(_contents(folder))
    if bundle.JSON not in files:
        raise CalibrateError("E640", f"{shown(folder, 255)}: found no {bundle.JSON}, expected one", "make it again")
    try:
        document = msgspec.json.decode(files[bundle.JSON])
        typed(document)
    except (msgspec.DecodeError, RecursionError, CalibrateError) as problem:
        return _Read(files, manifest, None, Finding(bundle.JSON, f"cannot be read: {shown(problem, 200)}"))
    return _Read(files, manifest, document, None)


def _contents(folder: str) -> Iterator[tuple[str, bytes]]:
    with os.scandir(folder) as entries:
        names = sorted((entry.name, entry.is_file(follow_symlinks=False)) for entry in entries)
    for name, is_file in names:
        if not is_file:
            yield name, b""
            continue
        try:
            with open(os.path.join(folder, name), "rb") as file:
                yield name, file.read(MOST_BYTES)
        except OSError as problem:
            raise CalibrateError(
                "E640", f"{shown(name, 255)}: cannot be read: {os.strerror(problem.errno or 0)}"
            ) from None


def _against_manifest(found: _Read) -> Iterator[Finding]:
    if found.files[MANIFEST] != text(found.manifest):
        yield Finding(MANIFEST, "is not as calibrate wrote it")
    for name, expected in found.manifest.items():
        if name not in found.files:
            yield Finding(name, f"is missing, {MANIFEST} lists it")
        elif (digest_of := sha256(found.files[name]).hexdigest()) != expected:
            texts = told_apart(digest_of, expected, DIGITS)
            yield Finding(name, f"found SHA-256 {texts[0]}, {MANIFEST} expects {texts[1]}")
    for name in found.files:
        if name not in found.manifest and name != MANIFEST:
            yield Finding(shown(name, 255), f"is not in {MANIFEST}: it was added")


def _against_document(found: _Read) -> Iterator[Finding]:
    """The id, and every file that the document decides; these only where this version made it."""
    document = found.document
    if digest(document) != document["id"]:
        yield Finding("$.id", f"found {shown(document['id'])!r}, its content has {digest(document)!r}")
    if document["version"] == __version__:
        yield from _against_pages(found)
    else:
        theirs = shown(document["version"])
        yield Finding("$.version", f"found {theirs}, this is {__version__}: pages and tables cannot be checked by it")
    yield from against_order(document, found.files)
    for name in found.files:
        if name not in bundle.NAMES and name != MANIFEST and name in found.manifest:
            yield Finding(shown(name, 255), "is no file of a bundle")
    kept = {bundle.GATES: "gates_file", bundle.BASELINE: "baseline"}
    for name, key in kept.items():
        expected = (document[key] or {}).get("sha256")
        content = found.files.get(name)
        if (expected is None) != (content is None):
            yield Finding(name, f"is {'missing' if content is None else 'here'}: {bundle.JSON} says otherwise")
        elif expected is not None and content is not None and sha256(content).hexdigest() != expected:
            yield Finding(name, f"is not the file that {bundle.JSON} names")
    if (document["model"] is None) != (bundle.MODEL not in found.files):
        yield Finding(bundle.MODEL, f"is missing or too much: {bundle.JSON} says otherwise")
    elif document["model"] is not None:
        yield from differences(document["model"], _decoded(found.files[bundle.MODEL]), f"{bundle.MODEL}: $", 0.0)


def _against_pages(found: _Read) -> Iterator[Finding]:
    try:
        pages = bundle.derived(found.document)
    except (CalibrateError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as problem:
        yield Finding(bundle.JSON, f"cannot be rendered: {shown(problem, 200)}")
        return
    for name, content in pages.items():
        if name in found.files and found.files[name] != content:
            yield Finding(name, f"is not what {bundle.JSON} gives")
        elif name not in found.files and name not in found.manifest:
            yield Finding(name, f"is missing: {bundle.JSON} gives it")


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return None


def _against_data(found: _Read, scores: Any, labels: Any, tolerance: float, execute: Execute) -> Iterator[Finding]:
    """Every measured number again, in the order of the document."""
    document = found.document
    try:
        order = order_from(found.files.get(bundle.OPTIONS, b""), bundle.OPTIONS)
        known = model.from_json(found.files[bundle.MODEL], bundle.MODEL) if document["model"] is not None else None
        baselines = kept_baseline(document, found.files)
    except (CalibrateError, KeyError) as problem:
        yield Finding("bundle", f"the numbers cannot be computed again: {shown(problem, 200)}")
        return
    data = read_for(scores, labels, known, order, execute)
    again = audited(data, known, order, baselines, labels, execute).parts
    for key in MEASURED:
        expected = plain(document.get(key))
        yield from differences(expected, again[key], f"$.{key}", tolerance)
