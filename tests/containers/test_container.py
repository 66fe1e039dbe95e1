"""What a file is taken for, what is refused by name, and that all containers hold the same numbers."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from calibrate.containers import foreign
from calibrate.containers.container import open_table
from calibrate.containers.opening import Limits
from calibrate.errors import CalibrateError
from calibrate.table import Archive, Table

X = np.array([[0.5, -1.25], [2.0, 3.5]])


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz(packed: bool = False, **named: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(buffer, **named)
    return buffer.getvalue()


def parquet(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(array, schema=[f"c{j}" for j in range(array.shape[1])]).write_parquet(buffer)
    return buffer.getvalue()


def delimited(
    array: np.ndarray, delimiter: str = ",", end: str = "\n", header: bool = True, comma: bool = False
) -> bytes:
    rows = [[f"c{j}" for j in range(array.shape[1])]] if header else []
    rows += [[repr(v).replace(".", ",") if comma else repr(v) for v in row] for row in array.tolist()]
    return "".join(delimiter.join(row) + end for row in rows).encode()


def jsonl(array: np.ndarray, keys: bool) -> bytes:
    rows = array.tolist()
    return "".join(json.dumps({f"c{j}": v for j, v in enumerate(r)} if keys else r) + "\n" for r in rows).encode()


WRITERS: dict[str, Callable[[np.ndarray], bytes]] = {
    "plain.csv": delimited,
    "bare.csv": lambda x: delimited(x, header=False),
    "crlf.csv": lambda x: delimited(x, end="\r\n"),
    "mark.csv": lambda x: b"\xef\xbb\xbf" + delimited(x),
    "packed.csv.gz": lambda x: gzip.compress(delimited(x)),
    "tabs.tsv": lambda x: delimited(x, "\t"),
    "semicolons.csv": lambda x: delimited(x, ";"),
    "commas.csv": lambda x: delimited(x, ";", comma=True),
    "bars.txt": lambda x: delimited(x, "|"),
    "no_extension": delimited,
    "c.npy": npy,
    "fortran.npy": lambda x: npy(np.asfortranarray(x)),
    "big.npy": lambda x: npy(x.astype(">f8")),
    "long.npy": lambda x: npy(x.astype(np.longdouble)),
    "c.npy.gz": lambda x: gzip.compress(npy(x)),
    "npy_named.csv": npy,
    "stored.npz": lambda x: npz(logits=x),
    "packed.npz": lambda x: npz(True, logits=x, labels=x[:, 0]),
    "c.parquet": parquet,
    "keys.jsonl": lambda x: jsonl(x, True),
    "arrays.jsonl": lambda x: jsonl(x, False),
    "arrays": lambda x: jsonl(x, False),
}


def write(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def whole(table: Table) -> np.ndarray:
    return np.array(table.numbers(range(len(table.kinds))).read(0, table.n))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrays(np.float64, st.tuples(st.integers(2, 8), st.integers(2, 4)), elements=st.floats(-1e300, 1e300)))
def test_law_every_layout_of_the_same_numbers_gives_the_same_array(tmp_path: Path, array: np.ndarray) -> None:
    array[0, 0] = 0.5
    for name, writer in WRITERS.items():
        found = whole(open_table(write(tmp_path, name, writer(array))))
        assert found.dtype == np.float64, name
        np.testing.assert_array_equal(found, array, err_msg=name)


def refused(path: str, **options: object) -> CalibrateError:
    with pytest.raises(CalibrateError) as caught:
        open_table(path, **options)  # type: ignore[arg-type]
    assert caught.value.message.isprintable()
    return caught.value


FOREIGN = [
    ("x.pt", b"PK\x03\x04junk", "E106", "npz"),
    ("x.pt", b"junk", "E105", "PyTorch"),
    ("x.pkl", b"\x80\x04\x95", "E105", "pickle"),
    ("x.npy", b"\x80\x02cio\nopen\n", "E105", "pickle"),
    ("x.csv", b"\x80\x05\x95", "E105", "pickle"),
    ("x.xls", b"\xd0\xcf\x11\xe0\xa1", "E105", "Excel"),
    ("x.h5", b"\x89HDF\r\n\x1a\n", "E105", "HDF5"),
    ("x.csv", b"\x89HDF\r\n\x1a\n", "E105", "HDF5"),
    ("x.feather", b"ARROW1", "E105", "Arrow"),
    ("x.csv.bz2", b"BZh91AY", "E105", "bzip2"),
    ("x.csv", b"\xff\xfea\0", "E105", "UTF-16"),
    ("x.csv", b"\n<!DOCTYPE html>\n<html>", "E105", "HTML"),
    ("x.csv", b"\xef\xbb\xbf<HTML><body>", "E105", "HTML"),
    ("x.csv", b"version https://git-lfs.github.com/spec/v1\n", "E105", "LFS"),
    ("x.docx", b"a,b\n1,2\n", "E104", ".docx"),
    ("x.\x1b[31m", b"a,b\n1,2\n", "E104", ".\\x1b[31m"),
    ("x", b"\0\1\2\3", "E104", "binary"),
    ("x", b"a,b,c,label\n1,2,3,0\n1,\0002,3,0\n", "E108", "line 3"),
    ("x.npy", b"a,b\n1,2\n", "E106", "npy"),
    ("x.npy", b"\x92NUMPY\1\0", "E106", "npy"),
    ("x.npz", b"a,b\n1,2\n", "E106", "npz"),
    ("x.parquet", b"a,b\n1,2\n", "E106", "parquet"),
    ("x.parquet", b"", "E107", "empty"),
]


@pytest.mark.parametrize(("name", "data", "code", "words"), FOREIGN)
def test_known_and_refused(tmp_path: Path, name: str, data: bytes, code: str, words: str) -> None:
    error = refused(write(tmp_path, name, data))
    assert (error.code, words in error.message) == (code, True), error.message


def test_converters_are_one_line() -> None:
    assert all("\n" not in kind.hint for kind in foreign.FOREIGN)
    assert [
        k.what
        for k in foreign.FOREIGN
        if {"pt", "pkl", "xlsx", "h5"} & set(k.extensions) and "convert it once" not in k.hint
    ] == []


def test_content_is_said_where_the_name_says_otherwise(tmp_path: Path) -> None:
    first = open_table(write(tmp_path, "x.csv", npy(X))).decisions[0]
    assert (first.what, first.value) == ("container", "npy")
    assert "csv" in first.why
    packed = open_table(write(tmp_path, "x.csv.gz", gzip.compress(b"1,2\n")))
    assert packed.decisions[0].value == "csv, gzip-compressed"


def test_key_and_wanted_names(tmp_path: Path) -> None:
    path = write(tmp_path, "x.npz", npz(logits=X, labels=np.array([1, 0])))
    assert open_table(path, wanted=("labels",)).column(0).tolist() == [1, 0]
    assert open_table(path, key="logits").n == 2
    found = open_table(path)
    assert isinstance(found, Archive)
    assert found.other("labels").n == 2


def test_limits_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "x.csv", b"a,b\n1,2\n")
    assert refused(path, limits=Limits(max_bytes=3)).code == "E114"
    monkeypatch.setenv("CALIBRATE_MAX_BYTES", "3")
    assert refused(path).code == "E114"
    assert open_table(write(tmp_path, "x.npy", npy(X))).n == 2


def test_an_address_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket", None)
    assert refused("https://example.invalid/x.csv").code == "E103"


def test_names_in_messages_are_safe_and_end_in_the_name_of_the_file(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 100) / ("e" * 100)
    folder.mkdir(parents=True)
    message = refused(write(folder, "a\nb.csv", b"")).message
    assert message.startswith("...")
    assert "a\\nb.csv: empty" in message
    assert "logits-\\udcff.csv" in refused(os.fsdecode(b"logits-\xff.csv")).message


PIPED = """
import sys
from calibrate.containers.container import open_table
table = open_table("-")
print(table.source.container, table.n, len(table.kinds), sorted({"polars", "pandas", "scipy"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (delimited(X), "csv 2 2 []"),
        (b"2.3,-1.2,0.7\n", "csv 1 3 []"),
        (gzip.compress(delimited(X)), "csv 2 2 []"),
        (npy(X), "npy 2 2 []"),
        (npz(scores=X), "npz 2 2 []"),
        (jsonl(X, True), "jsonl 2 2 []"),
    ],
)
def test_standard_input_is_known_by_its_content(data: bytes, said: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", PIPED], input=data, capture_output=True, check=True, env=environment)
    assert done.stdout.decode().strip() == said
