"""The catalogue of bad inputs: every layout with every fault is refused in one line that says where, or read rightly.

What must never happen is the third: a number read as another one, a row or a column shifted. In every case the file,
the row, the column and the value are named, and every spelling of the same data gives the same array.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from calibrate.errors import CalibrateError, shown
from calibrate.reading.dataset import Dataset, read
from calibrate.reading.options import ReadOptions

N = 40
RNG = np.random.default_rng(20240613)
SCORES = (RNG.standard_normal((N, 3)) * 3).round(4) + 0.00005
Y = (SCORES / 2 + RNG.gumbel(size=SCORES.shape)).argmax(axis=1)
CELLS = [[repr(float(value)) for value in row] for row in SCORES]
NAMES = ("c0", "c1", "c2")
AT = (10, 1)
WHERE = {"csv": "row 11 (line 12), column 2 'c1'", "bare": "row 11 (line 11), column 2", "array": "row 11, column 2"}

Cells = list[list[str]]


def delimited(cells: Cells, sep: str = ",", end: str = "\n", header: bool = True) -> str:
    return end.join(sep.join(row) for row in ([list(NAMES)] if header else []) + cells) + end


def with_commas(cells: Cells) -> str:
    return delimited([[cell.replace(".", ",") for cell in row] for row in cells], ";")


TEXTS: dict[str, tuple[str, str, Callable[[Cells], Any]]] = {
    "csv": ("s.csv", "csv", delimited),
    "no header": ("s.csv", "bare", lambda c: delimited(c, header=False)),
    "tsv": ("s.tsv", "csv", lambda c: delimited(c, "\t")),
    "semicolons": ("s.csv", "csv", lambda c: delimited(c, ";")),
    "bars": ("s.txt", "csv", lambda c: delimited(c, "|")),
    "CRLF": ("s.csv", "csv", lambda c: delimited(c, end="\r\n")),
    "CR": ("s.csv", "csv", lambda c: delimited(c, end="\r")),
    "byte order mark": ("s.csv", "csv", lambda c: "\ufeff" + delimited(c)),
    "blanks": ("s.csv", "csv", lambda c: delimited([[f" {cell} " for cell in row] for row in c])),
    "quotes": ("s.csv", "csv", lambda c: delimited([[f'"{cell}"' for cell in row] for row in c])),
    "gzip": ("s.csv.gz", "csv", lambda c: gzip.compress(delimited(c).encode())),
    "no extension": ("scores", "csv", delimited),
    "blank lines at the end": ("s.csv", "csv", lambda c: delimited(c) + "\n \n\n"),
}
"""Layout -> name of the file, how it counts, and its text."""

FAULTS = [
    *("nan", "NaN", "inf", "+Infinity", "NA", "N/A", "#N/A", "None", "null", "?", "-", ".", "abc", "true", "1.#IND"),
    *("1e400", "-1e400", "1d5", "1e", "0x1f", "0x1.8p3", "1_000", "12%", "$1", "(1)", "1 5", "++1", "1.2.3", "1+2j"),
    *("1/2", "=1+1", "2020-01-01", "12:30", "\u0661.\u0665", "\uff11", "\u22121", "1\u00a05", "1\u2009000"),
    *("\u200b1", "1\u00b2", "1\x0b"),
]
SPELLINGS = {
    "-0": -0.0,
    "1.": 1.0,
    ".5": 0.5,
    "+1.5": 1.5,
    "1e1": 10.0,
    "1E-1": 0.1,
    "0001.50": 1.5,
    "1.5e+0": 1.5,
    "1e-400": 0.0,
    "1." + "3" * 300: 4 / 3,
    "-1.7976931348623157e308": -1.7976931348623157e308,
}


def reading(folder: Path, scores: tuple[str, Any], labels: tuple[str, Any] | None = None, **options: Any) -> Dataset:
    paths = []
    for name, content in (scores, labels or ("y.csv", "label\n" + "".join(f"{y}\n" for y in Y))):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        paths.append(str(folder / name))
    return read(*paths, ReadOptions(**options))


def refusal(folder: Path, *files: Any, **options: Any) -> CalibrateError:
    with pytest.raises(CalibrateError) as caught:
        reading(folder, *files, **options)
    assert "\n" not in caught.value.message
    assert caught.value.message.isprintable()
    return caught.value


def the_same(data: Dataset, expected: np.ndarray = SCORES, labels: np.ndarray = Y) -> None:
    blocks = [load() for load in data.rows.loads]
    np.testing.assert_array_equal(np.concatenate([b.scores for b in blocks]), expected)
    np.testing.assert_array_equal(np.concatenate([b.labels for b in blocks]), labels)


def changed(cell: str, at: tuple[int, int] = AT) -> Cells:
    cells = [list(row) for row in CELLS]
    cells[at[0]][at[1]] = cell
    return cells


@pytest.mark.parametrize("layout", TEXTS)
@pytest.mark.parametrize("cell", FAULTS)
def test_a_cell_that_is_no_number_is_named(tmp_path: Path, layout: str, cell: str) -> None:
    name, how, text = TEXTS[layout]
    found = refusal(tmp_path, (name, text(changed(cell))))
    assert (found.code, f"{name}: {WHERE[how]}: found '" in found.message) == ("E212", True), found.message
    assert found.hint
    assert f"found'{shown(cell)}'" in found.message.replace("' ", "'").replace(" '", "'")


@pytest.mark.parametrize("layout", TEXTS)
@pytest.mark.parametrize("cell", ["", " ", '""'])
def test_an_empty_cell_is_named(tmp_path: Path, layout: str, cell: str) -> None:
    if cell == '""' and layout in ("quotes", "blanks"):
        cell = ""
    name, how, text = TEXTS[layout]
    found = refusal(tmp_path, (name, text(changed(cell))))
    assert (found.code, f"{WHERE[how]}: found an empty cell" in found.message) == ("E212", True), found.message


@pytest.mark.parametrize("layout", TEXTS)
def test_every_spelling_of_a_number_is_that_number(tmp_path: Path, layout: str) -> None:
    for cell, value in SPELLINGS.items():
        expected = SCORES.copy()
        expected[AT] = value
        the_same(reading(tmp_path, (TEXTS[layout][0], TEXTS[layout][2](changed(cell)))), expected)


@pytest.mark.parametrize("layout", TEXTS)
@pytest.mark.parametrize("row", [0, 10, N - 1])
@pytest.mark.parametrize("fields", [2, 4])
def test_a_row_of_another_width_is_named(tmp_path: Path, layout: str, row: int, fields: int) -> None:
    name, how, text = TEXTS[layout]
    cells = [list(r) for r in CELLS]
    cells[row] = [*cells[row], "1.5"][:fields] if fields > 3 else cells[row][:fields]
    found = refusal(tmp_path, (name, text(cells)))
    at = (row, 3, fields) if row or how == "csv" else (1, fields, 3)
    assert found.code == "E109"
    assert f"row {at[0] + 1} (line {at[0] + (2 if how == 'csv' else 1)}): found {at[2]} fields" in found.message
    assert f"expected {at[1]} columns" in found.message


def test_decimal_commas(tmp_path: Path) -> None:
    the_same(reading(tmp_path, ("s.csv", with_commas(CELLS))))
    for cell in ("1.5", "1.234,5", "1,2,3", "nan", "12%"):
        cells = [[c.replace(".", ",") for c in row] for row in CELLS]
        cells[10][1] = cell
        assert f"{WHERE['csv']}: found '{cell}'" in refusal(tmp_path, ("s.csv", delimited(cells, ";"))).message


def saved(save: Callable[..., None], *args: Any, **named: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *args, **named)
    return buffer.getvalue()


def parquet(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(array, schema=list(NAMES)).write_parquet(buffer)
    return buffer.getvalue()


def jsonl(array: np.ndarray) -> str:
    return "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in array.tolist())


ARRAYS: dict[str, tuple[str, str, Callable[[np.ndarray], Any]]] = {
    "npy": ("s.npy", "row 11, column 2", lambda a: saved(np.save, a)),
    "big-endian": ("s.npy", "row 11, column 2", lambda a: saved(np.save, a.astype(">f8"))),
    "Fortran": ("s.npy", "row 11, column 2", lambda a: saved(np.save, np.asfortranarray(a))),
    "long double": ("s.npy", "row 11, column 2", lambda a: saved(np.save, a.astype(np.longdouble))),
    "npz": ("s.npz", "row 11, column 2", lambda a: saved(np.savez, logits=a, other=a[:, :1])),
    "packed npz": ("s.npz", "row 11, column 2", lambda a: saved(np.savez_compressed, logits=a)),
    "gzip of npy": ("s.npy.gz", "row 11, column 2", lambda a: gzip.compress(saved(np.save, a))),
    "npy without extension": ("scores", "row 11, column 2", lambda a: saved(np.save, a)),
    "parquet": ("s.parquet", "row 11, column 2 'c1'", parquet),
    "jsonl": ("s.jsonl", "row 11 (line 11), column 2 'c1'", jsonl),
}


@pytest.mark.parametrize("layout", ARRAYS)
def test_binary_layouts(tmp_path: Path, layout: str) -> None:
    name, where, made = ARRAYS[layout]
    the_same(reading(tmp_path, (name, made(SCORES))))
    for value in (np.nan, np.inf):
        array = SCORES.copy()
        array[AT] = value
        found = refusal(tmp_path, (name, made(array)))
        assert (found.code, f"{name}: {where}: found '" in found.message) == ("E212", True), found.message
    masked = SCORES.copy()
    masked[10, (Y[10] + 1) % 3] = -np.inf
    the_same(reading(tmp_path, (name, made(masked))), masked)


@pytest.mark.parametrize("layout", ["npy", "npz", "packed npz", "gzip of npy", "parquet", "jsonl"])
def test_a_file_that_is_cut_off_is_never_read(tmp_path: Path, layout: str) -> None:
    name, _, made = ARRAYS[layout]
    whole = made(SCORES)
    whole = whole.encode() if isinstance(whole, str) else whole
    for size in {*range(0, 140, 3), *range(140, len(whole) - 60, 97), *range(len(whole) - 60, len(whole) - 1)}:
        assert refusal(tmp_path, (name, whole[: max(0, size)])).code in {"E106", "E107", "E116", "E216"}


LABELS: dict[str, tuple[str, Callable[[np.ndarray], Any], dict[str, Any]]] = {
    "numbers": ("y.csv", lambda y: "label\n" + "".join(f"{v}\n" for v in y), {}),
    "no header": ("y.csv", lambda y: "".join(f"{v}\n" for v in y), {}),
    "floats": ("y.csv", lambda y: "label\n" + "".join(f"{v}.0\n" for v in y), {}),
    "header of a series": ("y.csv", lambda y: ",0\n" + "".join(f"{i},{v}\n" for i, v in enumerate(y)), {}),
    "header 0": ("y.csv", lambda y: "0\n" + "".join(f"{v}\n" for v in y), {}),
    "names of the columns": ("y.csv", lambda y: "label\n" + "".join(f'"c{v}"\n' for v in y), {}),
    "from 1": ("y.csv", lambda y: "label\n" + "".join(f"{v + 1}\n" for v in y), {"label_base": 1}),
    "one-hot": ("y.csv", lambda y: "".join(",".join(str(int(v == j)) for j in range(3)) + "\n" for v in y), {}),
    "one-hot, other order": (
        "y.csv",
        lambda y: "c2,c0,c1\n" + "".join(",".join(str(int(v == j)) for j in (2, 0, 1)) + "\n" for v in y),
        {},
    ),
    "npy": ("y.npy", lambda y: saved(np.save, y.astype("u1")), {}),
    "(n, 1)": ("y.npy", lambda y: saved(np.save, y.astype(">i2")[:, None]), {}),
    "one-hot npy": ("y.npy", lambda y: saved(np.save, np.eye(3, dtype=bool)[y]), {}),
    "npz": ("y.npz", lambda y: saved(np.savez, Labels=y, weights=y), {}),
    "jsonl": ("y.jsonl", lambda y: "".join(json.dumps({"label": int(v)}) + "\n" for v in y), {}),
}


@pytest.mark.parametrize("layout", LABELS)
@pytest.mark.parametrize("scores", ["csv", "npy"])
def test_labels_of_every_kind(tmp_path: Path, layout: str, scores: str) -> None:
    name, made, options = LABELS[layout]
    if scores == "npy" and layout in {"names of the columns", "one-hot, other order"}:
        options = {"classes": NAMES}  # an array has no names to match
    files = {"csv": ("s.csv", delimited(CELLS)), "npy": ("s.npy", saved(np.save, SCORES))}
    the_same(reading(tmp_path, files[scores], (name, made(Y)), **options))


@pytest.mark.parametrize("row", [0, 10, N - 1])
@pytest.mark.parametrize(
    "label",
    ["3", "-1", "1.5", "nan", "NA", "None", "inf", "1e5", "0x1", "1%", "cat", "9" * 30, "9007199254740993", "1 2"],
)
def test_a_label_that_is_none_is_named(tmp_path: Path, row: int, label: str) -> None:
    labels = [label if i == row else str(y) for i, y in enumerate(Y)]
    found = refusal(tmp_path, ("s.csv", delimited(CELLS)), ("y.csv", "label\n" + "\n".join(labels) + "\n"))
    assert found.code in {"E204", "E205"}
    assert f"y.csv: row {row + 1} (line {row + 2}), column 1 'label': " in found.message
    assert f"'{label}'" in found.message


@pytest.mark.parametrize("ids", [("id", "id"), ("id", "image_id"), ("photo", "photo"), ("", ""), ("photo", "id")])
def test_shuffled_labels_are_joined_or_refused(tmp_path: Path, ids: tuple[str, str]) -> None:
    order = RNG.permutation(N)
    mark = "{}" if ids == ("", "") else "im{}"
    rows = [f"{ids[0]},c0,c1,c2", *(",".join([mark.format(i), *row]) for i, row in enumerate(CELLS))]
    answers = [f"{ids[1]},label", *(f"{mark.format(i)},{Y[i]}" for i in order)]
    scores, labels = ("s.csv", "\n".join(rows) + "\n"), ("y.csv", "\n".join(answers) + "\n")
    the_same(reading(tmp_path, scores, labels))
    if ids[0] == ids[1] == "id":
        twice = labels[1].replace(f"im{order[3]},", f"im{order[4]},")
        assert refusal(tmp_path, scores, ("y.csv", twice)).code == "E217"
        other = labels[1].replace(f"im{order[3]},", "imX,")
        assert f"im{order[3]}'" in refusal(tmp_path, scores, ("y.csv", other)).message
