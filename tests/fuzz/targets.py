"""What is fuzzed: every door through which foreign bytes come in, as a function of these bytes.

A target returns None or raises `CalibrateError`; anything else is a finding (`verdict.py`). Files lie in memory where
the system has such a folder, and are opened as a user's are: by path, by content, by extension.
"""

from __future__ import annotations

import atexit
import dataclasses
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np

import calibrate
from calibrate import model, registry, stored
from calibrate.api.audit import order_from
from calibrate.api.check import Baselines, checked_result
from calibrate.api.load import load_gates
from calibrate.api.priors import shifted
from calibrate.api.verify import verify
from calibrate.cli.run import read_options
from calibrate.containers.container import open_table
from calibrate.containers.opening import Limits, limits_from, open_input
from calibrate.errors import CalibrateError
from calibrate.formats.csv import Csv
from calibrate.gates.policy import Asked, policy_of
from calibrate.outputs import manifest
from calibrate.reading.dataset import Dataset, interpreted
from calibrate.reading.options import ReadOptions
from calibrate.renderers import bins, json, markdown, svg, terminal
from calibrate.reporting.meta import meta_of
from calibrate.rows import from_arrays, serial
from calibrate.table import Archive, Table

HERE = Path(__file__).parent
LIMITS = Limits(1 << 24, 5_000)
"""Small, so that what is refused by size is refused at once."""
MOST = 1 << 16
"""Bytes of an input: what is found is found in small ones."""
SEPARATOR = b"\0\n"
"""Between the files of one input; no text that is read holds it."""
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def _file(name: str, data: bytes) -> str:
    path = FOLDER / name
    path.write_bytes(data)
    return str(path)


def looked_over(table: Table) -> None:
    """Everything that a reader may ask of a table."""
    for j, kind in enumerate(table.kinds):
        table.column(j)
        table.text(j)
        table.place(table.n - 1, j)
        if kind != "text":
            table.numbers([j]).read(0, table.n)
    for fault in table.faults:
        table.place(fault.row, fault.column)
    table.headerless()
    if isinstance(table, Archive):
        for name in table.arrays[:4]:
            table.other(name)


def understood(scores: Table, labels: Table | None, options: ReadOptions) -> Dataset:
    data = interpreted(scores, labels, options, None, None, serial)
    for block in data.rows.blocks():
        assert not np.isnan(block.scores).any(), "a NaN came through"
        assert not np.isposinf(block.scores).any() or data.task != "multiclass", "an infinite logit came through"
    return data


def _container(extension: str) -> Callable[[bytes], None]:
    """A file of scores of this extension; with labels for its rows where they are few."""

    def target(data: bytes) -> None:
        table = open_table(_file(f"s.{extension}", data), limits=LIMITS)
        looked_over(table)
        labels = None
        if table.n < 200:
            labels = open_table(_file("y.csv", b"label\n" + b"".join(b"%d\n" % (i % 2) for i in range(table.n))))
        understood(table, labels, ReadOptions())

    return target


def table(data: bytes) -> None:
    """A file that nothing is known of but its bytes."""
    looked_over(open_table(_file("scores", data), limits=LIMITS))


def pair(data: bytes) -> None:
    """Scores, labels and options of reading, as `score` takes them apart; three parts."""
    scores, labels, options = (*data.split(SEPARATOR, 2), b"", b"")[:3]
    given = read_options(SimpleNamespace(**_options(options)))
    beside = open_table(_file("y.csv", labels), limits=LIMITS) if labels else None
    understood(open_table(_file("s.csv", scores), limits=LIMITS), beside, ReadOptions(**given))


def _options(text: bytes) -> dict[str, Any]:
    """`name=value` a line, as Typer gives them: numbers as numbers, flags as flags."""
    found: dict[str, Any] = {}
    kinds: dict[str, Callable[[str], Any]] = {
        "clip": float,
        "label_base": int,
        "drop_missing": bool,
        "group": lambda value: value.split(";"),
    }
    names = {f.name for f in dataclasses.fields(ReadOptions)} | {"group"}
    for line in text.decode("utf-8", "surrogateescape").split("\n"):
        name, _, value = line.partition("=")
        try:
            found.update({name: kinds.get(name, str)(value)} if name in names else {})
        except ValueError:
            continue  # Typer refuses it
    return found


def two_readers(data: bytes) -> None:
    """The fast reader of CSV and the strict one give the same numbers, and refuse the same files."""
    path = _file("s.csv", data)
    found: list[Any] = []
    for entry in (Csv(fast_from=1 << 30, first=1 << 20), Csv(fast_from=0, first=64, later=64)):
        try:
            read = entry.read(open_input(path, LIMITS))
            found.append(
                (
                    read.n,
                    read.kinds,
                    read.names,
                    read.values.tobytes(),
                    [(f.row, f.column, f.text, f.why, read.place(f.row, f.column)) for f in read.faults],
                    [read.text(j) for j in range(len(read.kinds))],
                )
            )
        except CalibrateError as problem:
            found.append(problem)
    whole, pieces = found
    if isinstance(whole, CalibrateError):
        raise whole
    if isinstance(pieces, CalibrateError):
        raise pieces  # what the first rows conclude may not hold for the others
    if whole[1:3] == pieces[1:3]:
        assert whole == pieces, "the two readers of CSV differ"


def model_file(data: bytes) -> None:
    """A model.json, applied to what it says it takes."""
    known = model.from_json(data, "model.json")
    scores = np.linspace(-3.0, 3.0, 4 * known.n_columns).reshape(4, -1)
    p = known.apply(scores)
    assert p.shape == scores.shape, "probabilities of another shape"
    assert known.to_json() == model.from_json(known.to_json(), "model.json").to_json(), "another model comes back"
    repr(known)
    shifted(known, from_arrays(scores), "uniform")


def result_file(data: bytes) -> None:
    """A result.json, shown in every form."""
    found = stored.from_json(data, "result.json")
    again = json.render(found)
    assert json.render(stored.from_json(again.encode(), "result.json")) == again, "another result comes back"
    terminal.render(found)
    bins.render(found, per_class=True)
    checked_result(found, policy_of({"gates": {"nll": {"max": 0.5}}}, "gates.toml"), Baselines())
    if found.gates:
        markdown.render(found)


def drawn(data: bytes) -> None:
    """The diagram of a result.json."""
    svg.render(stored.from_json(data, "result.json"))


def gates(data: bytes) -> None:
    """A file of gates; flags beside it after the separator, as `rule=text`."""
    file, flags = (*data.split(SEPARATOR, 1), b"")[:2]
    limits: dict[str, list[str]] = {}
    for line in flags.decode("utf-8", "surrogateescape").split("\n"):
        rule, _, text = line.partition("=")
        if rule in ("max", "min", "max_increase", "max_increase_rel"):
            limits.setdefault(rule, []).append(text)
    load_gates(_file("calibrate.toml", file), Asked(limits))
    load_gates(_file("pyproject.toml", file), Asked(limits))


def meta(data: bytes) -> None:
    """The audit.toml of a report."""
    meta_of(data, "audit.toml")


def order(data: bytes) -> None:
    """The options.json of a bundle."""
    order_from(data, "options.json")


@cache
def _bundle() -> Path:
    """A report of a few rows, with a model, gates and a baseline."""
    folder = FOLDER / "bundle"
    labels = np.arange(90) % 3
    logits = np.random.default_rng(5).standard_normal((90, 3)) + np.eye(3)[labels]
    before = json.render(calibrate.score(logits, labels, metrics="nll")).encode()
    _file("baseline.json", before)
    policy = _file("gates.toml", b'baseline = "baseline.json"\n[gates.nll]\nmax = 1.5\n')
    known = calibrate.fit(logits, labels)
    calibrate.report(logits, labels, output_dir=folder, model=known, gates=policy, metrics="nll,brier")
    return folder


def _verified(name: str, content: bytes) -> None:
    """The bundle with another content of one file, hashed anew as somebody would who wants it to be believed."""
    folder = _bundle()
    chosen, listed = folder / name, folder / manifest.MANIFEST
    before, digests = chosen.read_bytes(), listed.read_bytes()
    chosen.write_bytes(content)
    if chosen != listed:
        listed.write_bytes(manifest.text({**manifest.listed(str(folder)), name: sha256(content).hexdigest()}))
    try:
        verify(folder)
    finally:
        chosen.write_bytes(before)
        listed.write_bytes(digests)


def bundle(data: bytes) -> None:
    """A bundle of which one file was replaced: its name, a line end, its content."""
    name, _, content = data.partition(b"\n")
    names = sorted(path.name for path in _bundle().iterdir())
    text = name.decode("latin-1")
    _verified(text if text in names else names[len(name) % len(names)], content)


def _nodes(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a document with each of its keys, in order."""
    entries = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in list(entries):
        yield document, key
        if isinstance(value, dict | list):
            yield from _nodes(value)


def _edited(content: bytes, edits: bytes) -> bytes:
    """The JSON with edits, one a line: two bytes choose a node, what follows is its new value; nothing removes it."""
    document = msgspec.json.decode(content)
    for edit in edits.split(b"\n")[:20]:
        nodes = list(_nodes(document))
        if len(edit) < 2 or not nodes:
            continue
        where, key = nodes[int.from_bytes(edit[:2]) % len(nodes)]
        try:
            where[key] = msgspec.json.decode(edit[2:])
        except (msgspec.DecodeError, UnicodeDecodeError):
            del where[key]
    return msgspec.json.encode(document)


def edited(data: bytes) -> None:
    """A saved model or result with some of its values changed; the first byte says which."""
    files = sorted((HERE / "corpus" / "model_file").iterdir()) + sorted((HERE / "corpus" / "result_file").iterdir())
    chosen = files[data[0] % len(files)] if data else files[0]
    content = _edited(chosen.read_bytes(), data[1:])
    (model_file if chosen.parent.name == "model_file" else result_file)(content)


def edited_bundle(data: bytes) -> None:
    """A bundle with some values changed in one of its documents; the first byte says which."""
    name = ("report.json", "options.json", "model.json", "baseline.json")[data[0] % 4 if data else 0]
    _verified(name, _edited((_bundle() / name).read_bytes(), data[1:]))


def listing(data: bytes) -> None:
    """A MANIFEST.sha256 beside a model."""
    folder = FOLDER / "set"
    folder.mkdir(exist_ok=True)
    (folder / "MANIFEST.sha256").write_bytes(data)
    (folder / "model.json").write_bytes(b"{}")
    manifest.contents(str(folder))
    manifest.check_file(str(folder / "model.json"), b"{}")
    manifest.check_folder(folder)


KNOWN = model.from_json(
    msgspec.json.encode(
        {
            "schema": model.SCHEMA,
            "task": "multiclass",
            "link": "softmax",
            "scale": "logits",
            "classes": ["cat", "dog", "fox"],
            "columns": 3,
            "calibrator": {"name": "temperature", "temperature": 2.0},
            "method": "temperature",
            "priors": [0.5, 0.25, 0.25],
        }
    ),
    "model.json",
)


def words(data: bytes) -> None:
    """What stands on the command line: a kind, a line end, the text."""
    kind, _, text = data.decode("utf-8", "surrogateescape").partition("\n")
    if kind in ("metrics", "calibrators", "links", "executors", "prior", "limit", "bytes", "options"):
        _words(kind, text)
    else:
        for each in ("metrics", "calibrators", "links", "prior", "limit", "bytes", "options"):
            try:
                _words(each, text)
            except CalibrateError:
                continue


def _words(kind: str, text: str) -> None:
    if kind == "prior":
        shifted(KNOWN, from_arrays(np.eye(3)), text)
    elif kind == "limit":
        rule, _, limit = text.partition(" ")
        policy_of({}, "the command line", Asked({rule if rule in ("max", "min", "max_increase") else "max": [limit]}))
    elif kind == "bytes":
        limits_from({"CALIBRATE_MAX_BYTES": text})
    elif kind == "options":
        ReadOptions(**read_options(SimpleNamespace(**_options(text.encode("utf-8", "surrogateescape")))))
    elif kind in ("metrics", "links"):
        for part in registry.split(text):
            registry.make(kind, part)
    elif kind == "calibrators":
        spec = registry.parse(kind, text)
        registry.typed(spec, registry.load(kind, spec.name).fit)
    else:
        registry.parse(kind, text)


def toml(data: bytes) -> None:
    """[tool.calibrate] of any TOML: the policy alone, without a file."""
    try:
        found = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return
    policy_of(found, "calibrate.toml")


TARGETS: dict[str, Callable[[bytes], None]] = {
    **{extension: _container(extension) for extension in ("csv", "tsv", "jsonl", "npy", "npz", "parquet", "csv.gz")},
    **{f.__name__: f for f in (table, pair, two_readers)},
    **{f.__name__: f for f in (model_file, result_file, edited, drawn, order, bundle, edited_bundle, listing)},
    **{f.__name__: f for f in (gates, toml, meta, words)},
}
"""Name -> target."""
