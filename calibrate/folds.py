"""Folds for cross-fitting, from a seeded hash of each row's own scores: no row order, no chunking, no state.

Equal rows share a fold, so a duplicate is never fitted on its twin. But scores that many rows have, with differing
labels (a model that gives few values, such as nearest neighbours or a small forest, and rounded probabilities), are no
copies of a row: each such score goes into all folds, or "after" would be of scores that no fit ever saw. Where the
scores still cannot tell rows apart well enough (constant ones with one label, few rows) the fold comes from the row
number. Either is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibrate.fitting.hashes import ODD, hashed, mixed
from calibrate.rows import Block, Rows
from calibrate.sums import Sums

EVEN = 0.5
"""A fold may hold between 1 - EVEN and 1 + EVEN times its even share of the rows: 10 to 30 % of five folds."""

PARTS = 1000
"""A holdout is a whole number of so many parts."""

COMMON = 0.01
"""Equal scores of more than this share of the rows, and of more than `COPIES` rows, are ties and not copies."""
COPIES = 5

RARE = 50
"""Rows of a class below which folds have even shares of it."""

BUCKETS = 1 << 12
"""Of hashes: no score of many rows is where no bucket has many, and that is known in any memory."""
STRIDE = 617
"""From one tied row to the next among `PARTS`: near the golden section of them, so that any run of rows is spread."""


def assign(scores: np.ndarray, start: int, folds: int, seed: int, *, by_row: bool = False) -> np.ndarray:
    """Fold 0 .. folds - 1 of every row of a block; scores (m, K), whose first row has number `start`; (m,) int64.

    The hash is taken of the scores as float64 (0.0 and -0.0 are equal), so it does not depend on the container's
    precision as long as that holds the same numbers. With `by_row` every run of `folds` rows has one row of each fold,
    in an order that turns by the hash of the run's number.
    """
    if by_row:
        run, place = np.divmod(np.arange(start, start + len(scores), dtype=np.int64), folds)
        turn = mixed(run.astype(np.uint64) * ODD + np.uint64(seed)) % np.uint64(folds)
        return (place + turn.astype(np.int64)) % folds
    return _fold(hashed(scores, seed), folds)


def with_folds(rows: Rows, folds: int, seed: int) -> tuple[Rows, str]:
    """The rows with fold numbers in their blocks, and a note for the reader where these are not by the hash of scores.

    One cheap pass counts the rows of each fold and finds out whether many rows may share their scores; only then a
    second one keeps 24 bytes a row.
    """
    by_scores = _Assign(folds, seed, by_row=False)
    counted = rows.sum(_Count(by_scores))
    counts = np.asarray(counted["rows"])
    numbers, note = _dealt(rows, np.asarray(counted["buckets"]), folds, 1, seed)
    if numbers is not None:
        counts = np.bincount(numbers, minlength=folds)
    share = counts * (folds / max(rows.n, 1))
    if np.all(np.abs(share - 1.0) <= EVEN):
        if numbers is None:
            return rows.map(by_scores), ""
        return rows.number(numbers), f"{note}: they are dealt to the {folds} folds one by one"
    held = 100 * (share.max() if share.max() - 1.0 > EVEN else share.min()) / folds
    note = f"{folds} folds by row number: by the scores a fold would hold {held:.0f} % of the rows"
    return rows.map(_Assign(folds, seed, by_row=True)), note


def _dealt(rows: Rows, buckets: np.ndarray, folds: int, stride: int, seed: int) -> tuple[np.ndarray | None, str]:
    """Fold numbers (n,) where scores are tied, by the hash but for the tied rows, and what to say of these; else None.

    The tied rows of a score take the folds in turn, `stride` by `stride`, in the order of `_shuffled`.
    """
    if buckets.max() <= _many(rows.n):
        return None, ""
    sums = rows.sum(_Keys(seed))
    keys, kinds, weights = (np.concatenate(sums[name]) for name in ("hash", "kind", "weight"))  # type: ignore[arg-type]
    tied = np.flatnonzero(_common(keys, kinds))
    if not len(tied):
        return None, ""
    numbers = _fold(keys, folds)
    order = tied[_shuffled(keys[tied], kinds[tied], weights[tied], seed)]
    turn = int(mixed(np.array([seed], np.uint64))[0] % np.uint64(folds))
    numbers[order] = (np.arange(len(order)) * stride + turn) % folds
    return numbers, f"{100 * len(tied) / rows.n:.0f} % of the rows share their scores with many of other labels"


def _fold(keys: np.ndarray, folds: int) -> np.ndarray:
    """Fold numbers (n,), int64, of 32-bit hashes (n,)."""
    return ((keys * np.uint64(folds)) >> np.uint64(32)).astype(np.int64)


def _many(n: int) -> float:
    """More rows of n than so many that have the same scores are ties and not copies."""
    return max(COPIES, COMMON * n)


def stratified(rows: Rows, folds: int, seed: int = 0) -> Rows:
    """The rows with even folds, in which every rare class (events: combination of labels) has its even share.

    Within a rare class, and within all others together, the different rows in the order of their hashes take the folds
    in turn: equal rows share one, and the order of the rows does not matter. A class of `RARE` rows is in all folds
    anyway; were its share the same in each, a fold would tell how often it is in the others, and methods that fit just
    that would look too good (differences to temperature at T = 1, 5 classes, 500 rows: the truth above the interval in
    10 % of samples instead of 2). But scores that many rows have (a model that gives few values, such as
    nearest neighbours or a small forest, and exact 0 and 1) are no copies of a row: their rows take the folds in turn
    too, whatever their class. In one fold, nobody could learn what happens at such scores, and what learns just that
    would look bad; dealt class by class, every fold would have the frequencies of the others, and it would look too
    good. Where each of these scores has one label alone, its rows are taken for copies: somebody sampled anew.
    """
    sums = rows.sum(_Keys(seed))
    keys, kinds, weights = (np.concatenate(sums[name]) for name in ("hash", "kind", "weight"))  # type: ignore[arg-type]
    common = _common(keys, kinds)
    numbers = np.empty(len(keys), dtype=np.int64)
    tied = np.flatnonzero(common)
    numbers[tied[_shuffled(keys[tied], kinds[tied], weights[tied], seed)]] = np.arange(len(tied)) % folds
    _, of_kind, count = np.unique(kinds, return_inverse=True, return_counts=True)
    strata = np.where(count < RARE, np.arange(1, len(count) + 1), 0)[of_kind]
    for stratum in np.unique(strata[~common]):
        mine = np.flatnonzero((strata == stratum) & ~common)
        order = mine[np.argsort(keys[mine], kind="stable")]
        new = np.concatenate(([False], keys[order[1:]] != keys[order[:-1]]))
        turn = int(mixed(np.array([stratum], np.uint64))[0] % np.uint64(folds))
        numbers[order] = (np.cumsum(new) + turn) % folds
    return rows.number(numbers)


def _shuffled(keys: np.ndarray, kinds: np.ndarray, weights: np.ndarray, seed: int) -> np.ndarray:
    """The order (n,) of rows by their scores, and of those with the same scores by chance, whatever their labels.

    Chance is a hash of what the row is (scores, labels, weight) and of how many such rows stand before it: rows that
    are alike may change places with the order of the rows, and no number changes with them.
    """
    alike = np.lexsort((weights, kinds, keys))
    new = np.zeros(len(keys), dtype=bool)
    for part in (keys, kinds, weights):
        new[1:] |= part[alike[1:]] != part[alike[:-1]]
    place = np.arange(len(keys))
    before = place - np.maximum.accumulate(np.where(new, place, 0))
    chance = np.empty(len(keys), dtype=np.uint64)
    row = mixed(keys * ODD + np.uint64(seed)) ^ mixed(kinds + ODD) ^ mixed(weights + np.uint64(seed))
    chance[alike] = mixed(row[alike] + before.astype(np.uint64) * ODD)
    return np.lexsort((chance, keys))


def _common(keys: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Which rows (n,) have scores that many rows have and are no copies; none where each such score has one kind."""
    _, of_key, count = np.unique(keys, return_inverse=True, return_counts=True)
    common = (count > _many(len(keys)))[of_key]
    order = np.flatnonzero(common)
    order = order[np.lexsort((kinds[order], of_key[order]))]
    same = of_key[order[1:]] == of_key[order[:-1]]
    return common & np.any(same & (kinds[order[1:]] != kinds[order[:-1]]))


def held_out(rows: Rows, fraction: float, seed: int) -> tuple[np.ndarray, str]:
    """Mask (n,) of about `fraction` of the rows, by the rule of the folds, and a note where it is not by the hash."""
    share = max(1, round(fraction * PARTS))
    sums = rows.sum(_Held(_Assign(PARTS, seed, by_row=False), share))
    mask = np.concatenate(sums["mask"])  # type: ignore[arg-type]
    numbers, note = _dealt(rows, np.asarray(sums["buckets"]), PARTS, STRIDE, seed)
    if numbers is not None:
        mask, note = numbers < share, f"{note}: they are held out one by one"
    if abs(mask.mean() / fraction - 1.0) <= EVEN and 0 < mask.sum() < len(mask):
        return mask, note
    note = f"held out by row number: by the scores it would be {100 * mask.mean():.0f} % of the rows"
    return np.concatenate(rows.sum(_Held(_Assign(PARTS, seed, by_row=True), share))["mask"]), note  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Assign:
    folds: int
    seed: int
    by_row: bool

    def __call__(self, block: Block) -> Block:
        return replace(block, folds=assign(block.scores, block.start, self.folds, self.seed, by_row=self.by_row))


@dataclass(frozen=True)
class _Keys:
    """Collector: the hash of every row, a number for what is true in it (0: not known), and one for its weight."""

    seed: int

    def __call__(self, block: Block) -> Sums:
        m = len(block)
        labels = np.zeros(m) if block.labels is None else np.asarray(block.labels)
        kind = labels.astype(np.uint64) if labels.ndim == 1 else hashed(labels.astype(np.float64), 0)
        weight = np.zeros(m, np.uint64) if block.weights is None else hashed(block.weights[:, None], self.seed)
        return {"hash": (hashed(block.scores, self.seed),), "kind": (kind,), "weight": (weight,)}


@dataclass(frozen=True)
class _Count:
    step: _Assign

    def __call__(self, block: Block) -> Sums:
        keys = hashed(block.scores, self.step.seed)
        return {"rows": np.bincount(_fold(keys, self.step.folds), minlength=self.step.folds), "buckets": _buckets(keys)}


def _buckets(keys: np.ndarray) -> np.ndarray:
    """Rows in each bucket of hashes, (BUCKETS,)."""
    return np.bincount((keys % np.uint64(BUCKETS)).astype(np.int64), minlength=BUCKETS)


@dataclass(frozen=True)
class _Held:
    step: _Assign
    share: int

    def __call__(self, block: Block) -> Sums:
        if self.step.by_row:
            return {"mask": (np.asarray(self.step(block).folds) < self.share,)}
        keys = hashed(block.scores, self.step.seed)
        return {"mask": (_fold(keys, self.step.folds) < self.share,), "buckets": _buckets(keys)}
