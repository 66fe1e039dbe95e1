"""The catalogue at the command line: every layout with every fault ends in the right temperature, or in exit code 2.

Then the one error has a code, and names the file, the place, what was found there and what to do. Nothing is written.
`test_bad_inputs.py` holds the same of more spellings, at the reader.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from calibrate.cli.start import start
from calibrate.errors import TITLES, shown

N = 40
RNG = np.random.default_rng(11)
SCORES = (RNG.standard_normal((N, 3)) * 3).round(3) + 0.0005
Y = (SCORES / 2 + RNG.gumbel(size=SCORES.shape)).argmax(axis=1)
ROW, COLUMN = 10, 1
"""Of the cell that is changed, from 0: row 11, column c1."""


def best(scores: np.ndarray = SCORES, labels: np.ndarray = Y) -> float:
    """The temperature that SciPy finds."""

    def loss(t: float) -> float:
        return -float(np.mean(log_softmax(scores / t, axis=1)[np.arange(len(labels)), labels]))

    return float(minimize_scalar(loss, bounds=(0.05, 50), method="bounded", options={"xatol": 1e-10}).x)


@dataclass(frozen=True)
class Data:
    """What stands in the files, cell by cell: texts, as they are written."""

    cells: tuple[tuple[Any, ...], ...] = tuple(tuple(repr(float(v)) for v in row) for row in SCORES)
    labels: tuple[Any, ...] = tuple(str(int(y)) for y in Y)
    names: tuple[str, ...] | None = ("c0", "c1", "c2")
    ids: tuple[str, ...] = tuple(f"im{i}" for i in range(N))
    label_ids: tuple[str, ...] = tuple(f"im{(7 * i) % N}" for i in range(N))

    def with_cell(self, cell: Any) -> Data:
        rows = [list(row) for row in self.cells]
        rows[ROW][COLUMN] = cell
        return replace(self, cells=tuple(map(tuple, rows)))

    def with_label(self, label: Any) -> Data:
        return replace(self, labels=tuple(label if i == ROW else y for i, y in enumerate(self.labels)))


Files = tuple[dict[str, bytes], tuple[str, ...]]
"""Name -> content, and the arguments; `-` is what the first file holds."""


def table(rows: Any, names: tuple[str, ...] | None, sep: str = ",", end: str = "\n") -> bytes:
    def cell(value: Any) -> str:
        text = str(value)
        return f'"{text}"' if sep in text else text

    return "".join(sep.join(map(cell, row)) + end for row in ([names] if names else []) + list(rows)).encode()


def column(labels: tuple[Any, ...], sep: str = ",") -> bytes:
    return table([[label if label != "" else '""'] for label in labels], ("label",), sep)


def csv(d: Data) -> Files:
    return {"s.csv": table(d.cells, d.names), "y.csv": column(d.labels)}, ("s.csv", "y.csv")


def tsv(d: Data) -> Files:
    return {"s.tsv": table(d.cells, d.names, "\t"), "y.tsv": column(d.labels, "\t")}, ("s.tsv", "y.tsv")


def semicolons(d: Data) -> Files:
    return {"s.csv": table(d.cells, d.names, ";", "\r\n"), "y.csv": column(d.labels)}, ("s.csv", "y.csv")


def packed(d: Data) -> Files:
    files = {"s.csv.gz": gzip.compress(table(d.cells, d.names)), "y.csv.gz": gzip.compress(column(d.labels))}
    return files, ("s.csv.gz", "y.csv.gz")


def marked(d: Data) -> Files:
    return {"s.csv": b"\xef\xbb\xbf" + table(d.cells, d.names), "y.csv": column(d.labels)}, ("s.csv", "y.csv")


def piped(d: Data) -> Files:
    return {"piped": table(d.cells, d.names), "y.csv": column(d.labels)}, ("-", "y.csv")


def together(d: Data) -> Files:
    rows = [[*row, label] for row, label in zip(d.cells, d.labels, strict=True)]
    return {"both.csv": table(rows, (*(d.names or ()), "label"))}, ("both.csv",)


def joined(d: Data) -> Files:
    rows = [[i, *row] for i, row in zip(d.ids, d.cells, strict=True)]
    label = dict(zip(d.ids, d.labels, strict=True))
    answers = [[i, label.get(i, "0")] for i in d.label_ids]
    files = {"s.csv": table(rows, ("id", *(d.names or ()))), "y.csv": table(answers, ("id", "label"))}
    return files, ("s.csv", "y.csv")


def literal(value: Any) -> str:
    """As JSON has it: what is no text stays, texts that are numbers lose their quotes."""
    return value if isinstance(value, str) and re.fullmatch(r"-?[\d.]+(e-?\d+)?", value) else json.dumps(value)


def objects(d: Data) -> Files:
    lines = [
        "{" + ", ".join(f'"{n}": {literal(v)}' for n, v in zip(d.names or (), row, strict=True)) + "}\n"
        for row in d.cells
    ]
    answers = "".join(f'{{"label": {literal(y)}}}\n' for y in d.labels)
    return {"s.jsonl": "".join(lines).encode(), "y.jsonl": answers.encode()}, ("s.jsonl", "y.jsonl")


def lists(d: Data) -> Files:
    lines = "".join("[" + ", ".join(map(literal, row)) + "]\n" for row in d.cells)
    answers = "".join(f"[{literal(y)}]\n" for y in d.labels)
    return {"s.jsonl": lines.encode(), "y.jsonl": answers.encode()}, ("s.jsonl", "y.jsonl")


def saved(save: Callable[..., None], *args: Any, **arrays: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *args, **arrays)
    return buffer.getvalue()


def matrix(d: Data) -> np.ndarray:
    return np.array([[np.nan if v is None else float(v) for v in row] for row in d.cells])


def vector(d: Data) -> np.ndarray:
    found = np.array([float(y) for y in d.labels])
    return found.astype(int) if np.isfinite(found).all() and not (found % 1).any() else found


def npy(d: Data) -> Files:
    return {"s.npy": saved(np.save, matrix(d)), "y.npy": saved(np.save, vector(d))}, ("s.npy", "y.npy")


def npy_packed(d: Data) -> Files:
    return {"s.npy.gz": gzip.compress(npy(d)[0]["s.npy"]), "y.csv": column(d.labels)}, ("s.npy.gz", "y.csv")


def npz(d: Data) -> Files:
    return {"both.npz": saved(np.savez, logits=matrix(d), labels=vector(d))}, ("both.npz",)


def parquet(d: Data) -> Files:
    frame = {n: [None if r[j] is None else float(r[j]) for r in d.cells] for j, n in enumerate(d.names or ())}
    buffer = io.BytesIO()
    pl.DataFrame({**frame, "label": vector(d)}).write_parquet(buffer)
    return {"both.parquet": buffer.getvalue()}, ("both.parquet",)


Layout = Callable[[Data], Files]
DELIMITED: dict[str, Layout] = {
    f.__name__: f for f in (csv, tsv, semicolons, packed, marked, piped, together, joined)
}  # fmt: skip
LINES: dict[str, Layout] = {f.__name__: f for f in (objects, lists)}
BINARY: dict[str, Layout] = {f.__name__: f for f in (npy, npy_packed, npz, parquet)}
ALL = DELIMITED | LINES | BINARY


@dataclass(frozen=True)
class Ended:
    """What a run came to: exit code, temperature, standard error."""

    code: int
    temperature: float | None
    said: str
    left: tuple[str, ...]

    def refused(self, code: str, *words: str) -> None:
        """One clean error of this code, with these words, and what to do; nothing written."""
        lines = self.said.splitlines()
        assert self.code == 2, f"exit {self.code}, T = {self.temperature}: {self.said}"
        assert [line for line in lines if line.startswith("error")] == lines[:1], self.said
        assert lines[0].startswith(f"error[{code}]: "), self.said
        assert code in TITLES and self.left == ()
        for word in words:
            assert word in lines[0], f"{word!r} is not in: {self.said}"

    def fitted(self, temperature: float | None = None) -> None:
        """The right answer."""
        assert self.code == 0, self.said
        assert self.temperature == pytest.approx(best() if temperature is None else temperature, rel=1e-6)


Runs = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Runs:
    """`calibrate fit` of the files of a layout."""
    monkeypatch.chdir(tmp_path)

    def call(files: Files, *options: str) -> Ended:
        contents, arguments = files
        for name, content in contents.items():
            (tmp_path / name).write_bytes(content)
        before = os.dup(0)
        source = os.open(tmp_path / next(iter(contents)) if "-" in arguments else os.devnull, os.O_RDONLY)
        os.dup2(source, 0)
        capfd.readouterr()
        try:
            code = start(["fit", *arguments, "--output-dir", "out", "--no-plot", *options])
        finally:
            os.dup2(before, 0)
            os.close(before)
            os.close(source)
        path = tmp_path / "out" / "model.json"
        found = json.loads(path.read_text())["calibrator"]["temperature"] if path.exists() else None
        left = sorted(p.name for p in tmp_path.iterdir() if p.name not in contents)
        return Ended(code, found, capfd.readouterr().err, tuple(left))

    return call


def file_of(arguments: tuple[str, ...], *, labels: bool = False) -> str:
    """The name by which a message calls the file."""
    name = arguments[-1] if labels else arguments[0]
    return "standard input" if name == "-" else name


def place_of(layout: str, name: str) -> tuple[str, str]:
    """Row and column in words."""
    lined = {**dict.fromkeys(DELIMITED, ROW + 2), **dict.fromkeys(LINES, ROW + 1)}
    row = f"row {ROW + 1}" + (f" (line {lined[layout]})" if layout in lined else "")
    return row, f"'{name}'" if layout not in {"lists", "npy", "npy_packed", "npz"} else "column "


@pytest.mark.parametrize("layout", ALL)
def test_every_layout_gives_the_same_temperature(run: Runs, layout: str) -> None:
    run(ALL[layout](Data())).fitted()


CELLS = (
    *("", "nan", "inf", "abc", "true", "1_0", "0x1f", "1e400", "1,5", "1,234.5", "12%", "2020-01-01", "12:30", "#N/A"),
    *("-", "1 000", "=1+1", "\u0661\u0662", "\u22121", "1.2.3", "NULL", "1d5", "b'1'", "tensor(1.5)", "[1.5]", "--1"),
)


@pytest.mark.parametrize("layout", DELIMITED)
@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_that_is_no_number(run: Runs, layout: str, cell: str) -> None:
    files = DELIMITED[layout](Data().with_cell(cell))
    what = f"'{shown(cell)}'" if cell else "an empty cell"
    run(files).refused("E212", f"{file_of(files[1])}: ", *place_of(layout, "c1"), f"found {what}")


JSON_CELLS: dict[str, tuple[Any, str, str]] = {
    "null": (None, "E212", "'null'"),
    "text": ("abc", "E212", "'abc'"),
    "number in quotes": ("'1.5'", "E212", "''1.5''"),
    "true": (True, "E212", "'true'"),
    "NaN": (float("nan"), "E212", "'NaN'"),
    "Infinity": (float("inf"), "E212", "'Infinity'"),
    "beyond floats": ("1e400", "E212", "'1e400'"),
    "empty": ("", "E212", "an empty cell"),
    "list": ([1.0], "E116", "a nested value"),
    "object": ({"a": 1}, "E116", "a nested value"),
}


@pytest.mark.parametrize("layout", LINES)
@pytest.mark.parametrize("fault", JSON_CELLS)
def test_a_value_of_json_that_is_no_number(run: Runs, layout: str, fault: str) -> None:
    cell, code, what = JSON_CELLS[fault]
    files = LINES[layout](Data().with_cell(cell))
    row, name = place_of(layout, "c1")
    run(files).refused(code, "s.jsonl: ", row, "column 2" if code == "E116" else name, f"found {what}")


@pytest.mark.parametrize("layout", BINARY)
@pytest.mark.parametrize("cell", ["nan", "inf"])
def test_a_stored_number_that_is_not_finite(run: Runs, layout: str, cell: str) -> None:
    files = BINARY[layout](Data().with_cell(cell))
    found = run(files)
    found.refused("E212", f"{file_of(files[1])}", *place_of(layout, "c1"), "column 2")
    assert f"found '{cell}'" in found.said.replace("NaN", "nan")


def test_a_null_of_parquet(run: Runs) -> None:
    run(parquet(Data().with_cell(None))).refused("E212", "both.parquet: row 11, column 2 'c1': found 'null'")


LABELS = ("", "3", "-1", "1.5", "cat", "nan", "inf", "1e5", "0x1", "9" * 25, "1 2", "\u0663", "1_0", "c0")


@pytest.mark.parametrize("layout", DELIMITED)
@pytest.mark.parametrize("label", LABELS)
def test_a_label_that_is_none(run: Runs, layout: str, label: str) -> None:
    files = DELIMITED[layout](Data().with_label(label))
    row, name = place_of(layout, "label")
    if layout == "joined":
        at = Data().label_ids.index(f"im{ROW}")
        row = f"row {at + 1} (line {at + 2})"
    what = f"'{shown(label)}'" if label else "missing"
    file = file_of(files[1], labels=True)
    run(files).refused("E205" if label in ("", "nan") else "E204", f"{file}: ", row, name, what)


@pytest.mark.parametrize("layout", BINARY)
@pytest.mark.parametrize("label", ["3", "-1", "1.5", "nan", "inf"])
def test_a_stored_label_that_is_none(run: Runs, layout: str, label: str) -> None:
    files = BINARY[layout](Data().with_label(label))
    found = run(files)
    assert re.match(r"error\[E20[45]\]: ", found.said), found.said
    found.refused(found.said[6:10], file_of(files[1], labels=True), "row 11", "column ", f"'{label}")


def without(files: Files, name: str, change: Callable[[bytes], bytes]) -> Files:
    contents, arguments = files
    return {**contents, name: change(contents[name])}, arguments


def edited(layout: str, change: Callable[[bytes], bytes], file: int = 0) -> Files:
    """A layout whose file number `file` was changed, unpacked where it is packed."""
    contents, arguments = ALL[layout](Data())
    name = list(contents)[file]
    content = contents[name]
    new = gzip.compress(change(gzip.decompress(content))) if name.endswith(".gz") else change(content)
    return {**contents, name: new}, arguments


def line_changed(change: Callable[[bytes], bytes], at: int = ROW + 1) -> Callable[[bytes], bytes]:
    def whole(content: bytes) -> bytes:
        rows = content.split(b"\n")
        rows[at] = change(rows[at])
        return b"\n".join(rows)

    return whole


def sep_of(row: bytes) -> bytes:
    return next(s for s in (b"\t", b";", b",") if s in row)


LINE_FAULTS: dict[str, tuple[Callable[[bytes], bytes], str, str]] = {
    "a field too few": (lambda r: r[: r.rindex(sep_of(r))], "E109", "row 11 (line 12)"),
    "a field too many": (lambda r: r.rstrip(b"\r") + sep_of(r) + b"1.5", "E109", "row 11 (line 12)"),
    "an empty field too many": (lambda r: r.rstrip(b"\r") + sep_of(r), "E109", "row 11 (line 12)"),
    "a blank line": (lambda r: b"", "E109", "row 11 (line 12)"),
    "an open quote": (lambda r: b'"' + r, "E111", "line 12"),
    "a NUL": (lambda r: r[:2] + b"\0" + r[3:], "E108", "line 12"),
    "a byte of Latin-1": (lambda r: b"\xe9" + r[1:], "E108", "line 12"),
    "two rows in one": (lambda r: r.rstrip(b"\r") + sep_of(r) + r, "E109", "row 11 (line 12)"),
}


@pytest.mark.parametrize("layout", DELIMITED)
@pytest.mark.parametrize("fault", LINE_FAULTS)
def test_a_line_that_is_no_row(run: Runs, layout: str, fault: str) -> None:
    change, code, where = LINE_FAULTS[fault]
    files = edited(layout, line_changed(change))
    run(files).refused(code, f"{file_of(files[1])}: ", where)


JSON_LINES: dict[str, Callable[[bytes], bytes]] = {
    "a value too few": lambda r: re.sub(rb", [^,]*([}\]])$", rb"\1", r),
    "a value too many": lambda r: r[:-1] + (b', "x": 1}' if r.startswith(b"{") else b", 1]"),
    "half a line": lambda r: r[: len(r) // 2],
    "a number alone": lambda r: b"1.5",
    "no JSON": lambda r: b"<html>",
    "a blank line": lambda r: b"",
    "the other kind of row": lambda r: b"[1, 2, 3]" if r.startswith(b"{") else b'{"c0": 1, "c1": 2, "c2": 3}',
}


@pytest.mark.parametrize("layout", LINES)
@pytest.mark.parametrize("fault", JSON_LINES)
def test_a_line_that_is_no_row_of_json(run: Runs, layout: str, fault: str) -> None:
    files = edited(layout, line_changed(JSON_LINES[fault], ROW))
    run(files).refused("E116", "s.jsonl: row 11 (line 11): ")


WHOLE: dict[str, tuple[Callable[[bytes], bytes], set[str]]] = {
    "nothing in it": (lambda c: b"", {"E106", "E107"}),
    "UTF-16": (lambda c: c.decode().encode("utf-16"), {"E105"}),
    "a web page": (lambda c: b"<!DOCTYPE html><html><body>404</body></html>", {"E105", "E116"}),
    "a pickle": (lambda c: b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00.", {"E105"}),
    "a workbook": (lambda c: b"PK\x03\x04" + c, {"E105", "E106"}),
    "a pointer of Git LFS": (lambda c: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", {"E105"}),
}


@pytest.mark.parametrize("layout", ["csv", "tsv", "packed", "piped", "together", "joined", "objects", "lists"])
@pytest.mark.parametrize("fault", WHOLE)
def test_a_text_file_that_is_something_else(run: Runs, layout: str, fault: str) -> None:
    change, codes = WHOLE[fault]
    files = edited(layout, change)
    found = run(files)
    assert found.said[6:10] in codes, found.said
    found.refused(found.said[6:10], f"{file_of(files[1])}: ")


CUTS = (0.1, 0.5, 0.9, 0.99)


@pytest.mark.parametrize("layout", [*BINARY, "packed"])
@pytest.mark.parametrize("share", CUTS)
def test_a_binary_file_that_is_cut_off(run: Runs, layout: str, share: float) -> None:
    contents, arguments = ALL[layout](Data())
    name = next(iter(contents))
    files = {**contents, name: contents[name][: int(len(contents[name]) * share)]}, arguments
    run(files).refused("E106", name)


@pytest.mark.parametrize("layout", [name for name in ALL if name not in ("together", "joined", "npz", "parquet")])
@pytest.mark.parametrize("change", [-1, 1])
def test_not_as_many_labels_as_rows(run: Runs, layout: str, change: int) -> None:
    labels = Data().labels[:-1] if change < 0 else (*Data().labels, "1")
    files = ALL[layout](replace(Data(), labels=labels))
    found = run(files)
    found.refused("E216", file_of(files[1]), files[1][1], "40 rows", f"{N + change} labels")


IDS: dict[str, tuple[Data, str]] = {
    "twice among the labels": (replace(Data(), label_ids=("im3", *Data().label_ids[1:])), "'im3'"),
    "twice among the scores": (replace(Data(), ids=("im3", *Data().ids[1:])), "'im3'"),
    "only among the scores": (replace(Data(), ids=("x0", *Data().ids[1:])), "'x0'"),
    "too few labels": (replace(Data(), label_ids=Data().label_ids[:-1]), ""),
    "written otherwise": (replace(Data(), label_ids=tuple(i.upper() for i in Data().label_ids)), "'im0'"),
}


@pytest.mark.parametrize("fault", IDS)
def test_ids_that_do_not_agree(run: Runs, fault: str) -> None:
    data, value = IDS[fault]
    found = run(joined(data))
    assert found.said[6:10] in {"E216", "E217"}
    found.refused(found.said[6:10], "s.csv" if "scores" in fault else "y.csv", value)


SWAPPED = [name for name in ALL if name not in ("together", "piped", "npz", "parquet")]


@pytest.mark.parametrize("layout", SWAPPED)
def test_the_two_files_are_swapped(run: Runs, layout: str) -> None:
    contents, arguments = ALL[layout](Data())
    found = run((contents, arguments[::-1]))
    assert re.match(r"error\[E2\d\d\]: ", found.said), found.said
    found.refused(found.said[6:10])


@pytest.mark.parametrize("layout", ALL)
def test_a_class_without_a_column(run: Runs, layout: str) -> None:
    data = Data()
    narrow = replace(data, cells=tuple(row[:2] for row in data.cells), names=("c0", "c1"))
    row = next(i for i, y in enumerate(data.labels) if y == "2")
    files = ALL[layout](narrow)
    if layout == "joined":
        row = next(i for i, name in enumerate(data.label_ids) if data.labels[data.ids.index(name)] == "2")
    run(files).refused("E204", file_of(files[1], labels=True), f"row {row + 1}", "'2'")


@pytest.mark.parametrize("layout", ALL)
def test_probabilities_are_known_as_such(run: Runs, layout: str) -> None:
    p = np.exp(log_softmax(SCORES, axis=1))
    data = replace(Data(), cells=tuple(tuple(repr(float(v)) for v in row) for row in p))
    ended = run(ALL[layout](data))
    ended.fitted()
    assert "scores are probabilities" in ended.said


@pytest.mark.parametrize("layout", ALL)
def test_probabilities_that_do_not_sum_to_one(run: Runs, layout: str) -> None:
    data = replace(Data(), cells=tuple(tuple(repr(float(v)) for v in row) for row in RNG.random((N, 3)).round(3)))
    files = ALL[layout](data)
    run(files).refused("E214", file_of(files[1]), "row ")


@pytest.mark.parametrize("layout", ALL)
def test_rows_of_labels_in_another_order_are_said(run: Runs, layout: str) -> None:
    """No fact contradicts it, so it is not refused; that the accuracy is that of chance is said."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, N)
    best_of = SCORES.argmax(axis=1)
    y[:34] = (best_of[:34] + 1 + rng.integers(0, 2, 34)) % 3
    ended = run(ALL[layout](replace(Data(), labels=tuple(map(str, y)))))
    if ended.code == 2:
        assert "error[E303]: " in ended.said and ended.left == ()
    else:
        assert "WARNING" in ended.said and "chance" in ended.said


HEADERS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "a name twice": (("c0", "c0", "c2"), "E110"),
    "an empty name": (("c0", "", "c2"), "E110"),
    "0, 1, 2": (("0", "1", "2"), None),
    "names in another order": (("c1", "c0", "c2"), "E207"),
    "with blanks": ((" c0 ", " c1", "c2 "), None),
    "of other languages": (("Füchse", "狐", "лиса"), None),
    "formulas": (("=a", "+b", "@c"), None),
}


@pytest.mark.parametrize("layout", ["csv", "tsv", "semicolons", "packed", "marked", "piped", "together", "joined"])
@pytest.mark.parametrize("header", HEADERS)
def test_headers(run: Runs, layout: str, header: str) -> None:
    names, code = HEADERS[header]
    files = ALL[layout](replace(Data(), names=names))
    ended = run(files)
    ended.fitted() if code is None else ended.refused(code, file_of(files[1], labels=code == "E207"))
