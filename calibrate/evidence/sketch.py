"""Rows recognised by their hash: which repeat, and which recur in later data, from 1024 numbers.

The hash is of all scores of a row, as float64 with one zero: the same in every container that holds the same numbers,
for every order of the rows and every cut into blocks. Of n distinct rows n^2 / 2^65 pairs collide: 3e-6 of 10 million.

The sketch holds the smallest hashes of the distinct rows ("bottom k": Broder 1997, doi:10.1109/SEQUEN.1997.666900;
Cohen and Kaplan 2007, doi:10.1145/1281100.1281133): a random sample of them without replacement, and of two data sets
the same sample of what they share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from calibrate.exhibits import Overlap, Sketch
from calibrate.fitting.hashes import mixed
from calibrate.numerics import tiles
from calibrate.rows import Block, Rows
from calibrate.sums import Sums

SMALLEST = 1024
"""Hashes in a sketch: a share of .5 is estimated with a standard error of .016."""

LARGEST_HASH = 2**64 - 1

_ODD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03))
_MIX = np.uint64(0xBF58476D1CE4E5B9)


def row_hashes(scores: np.ndarray) -> np.ndarray:
    """64-bit hash of every row of scores (m, K) by all its columns, in their order; (m,) uint64.

    Every score is scrambled by a bijection of its column's own; the sum of them is scrambled again.

    >>> bool(row_hashes(np.array([[0.0, 1.5]])) == row_hashes(np.array([[-0.0, 1.5]], np.float32)))
    True
    """
    m, k = scores.shape
    column = np.arange(1, k + 1, dtype=np.uint64)[:, None]
    added, factors = mixed(column * _ODD[0]), mixed(column * _ODD[1]) | np.uint64(1)
    hashes = np.empty(m, dtype=np.uint64)
    for rows in tiles(m, k):
        bits = (scores[rows].T.astype(np.float64, order="C") + 0.0).view(np.uint64)
        # Whole numbers and float32 leave the low bits empty: bring the high ones down before multiplying.
        bits ^= bits >> np.uint64(32)
        bits += added
        bits *= factors
        bits ^= bits >> np.uint64(29)
        bits *= _MIX
        hashes[rows] = np.add.reduce(bits, axis=0)
    return mixed(hashes + np.array([k], dtype=np.uint64) * _ODD[0])


@dataclass(frozen=True)
class RowHashes:
    """Collect: the number of rows of positive weight, and their hashes up to `at_most`; 8 bytes a row."""

    at_most: int = LARGEST_HASH

    def __call__(self, block: Block) -> Sums:
        hashes = row_hashes(block.scores)
        if block.weights is not None:
            hashes = hashes[block.weights > 0]
        kept = hashes if self.at_most == LARGEST_HASH else hashes[hashes <= np.uint64(self.at_most)]
        return {"n": len(hashes), "hashes": (kept,)}


def sketched(rows: Rows) -> Sketch:
    """The sketch of rows, in a pass of its own."""
    return sketch_of(rows.sum(RowHashes())["hashes"], rows.n_columns)  # type: ignore[arg-type]


def sketch_of(hashes: Iterable[np.ndarray], columns: int) -> Sketch:
    """The sketch of rows of so many `columns` from all their hashes, block by block."""
    every = np.concatenate([np.empty(0, np.uint64), *hashes])
    distinct = np.unique(every)
    smallest = tuple(f"{h:016x}" for h in distinct[:SMALLEST].tolist())
    n, different = len(every), len(distinct)
    return Sketch(n, different, n - different, columns, smallest, different <= SMALLEST)


def overlap(sketch: Sketch, rows: Rows) -> Overlap:
    """How many of the rows behind a sketch recur among `rows`, and the other way round; one pass.

    Raises `ValueError` where the sketch is none: an entry that is no hexadecimal number.
    """
    known = np.array([int(h, 16) for h in sketch.smallest], dtype=np.uint64)
    at_most = int(known.max()) if len(known) else 0
    sums = rows.sum(RowHashes(at_most))
    near = np.concatenate(sums["hashes"])  # type: ignore[arg-type]
    n = int(sums["n"])  # type: ignore[arg-type]
    return Overlap(
        found=int(np.isin(known, near).sum()),
        of=len(known),
        exact=sketch.exact,
        n=n,
        seen=int(np.isin(near, known).sum()),
        sampled=n if sketch.exact else len(near),
    )
