"""Files of every format that is read, made of drawn matrices: what stands in them is known to the last bit."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

MOST_ROWS, MOST_COLUMNS = 6, 5
DTYPES = (
    "<f8",
    ">f8",
    "<f4",
    ">f4",
    "<f2",
    ">f2",
    "g",
    "i1",
    "<i2",
    ">i4",
    "<i8",
    "u1",
    ">u2",
    "<u4",
    "<u8",
    ">u8",
    "?",
)
EDGES = (
    *(-np.inf, 0.0, -0.0, 1.0, 0.5, 5e-324, -5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1e308),
    *(1.7976931348623157e308, -1.7976931348623157e308, 2.0**53, 2.0**53 + 2, -(2.0**63), 2.0**64, 1e16, 1e22, 1e23),
    *(0.1, 1 / 3, 9007199254740993.0, 8.98846567431158e307, 1 - 2.0**-53, 1 + 2.0**-52),
)


@dataclass(frozen=True)
class Made:
    """A file.

    name       as it is called; what stands behind the first point names the format
    content    its bytes
    values     what stands in it, as float64; float32 where the container holds that alone
    names      of the columns; None without
    doubtful   the first row of numbers could be a header, as README says: 0, 1, ... above fractions
    unsure     the cells do not tell whether a comma is a decimal sign
    commas     decimal commas: the first piece of a large file alone tells
    """

    name: str
    content: bytes
    values: np.ndarray
    names: tuple[str, ...] | None = None
    doubtful: bool = False
    unsure: bool = False
    commas: bool = False

    def __repr__(self) -> str:
        return f"Made({self.name!r}, {self.content!r}, {self.values.tolist()!r})"


# ------------------------------------------------------------------------------------------------------- numbers


def numbers() -> st.SearchStrategy[float]:
    """Finite numbers and masks (-inf), those at the edges of float64 often."""
    plain = st.floats(allow_nan=False, allow_infinity=False)
    return st.one_of(
        plain, st.sampled_from(EDGES), st.integers(-99, 99).map(float), st.integers(-9999, 9999).map(_cents)
    )


def _cents(n: int) -> float:
    return n / 100


def shapes() -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(1, MOST_ROWS), st.integers(1, MOST_COLUMNS))


def matrices() -> st.SearchStrategy[np.ndarray]:
    """Of float64."""
    return shapes().flatmap(lambda shape: drawn.arrays(np.float64, shape, elements=numbers(), fill=st.nothing()))


@st.composite
def stored(draw: st.DrawFn) -> np.ndarray:
    """Matrices and vectors of every type, byte order and layout."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape: tuple[int, ...] = draw(shapes())
    shape = shape if draw(st.integers(0, 3)) else shape[:1]
    if dtype.kind == "f":
        array = draw(drawn.arrays(np.float64, shape, elements=numbers(), fill=st.nothing()))
        with np.errstate(over="ignore", under="ignore"):
            array = array.astype(dtype)
        array[np.isposinf(array)] = 1  # beyond float32 or float16
    else:
        array = draw(drawn.arrays(dtype, shape, fill=st.nothing()))
    if dtype == np.longdouble:  # where it has 80 bits, whatever lay there before stands behind them
        if np.finfo(dtype).nmant == 63:
            array.view(np.uint8).reshape(*array.shape, dtype.itemsize)[..., 10:] = 0
        return array
    how = draw(st.sampled_from((np.ascontiguousarray, np.asfortranarray, _strided)))
    return how(array)  # type: ignore[no-any-return]


def _strided(array: np.ndarray) -> np.ndarray:
    wide = np.zeros((2 * len(array), *array.shape[1:]), array.dtype)
    wide[::2] = array
    return wide[::2]


def read_as(array: np.ndarray) -> np.ndarray:
    """What is read of a stored array: rows and columns, float32 up to float32, else float64."""
    known = array.astype(np.float32 if array.dtype.kind == "f" and array.dtype.itemsize <= 4 else np.float64)
    return known[:, None] if known.ndim == 1 else known


# ---------------------------------------------------------------------------------------------------------- text


def _exact(value: float) -> str:
    return format(Decimal(value), "f")


SPELLINGS: tuple[Callable[[float], str], ...] = (
    repr,
    lambda v: f"{v:.17e}",
    lambda v: f"{v:.17G}",
    lambda v: f"{v:+.17g}",
    lambda v: re.sub(r"^(-?)0\.", r"\1.", repr(v)),
    lambda v: re.sub(r"\.0$", ".", repr(v)),
    lambda v: re.sub(r"^(-?)(\d)", r"\g<1>00\2", repr(v)),
    lambda v: re.sub(r"\.0$", "", repr(v)),
    _exact,
    lambda v: _exact(v) + ("0" if "." in _exact(v) else ".000"),
)
"""Texts that are this number exactly, in the grammar that README gives."""
MASKS = ("-inf", "-Infinity", "-INF")
JSON_SPELLINGS: tuple[Callable[[float], str], ...] = (repr, lambda v: f"{v:.17e}", lambda v: f"{v:.17G}", _exact)


def _cell(draw: st.DrawFn, value: float, spellings: tuple[Callable[[float], str], ...], masks: tuple[str, ...]) -> str:
    return draw(st.sampled_from(masks)) if value == -np.inf else draw(st.sampled_from(spellings))(value)


_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


@st.composite
def csv_files(draw: st.DrawFn, values: st.SearchStrategy[np.ndarray] | None = None) -> Made:
    """Every dialect: delimiters, decimal commas, line ends, byte order mark, quotes, blanks, comments, header."""
    z = draw(values or matrices())
    k = z.shape[1]
    delimiter = draw(st.sampled_from(",;\t|"))
    comma = k > 1 and delimiter == ";" and draw(st.booleans())
    few = draw(st.sampled_from((SPELLINGS[:1], SPELLINGS[-3:-2], SPELLINGS)))
    cells = [[_cell(draw, v, few, MASKS) for v in row] for row in z.tolist()]
    whole = all(re.fullmatch(r"[+-]?\d+", cell) for cell in cells[0])
    if comma:
        cells = [[cell.replace(".", ",") for cell in row] for row in cells]
    unsure = comma and any(_THOUSANDS.fullmatch(cell) for row in cells for cell in row)
    around = draw(st.sampled_from(("{}", "{}", '"{}"', " {} ", '" {} "')))
    cells = [[around.format(cell) for cell in row] for row in cells]
    named = draw(st.booleans())
    names = tuple(f"c{j}" for j in range(k)) if named else None
    end = draw(st.sampled_from(("\n", "\n", "\r\n", "\r")))
    before = draw(st.sampled_from(("", "", "\ufeff"))) + draw(st.sampled_from(("", "", f"# made{end}")))
    after = draw(st.sampled_from((end, end, "", f"{end}{end} {end}")))
    text = before + end.join(delimiter.join(row) for row in ([list(names)] if names else []) + cells) + after
    name = draw(st.sampled_from(("s.csv", "s.csv", "s.txt", "s.tsv", "s")))
    return Made(name, text.encode(), z, names, not named and whole, unsure, comma)


@st.composite
def jsonl_files(draw: st.DrawFn) -> Made:
    """Arrays or objects, their keys in any order."""
    z = draw(matrices())
    keys = tuple(f"c{j}" for j in range(z.shape[1])) if draw(st.booleans()) else None
    blank = draw(st.sampled_from(("", " ", "\t")))
    lines = []
    for i, row in enumerate(z.tolist()):
        cells = [_cell(draw, v, JSON_SPELLINGS, ("-Infinity",)) for v in row]
        if keys is None:
            lines.append(f"[{blank}{f',{blank}'.join(cells)}]")
            continue
        pairs = [f"{json.dumps(key)}:{blank}{cell}" for key, cell in zip(keys, cells, strict=True)]
        pairs = draw(st.permutations(pairs)) if i else pairs
        lines.append("{" + ", ".join(pairs) + f"{blank}}}")
    end = draw(st.sampled_from(("\n", "\r\n")))
    content = end.join(lines) + draw(st.sampled_from((end, "")))
    return Made(draw(st.sampled_from(("s.jsonl", "s.ndjson", "s"))), content.encode(), z, keys)


# -------------------------------------------------------------------------------------------------------- binary


def saved(save: Callable[..., Any], *args: Any, **named: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *args, **named)
    return buffer.getvalue()


@st.composite
def npy_files(draw: st.DrawFn) -> Made:
    array = draw(stored())
    version = draw(st.sampled_from(((1, 0), (1, 0), (2, 0), (3, 0))))
    content = saved(lambda file: np.lib.format.write_array(file, array, version=version, allow_pickle=False))
    return Made(draw(st.sampled_from(("s.npy", "s.npy", "s"))), content, read_as(array))


@st.composite
def npz_files(draw: st.DrawFn) -> Made:
    """One array of any name, or one of a known name among others; stored or packed."""
    array = draw(stored())
    save = draw(st.sampled_from((np.savez, np.savez_compressed)))
    if draw(st.booleans()):
        arrays = {draw(st.sampled_from(("logits", "x", "arr_0", "ü/ä"))): array}
    else:
        arrays = {"other": draw(stored()), "logits": array}
    return Made(draw(st.sampled_from(("s.npz", "s.npz", "s"))), saved(save, **arrays), read_as(array))


COMPRESSIONS = ("none", "snappy", "gzip", "zstd", "lz4", "brotli")


@st.composite
def parquet_files(draw: st.DrawFn) -> Made:
    """By two writers, with every compression, encoding and size of row group."""
    array = draw(stored())
    array = array if array.dtype.kind != "f" or array.dtype.itemsize <= 8 else array.astype("f8")
    array = array.astype("f4") if array.dtype == np.float16 else array.astype(array.dtype.newbyteorder("="))
    array = array[:, None] if array.ndim == 1 else array
    names = tuple(f"c{j}" for j in range(array.shape[1]))
    columns = {name: np.ascontiguousarray(array[:, j]) for j, name in enumerate(names)}
    rows, compression = draw(st.integers(1, 8)), draw(st.sampled_from(COMPRESSIONS))
    if draw(st.booleans()):
        usual = "uncompressed" if compression == "none" else compression
        frame = pl.DataFrame(columns)
        content = saved(lambda file: frame.write_parquet(file, compression=usual, row_group_size=rows))  # type: ignore[arg-type]
    else:
        options = {"data_page_version": draw(st.sampled_from(("1.0", "2.0"))), "use_dictionary": draw(st.booleans())}
        if array.dtype.kind == "f" and not options["use_dictionary"] and draw(st.booleans()):
            options["use_byte_stream_split"] = True
        content = saved(lambda file: pq.write_table(pa.table(columns), file, rows, compression=compression, **options))
    return Made(draw(st.sampled_from(("s.parquet", "s.pq", "s"))), content, read_as(array), names)


@st.composite
def packed(draw: st.DrawFn, files: st.SearchStrategy[Made]) -> Made:
    """The file, compressed by gzip: in one member or two, with or without zeros behind."""
    made = draw(files)
    cut = draw(st.integers(0, len(made.content)))
    parts = [made.content[:cut], made.content[cut:]] if draw(st.booleans()) else [made.content]
    content = b"".join(gzip.compress(part, draw(st.integers(0, 9)), mtime=0) for part in parts)
    content += b"\0" * draw(st.sampled_from((0, 0, 512)))
    return Made(made.name + ".gz", content, made.values, made.names, made.doubtful, made.unsure, made.commas)


FORMATS: dict[str, st.SearchStrategy[Made]] = {
    "csv": csv_files(),
    "jsonl": jsonl_files(),
    "npy": npy_files(),
    "npz": npz_files(),
    "parquet": parquet_files(),
}
"""Entry of `calibrate/formats` -> its files."""
EVERY: dict[str, st.SearchStrategy[Made]] = {**FORMATS, **{f"{name}, gzip": packed(s) for name, s in FORMATS.items()}}
