"""The strength of a regularisation: as given, or chosen by cross-validation within the rows that are fitted.

With `auto` the rows are dealt into five folds, class by class (events: by the combination of labels) in the order of
their hashes, so that equal rows share one and the order of rows does not matter. In each fold a path of fits, from the
strongest to the weakest and each begun where the one before ended, is scored on the rows held out; the strength of the
least sum of their losses is taken, the stronger of two that are equal. A strength that leaves some fold without an
answer is out; where all do, the usual one is taken. With cross-fitting every outer fold chooses anew from the rows
that it may see, so the held-out figures of a report count the choice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.forms import counting
from calibrate.fitting.hashes import hashed, mixed
from calibrate.fitting.record import Transformed
from calibrate.fitting.refit import without
from calibrate.outcomes import known_labels
from calibrate.protocols import Calibrator, Link
from calibrate.results import Estimate
from calibrate.rows import Block, Rows, cut
from calibrate.sums import Sums

Auto = Literal["auto"]

FACTORS = (100.0, 10.0, 1.0, 0.1, 0.01)
"""The strengths that are tried, as multiples of the usual one."""

FOLDS = 5

C = TypeVar("C", bound=Calibrator)


@dataclass(frozen=True)
class Strength:
    """What the user gave for the options `names` of one strength, and the usual one, around which `auto` looks."""

    given: float | Auto
    usual: float = 1.0
    names: tuple[str, ...] = ("reg",)

    def of(self, rows: Rows, link: Link, fit: Callable[[Rows, float, C | None], C]) -> float:
        """The strength for `rows`; `fit` fits some of them, and may begin where another fit ended."""
        if self.given != "auto":
            return self.given
        return FACTORS[least(held_out(rows, link, fit, self.usual))] * self.usual

    def shown(self, chosen: float) -> dict[str, Estimate]:
        """The chosen strength under its names; nothing where it was given."""
        if self.given != "auto":
            return {}
        reason = f"chosen by cross-validation in {FOLDS} folds of these rows"
        return {name: Estimate(chosen, reason=reason) for name in self.names}


def least(losses: np.ndarray) -> int:
    """The place of the least loss, the first of equal ones; that of the usual strength where none is finite."""
    return int(losses.argmin()) if np.isfinite(losses).any() else FACTORS.index(1.0)


def held_out(rows: Rows, link: Link, fit: Callable[[Rows, float, C | None], C], usual: float) -> np.ndarray:
    """The loss of all rows, each held out once, at every strength (`FACTORS` times the usual); inf: no answer."""
    parts, losses = dealt(rows), np.zeros(len(FACTORS))
    for fold in range(FOLDS):
        others, own = without(parts, fold), parts.map(_Of(fold))
        last: C | None = None
        for i, factor in enumerate(FACTORS):
            try:
                last = fit(others, factor * usual, last)
                loss = float(own.map(Transformed(last)).sum(_Loss(link))["loss"])  # type: ignore[arg-type]
            except CalibrateError:
                loss = np.inf
            losses[i] += loss if np.isfinite(loss) else np.inf
    return losses


def dealt(rows: Rows) -> Rows:
    """The rows of positive weight, with fold numbers: within a class the different rows take the folds in turn."""
    kept = rows.map(counting)
    keys = np.unique(np.concatenate(kept.sum(_keys)["keys"]))  # type: ignore[arg-type]
    kinds, first, of = np.unique(keys >> np.uint64(32), return_index=True, return_inverse=True)
    turns = (mixed(kinds) % np.uint64(FOLDS)).astype(np.int64)
    return kept.map(_Deal(keys, (np.arange(len(keys)) - first[of] + turns[of]) % FOLDS))


@dataclass(frozen=True)
class _Loss:
    """Collector: the sum of w times the loss; blocks may be empty."""

    link: Link

    def __call__(self, block: Block) -> Sums:
        if not len(block):
            return {"loss": 0.0}
        loss = self.link.loss(block.scores, known_labels(block), block.start).reshape(len(block), -1).sum(axis=1)
        return {"loss": float(loss.sum() if block.weights is None else block.weights @ loss)}


def _keys(block: Block) -> Sums:
    return {"keys": (_key(block),)}


def _key(block: Block) -> np.ndarray:
    """What is true in every row, and below it the hash of the scores."""
    labels: Any = np.asarray(block.labels)
    kind = labels.astype(np.uint64) if labels.ndim == 1 else hashed(labels.astype(np.float64), 0)
    return np.asarray((kind << np.uint64(32)) | hashed(block.scores, 0))


@dataclass(frozen=True, eq=False)
class _Deal:
    """Step: the fold of every row, by its key."""

    keys: np.ndarray
    folds: np.ndarray

    def __call__(self, block: Block) -> Block:
        return replace(block, folds=self.folds[np.searchsorted(self.keys, _key(block))])


@dataclass(frozen=True)
class _Of:
    """Step: the rows of this fold."""

    fold: int

    def __call__(self, block: Block) -> Block:
        return cut(block, 0, np.asarray(block.folds) == self.fold)
