"""Cross-fitting of calibrators whose fold has no short cut: each fold is fitted anew on the rows of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.weights import in_unit
from calibrate.rows import Block, Rows, cut

C = TypeVar("C")


@dataclass(frozen=True)
class _Without:
    """Step: the rows of a block that are not of this fold."""

    fold: int

    def __call__(self, block: Block) -> Block:
        """The other rows; they keep their order."""
        return cut(block, 0, np.asarray(block.folds) != self.fold)


def without(rows: Rows, fold: int) -> Rows:
    """The rows of the other folds, with weights in the unit of theirs: as if there were no other rows.

    `rows.n` counts all rows still: what is fitted must count its own in a pass.
    """
    return in_unit(rows.map(_Without(fold)))


def each_fold(fit: Callable[[Rows], C], rows: Rows, folds: int) -> tuple[tuple[C | None, ...], str]:
    """What `fit` makes of the rows without each fold, None where it has no answer there, and why."""
    answers: list[C | None] = []
    reason = ""
    for fold in range(folds):
        try:
            answers.append(fit(without(rows, fold)))
        except CalibrateError as problem:
            answers.append(None)
            reason = problem.message
    return tuple(answers), reason
