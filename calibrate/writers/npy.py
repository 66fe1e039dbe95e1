"""NPY, version 1.0: a matrix (n, K) of little-endian float64 in C order; it has no place for names and ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np


def write(
    out: BinaryIO,
    blocks: Iterator[np.ndarray],
    *,
    names: tuple[str, ...],
    ids: Sequence[str] | None,
    id_name: str | None,
    n: int,
) -> None:
    """Write `n` rows that come in blocks (m, K), one block in memory at a time."""
    header = {"descr": "<f8", "fortran_order": False, "shape": (n, len(names))}
    np.lib.format.write_array_header_1_0(out, header)
    rows = 0
    for block in blocks:
        rows += len(block)
        out.write(np.ascontiguousarray(block, dtype="<f8").data.cast("B"))
    if rows != n:
        raise ValueError(f"{rows} rows of probabilities, expected {n}")
