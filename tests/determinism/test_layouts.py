"""The same bytes whatever file holds the same float64 numbers: layouts, byte orders, containers, compression.

Left out of the comparison, since they say what was read: `inputs` (name, container, size and hash of the files) and
`decisions` (of the reader) of result.json, its hash in the manifest, and the lines on standard error that name files.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., Any]
Write = Callable[[Path, np.ndarray], Path]

NAMES = ["0", "1", "2", "3", "4"]


def saved(name: str, change: Callable[[np.ndarray], np.ndarray] = lambda z: z) -> Write:
    def write(folder: Path, z: np.ndarray) -> Path:
        np.save(folder / name, change(z))
        return folder / name

    return write


def text(name: str, delimiter: str, *, header: bool = True, decimal: str = ".") -> Write:
    def write(folder: Path, z: np.ndarray) -> Path:
        lines = [NAMES] if header else []
        lines += [[repr(v).replace(".", decimal) for v in row] for row in z.tolist()]
        content = "\n".join(delimiter.join(line) for line in lines) + "\n"
        (folder / name).write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
        return folder / name

    return write


def digits_of_17(folder: Path, z: np.ndarray) -> Path:
    np.savetxt(folder / "scores.csv", z, fmt="%.17e", delimiter=",", header=",".join(NAMES), comments="")
    return folder / "scores.csv"


def archive(name: str, save: Callable[..., None]) -> Write:
    def write(folder: Path, z: np.ndarray) -> Path:
        save(folder / name, scores=z)
        return folder / name

    return write


def parquet(**options: Any) -> Write:
    def write(folder: Path, z: np.ndarray) -> Path:
        pl.DataFrame(z, schema=NAMES, orient="row").write_parquet(folder / "scores.parquet", **options)
        return folder / "scores.parquet"

    return write


def lines(name: str) -> Write:
    def write(folder: Path, z: np.ndarray) -> Path:
        content = "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in z.tolist()).encode()
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return folder / name

    return write


LAYOUTS: dict[str, Write] = {
    "npy, C order": saved("scores.npy"),
    "npy, Fortran order": saved("scores.npy", np.asfortranarray),
    "npy, big-endian": saved("scores.npy", lambda z: z.astype(">f8")),
    "npy, big-endian, Fortran order": saved("scores.npy", lambda z: np.asfortranarray(z.astype(">f8"))),
    "npz": archive("scores.npz", np.savez),
    "npz, compressed": archive("scores.npz", np.savez_compressed),
    "csv": text("scores.csv", ","),
    "csv, no header": text("scores.csv", ",", header=False),
    "csv, 17 digits": digits_of_17,
    "csv, decimal comma": text("scores.csv", ";", decimal=","),
    "tsv": text("scores.tsv", "\t"),
    "csv.gz": text("scores.csv.gz", ","),
    "parquet": parquet(),
    "parquet, small row groups": parquet(row_group_size=1000, compression="gzip"),
    "jsonl": lines("scores.jsonl"),
    "jsonl.gz": lines("scores.jsonl.gz"),
}


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, Path]:
    """Scores of every number of digits, in two blocks, and a file of labels."""
    rng = np.random.default_rng(2)
    n = 110_000
    labels = rng.integers(0, 5, n)
    z = rng.normal(0, 2, (n, 5))
    z[np.arange(n), labels] += rng.normal(3, 3, n)
    z[::3] = np.round(z[::3], 3)
    z[1::7] *= 1e-9
    path = tmp_path_factory.mktemp("labels") / "labels.npy"
    np.save(path, labels)
    return z, path


def left(layout: str, numbers: tuple[np.ndarray, Path], folder: Path, run: Run) -> Any:
    z, labels = numbers
    scores = str(LAYOUTS[layout](folder, z))
    found = run(
        {
            "fit": ["fit", scores, str(labels), "-o", "fit", "--format", "npy", "-q"],
            "apply": ["apply", "fit/model.json", scores, "-o", "applied.csv", "-q"],
            "score": ["score", scores, str(labels), "--model", "fit/model.json", "--json", "-q"],
        },
        folder,
    )
    found.files.pop(Path(scores).name)
    found.files.pop("fit/MANIFEST.sha256")  # holds the hash of result.json
    found.files["fit/result.json"] = without_reading(found.files["fit/result.json"])
    code, out, err = found.said["score"]
    found.said["score"] = code, without_reading(out), err
    return found


def without_reading(document: bytes) -> bytes:
    known = json.loads(document)
    del known["inputs"], known["decisions"]
    return json.dumps(known).encode()


@pytest.fixture(scope="module")
def usual(numbers: tuple[np.ndarray, Path], run: Run, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return left("npy, C order", numbers, tmp_path_factory.mktemp("usual"), run)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_whatever_the_file(layout: str, numbers: tuple[np.ndarray, Path], run: Run, usual: Any, tmp_path: Path) -> None:
    found = left(layout, numbers, tmp_path, run)
    assert found.said == usual.said
    assert found.files.keys() == usual.files.keys()
    assert [name for name in found.files if found.files[name] != usual.files[name]] == []
