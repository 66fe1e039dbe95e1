"""Parquet: one float64 column per class, ids first if there were any, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np

from calibrate.errors import CalibrateError, shown
from calibrate.memory import require_polars


def write(
    out: BinaryIO,
    blocks: Iterator[np.ndarray],
    *,
    names: tuple[str, ...],
    ids: Sequence[str] | None,
    id_name: str | None,
    n: int,
) -> None:
    """Write `n` rows that come in blocks (m, K). The format lies by columns: all of them are held in memory once."""
    require_polars(8 * n * len(names), "Parquet: writing it")
    import polars as pl

    header = names if ids is None else (id_name or "id", *names)
    if twice := [name for j, name in enumerate(header) if name in header[:j]]:
        found = f"Parquet: found two columns {shown(twice[0])!r}, expected different names"
        raise CalibrateError("E507", found, "write CSV instead, as in --format csv")
    columns = np.empty((len(names), n))
    rows = 0
    for block in blocks:
        columns[:, rows : rows + len(block)] = block.T
        rows += len(block)
    if rows != n:
        raise ValueError(f"{rows} rows of probabilities, expected {n}")
    texts = [] if ids is None else [pl.Series(header[0], ids, dtype=pl.String)]
    numbers = [pl.Series(name, column) for name, column in zip(names, columns, strict=True)]
    pl.DataFrame(texts + numbers).write_parquet(out, compression="zstd")
