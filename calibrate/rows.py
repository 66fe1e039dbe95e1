"""Rows seen in blocks: what a pass goes over, wherever the rows lie.

A `Block` is some consecutive rows in memory; `Rows` knows how to load its blocks and who executes a pass
over them. Nothing above this file knows about files, chunks, threads or Dask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from calibrate.sums import Sums, total

BLOCK_ELEMENTS = 1 << 19
"""Scores in one block (2 or 4 MiB): large enough that Python does not count, small enough for any memory."""


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive rows, in memory.

    start    row number of the first one in the whole input: what is random is keyed by it, not by the chunk
    scores   (m, K) float32 or float64, C-contiguous; logits unless the reader was told otherwise
    labels   (m,) class numbers, softmax-like links; (m, L) of 0 and 1, sigmoid (L = 1: binary); None: not known
    weights  (m,) float64 or None for all equal
    folds    (m,) fold numbers, int, or None outside cross-fitting
    beside   (m, K) what another model says of the same rows, or None outside such comparisons
    """

    start: int
    scores: np.ndarray
    labels: np.ndarray | None = None
    weights: np.ndarray | None = None
    folds: np.ndarray | None = None
    beside: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.scores)


Load = Callable[[], Block]
Step = Callable[[Block], Block]
Collect = Callable[[Block], Sums]
Execute = Callable[[Collect, tuple[Load, ...]], Sums]


@dataclass(frozen=True)
class _OnLoaded:
    """`collect` after loading; a class, not a closure, so that it can be shipped to another process."""

    collect: Collect

    def __call__(self, load: Load) -> Sums:
        return self.collect(load())


def serial(collect: Collect, loads: tuple[Load, ...]) -> Sums:
    """One pass in this thread, one block in memory at a time."""
    return total(_OnLoaded(collect), loads)


@dataclass(frozen=True)
class _Mapped:
    load: Load
    step: Step

    def __call__(self) -> Block:
        return self.step(self.load())


def cut(block: Block, offset: int, which: slice | np.ndarray) -> Block:
    """The rows `which` of a block, as a block that starts `offset` rows after it."""
    return Block(
        block.start + offset,
        block.scores[which],
        None if block.labels is None else block.labels[which],
        None if block.weights is None else block.weights[which],
        None if block.folds is None else block.folds[which],
        None if block.beside is None else block.beside[which],
    )


@dataclass(frozen=True, eq=False)
class _Kept:
    """Step of one block: only the rows of its mask, of which `start` were kept before."""

    mask: np.ndarray
    start: int

    def __call__(self, block: Block) -> Block:
        return cut(block, self.start - block.start, self.mask)


@dataclass(frozen=True, eq=False)
class _Weighted:
    """Step of one block: the weights of its rows."""

    weights: np.ndarray

    def __call__(self, block: Block) -> Block:
        return replace(block, weights=self.weights)


@dataclass(frozen=True, eq=False)
class _Numbered:
    """Step of one block: the fold numbers of its rows."""

    folds: np.ndarray

    def __call__(self, block: Block) -> Block:
        return replace(block, folds=self.folds)


@dataclass(frozen=True, eq=False)
class _Beside:
    """Step of one block: the scores of another model of its rows."""

    scores: np.ndarray

    def __call__(self, block: Block) -> Block:
        return replace(block, beside=self.scores)


@dataclass(frozen=True, eq=False)
class Rows:
    """`n` rows of `n_columns` scores, as loaders of blocks in row order, and the executor of passes over them.

    starts     number of the first row of each block: what belongs to its rows alone is all that is shipped with it
    weighted   whether the blocks have weights
    """

    loads: tuple[Load, ...]
    starts: tuple[int, ...]
    n: int
    n_columns: int
    execute: Execute = serial
    weighted: bool = False

    def sum(self, collect: Collect) -> Sums:
        """One pass: the sums that `collect` leaves of every block, added in row order."""
        return self.execute(collect, self.loads)

    def map(self, step: Step) -> Rows:
        """The rows as `step` changes each block; lazy: nothing is computed before the next pass."""
        return replace(self, loads=tuple(_Mapped(load, step) for load in self.loads))

    def keep(self, mask: np.ndarray) -> Rows:
        """The rows where `mask` (n,) is true, as rows of their own, numbered anew whatever the blocks."""
        masks = np.split(mask, self.starts[1:])
        *starts, n = accumulate((int(np.count_nonzero(part)) for part in masks), initial=0)
        steps = map(_Kept, masks, starts)
        return replace(self, loads=tuple(map(_Mapped, self.loads, steps)), starts=tuple(starts), n=n)

    def weigh(self, weights: np.ndarray) -> Rows:
        """The rows with `weights` (n,)."""
        steps = map(_Weighted, np.split(weights, self.starts[1:]))
        return replace(self, loads=tuple(map(_Mapped, self.loads, steps)), weighted=True)

    def number(self, folds: np.ndarray) -> Rows:
        """The rows with fold numbers `folds` (n,)."""
        steps = map(_Numbered, np.split(folds, self.starts[1:]))
        return replace(self, loads=tuple(map(_Mapped, self.loads, steps)))

    def with_beside(self, scores: np.ndarray) -> Rows:
        """The rows with the scores (n, K) of another model beside their own."""
        steps = map(_Beside, np.split(scores, self.starts[1:]))
        return replace(self, loads=tuple(map(_Mapped, self.loads, steps)))

    def blocks(self) -> Iterator[Block]:
        """The blocks in row order, for writers."""
        return (load() for load in self.loads)


@dataclass(frozen=True, eq=False)
class _Slice:
    """Rows `start` to `stop` of arrays in memory; slices are views, nothing is copied."""

    whole: Block
    start: int
    stop: int

    def __call__(self) -> Block:
        return cut(self.whole, self.start, slice(self.start, self.stop))

    def __reduce__(self) -> tuple[type[_Slice], tuple[Block, int, int]]:
        """Only the rows of the slice travel to another process."""
        return _Slice, (self(), 0, self.stop - self.start)


def block_rows(n_columns: int, elements: int = BLOCK_ELEMENTS) -> int:
    """Rows of one block of about `elements` scores, at least one.

    With fewer than four columns what is computed per row outweighs the scores, and the blocks are shorter.
    """
    return max(1, elements // max(4, n_columns))


def from_arrays(
    scores: np.ndarray,
    labels: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    *,
    execute: Execute = serial,
    rows_per_block: int | None = None,
) -> Rows:
    """Rows of arrays in memory: `scores` (n, K), `labels` and `weights` as in `Block`."""
    n, k = scores.shape
    step = rows_per_block or block_rows(k)
    whole = Block(0, scores, labels, weights)
    starts = tuple(range(0, n, step))
    loads = tuple(_Slice(whole, start, min(start + step, n)) for start in starts)
    return Rows(loads, starts, n, k, execute, weights is not None)
