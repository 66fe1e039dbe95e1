r"""Histogram binning: in every bin of predictions the frequency of the event among its calibration rows.

p' = (E + b) / (W + 1) with E and W the weights of events and of all rows of the bin, and b the base rate: one more
row of the base rate keeps bins without events off 0, where the first event would cost an infinite NLL.
`laplace=false` gives the plain E / W. `binning=width` cuts [0, 1] into `bins` equal parts, right-closed, `mass` into
bins of equal weight (equal predictions stay together, so there may be fewer). An empty bin answers its centre.

Classes: each against the others, divided by the sum (`multiclass=one-vs-rest`), every pair, coupled to one
distribution (`one-vs-one`, up to 32 classes), or only the top label (`top-label`, a histogram per predicted class;
`confidence`, one for all); a row of zeros stays as it was, and a masked class (score -inf) at 0. Simple and easily
audited; ties within a bin cost resolution and so Brier and NLL, and ranks of ECE alone flatter it. Few classes and
many rows; with 100 classes and more a disaster.
Zadrozny, Elkan: Obtaining calibrated probability estimates from decision trees and naive Bayesian classifiers.
ICML 2001. Gupta, Ramdas: Distribution-free calibration guarantees for histogram binning without sample splitting.
ICML 2021. https://doi.org/10.48550/arXiv.2105.04656
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from calibrate.fitting import steps
from calibrate.fitting.columns import SAME, Column, Multiclass
from calibrate.fitting.univariate import expect_at_least
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class Histogram(steps.Steps):
    """Frequencies of bins of predictions."""

    candidate: ClassVar[bool] = False

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
        binning: Literal["width", "mass"] = "width",
        laplace: bool = True,
    ) -> Fitted:
        """The functions of all rows, and with `folds` of the rows without each fold.

        multiclass   one-vs-rest | one-vs-one | top-label | confidence
        bins         how many, at least 1
        binning      width | mass
        laplace      one more row of the base rate in every bin
        """
        expect_at_least("histogram:bins", bins, 1)

        def function(column: Column) -> tuple[np.ndarray, ...]:
            return _function(column, bins, binning, laplace)

        return cls._fitted(rows, link, function, multiclass=multiclass, folds=folds, level=level)


def _function(column: Column, bins: int, binning: str, laplace: bool) -> tuple[np.ndarray, np.ndarray]:
    """Edges and values of one column."""
    if binning == "mass":
        rows = column.pooled
        cuts = steps.mass_cuts(rows, bins)
        edges, event, weight = steps.between(rows.at, cuts), steps.sums(rows.event, cuts), steps.sums(rows.weight, cuts)
    else:
        # A rounding above k / bins: the 1/3 of three equal scores is in the bin that ends there, whatever its last bit.
        edges = np.linspace(0.0, 1.0, bins + 1)[1:-1] * (1 + SAME)
        number = steps.bin_of(edges, column.x)
        weight, event = _sums(number, column.w, bins), _sums(number[column.y], _part(column.w, column.y), bins)
    more = 1.0 if laplace else 0.0
    with np.errstate(invalid="ignore"):
        p = (event + more * column.base) / (weight + more)
    outer = np.concatenate(([0.0], edges, [1.0]))
    return edges, np.where(weight > 0, np.minimum(p, 1.0), (outer[1:] + outer[:-1]) / 2)


def _sums(number: np.ndarray, w: np.ndarray | None, bins: int) -> np.ndarray:
    return np.bincount(number, w, bins).astype(np.float64, copy=False)


def _part(w: np.ndarray | None, which: np.ndarray) -> np.ndarray | None:
    return None if w is None else w[which]
