r"""Scaling-binning: a sigmoid fitted first, then bins of equal mass in which its mean is the answer.

g(x) = 1 / (1 + exp(-(a x + c))) is fitted to the logit x of the prediction (with Platt's targets); rows are cut into
`bins` of equal weight, and p' of a bin is the mean of g over its rows, not the frequency of its labels. So the answer
has the low variance of scaling, takes finitely many values, whose calibration error can be measured and bounded, and
is never 0 or 1. The same rows serve all steps, as in the authors' program.

Classes: each against the others, divided by the sum (`multiclass=one-vs-rest`), every pair, coupled to one
distribution (`one-vs-one`, up to 32 classes), or only the top label (`top-label`, `confidence`); a masked class
(score -inf) stays at 0. For guarantees of a measured calibration error; for the best NLL or Brier take the scaling
without the bins, which only cost sharpness. With many classes the bins of rare ones hardly rise above 0.
Kumar, Liang, Ma: Verified Uncertainty Calibration. NeurIPS 2019. https://doi.org/10.48550/arXiv.1909.10155
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.fitting import logistic, steps
from calibrate.fitting.columns import Column, Multiclass, Pooled, Scale
from calibrate.fitting.univariate import expect_at_least, standard
from calibrate.numerics import sigmoid
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class ScalingBinning(steps.Steps):
    """Means of a sigmoid in bins of logits."""

    candidate: ClassVar[bool] = False
    scale: ClassVar[Scale] = "logit"

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

        multiclass   one-vs-rest | one-vs-one | top-label | confidence
        bins         how many, at least 1
        """
        expect_at_least("scaling_binning:bins", bins, 1)

        def function(column: Column) -> tuple[np.ndarray, ...]:
            return _function(column.pooled, bins)

        return cls._fitted(rows, link, function, multiclass=multiclass, folds=folds, level=level)


def _function(rows: Pooled, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges and values of one column."""
    centre, spread = standard(rows)
    basis = np.stack([np.ones(len(rows.at)), (rows.at - centre) / spread], axis=1)
    found = logistic.fit(basis, rows.weight, logistic.smoothed(rows), np.zeros((2, 2)))
    scaled = rows.weight * sigmoid(basis @ found.coefficients)
    cuts = steps.mass_cuts(rows, bins)
    return steps.between(rows.at, cuts), steps.sums(scaled, cuts) / steps.sums(rows.weight, cuts)
