"""Weights in the unit in which they count rows: the one rule for every fit, of all rows and of those without a fold.

Weights are relative, yet some methods ask how many rows there are: for one more row that knows nothing, for a strength
that falls with their number. So a fit gets weights whose sum is the effective number of rows,

    n = (sum w)^2 / sum w^2,    w <- w sum w / sum w^2.

Multiplying all weights changes nothing, equal weights are no weights, weights of 0 and 1 are a choice of rows, and no
row counts for more than there are rows. Weights of 1 and 2 are then not one row and two, which nobody can tell from
0.5 and 1: where the number of rows matters, a row of weight 2 is less than two rows, whose outcomes may differ.
Kish: Survey Sampling. 1965.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibrate.rows import Block, Rows
from calibrate.sums import Sums

USUAL = 400
"""Weights between 2^-400 and 2^400 are divided as they are: what is then computed is a float."""


@dataclass(frozen=True)
class _Seen:
    """Weights above 0 of one block: sums of w / 2^e and of (w / 2^e)^2, e the exponent of the largest."""

    exponent: int
    first: float
    second: float
    least: float
    largest: float


@dataclass(frozen=True)
class _InUnit:
    """Step: the weights, divided by 2^`exponent` and by `one`; without `one` there are none."""

    exponent: int = 0
    one: float | None = None

    def __call__(self, block: Block) -> Block:
        w = block.weights
        if w is None or self.one is None:
            return replace(block, weights=None)
        return replace(block, weights=(np.ldexp(w, -self.exponent) if self.exponent else w) / self.one)


def in_unit(rows: Rows) -> Rows:
    """The rows with weights that count rows; one pass, and none where there are no weights."""
    return weighed(rows)[0]


def weighed(rows: Rows) -> tuple[Rows, float | None]:
    """The same, and the weight that all rows had; None where they have no weights, or none above 0."""
    sums = rows.sum(_moments) if rows.weighted and rows.n else {"seen": ()}
    seen: tuple[_Seen, ...] = sums["seen"]  # type: ignore[assignment]
    if not seen:
        return rows, None
    most, largest = max(part.exponent for part in seen), max(part.largest for part in seen)
    first = sum(float(np.ldexp(part.first, part.exponent - most)) for part in seen)
    second = sum(float(np.ldexp(part.second, 2 * (part.exponent - most))) for part in seen)
    weight, equal = float(np.ldexp(first, most)), largest == min(part.least for part in seen)
    if equal and not sums["zeros"]:
        return replace(rows.map(_InUnit()), weighted=False), weight
    one = float(np.ldexp(largest, -most)) if equal else second / first
    exponent = most if abs(most) > USUAL else 0
    return rows.map(_InUnit(exponent, float(np.ldexp(one, most - exponent)))), weight


def _moments(block: Block) -> Sums:
    """Collector: what was seen of the weights, and how many are 0."""
    w = np.ones(len(block)) if block.weights is None else block.weights
    zeros, largest = len(w) - int(np.count_nonzero(w)), float(w.max(initial=0.0))
    if not largest:
        return {"seen": (), "zeros": zeros}
    exponent = int(np.frexp(largest)[1])
    v, least = np.ldexp(w, -exponent), float(w.min(initial=np.inf, where=w > 0))
    return {"seen": (_Seen(exponent, float(v.sum()), float(np.square(v).sum()), least, largest),), "zeros": zeros}
