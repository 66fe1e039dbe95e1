"""From the numbers in a file to canonical scores, logits: as they are, log p or log p / (1 - p); the loaders of blocks.

What lies on disk stays there: a loader reads its rows when a pass asks for them, and can be sent to another process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from calibrate.rows import Block, Execute, Load, Rows, block_rows, from_arrays
from calibrate.table import Matrix, Numbers, Picked

How = Literal["as is", "log", "logit", "log to logit"]


@dataclass(frozen=True)
class Canonical:
    """Scores (m, K) as logits.

    how     "log": log p, for columns that sum to 1; "logit": log p - log(1 - p), for events; "log to logit": from log p
    clip    p is kept within [clip, 1 - clip] (columns that sum to 1: above clip), in float64
    tidy    p beyond 0 or 1 by rounding is moved to it
    """

    how: How = "as is"
    clip: float | None = None
    tidy: bool = False

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """A new array, or `raw` itself where it is canonical already."""
        if self.how == "as is" and self.clip is None:
            return raw
        with np.errstate(divide="ignore"):
            return self._changed(raw)

    def _changed(self, raw: np.ndarray) -> np.ndarray:
        if self.how in ("as is", "log to logit"):
            logs = np.minimum(raw, 0) if self.tidy else raw
            logs = self._clipped(logs)
            return logs if self.how == "as is" else np.asarray(logs - np.log(-np.expm1(logs)))
        p = self._clipped(np.clip(raw, 0, 1) if self.tidy else raw)
        return np.log(p) if self.how == "log" else np.asarray(np.log(p) - np.log1p(-p))

    def _clipped(self, values: np.ndarray) -> np.ndarray:
        return values if self.clip is None else np.clip(values.astype(np.float64), *self._bounds(self.clip))

    def _bounds(self, clip: float) -> tuple[float, float]:
        """Where the values in the file are cut: p or log p; above only for events."""
        highest = 1 - clip if self.how in ("logit", "log to logit") else 1.0
        return (clip, highest) if self.how in ("log", "logit") else (np.log(clip), np.log(highest))

    def clips(self, raw: np.ndarray) -> int:
        """How many values `clip` changes."""
        if self.clip is None:
            return 0
        low, high = self._bounds(self.clip)
        return int(np.count_nonzero(raw < low) + np.count_nonzero(raw > high))


@dataclass(frozen=True, eq=False)
class FromFile:
    """Loader of rows `start` to `stop` of a file; `first` is the number of the first among the rows that are kept.

    Class numbers are kept as narrow as they were stored, and widened with their block: arithmetic needs the room.
    """

    numbers: Numbers
    start: int
    stop: int
    first: int
    step: Canonical
    keep: np.ndarray | None
    labels: np.ndarray | None
    weights: np.ndarray | None

    def __call__(self) -> Block:
        raw = self.numbers.read(self.start, self.stop)
        scores = self.step(raw if self.keep is None else raw[self.keep])
        return Block(self.first, scores, _wide(self.labels), self.weights)


def rows_of(
    numbers: Numbers,
    step: Canonical,
    labels: np.ndarray | None,
    weights: np.ndarray | None,
    keep: np.ndarray | None,
    execute: Execute,
) -> Rows:
    """Canonical rows; `labels` and `weights` hold the kept rows only.

    Arrays in memory are converted once, files as they are read.
    """
    n, k = numbers.shape
    if in_memory(numbers):
        raw = numbers.read(0, n)
        return from_arrays(
            np.ascontiguousarray(step(raw if keep is None else raw[keep])), _wide(labels), weights, execute=execute
        )
    loads: list[Load] = []
    starts: list[int] = []
    first = 0
    for start in range(0, n, block_rows(k)):
        stop = min(start + block_rows(k), n)
        mask = None if keep is None else keep[start:stop]
        after = first + (stop - start if mask is None else int(mask.sum()))
        if after > first:
            starts.append(first)
            cut = slice(first, after)
            mine = None if labels is None else labels[cut]
            loads.append(
                FromFile(numbers, start, stop, first, step, mask, mine, None if weights is None else weights[cut])
            )
        first = after
    return Rows(tuple(loads), tuple(starts), first, k, execute, weights is not None)


def _wide(labels: np.ndarray | None) -> np.ndarray | None:
    """Class numbers as int64; events, of 0 and 1, as they are."""
    return labels if labels is None or labels.ndim == 2 else labels.astype(np.int64, copy=False)


def in_memory(numbers: Numbers) -> bool:
    """Whether no file stands behind the numbers."""
    return isinstance(numbers, Matrix) or (isinstance(numbers, Picked) and in_memory(numbers.numbers))
