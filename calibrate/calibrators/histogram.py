r"""Histogram binning: in every bin of predictions the frequency of the event among its calibration rows.

p' = (E + b) / (W + 1) with E and W the weights of events and of all rows of the bin, and b the base rate: one more
row of the base rate keeps bins without events off 0, where the first event would cost an infinite NLL.
`laplace=false` gives the plain E / W. `binning=width` cuts [0, 1] into `bins` equal parts, right-closed, `mass` into
bins of equal weight (equal predictions stay together, so there may be fewer). An empty bin answers its centre.

Classes: each against the others, divided by the sum (`multiclass=one-vs-rest`), or only the top label (`top-label`,
a histogram per predicted class; `confidence`, one for all); a row of zeros stays as it was. Simple and easily
audited; ties within a bin cost resolution and so Brier and NLL, and ranks of ECE alone flatter it. Few classes and
many rows; with 100 classes and more a disaster.
Zadrozny, Elkan: Obtaining calibrated probability estimates from decision trees and naive Bayesian classifiers.
ICML 2001. Gupta, Ramdas: Distribution-free calibration guarantees for histogram binning without sample splitting.
ICML 2021. https://doi.org/10.48550/arXiv.2105.04656
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from calibrate.fitting import steps
from calibrate.fitting.univariate import (
    Multiclass,
    Pooled,
    Reduction,
    arrays,
    expect_at_least,
    expect_tables,
    fit_univariate,
    recalibrated,
    tuples,
)
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class Histogram:
    """A `probability` for each bin between the inner `edges`, right-closed.

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
        """Bins of all functions."""
        return sum(map(len, self.probability))

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """Scores (m, K) whose link is the calibrated probability."""
        return recalibrated(scores, self.reduction, len(self.edges), self._one)

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

        multiclass   one-vs-rest | top-label | confidence
        bins         how many, at least 1
        binning      width | mass
        laplace      one more row of the base rate in every bin
        """
        expect_at_least("histogram:bins", bins, 1)

        def make(reduction: Reduction, columns: tuple[Pooled, ...]) -> Histogram:
            found = [_function(column, bins, binning, laplace) for column in columns]
            return cls(reduction, tuples(edges for edges, _ in found), tuples(p for _, p in found))

        return fit_univariate(rows, link, make, multiclass=multiclass, folds=folds, level=level)

    @cached_property
    def _bins(self) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
        return arrays(self.edges), arrays(self.probability)

    def _one(self, j: int, p: np.ndarray) -> np.ndarray:
        edges, probability = self._bins
        return steps.value_at(edges[j], probability[j], p)


def _function(rows: Pooled, bins: int, binning: str, laplace: bool) -> tuple[np.ndarray, np.ndarray]:
    """Edges and values of one column."""
    if binning == "mass":
        cuts = steps.mass_cuts(rows, bins)
        edges, event, weight = steps.between(rows.at, cuts), steps.sums(rows.event, cuts), steps.sums(rows.weight, cuts)
    else:
        edges = np.linspace(0.0, 1.0, bins + 1)[1:-1]
        number = np.searchsorted(edges, rows.at, side="left")
        event, weight = np.bincount(number, rows.event, bins), np.bincount(number, rows.weight, bins)
    more = 1.0 if laplace else 0.0
    with np.errstate(invalid="ignore"):
        p = (event + more * rows.base) / (weight + more)
    outer = np.concatenate(([0.0], edges, [1.0]))
    return edges, np.where(weight > 0, p, (outer[1:] + outer[:-1]) / 2)
