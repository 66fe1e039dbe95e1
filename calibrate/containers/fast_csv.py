"""Pieces of delimited text by polars, where its reading and the strict one cannot differ; else None.

What polars takes and the strict grammar does not (`inf`, `nan`, overflow, short rows, blank lines) shows in what comes
out: numbers that are not finite, nulls, a count of rows or delimiters that is not the text's. Such a piece, and any
with quotes, is left to the strict reader, which names what is wrong or takes what is right; so is every piece where
the process may not have the memory that polars wants.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from calibrate.containers.pieces import count
from calibrate.memory import holds_polars

if TYPE_CHECKING:
    import polars as pl

LATER = 16 << 20
"""Bytes of a piece that keep polars' threads busy."""
WIDEST = 10_000
"""Columns beyond which polars is slower than the strict reader: it works by columns, and a piece has few rows."""


def numbers(data: bytes, ends: int, delimiter: str, decimal: str, kinds: Sequence[str]) -> np.ndarray | None:
    """The columns of kind `int` and `float` as a matrix of float64 (m, k); None where the strict reader must decide.

    `ends` is the number of line ends in `data`.
    """
    frame = _frame(data, ends, delimiter, decimal, kinds)
    if frame is None:
        return None
    numeric = [str(j) for j, kind in enumerate(kinds) if kind != "text"]
    if not numeric:
        return np.empty((len(frame), 0))
    values = (frame if len(numeric) == len(kinds) else frame.select(numeric)).to_numpy(order="c")
    return values if np.isfinite(values).all() or _only_masks(values, data) else None


def texts(data: bytes, ends: int, delimiter: str, decimal: str, width: int, j: int) -> list[str] | None:
    """Column j of `width`, of a piece that was read before, as it is written; None as in `numbers`."""
    rows = ends + (not data.endswith(b"\n"))
    if not (_is_plain(data, rows, delimiter, decimal, width) and holds_polars(len(data))):
        return None
    import polars as pl

    plain = data.replace(b"\r\n", b"\n") if b"\r" in data else data
    try:
        frame = pl.read_csv(
            plain, has_header=False, columns=[j], infer_schema=False, separator=delimiter, quote_char=None
        )
    except pl.exceptions.PolarsError:
        return None
    return [cell or "" for cell in frame.to_series().to_list()] if len(frame) == rows else None


NOT_TEXT = (b"\xef\xbb\xbf", b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda", b"\x28\xb5\x2f\xfd")
"""What polars takes at the beginning of a piece for a byte order mark, gzip, zlib or zstd; there it is text."""


def _is_plain(data: bytes, rows: int, delimiter: str, decimal: str, width: int) -> bool:
    """Whether there are no quotes, no lone carriage returns, no blank line at the end, and delimiters for all rows."""
    if b'"' in data or b"\0" in data or (decimal == "," and b"." in data):
        return False
    end = len(data) - data.endswith(b"\n")
    if not data[data.rfind(b"\n", 0, end) + 1 : end].decode("utf-8", "replace").strip():  # of text, as \x1c is
        return False
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    if data.startswith(NOT_TEXT):
        return False
    return count(data, delimiter) == rows * (width - 1)


def _frame(data: bytes, ends: int, delimiter: str, decimal: str, kinds: Sequence[str]) -> pl.DataFrame | None:
    """The piece as polars reads it; None where it does not, or might read it otherwise than the strict reader."""
    rows = ends + (not data.endswith(b"\n"))
    if len(kinds) > WIDEST or not _is_plain(data, rows, delimiter, decimal, len(kinds)) or not holds_polars(len(data)):
        return None
    import polars as pl

    types = {"int": pl.Int64, "float": pl.Float64, "text": pl.String}
    try:
        frame = pl.read_csv(
            data.replace(b"\r\n", b"\n") if b"\r" in data else data,
            has_header=False,
            schema={str(j): types[kind] for j, kind in enumerate(kinds)},
            separator=delimiter,
            decimal_comma=decimal == ",",
            quote_char=None,
        )
    except pl.exceptions.PolarsError:
        return None
    return frame if len(frame) == rows else None


def _only_masks(values: np.ndarray, data: bytes) -> bool:
    """Whether all that is not finite is -inf, and written so (not a number beyond float64)."""
    masks = int(np.count_nonzero(np.isneginf(values)))
    return masks == values.size - int(np.count_nonzero(np.isfinite(values))) and data.lower().count(b"-inf") == masks
