"""What the numbers are, logits or probabilities, by one lean pass over them; and what the pass must not let through.

A value outside [0, 1] is a logit; rows in [0, 1] that sum to 1 are probabilities; rows that do neither are refused.
The pass looks for NaN and infinities by the sum of each block, and at single values only where that is not finite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calibrate.containers.grammar import remedy
from calibrate.errors import CalibrateError, named, shown
from calibrate.numerics import NARROW
from calibrate.reading.words import MISSING
from calibrate.rows import block_rows
from calibrate.table import Numbers, Table

ROUNDING = 1e-6
"""A softmax in float32 leaves [0, 1] by no more."""
SUM_TOLERANCE = 0.01
"""Probabilities rounded to three digits sum to 1 within this for some ten classes."""
HEAD = 1024
SAMPLE = 8192
"""Rows, evenly spaced, by which accuracy is judged: fewer where they are wide, but `FEWEST`."""
SAMPLE_ELEMENTS = 1 << 20
FEWEST = 512


@dataclass(eq=False)
class Seen:
    """What one pass saw of the scores; counts are of the rows that are kept.

    inside          no value further outside [0, 1] than rounding; strictly: none at all
    worst, at       largest |sum of a row - 1| and its row; `first_off` the first row beyond the tolerance
    zeros, ones     cells of exactly 0 (or below) and 1 (or above)
    zero_true       rows (events: cells) whose truth has probability 0; `first_zero` the first such row
    above_zero      where a value first exceeds what a log-probability can be, if that was asked
    masked          cells of -inf; `masked_true` rows whose true class is one
    whole           every value is 0 or 1
    keep            rows kept, or None for all
    sample, sampled rows for plausibility, and their numbers in the file
    """

    inside: bool = True
    strictly: bool = True
    high_only: bool = True
    outside: tuple[int, int, float] | None = None
    above_zero: tuple[int, int, float] | None = None
    worst: float = 0.0
    at: int = 0
    first_off: tuple[int, float] | None = None
    zeros: int = 0
    ones: int = 0
    zero_true: int = 0
    first_zero: int | None = None
    masked: int = 0
    masked_true: int = 0
    whole: bool = True
    keep: np.ndarray | None = None
    dropped: int = 0
    logs: bool = False
    sample: list[np.ndarray] = field(default_factory=list)
    sampled: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Look:
    """One pass over `columns` of a table.

    truth       class numbers (n,), events (n, L), or None
    ranged      whether the range matters: False where the scale is known to be logits
    events      every column is an event of its own (then rows need not sum to 1)
    keep        rows that have a label, or None for all
    logs        values above 0 are looked for: the scores are said to be log-probabilities
    """

    table: Table
    columns: Sequence[int]
    truth: np.ndarray | None
    ranged: bool
    events: bool
    drop_missing: bool
    keep: np.ndarray | None = None
    logs: bool = False

    def over(self, numbers: Numbers) -> Seen:
        """The pass. Raises E212 at the first score that is missing or infinite, unless such rows are dropped."""
        self._faults()
        seen = Seen(keep=None if self.keep is None else self.keep.copy())
        n, k = numbers.shape
        if not self.ranged:
            seen.inside = seen.strictly = seen.whole = False
        else:
            _outside(seen, numbers.read(0, min(n, HEAD)), np.arange(min(n, HEAD)))
        rows, stride = block_rows(k), max(1, n // min(SAMPLE, max(FEWEST, SAMPLE_ELEMENTS // k)))
        for start in range(0, n, rows):
            self._block(seen, numbers.read(start, min(start + rows, n)), start, stride)
        seen.dropped = 0 if seen.keep is None else n - int(seen.keep.sum())
        return seen

    def _faults(self) -> None:
        for fault in sorted((f for f in self.table.faults if f.column in self.columns), key=lambda f: f.row):
            if not (self.drop_missing and fault.text.strip().lower() in MISSING):
                raise self._bad(fault.row, fault.column, fault.text, fault.why)

    def _bad(self, row: int, column: int, text: str, why: str) -> CalibrateError:
        place = f"{named(self.table.source.name)}: {self.table.place(row, column)}"
        found = f"'{shown(text)}'" if text.strip() else "an empty cell (missing)"
        if why == "too large":
            hint = "float64 ends at 1.8e308: divide all scores by the same number"
        elif text.strip().lower() in MISSING or why == "not finite":
            hint = "--drop-missing leaves such rows out"
        else:
            hint = remedy(text) or "scores are written as 1.5, -2 or 1e-3"
        return CalibrateError(
            "E212",
            f"{place}: found {found}, expected a finite number{f' ({why})' if why not in {'', 'empty'} else ''}",
            hint,
        )

    def _block(self, seen: Seen, block: np.ndarray, start: int, stride: int) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            total = block.sum()
        kept = None if seen.keep is None else seen.keep[start : start + len(block)]
        if not np.isfinite(total):
            kept = self._not_finite(seen, block, start, kept)
        first = -start % stride
        numbers = np.arange(start + first, start + len(block), stride)
        taken = block[first::stride]
        if kept is not None:
            taken, numbers = taken[kept[first::stride]], numbers[kept[first::stride]]
        seen.sample.append(taken.copy())
        seen.sampled.append(numbers)
        if self.logs:
            self._logs(seen, block, start, kept)
        if seen.inside:
            held = np.arange(start, start + len(block)) if kept is None else start + np.flatnonzero(kept)
            self._range(seen, block if kept is None else block[kept], held)

    def _logs(self, seen: Seen, block: np.ndarray, start: int, kept: np.ndarray | None) -> None:
        """Values that no log-probability has; and events that were certain and did not come."""
        high = block > ROUNDING if kept is None else (block > ROUNDING) & kept[:, None]
        seen.above_zero = seen.above_zero or _first(high, block, start)
        if self.truth is not None and self.truth.ndim == 2:
            certain = (block >= 0) & (self.truth[start : start + len(block)] == 0)
            certain = certain if kept is None else certain & kept[:, None]
            seen.masked_true += _counted(seen, certain.any(axis=1), start + np.arange(len(block)), int(certain.sum()))

    def _not_finite(self, seen: Seen, block: np.ndarray, start: int, kept: np.ndarray | None) -> np.ndarray | None:
        bad = ~(block < np.inf)
        rows = bad.any(axis=1)
        if kept is not None:
            rows &= kept
        if rows.any() and not self.drop_missing:
            row = int(np.argmax(rows))
            column = int(np.argmax(bad[row]))
            text = "NaN" if np.isnan(block[row, column]) else "inf"
            raise self._bad(start + row, self.columns[column], text, "")
        if rows.any():
            if seen.keep is None:
                seen.keep = np.ones(self.table.n, dtype=bool)
            kept = seen.keep[start : start + len(block)]
            kept &= ~rows
        masked = np.isneginf(block) if kept is None else np.isneginf(block) & kept[:, None]
        if masked.any():
            self._masked(seen, masked, start)
        return kept

    def _masked(self, seen: Seen, masked: np.ndarray, start: int) -> None:
        seen.masked += int(masked.sum())
        everything = masked.all(axis=1)
        if everything.any() and not self.events:
            row = int(np.argmax(everything))
            raise self._bad(start + row, self.columns[0], "-inf", "every class of the row is masked")
        seen.masked_true += self._at_truth(seen, masked, start + np.arange(len(masked)), None)

    def _at_truth(self, seen: Seen, at_zero: np.ndarray, rows: np.ndarray, at_one: np.ndarray | None) -> int:
        """Rows (events: cells) whose true class is marked, or whose true event or non-event is."""
        if self.truth is None:
            return 0
        truth = self.truth[rows]
        if truth.ndim == 1:
            marked = at_zero[np.arange(len(rows)), truth]
            return _counted(seen, marked, rows, int(marked.sum()))
        wrong = at_zero & (truth == 1)
        if at_one is not None:
            wrong |= at_one & (truth == 0)
        return _counted(seen, wrong.any(axis=1), rows, int(wrong.sum()))

    def _range(self, seen: Seen, block: np.ndarray, rows: np.ndarray) -> None:
        if not len(block):
            return
        low, high = float(block.min()), float(block.max())
        if low < 0 or high > 1:
            seen.strictly = False
            seen.high_only &= low >= 0
            if _outside(seen, block, rows):
                return
        if not self.events:
            self._sums(seen, block, rows)
        if low <= 0 or high >= 1:
            zero, one = block <= 0, block >= 1
            seen.zeros += int(zero.sum())
            seen.ones += int(one.sum())
            seen.whole &= bool((zero | one).all())
            seen.zero_true += self._at_truth(seen, zero, rows, one)
        else:
            seen.whole = False

    def _sums(self, seen: Seen, block: np.ndarray, rows: np.ndarray) -> None:
        off = np.abs(_row_sums(block) - 1)
        at = int(np.argmax(off))
        if off[at] > seen.worst:
            seen.worst, seen.at = float(off[at]), int(rows[at])
        if off[at] > SUM_TOLERANCE and seen.first_off is None:
            first = int(np.argmax(off > SUM_TOLERANCE))
            seen.first_off = int(rows[first]), float(block[first].sum(dtype=np.float64))


def _counted(seen: Seen, marked: np.ndarray, rows: np.ndarray, count: int) -> int:
    """`count`; the first of the `rows` that is marked is kept."""
    if count and seen.first_zero is None:
        seen.first_zero = int(rows[np.argmax(marked)])
    return count


def _row_sums(block: np.ndarray) -> np.ndarray:
    """Sums of rows, column by column where rows are short: many times faster than a reduction along them."""
    if block.shape[1] > NARROW:
        return np.asarray(block.sum(axis=1))
    total = block[:, 0].copy()
    for j in range(1, block.shape[1]):
        total += block[:, j]
    return total


def _first(cells: np.ndarray, block: np.ndarray, start: int) -> tuple[int, int, float] | None:
    """Row, column and value of the first marked cell of a block that begins with row `start`."""
    if not cells.any():
        return None
    row, column = divmod(int(np.argmax(cells)), block.shape[1])
    return start + row, column, float(block[row, column])


def _outside(seen: Seen, block: np.ndarray, rows: np.ndarray) -> bool:
    """Whether a value lies outside [0, 1] by more than rounding; the first one is kept."""
    found = _first((block < -ROUNDING) | (block > 1 + ROUNDING), block, 0)
    if found is None:
        return False
    row, column, value = found
    seen.outside = (int(rows[row]), column, value)
    seen.inside = seen.strictly = seen.whole = False
    return True
