"""The power of two where the best b = 1 / T lies, whatever the magnitudes of the rows.

Usual scores do not need it. Rows of magnitudes far apart (a class masked by the smallest float, one row of 1e300) hide
the best b from a search that begins at the largest of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibrate.fitting.slopes import Problem, SlopeSums
from calibrate.numerics import below_top
from calibrate.rows import Block, Rows

FAR = 200
"""Differences beyond 2^200 are cut there: exp(-2^200) is 0 as well, and their cubes are still floats."""

WIDEST = 1100
"""No b of scores that floats hold lies beyond 2^-1100 or 2^1100, short of what 1 / T could not hold either."""


FINER = 10
"""Halvings of the interval between two powers of two."""


@dataclass(frozen=True, eq=False)
class Careful:
    """Step: float64 differences to the largest score of the row (of events the scores themselves), times 2^exponents.

    The loss of every link but that of events depends on differences alone; b is then in units of 2^exponents.
    """

    events: bool
    exponents: np.ndarray

    def __call__(self, block: Block) -> Block:
        """The block with its scores in the new form."""
        z = block.scores.astype(np.float64)
        with np.errstate(over="ignore", under="ignore"):
            # A quarter of the scores: two of the largest floats are further apart than a float can say.
            z = np.ldexp(z if self.events else below_top(z / 4)[0], self.exponents + (0 if self.events else 2))
        near = np.clip(z, -(2.0**FAR), 2.0**FAR)
        return replace(block, scores=np.where(np.isinf(block.scores), block.scores, near))


def bisected(rows: Rows, problem: Problem) -> tuple[np.ndarray, np.ndarray, int]:
    """Per column the k with the best b between 2^k and 2^(k + 1), b / 2^k to 1 / 1024, and the passes: at most 22.

    For problems that have an answer: the slope is negative at 0 and positive at infinity. Within 1 / 1024 Newton's
    steps are quick even where the slope falls as exp(-700 b): they would be 1 / 700 long each.
    """
    low, high = (np.full(problem.columns, end) for end in (-WIDEST, WIDEST))
    one = np.ones(problem.columns)
    passes = FINER
    while np.any(high - low > 1):
        passes += 1
        middle = (low + high) // 2
        rises = _rises(rows, problem, middle, one)
        low, high = np.where(rises, low, middle), np.where(rises, middle, high)
    least, most = one, 2 * one
    for _ in range(FINER):
        half = (least + most) / 2
        rises = _rises(rows, problem, low, half)
        least, most = np.where(rises, least, half), np.where(rises, half, most)
    return low, (least + most) / 2, passes


def _rises(rows: Rows, problem: Problem, exponents: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether the loss of each column rises at b, in units of 2^exponents."""
    there = rows.map(Careful(problem.link.has_events, exponents))
    return np.asarray(np.asarray(there.sum(SlopeSums(replace(problem, folds=0), b[None], 1))["first"])[0, 0] > 0)
