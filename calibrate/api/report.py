"""The audit bundle: every file of it, as names and bytes, from data, model and what was asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import msgspec

from calibrate import __version__
from calibrate.api.audit import Audited, Order, audited, given, read_for
from calibrate.api.check import Baselines, with_preset, with_result
from calibrate.api.load import MOST_GATES_BYTES, limited, load_gates, load_model
from calibrate.api.packages import packages
from calibrate.api.provenance import command, created, lock, repository
from calibrate.errors import CalibrateError, shown
from calibrate.gates.policy import Asked, Policy, policy_of
from calibrate.model import Model
from calibrate.outputs.aside import Content
from calibrate.reading.dataset import Dataset
from calibrate.reading.options import reading_options
from calibrate.reporting import bill, html, markdown, pictures, tables
from calibrate.reporting.document import assemble
from calibrate.reporting.meta import Meta, meta_of
from calibrate.results import Result
from calibrate.rows import Execute, serial
from calibrate.versioned import encoded

JSON, HTML, MARKDOWN, PDF = "report.json", "report.html", "report.md", "report.pdf"
MODEL, OPTIONS, GATES, BASELINE = "model.json", "options.json", "gates.toml", "baseline.json"
TABLES = ("metrics.csv", "classes.csv", "bins.csv", "events.csv", "thresholds.csv", "groups.csv", "gates.csv")
PICTURES = ("reliability.svg", "reliability_classes.svg")
NAMES = (JSON, HTML, MARKDOWN, PDF, MODEL, OPTIONS, GATES, BASELINE, bill.NAME, *TABLES, *PICTURES)
"""Every name that a bundle may hold beside its manifest."""

File = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class Sources:
    """What goes into a report beside the data: models, facts and files, with the bytes that the bundle keeps.

    paths   of what was given, for the command that makes the report again
    """

    model: Model | None = None
    meta: Meta | None = None
    gates: bytes | None = None
    gates_name: str = ""
    baseline: bytes | None = None
    baselines: Baselines = field(default_factory=Baselines)
    paths: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Bundle:
    """A report: its document, the result inside, and the files."""

    document: dict[str, Any]
    result: Result
    files: dict[str, Content]


def report(
    scores: Any,
    labels: Any = None,
    *,
    output_dir: File,
    model: Model | File | None = None,
    meta: Meta | File | None = None,
    gates: File | None = None,
    baseline: File | None = None,
    metrics: str | tuple[str, ...] | None = None,
    link: str | None = None,
    level: float = 0.95,
    minimum_n: int = 30,
    pdf: bool = False,
    force: bool = False,
    execute: Execute = serial,
    **reading: Any,
) -> dict[str, Any]:
    """Write the audit bundle of scores and labels into `output_dir`; its document, what report.json holds.

    model       the calibrator to be audited; None: the scores as they came
    meta        audit.toml: purpose, scope, people
    gates       a file of gates; baseline: what their increases are measured from
    minimum_n   rows below which a subgroup is not shown

    Raises what `score` and `check` raise, and `CalibrateError` E63x (facts, PDF), E5xx (outputs).
    """
    from calibrate.outputs.places import ready_for_folder
    from calibrate.outputs.write import write_folder

    ready_for_folder(output_dir, NAMES, force=force)
    known = load_model(model) if isinstance(model, str | os.PathLike) else model
    facts = load_meta(meta) if isinstance(meta, str | os.PathLike) else meta
    policy = policy_for(gates, Asked(baseline=None if baseline is None else os.fspath(baseline)))
    inputs = {"scores": scores, "labels": labels, "--model": model, "--meta": meta, "--gates": gates}
    paths = {name: os.fspath(p) for name, p in inputs.items() if isinstance(p, str | os.PathLike)}
    sources = sources_of(known, facts, gates, policy, paths)
    order = Order(given(reading_options(reading)), metrics, None, level, link, minimum_n, policy)
    data = read_for(scores, labels, known, order, execute)
    made = made_of(data, order, sources, labels=labels, pdf=pdf, execute=execute)
    write_folder(output_dir, made.files, force=force)
    return made.document


def policy_for(gates: File | None, asked: Asked) -> Policy | None:
    """The policy of a file and flags; None where nothing is to be judged."""
    policy = policy_of({}, "the command line", asked) if gates is None else load_gates(gates, asked)
    return policy if policy.asks else None


def sources_of(
    model: Model | None, meta: Meta | None, gates: File | None, policy: Policy | None, paths: Mapping[str, str]
) -> Sources:
    """Gates and baseline with the bytes that the bundle keeps of them."""
    kept, called = None, ""
    if gates is not None:
        kept = limited(os.fspath(gates), MOST_GATES_BYTES, "E625", "name a file of gates")
        called = os.path.basename(os.fspath(gates))
    if policy is None or policy.baseline is None:
        return Sources(model, meta, kept, called, paths=paths)
    baselines = with_result(Baselines(), policy.baseline)
    with open(policy.baseline, "rb") as file:
        return Sources(model, meta, kept, called, file.read(), baselines, {**paths, "--baseline": policy.baseline})


def load_meta(path: File) -> Meta:
    """The facts of an audit.toml. Raises `CalibrateError` E631."""
    name = os.fspath(path)
    return meta_of(limited(name, MOST_GATES_BYTES, "E631", "name an audit.toml"), os.path.basename(name))


def made_of(
    data: Dataset, order: Order, sources: Sources, *, labels: Any = None, pdf: bool = False, execute: Execute = serial
) -> Bundle:
    """The bundle of data that were read as the order says."""
    if order.minimum_n < 1:
        raise CalibrateError(
            "E603", f"--minimum-n: found {order.minimum_n}, expected 1 or more", "as in --minimum-n 30"
        )
    if order.policy is not None:
        order = replace(order, policy=with_preset(order.policy, sources.baselines))
    found = audited(data, sources.model, order, sources.baselines, labels, execute)
    kept = _kept_order(order, sources)
    document = _document(found, kept, sources, data)
    files = derived(document)
    files[OPTIONS] = encoded(kept)
    for name, content in ((GATES, sources.gates), (BASELINE, sources.baseline)):
        if content is not None:
            files[name] = content
    if sources.model is not None:
        files[MODEL] = sources.model.to_json()
    if pdf:
        from calibrate.reporting.pdf import pdf as printed

        files[PDF] = printed(files[HTML].decode())
    return Bundle(document, found.result, files)


def derived(document: dict[str, Any]) -> dict[str, Any]:
    """The files that the document alone decides: itself, pages, tables, figures and the bill of materials."""
    return {
        JSON: encoded(document),
        HTML: html.render(document).encode(),
        MARKDOWN: markdown.render(document).encode(),
        **tables.tables(document),
        **pictures.pictures(document),
        **bill.bill(document),
    }


def _kept_order(order: Order, sources: Sources) -> Order:
    """The order as the bundle keeps it: its baseline is the file beside it."""
    if order.policy is None:
        return order
    return replace(order, policy=replace(order.policy, baseline=BASELINE if sources.baseline is not None else None))


def _document(found: Audited, order: Order, sources: Sources, data: Dataset) -> dict[str, Any]:
    def named(content: bytes | None, name: str, kept: str) -> dict[str, str] | None:
        if content is None:
            return None
        return {"name": shown(name, 255), "sha256": sha256(content).hexdigest(), "note": f"kept as {kept}"}

    model = sources.model
    return assemble(
        created=created(),
        version=__version__,
        meta=sources.meta,
        model=None if model is None else msgspec.json.decode(model.to_json()),
        gates_file=named(sources.gates, sources.gates_name, GATES),
        baseline=named(sources.baseline, sources.baselines.name, BASELINE),
        reading=order.reading,
        command=command(sources.paths, order),
        git=repository(),
        lock=lock(),
        packages=packages(),
        minimum_n=order.minimum_n,
        **found.parts,
    )
