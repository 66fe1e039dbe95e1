"""The evidence of an audit: thresholds, totals and row hashes in one pass, then the passes of Cox's recalibration.

The logits of the recalibration are kept in memory where there are at most 2^24 (128 MB): its passes then go over them,
and the rows themselves are read only once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calibrate.evidence.cox import recalibrate
from calibrate.evidence.decisions import USUAL, cell_of, cell_sums, known_thresholds, move_sums, powers, thresholds_of
from calibrate.evidence.sketch import RowHashes, sketch_of
from calibrate.evidence.totals import outlook, totals_of
from calibrate.exhibits import EventTotals, Evidence, Thresholds
from calibrate.outcomes import known_labels
from calibrate.protocols import Link, Task
from calibrate.rows import Block, Rows, Step, from_arrays
from calibrate.scoring import AFTER, BEFORE, column_names
from calibrate.sums import Sums
from calibrate.uncertainty.quantiles import known_level

MOST_EVENTS = 20
"""Classes or events up to which every one has its totals, and events their thresholds."""

HELD = 1 << 24
"""Logits that are kept in memory at most."""

NEAREST = 1e-12
"""How near to 0 and 1 a prediction may be to have a logit."""

LARGEST = float(np.log1p(-NEAREST) - np.log(NEAREST))


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions and outcomes of a block; arrays (m, E) and (m, L), L = 0 where there are too many.

    decided    what thresholds are held against: p of the events, or the confidence; `right` the outcome (bool)
    p, logits  of every event or class, the logits not yet clipped; `happened` the outcome (bool)
    """

    decided: np.ndarray
    right: np.ndarray
    p: np.ndarray
    logits: np.ndarray
    happened: np.ndarray


def predictions(link: Link, block: Block) -> Predictions:
    """What the evidence needs of a block of final scores."""
    labels, many = known_labels(block), block.scores.shape[1] > MOST_EVENTS
    none = np.empty((len(block), 0))
    if link.has_events:
        if many:
            return Predictions(none, none > 0, none, none, none > 0)
        # d loss / dz = p - y of the log loss has the sigmoid alone for its answer: the scores are the logits.
        p, happened = link(block.scores, block.start), labels != 0
        return Predictions(p, happened, p, block.scores.astype(np.float64), happened)
    top = link.outcomes(block)
    decided, right = np.asarray(top.confidence)[:, None], top.correct[:, None] > 0
    if many:
        return Predictions(decided, right, none, none, none > 0)
    p = link(block.scores, block.start)
    return Predictions(decided, right, p, _logits(p), labels[:, None] == np.arange(p.shape[1]))


def _logits(p: np.ndarray) -> np.ndarray:
    """log p / (1 - p) of probabilities (m, K) that sum to 1; of the largest 1 - p is the sum of the others."""
    rows, top = np.arange(len(p)), p.argmax(axis=1)
    others = p.copy()
    others[rows, top] = 0.0
    rest = 1.0 - p
    rest[rows, top] = others.sum(axis=1)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p) - np.log(rest))


@dataclass(frozen=True)
class Logits:
    """Step: the block that is recalibrated: logits (m, C) of all sides and, as labels, the outcomes (m, L)."""

    link: Link
    steps: tuple[tuple[str, Step], ...]

    def __call__(self, block: Block) -> Block:
        return _as_block(block, [predictions(self.link, step(block)) for _, step in self.steps])


def _as_block(block: Block, found: Sequence[Predictions]) -> Block:
    logits = np.concatenate([np.clip(side.logits, -LARGEST, LARGEST) for side in found], axis=1)
    return Block(block.start, logits, found[0].happened.astype(np.int8), block.weights)


@dataclass(frozen=True)
class Gathered:
    """Collect: everything that one pass leaves, for `thresholds_of`, `outlook`, `totals_of` and `sketch_of`.

    hold    whether the logits themselves are kept, for the passes to come
    """

    link: Link
    steps: tuple[tuple[str, Step], ...]
    thresholds: tuple[float, ...]
    hold: bool

    def __call__(self, block: Block) -> Sums:
        found = [predictions(self.link, step(block)) for _, step in self.steps]
        w, n_cells = block.weights, len(self.thresholds) + 1
        every = powers(w, len(block))
        sums: Sums = {"hashes": RowHashes()(block)["hashes"]}
        sums["powers"] = np.array([float(len(block)) if power is None else power.sum() for power in every])
        sums["happened"] = np.stack([_weighed(found[0].happened, power) for power in every[:4]])
        cells = [cell_of(side.decided, self.thresholds) for side in found]
        for (name, _), side, cell in zip(self.steps, found, cells, strict=True):
            sums[f"{name}|cells"] = cell_sums(cell, side.right, side.decided, w, n_cells)
            sums |= {f"{name}|{key}": value for key, value in _of_side(side, w).items()}
        if len(cells) > 1:
            sums["moved"] = move_sums(cells[0], cells[1], w, n_cells)
        if self.hold:
            kept = _as_block(block, found)
            sums |= {"held": (kept.scores,), "outcomes": (kept.labels,), "weights": (kept.weights,)}
        return sums


def _weighed(values: np.ndarray, w: np.ndarray | None) -> np.ndarray:
    """Sum over the rows of w times values (m, L)."""
    return np.asarray((values if w is None else w[:, None] * values).sum(axis=0), dtype=np.float64)


def _of_side(side: Predictions, w: np.ndarray | None) -> Sums:
    """Totals and what is to be known of the logits before they are recalibrated; see `totals.outlook`."""
    counted = np.ones((len(side.p), 1), dtype=bool) if w is None else w[:, None] > 0
    z = np.clip(side.logits, -LARGEST, LARGEST)
    shape = (2, 2, z.shape[1])
    ends = np.empty(shape)
    for outcome in (0, 1):
        mine = counted & (side.happened == outcome)
        ends[outcome, 0] = z.min(axis=0, where=mine, initial=np.inf)
        ends[outcome, 1] = z.max(axis=0, where=mine, initial=-np.inf)
    return {
        "expected": _weighed(side.p, w),
        "logits": _weighed(z, w),
        "clipped": ((np.abs(side.logits) > LARGEST) & counted).sum(axis=0),
        "range": (ends,),
    }


def evidence(
    rows: Rows,
    link: Link,
    steps: Mapping[str, Step],
    *,
    task: Task,
    names: Sequence[str],
    level: float = 0.95,
    thresholds: Sequence[float] = USUAL,
) -> Evidence:
    """Thresholds, observed against expected events with Cox's recalibration, and repeated rows.

    steps        variant -> step that gives its final scores: `before`, and `after` where there is one; others are not
                 looked at
    names        names of the K classes or L events; of a binary model both, the event last
    thresholds   from 0 to 1

    One pass over the rows; where logits are too many for memory, five to eight more. The row hashes are of the scores
    as they came, and take 8 bytes a row.
    Raises `CalibrateError` E603 for a level or a threshold that is none, `ValueError` for rows without labels.
    """
    known_level(level)
    cuts = known_thresholds(thresholds)
    sides = tuple((name, steps[name]) for name in (BEFORE, AFTER) if name in steps)
    labels, many = column_names(task, names, rows.n_columns), rows.n_columns > MOST_EVENTS
    hold = rows.n * rows.n_columns * len(sides) <= HELD and not many
    sums = rows.sum(Gathered(link, sides, cuts, hold))
    n, weight = (float(x) for x in np.asarray(sums["powers"])[:2])
    sketch = sketch_of(sums["hashes"], rows.n_columns)  # type: ignore[arg-type]
    if not n:
        return Evidence(0, 0.0, level, (), {}, sketch, 1, ("no row of positive weight",))
    notes, passes = _too_many(task, rows.n_columns) if many else (), 1
    kind = "top-label" if task in {"multiclass", "top-label"} else "event"
    found: tuple[Thresholds, ...] = ()
    if task == "multiclass" or not many:
        decided = ("",) if kind == "top-label" else labels
        found = thresholds_of(sums, [name for name, _ in sides], kind, decided, cuts, level)
    totals: dict[str, tuple[EventTotals, ...]] = {}
    if not many:
        totals, passes = _totals(rows, link, sides, sums, labels, level)
    return Evidence(round(n), weight, level, found, totals, sketch, passes, notes)


def _too_many(task: Task, n: int) -> tuple[str, ...]:
    what = "classes: no observed against expected events" if task == "multiclass" else "events: no thresholds or totals"
    return (f"{n:,} {what} per {'class' if task == 'multiclass' else 'event'} (at most {MOST_EVENTS})",)


def _totals(
    rows: Rows, link: Link, sides: tuple[tuple[str, Step], ...], sums: Sums, labels: Sequence[str], level: float
) -> tuple[dict[str, tuple[EventTotals, ...]], int]:
    """Totals of every side, and how many passes over the rows they and the first took."""
    variants = [name for name, _ in sides]
    seen = outlook(sums, variants)
    problems = seen.problems()
    if not len(problems.column):
        return totals_of(sums, variants, labels, seen, None, level), 1
    logits = _held(sums, rows) if "held" in sums else rows.map(Logits(link, sides))
    found = recalibrate(logits, problems)
    return totals_of(sums, variants, labels, seen, found, level), 1 if "held" in sums else 1 + found.passes


def _held(sums: Sums, rows: Rows) -> Rows:
    """The logits that the first pass kept, as rows; passed over as the rows are."""
    z, y, w = (sums[key] for key in ("held", "outcomes", "weights"))
    weights = None if w[0] is None else np.concatenate(w)  # type: ignore[index,arg-type]
    return replace(from_arrays(np.concatenate(z), np.concatenate(y), weights), execute=rows.execute)  # type: ignore[arg-type]
