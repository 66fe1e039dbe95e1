r"""Isotonic regression: the non-decreasing function of the prediction with the least squared error, without a shape.

Rows are sorted by their probability and pooled until frequencies no longer fall; between the ends of blocks the
function is linear, outside constant. `centred=true` makes each block one point, at its mean prediction, and the
function strictly increasing (Oron, Flournoy 2017).

A block without events has probability 0, and the first event that it meets costs an infinite NLL: on real data the
common case. `laplace=true` adds to every block one row of the base rate (and pools again), so that no probability is
0 or 1; `laplace=false` is the plain fit. Weights add up to the effective number of rows, whatever their unit.

Classes: `multiclass=one-vs-rest` fits each class against the others and divides by the sum, `one-vs-one` every pair
and couples them to one distribution (up to 32 classes), `top-label` one function per predicted class, `confidence`
one for all; a row of zeros stays as it was, and a masked class (score -inf) at 0. For some 1,000 rows and more a
column; with fewer beta or Platt. With 1,000 classes a disaster, as every histogram is: there are too few events a
class.
Zadrozny, Elkan: Transforming Classifier Scores. KDD 2002. https://doi.org/10.1145/775047.775151
Oron, Flournoy: Centered Isotonic Regression. 2017. https://doi.org/10.1080/19466315.2017.1286256
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.fitting import pava
from calibrate.fitting.columns import Column, Multiclass, Pooled
from calibrate.fitting.univariate import Tables, Univariate, expect_tables
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class Isotonic(Univariate):
    """Non-decreasing functions of a probability, linear between the points (`at`, `probability`), constant outside.

    reduction   what the functions are of: events, or the option `multiclass`
    """

    at: Tables
    probability: Tables

    candidate: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what is no function."""
        expect_tables(self.at, self.probability, 0)

    @property
    def n_parameters(self) -> int:
        """Levels of all functions."""
        return sum(len(set(p)) for p in self.probability)

    @classmethod
    def fit(
        cls,
        rows: Rows,
        link: Link,
        *,
        folds: int = 0,
        level: float = 0.95,
        multiclass: Multiclass = "one-vs-rest",
        centred: bool = False,
        laplace: bool = True,
    ) -> Fitted:
        """The functions of all rows, and with `folds` of the rows without each fold.

        multiclass   one-vs-rest | one-vs-one | top-label | confidence
        centred      a block is one point and not two
        laplace      one more row of the base rate in every block
        """

        def function(column: Column) -> tuple[np.ndarray, ...]:
            return _function(column.pooled, centred, laplace)

        return cls._fitted(rows, link, function, multiclass=multiclass, folds=folds, level=level)

    def _one(self, j: int, x: np.ndarray) -> np.ndarray:
        at, probability = self._tables
        return np.asarray(np.interp(x, at[j], probability[j]))


def _function(rows: Pooled, centred: bool, laplace: bool) -> tuple[np.ndarray, np.ndarray]:
    """The points of one column."""
    first = pava.blocks(rows.event, rows.weight)
    event, weight = np.add.reduceat(rows.event, first), np.add.reduceat(rows.weight, first)
    if laplace:
        event, weight = event + rows.base, weight + 1.0
        again = pava.blocks(event, weight)
        first, event, weight = first[again], np.add.reduceat(event, again), np.add.reduceat(weight, again)
    p = event / weight
    if centred:
        mean = np.add.reduceat(rows.weight * rows.at, first) / np.add.reduceat(rows.weight, first)
        return _ascending(mean, p)
    last = np.append(first[1:], len(rows.at)) - 1
    ends, levels = np.stack([first, last], axis=1).ravel(), np.repeat(p, 2)
    different = np.concatenate(([True], ends[1:] > ends[:-1]))
    return rows.at[ends[different]], levels[different]


def _ascending(at: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Without means that rounding made equal to the one before."""
    kept = np.concatenate(([True], at[1:] > np.maximum.accumulate(at)[:-1]))
    return at[kept], p[kept]
