r"""Bayesian binning into quantiles: the average of histograms of many sizes, weighted by how well they explain labels.

For every number of bins B from n^(1/3) / C to C n^(1/3), C = 10 (n: the rows; at most n / 5, 1,000 and the
number of different predictions) the rows are cut into B bins of equal weight. With bin b holding m_b events and k_b
others, and m its mid, the prior of its probability is Beta(a_b, c_b), a_b = N m / B, c_b = N (1 - m) / B, N = `prior`,
and the marginal likelihood (BDeu)

    prod_b  G(N/B) / G(N/B + m_b + k_b) * G(a_b + m_b) / G(a_b)
            * G(c_b + k_b) / G(c_b),    G the gamma function.

p' averages (a_b + m_b) / (N/B + m_b + k_b) over the B in proportion to it: again a function of steps, in which the
jumps of the sizes that count are mixed. It is never 0 or 1. `score=bic` weighs by exp(-BIC / 2) instead. netcal's BBQ
differs: bins of equal width by default, BIC alone, and a cut-off of what scores less.

Classes: each against the others, divided by the sum (`multiclass=one-vs-rest`), every pair, coupled to one
distribution (`one-vs-one`, up to 32 classes), or only the top label (`top-label`, `confidence`); a masked class
(score -inf) stays at 0. For events with 1,000 rows and more, where a histogram is wanted without choosing its bins;
isotonic and spline are usually sharper. With many classes a disaster, as every histogram is.
Naeini, Cooper, Hauskrecht: Obtaining Well Calibrated Probabilities Using Bayesian Binning. AAAI 2015.
https://doi.org/10.1609/aaai.v29i1.9602
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting import steps
from calibrate.fitting.columns import Column, Multiclass, Pooled
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows

SPAN = 10.0
"""C of the paper: how far numbers of bins reach around the cube root of the number of rows."""

MOST = 1000
"""Bins at most: C n^(1/3) of a million rows."""

ROUNDING = 1e-12
"""A number of rows that rounding moved over a whole number by no more, relatively, is that number."""

NEGLIGIBLE = 1e-6
"""Sizes of a smaller share are left out: together they move no probability by more than so much times their number."""


@dataclass(frozen=True)
class Bbq(steps.Steps):
    """Averages of binnings: the edges are those of all sizes that count."""

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
        prior: float = 2.0,
        score: Literal["bdeu", "bic"] = "bdeu",
    ) -> Fitted:
        """The functions of all rows, and with `folds` of the rows without each fold.

        multiclass   one-vs-rest | one-vs-one | top-label | confidence
        prior        rows that the prior is worth
        score        bdeu | bic
        """
        if not prior > 0:
            raise CalibrateError("E602", f"bbq:prior: found {prior}, expected a positive number", "the paper's is 2")

        def function(column: Column) -> tuple[np.ndarray, ...]:
            return _function(column.pooled, prior, score)

        return cls._fitted(rows, link, function, multiclass=multiclass, folds=folds, level=level)


def _function(rows: Pooled, prior: float, score: str) -> tuple[np.ndarray, np.ndarray]:
    """Edges and values of one column: all sizes at once, as rows of one long table of bins."""
    first, last = _all_bins(rows)
    below = [np.concatenate(([0.0], np.cumsum(part))) for part in (rows.event, rows.weight)]
    event, weight = (part[last] - part[first] for part in below)
    event = np.clip(event, 0.0, weight)
    left = steps.between(rows.at, np.maximum(first, 1)) if len(rows.at) > 1 else np.zeros(len(first))
    right = steps.between(rows.at, np.minimum(last, len(rows.at) - 1)) if len(rows.at) > 1 else np.ones(len(first))
    left, right = np.where(first == 0, 0.0, left), np.where(last == len(rows.at), 1.0, right)
    # The mid of bins that reach 0 or 1 alone may be one of them in floats; a prior needs doubt.
    middle = np.clip((left + right) / 2, 1e-9, 1 - 1e-9)
    begins = np.flatnonzero(first == 0)
    bins = np.diff(begins, append=len(first))
    share = prior / np.repeat(bins, bins)
    yes, no = share * middle, share * (1.0 - middle)
    p = (yes + event) / (share + weight)
    values = _marginal(event, weight, yes, no, share) if score == "bdeu" else _bic(event, weight, rows)
    total = np.add.reduceat(values, begins)
    posterior = np.exp(total - total.max())
    posterior /= posterior.sum()
    kept = np.where(posterior < NEGLIGIBLE, 0.0, posterior)
    return _averaged(rows.at, first, p, np.repeat(kept / kept.sum(), bins))


def _all_bins(rows: Pooled) -> tuple[np.ndarray, np.ndarray]:
    """First entry and the entry after the last, of every bin of every size, one size after the other."""
    weight = float(rows.weight.sum())
    root = float(np.cbrt(max(weight, 1.0)))
    below, above = 1 - ROUNDING, 1 + ROUNDING
    most = max(1, int(min(np.ceil(weight / 5 * below), np.ceil(root * SPAN * below), len(rows.at), MOST)))
    least = min(most, max(1, int(root / SPAN * above)))
    bins = np.arange(least, most + 1)
    number = np.repeat(bins, bins)
    rank = np.arange(len(number)) - np.repeat(np.cumsum(bins) - bins, bins)
    mass = np.cumsum(rows.weight)
    first = np.searchsorted(mass, mass[-1] * rank / number * below) + 1
    first[rank == 0] = 0
    # Equal predictions share a bin, so that a cut may be there twice, or after the last entry.
    first = first[((rank == 0) | (np.diff(first, prepend=0) != 0)) & (first < len(mass))]
    last = np.append(np.where(first[1:] == 0, len(mass), first[1:]), len(mass))
    return first, last


def _marginal(event: np.ndarray, weight: np.ndarray, yes: np.ndarray, no: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Log of the marginal likelihood of each bin."""
    from scipy.special import gammaln

    likelihood = gammaln(share) - gammaln(share + weight) + gammaln(yes + event) - gammaln(yes)
    return np.asarray(likelihood + gammaln(no + (weight - event)) - gammaln(no))


def _bic(event: np.ndarray, weight: np.ndarray, rows: Pooled) -> np.ndarray:
    """-BIC / 2 of each bin: its likelihood at the frequency, less half the log of the number of rows."""
    other = np.maximum(weight - event, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = np.where(event > 0, event * np.log(event / weight), 0.0)
        likelihood += np.where(other > 0, other * np.log(other / weight), 0.0)
    return np.asarray(likelihood - 0.5 * np.log(max(float(rows.weight.sum()), 1.0)))


def _averaged(at: np.ndarray, first: np.ndarray, p: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges and values of the weighted sum of all binnings, from the jumps of each."""
    counts = share > 0
    first, p, share = first[counts], p[counts], share[counts]
    jump = np.diff(p, prepend=0.0)
    jump[first == 0] = p[first == 0]
    jumps = np.bincount(first, jump * share, minlength=len(at))
    cuts = np.flatnonzero(jumps[1:]) + 1
    values = np.cumsum(jumps[np.concatenate(([0], cuts))])
    # An average lies among what is averaged, whatever rounding says.
    return steps.between(at, cuts), np.clip(values, p.min(), p.max())
