"""Folds for cross-fitting, from a seeded hash of each row's own scores: no row order, no chunking, no state.

Equal rows share a fold, so a duplicate is never fitted on its twin. Where the scores cannot tell rows apart well
enough (constant scores, few rows) the fold comes from the row number, and that is said.
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
    return ((hashed(scores, seed) * np.uint64(folds)) >> np.uint64(32)).astype(np.int64)


def with_folds(rows: Rows, folds: int, seed: int) -> tuple[Rows, str]:
    """The rows with fold numbers in their blocks, and a note for the reader where these are not by the hash of scores.

    One cheap pass counts the rows of each fold.
    """
    by_scores = _Assign(folds, seed, by_row=False)
    share = np.asarray(rows.sum(_Count(by_scores))["rows"]) * (folds / max(rows.n, 1))
    if np.all(np.abs(share - 1.0) <= EVEN):
        return rows.map(by_scores), ""
    note = f"{folds} folds by row number: by the scores a fold would hold {share.min() / folds:.0%} of the rows"
    if share.max() - 1.0 > EVEN:
        note = f"{folds} folds by row number: by the scores a fold would hold {share.max() / folds:.0%} of the rows"
    return rows.map(_Assign(folds, seed, by_row=True)), note


def stratified(rows: Rows, folds: int, seed: int = 0) -> Rows:
    """The rows with folds in which every class (events: every combination of labels) has its even share.

    Within a class the different rows, in the order of their hashes, take the folds in turn: equal rows share one, and
    the order of the rows does not matter. But scores that many rows have (a model that gives few values, such as
    nearest neighbours or a small forest, and exact 0 and 1) are no copies of a row: their rows take the folds in turn
    too. In one fold, nobody could learn what happens at such scores, and what learns just that would look bad. Where
    each of these scores has one label alone, its rows are taken for copies: somebody sampled anew.
    """
    sums = rows.sum(_Keys(seed))
    keys, kinds = (np.concatenate(sums[name]) for name in ("hash", "kind"))  # type: ignore[arg-type]
    common = _common(keys, kinds)
    numbers = np.empty(len(keys), dtype=np.int64)
    for kind in np.unique(kinds):
        mine = np.flatnonzero(kinds == kind)
        order = mine[np.argsort(keys[mine], kind="stable")]
        new = np.concatenate(([False], keys[order[1:]] != keys[order[:-1]])) | common[order]
        turn = int(mixed(np.array([kind], np.uint64))[0] % np.uint64(folds))
        numbers[order] = (np.cumsum(new) + turn) % folds
    return rows.number(numbers)


def _common(keys: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Which rows (n,) have scores that many rows have and are no copies; none where each such score has one kind."""
    _, of_key, count = np.unique(keys, return_inverse=True, return_counts=True)
    common = (count > max(COPIES, COMMON * len(keys)))[of_key]
    order = np.flatnonzero(common)
    order = order[np.lexsort((kinds[order], of_key[order]))]
    same = of_key[order[1:]] == of_key[order[:-1]]
    return common & np.any(same & (kinds[order[1:]] != kinds[order[:-1]]))


def held_out(rows: Rows, fraction: float, seed: int) -> tuple[np.ndarray, str]:
    """Mask (n,) of about `fraction` of the rows, by the rule of the folds, and a note where it goes by row number."""
    share = max(1, round(fraction * PARTS))
    mask = np.concatenate(rows.sum(_Held(_Assign(PARTS, seed, by_row=False), share))["mask"])  # type: ignore[arg-type]
    if abs(mask.mean() / fraction - 1.0) <= EVEN and 0 < mask.sum() < len(mask):
        return mask, ""
    note = f"held out by row number: by the scores it would be {mask.mean():.0%} of the rows"
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
    """Collector: the hash of every row, and a number for what is true in it."""

    seed: int

    def __call__(self, block: Block) -> Sums:
        labels = np.asarray(block.labels)
        kind = labels.astype(np.uint64) if labels.ndim == 1 else hashed(labels.astype(np.float64), 0)
        return {"hash": (hashed(block.scores, self.seed),), "kind": (kind,)}


@dataclass(frozen=True)
class _Count:
    step: _Assign

    def __call__(self, block: Block) -> Sums:
        return {"rows": np.bincount(np.asarray(self.step(block).folds), minlength=self.step.folds)}


@dataclass(frozen=True)
class _Held:
    step: _Assign
    share: int

    def __call__(self, block: Block) -> Sums:
        folds = self.step(block).folds
        return {"mask": (np.asarray(folds) < self.share,)}
