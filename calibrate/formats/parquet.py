"""Parquet, by polars: columns of numbers, booleans and text; nulls among numbers are faults.

A column of lists of numbers, as logs of predictions have it, is a column for each place: `logits_0` and so on.

The footer is checked against the size of the file, and the number of rows against the limits, before polars reads.
One damaged byte in a page makes polars ask for all memory that there is, and abort: it is tried in a process of its
own first.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from calibrate.containers.apart import CRASHED, Trial
from calibrate.containers.column_table import Column, ColumnTable
from calibrate.containers.opening import Opened
from calibrate.errors import CalibrateError, named, shown
from calibrate.memory import POLARS, of_polars, require_polars
from calibrate.table import Decision, Fault, Source

if TYPE_CHECKING:
    import polars as pl

FAULTS = 5
"""Faults that are kept of every column."""
_MAGIC = b"PAR1"
_HINT = "transfer or write it again"
_READ = ("Bool", "String", "Categ", "Enum", "Null", "Date", "Time")
"""Types beside those of numbers: dates and times are texts, which may stand beside the scores."""
_LISTS = ("List", "Array")
_TRIED = """
import io, sys
import polars as pl
data = sys.stdin.buffer.read()
try:
    schema = pl.read_parquet_schema(io.BytesIO(data))
    if any(kind.is_nested() for kind in schema.values()):  # how long lists are, no metadata say
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]),) * 2)
    rows = pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item()
    if rows * len(schema) * 8 <= int(sys.argv[1]):
        pl.read_parquet(io.BytesIO(data))
except pl.exceptions.PanicException:
    sys.exit(int(sys.argv[2]))
except Exception:
    pass
"""


@dataclass(frozen=True)
class Parquet:
    """Reads a Parquet file."""

    extensions: ClassVar[tuple[str, ...]] = ("parquet", "pq")
    magic: ClassVar[bytes] = _MAGIC

    def read(self, opened: Opened) -> ColumnTable:
        """The table. Raises `CalibrateError` E106, E107, E112, E113, E114 or E509 (no room for polars)."""
        _check_footer(opened)
        frame = _unnested(_frame(opened), opened)
        columns = tuple(_column(frame.get_column(name), opened) for name in frame.columns)
        decision = Decision("types", ", ".join(sorted({str(t) for t in frame.dtypes})), "the schema of the file")
        return ColumnTable(
            Source(opened.name, "parquet", opened.digest, opened.size), columns, tuple(frame.columns), (decision,)
        )


def _check_footer(opened: Opened) -> None:
    size, content = opened.content.size, opened.content
    tail = content.read(8, max(0, size - 8))
    if size < 12 or tail[4:] != _MAGIC:
        raise opened.error(
            "E106",
            f"truncated or damaged parquet file: it ends with {tail[4:]!r}, expected the footer and {_MAGIC!r}",
            _HINT,
        )
    footer = int.from_bytes(tail[:4], "little")
    if footer > size - 12:
        raise opened.error("E106", f"damaged parquet footer: it claims {footer:,} bytes, the file has {size:,}", _HINT)


def _frame(opened: Opened) -> pl.DataFrame:
    data = opened.content
    if data.size > opened.limits.in_memory:
        raise opened.error("E114", f"has more than {opened.limits.in_memory:,} bytes", "set CALIBRATE_MAX_BYTES higher")
    require_polars(data.size, f"{named(opened.name)}: reading Parquet")
    allowed = _allowed(opened)
    trial = Trial(_TRIED, str(allowed), str(CRASHED), str(POLARS + of_polars(allowed // 4)))
    import polars as pl  # while the other process does the same

    source = data.read(data.size, 0)
    if trial.crashes(source):
        found = "damaged parquet file: its pages contradict its metadata, or its lists take more memory than is allowed"
        raise opened.error("E106", found, _HINT)
    try:
        schema = pl.read_parquet_schema(io.BytesIO(source))
        _check_schema(dict(schema), opened)
        rows = int(pl.scan_parquet(io.BytesIO(source)).select(pl.len()).collect().item())
        _check_size(rows, len(schema), opened)
        return pl.read_parquet(io.BytesIO(source))
    except CalibrateError:
        raise
    except (pl.exceptions.PolarsError, OSError, ValueError, OverflowError) as error:
        raise opened.error("E106", f"damaged parquet file: {shown(error)}", _HINT) from None
    except pl.exceptions.PanicException:
        raise opened.error("E106", "damaged parquet file: its metadata contradict its data", _HINT) from None


def _check_schema(schema: dict[str, Any], opened: Opened) -> None:
    for j, (name, kind) in enumerate(schema.items()):
        inner = getattr(kind, "inner", None) if str(kind).startswith(_LISTS) else kind
        if inner is None or not (inner.is_numeric() or (inner is kind and str(kind).startswith(_READ))):
            column = f"column {j + 1} {shown(name)!r}"
            hint = "leave it out, or make columns of numbers or text of it"
            raise opened.error(
                "E112", f"{column}: found the type {shown(kind)}, expected numbers, booleans or text", hint
            )


def _unnested(frame: pl.DataFrame, opened: Opened) -> pl.DataFrame:
    """The frame with a column for each place of its lists. Raises E112 for lists of different lengths, E114, E116."""
    import polars as pl

    found: list[pl.Series] = []
    for j, name in enumerate(frame.columns):
        series = frame.get_column(name)
        if isinstance(series.dtype, pl.Array):
            series = series.arr.to_list()
        if not isinstance(series.dtype, pl.List):
            found.append(series)
            continue
        lengths = series.list.len().fill_null(0)
        width = int(lengths[0])
        other = (lengths != max(width, 1)).arg_true()
        if len(other):
            where, have = int(other[0]), int(lengths[int(other[0])])
            text = f"row {where + 1}, column {j + 1} {shown(name)!r}: found a list of {have}, expected {max(width, 1)}"
            raise opened.error("E112", text, "lists of one length: a value for each class")
        _check_size(len(frame), len(found) + width, opened)
        found += [series.list.get(i).alias(f"{name}_{i}") for i in range(width)]
    names = [series.name for series in found]
    if twice := next((name for i, name in enumerate(names) if name in set(names[:i])), None):
        raise opened.error(
            "E112", f"two columns are called {shown(twice)!r}, one of them a place in a list", "rename one"
        )
    return pl.DataFrame(found)


def _check_size(rows: int, width: int, opened: Opened) -> None:
    if width > opened.limits.max_columns:
        raise opened.error("E114", f"{width:,} columns, at most {opened.limits.max_columns:,} are read", "")
    if not rows or not width:
        raise opened.error("E107" if width else "E113", f"empty: {rows} rows of {width} columns", "")
    needed, allowed = rows * width * 8, opened.limits.in_memory
    if needed > _allowed(opened):
        raise opened.error(
            "E114",
            f"{rows:,} rows of {width:,} columns take {needed:,} bytes, at most {allowed:,} are read",
            "set CALIBRATE_MAX_BYTES higher",
        )


def _allowed(opened: Opened) -> int:
    """Most bytes that its numbers may take."""
    return max(opened.limits.in_memory, opened.limits.unpacked(opened.size))


def _column(series: pl.Series, opened: Opened) -> Column:
    import polars as pl

    kind, where = series.dtype, series.is_null()
    if kind == pl.Null:
        kind, series = pl.Float64(), series.cast(pl.Float64)
    if not (kind.is_numeric() or kind == pl.Boolean):
        texts = tuple(cell or "" for cell in series.cast(pl.String).to_list())
        return Column(np.array(texts, dtype=object), "text", texts)
    faults = tuple(Fault(int(i), 0, "null", "") for i in where.arg_true().head(FAULTS))
    if kind == pl.Boolean and not faults:
        return Column(series.to_numpy(), "bool")
    if kind.is_integer():
        wide = pl.UInt64 if kind == pl.UInt64 else pl.Int64
        if faults or kind == pl.Int128:
            return Column(series.cast(pl.Float64).to_numpy(), "int", _texts(series), faults)
        return Column(series.cast(wide).to_numpy(), "int")
    single = kind == pl.Float32 or str(kind) == "Float16"
    values = series.cast(pl.Float32 if single else pl.Float64).to_numpy()
    return Column(np.asarray(values), "bool" if kind == pl.Boolean else "float", None, faults)


def _texts(series: pl.Series) -> tuple[str, ...]:
    import polars as pl

    return tuple(cell or "" for cell in series.cast(pl.String).to_list())
