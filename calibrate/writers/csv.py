"""CSV: a header of class names, ids first if there were any, numbers with the shortest digits that read back exactly.

UTF-8, commas, LF. The text of a number is that of polars' writer: at least one digit on either side of the point,
exponents below 1e-5 and from 1e16 as `1e-6`, `1e+16`. Small files are written by msgspec, whose import costs nothing,
large ones by polars, which uses all cores; the bytes are the same. Text cells are quoted where they must be, and
guarded against spreadsheets: one that
could be taken for a formula gets an apostrophe, which our reader takes off again.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import msgspec
import numpy as np

from calibrate.memory import holds_polars
from calibrate.spreadsheet import guard

LARGE = 1 << 21
"""Numbers from which on the import of polars (0.2 s) pays."""

_PIECE = 1 << 16  # numbers that are Python objects at one time
_TO_QUOTE = re.compile(r'[",\r\n;\t|]|^[\s\ufeff]|\s$|^$')
_TO_LOOK_AT = re.compile(r"""[",\r;\t|']|^[=+\-@\uff1d\uff0b\uff0d\uff20\s\ufeff]|\s$|^$""", re.MULTILINE)
_POSITIVE_EXPONENT = re.compile(rb"e(?=[0-9])")


def write(
    out: BinaryIO,
    blocks: Iterator[np.ndarray],
    *,
    names: tuple[str, ...],
    ids: Sequence[str] | None,
    id_name: str | None,
    n: int,
) -> None:
    """Write `n` rows of finite float64 that come in blocks (m, K); the bytes do not depend on the blocks."""
    header = names if ids is None else (id_name or "id", *names)
    out.write((",".join(map(cell, header)) + "\n").encode())
    by_polars = n * len(names) >= LARGE and holds_polars(8 * LARGE)
    lines = _by_polars if by_polars else _by_msgspec
    rows = 0
    for block in blocks:
        if not np.isfinite(block).all():
            raise ValueError(f"probabilities that are not finite, at or after row {rows}")
        for text in lines(block, None if ids is None else _cells(ids[rows : rows + len(block)])):
            out.write(text)
        rows += len(block)
    if rows != n:
        raise ValueError(f"{rows} rows of probabilities, expected {n}")


def cell(text: str) -> str:
    """One text cell: guarded, and quoted where a reader could take it apart, trim it, or see an empty one.

    >>> cell("cat"), cell("a,b"), cell("a;b"), cell("=A1"), cell("")
    ('cat', '"a,b"', '"a;b"', "'=A1", '""')
    """
    safe = guard(text)
    return '"' + safe.replace('"', '""') + '"' if _TO_QUOTE.search(safe) else safe


def _cells(texts: Sequence[str]) -> list[str]:
    """`cell` of every text; one search says of most files that nothing is to be done."""
    joined = "\n".join(texts)
    if joined.count("\n") == len(texts) - 1 and not _TO_LOOK_AT.search(joined):
        return list(texts)
    return list(map(cell, texts))


def _by_msgspec(block: np.ndarray, cells: list[str] | None) -> Iterator[bytes]:
    step = max(1, _PIECE // block.shape[1])
    encoder = msgspec.json.Encoder()
    for start in range(0, len(block), step):
        text = encoder.encode(block[start : start + step].tolist())[2:-2].replace(b"],[", b"\n")
        text = _POSITIVE_EXPONENT.sub(b"e+", text) + b"\n"
        if cells is not None:
            lines = zip(cells[start : start + step], text.decode("ascii").splitlines(), strict=True)
            text = "".join([f"{name},{line}\n" for name, line in lines]).encode()
        yield text


def _by_polars(block: np.ndarray, cells: list[str] | None) -> Iterator[memoryview]:
    import polars as pl

    frame = pl.from_numpy(block, orient="row")
    if cells is not None:
        frame.insert_column(0, pl.Series("ids", cells, dtype=pl.String))
    text = io.BytesIO()
    frame.write_csv(text, include_header=False, quote_style="never")
    yield text.getbuffer()
