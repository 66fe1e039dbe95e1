r"""Venn-Abers (inductive): isotonic regression twice, as if the new row were an event and as if it were none.

p1 is the isotonic fit at the row's prediction when the row joins the calibration rows as an event, p0 when it joins
without. One of both is calibrated whatever the distribution, if rows are exchangeable: [p0, p1] is an honest interval
of the probability (`interval` of the calibrator), wide where rows are few. The one number that minimises the worst
regret in log loss is

    p' = p1 / (1 - p0 + p1),

never 0 or 1. Both are functions of steps, computed once for all places; the model stores them, with up to three
numbers a calibration row and column: large models from large data.

Classes: each against the others, divided by the sum (`multiclass=one-vs-rest`), every pair, coupled to one
distribution (`one-vs-one`, up to 32 classes), or only the top label (`top-label`, `confidence`); the interval is that
of each column or pair before they are put together. A masked class (score -inf) stays at 0. Where isotonic regression
is too sure, on some 200 to 20,000 rows; weights add up to the effective number of rows, to which one row is added. With
1,000 classes a disaster.
Vovk, Petej, Fedorova: Large-scale probabilistic predictors with and without guarantees of validity. NeurIPS 2015.
https://doi.org/10.48550/arXiv.1511.00213
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.fitting import venn_abers
from calibrate.fitting.columns import SAME, Column, Multiclass, Pooled
from calibrate.fitting.univariate import Tables, Univariate, evaluated, expect_tables
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class VennAbers(Univariate):
    """Functions of steps at `at`: `lower` (p0) jumps at a place, `upper` (p1) just above; a value more than places.

    reduction   what the functions are of: events, or the option `multiclass`
    """

    at: Tables
    lower: Tables
    upper: Tables

    for_large: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what are no functions."""
        expect_tables(self.at, self.lower, 1)
        expect_tables(self.at, self.upper, 1)

    @property
    def n_parameters(self) -> int:
        """Levels of both functions of all columns."""
        return sum(len(set(p)) for p in (*self.lower, *self.upper))

    def interval(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """p0 and p1 of every event, class against the rest or pair, (m, functions) each; of top labels (m, 1)."""
        z = scores.astype(np.float64, copy=False)
        return evaluated(z, self.reduction, self._lower), evaluated(z, self.reduction, self._upper)

    @classmethod
    def fit(
        cls,
        rows: Rows,
        link: Link,
        *,
        folds: int = 0,
        level: float = 0.95,
        multiclass: Multiclass = "one-vs-rest",
    ) -> Fitted:
        """The functions of all rows, and with `folds` of the rows without each fold.

        multiclass   one-vs-rest | one-vs-one | top-label | confidence
        """

        def function(column: Column) -> tuple[np.ndarray, ...]:
            return _functions(column.pooled)

        return cls._fitted(rows, link, function, multiclass=multiclass, folds=folds, level=level)

    def _lower(self, j: int, p: np.ndarray) -> np.ndarray:
        at, lower, _ = self._tables
        return np.asarray(lower[j][np.searchsorted(at[j], p * (1 + SAME), side="right")])

    def _upper(self, j: int, p: np.ndarray) -> np.ndarray:
        at, _, upper = self._tables
        return np.asarray(upper[j][np.searchsorted(at[j], p * (1 - SAME), side="left")])

    def _one(self, j: int, p: np.ndarray) -> np.ndarray:
        low, high = self._lower(j, p), self._upper(j, p)
        return np.asarray(high / (1.0 - low + high))


def _functions(rows: Pooled) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places and the values of both functions of one column; below all places p0 is 0, above all p1 is 1."""
    low, high = venn_abers.both(rows)
    lower, upper = np.clip(np.concatenate(([0.0], low)), 0.0, 1.0), np.clip(np.append(high, 1.0), 0.0, 1.0)
    jumps = (np.diff(lower) != 0) | (np.diff(upper) != 0)
    first = np.concatenate(([True], jumps))
    return rows.at[jumps], lower[first], upper[first]
