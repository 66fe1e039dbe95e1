r"""Scaling-binning: a sigmoid fitted first, then bins of equal mass in which its mean is the answer.

g(x) = 1 / (1 + exp(-(a x + c))) is fitted to the logit x of the prediction (with Platt's targets); rows are cut into
`bins` of equal weight, and p' of a bin is the mean of g over its rows, not the frequency of its labels. So the answer
has the low variance of scaling, takes finitely many values, whose calibration error can be measured and bounded, and
is never 0 or 1. The same rows serve all steps, as in the authors' program.

Classes: each against the others, divided by the sum (`multiclass=one-vs-rest`), or only the top label (`top-label`,
`confidence`). For guarantees of a measured calibration error; for the best NLL or Brier take the scaling without the
bins, which only cost sharpness. With many classes the bins of rare ones hardly rise above 0.
Kumar, Liang, Ma: Verified Uncertainty Calibration. NeurIPS 2019. https://doi.org/10.48550/arXiv.1909.10155
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from calibrate.fitting import logistic, steps
from calibrate.fitting.univariate import (
    Multiclass,
    Pooled,
    Reduction,
    arrays,
    expect_at_least,
    expect_tables,
    fit_univariate,
    recalibrated,
    standard,
    tuples,
)
from calibrate.numerics import sigmoid
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class ScalingBinning:
    """A `probability` for each bin of logits between the inner `edges`, right-closed.

    reduction   what the functions are of: events, or the option `multiclass`
    """

    reduction: Reduction
    edges: tuple[tuple[float, ...], ...]
    probability: tuple[tuple[float, ...], ...]

    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = None
    candidate: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what is no function."""
        expect_tables(self.edges, self.probability, 1)

    @property
    def n_parameters(self) -> int:
        """Bins of all functions: what is stored, though two numbers a function decide their values."""
        return sum(map(len, self.probability))

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """Scores (m, K) whose link is the calibrated probability."""
        return recalibrated(scores, self.reduction, len(self.edges), self._one, "logit")

    @classmethod
    def fit(
        cls,
        rows: Rows,
        link: Link,
        *,
        folds: int = 0,
        level: float = 0.95,
        multiclass: Multiclass = "one-vs-rest",
        bins: int = 15,
    ) -> Fitted:
        """The functions of all rows, and with `folds` of the rows without each fold.

        multiclass   one-vs-rest | top-label | confidence
        bins         how many, at least 1
        """
        expect_at_least("scaling_binning:bins", bins, 1)

        def make(reduction: Reduction, columns: tuple[Pooled, ...]) -> ScalingBinning:
            found = [_function(column, bins) for column in columns]
            return cls(reduction, tuples(edges for edges, _ in found), tuples(p for _, p in found))

        return fit_univariate(rows, link, make, multiclass=multiclass, scale="logit", folds=folds, level=level)

    @cached_property
    def _bins(self) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
        return arrays(self.edges), arrays(self.probability)

    def _one(self, j: int, x: np.ndarray) -> np.ndarray:
        edges, probability = self._bins
        return steps.value_at(edges[j], probability[j], x)


def _function(rows: Pooled, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges and values of one column."""
    centre, spread = standard(rows)
    basis = np.stack([np.ones(len(rows.at)), (rows.at - centre) / spread], axis=1)
    found = logistic.fit(basis, rows.weight, logistic.smoothed(rows), np.zeros((2, 2)))
    scaled = rows.weight * sigmoid(basis @ found.coefficients)
    cuts = steps.mass_cuts(rows, bins)
    return steps.between(rows.at, cuts), steps.sums(scaled, cuts) / steps.sums(rows.weight, cuts)
