"""What other programs read in a file: NumPy, PyArrow, and Python's own modules for CSV, JSON and gzip."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from calibrate.containers.text_table import TextTable
from calibrate.table import Table

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MASK = re.compile(r"-inf(inity)?", re.IGNORECASE)


def unpacked(data: bytes) -> bytes:
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def of_npy(data: bytes, table: Table) -> np.ndarray:
    return _rows(np.load(io.BytesIO(data), allow_pickle=False))


def of_npz(data: bytes, table: Table) -> np.ndarray:
    key = next(decision.value for decision in table.decisions if decision.what == "key")
    return _rows(np.load(io.BytesIO(data), allow_pickle=False)[key])


def of_parquet(data: bytes, table: Table) -> np.ndarray:
    read = pq.read_table(io.BytesIO(data))
    return np.column_stack([_column(column.to_pylist()) for column in read.columns])


def of_jsonl(data: bytes, table: Table) -> np.ndarray:
    rows = [json.loads(line, parse_int=float) for line in data.decode("utf-8-sig").split("\n") if line.strip()]
    if isinstance(rows[0], dict):
        rows = [[row[key] for key in rows[0]] for row in rows]
    return np.column_stack([_column(column) for column in zip(*rows, strict=True)])


def of_csv(data: bytes, table: Table) -> np.ndarray:
    """By the delimiter, the decimal sign and the header that the table says it has."""
    assert isinstance(table, TextTable)
    layout = table.layout
    lines = re.split("(?<=\n)|(?<=\r)(?!\n)", data.decode("utf-8-sig"))[layout.comments :]
    reader = csv.reader(
        io.StringIO("".join(lines), newline=""), delimiter=layout.delimiter, skipinitialspace=layout.padded
    )
    rows = [row for row in reader if len(row) > 1 or (row and (row[0] == "" or row[0].strip()))]
    body = rows[1:] if layout.in_rows else rows
    if layout.names is not None and layout.in_rows:
        assert tuple(cell.strip().removeprefix("'") for cell in rows[0]) == tuple(
            n.removeprefix("'") for n in layout.names
        )
    return np.array([[_cell(cell, layout.decimal) for cell in row] for row in body])


READERS: dict[str, Callable[[bytes, Table], np.ndarray]] = {
    "csv": of_csv,
    "jsonl": of_jsonl,
    "npy": of_npy,
    "npz": of_npz,
    "parquet": of_parquet,
}


def read(data: bytes, table: Table) -> np.ndarray | None:
    """The numbers of the file as another program reads them, NaN where a cell is none; None where it reads no file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return READERS[table.source.container](unpacked(data), table)
    except Exception:
        return None


def _rows(array: np.ndarray) -> np.ndarray:
    return array[:, None] if array.ndim == 1 else array


def _column(values: Any) -> np.ndarray:
    return np.array([float(v) if isinstance(v, (int, float)) else np.nan for v in values])


def _cell(text: str, decimal: str) -> float:
    bare = text.strip(" \t")
    if decimal == ",":
        bare = bare.replace(".", "?").replace(",", ".")
    return float(bare) if NUMBER.fullmatch(bare) or MASK.fullmatch(bare) else np.nan
