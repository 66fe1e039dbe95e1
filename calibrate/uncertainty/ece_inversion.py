"""Interval of a binned ECE by test inversion, from bin sums alone.

The ECE is a sum of absolute values: it is biased upwards by noise, and a percentile bootstrap doubles the bias
(it covers 0 % for a calibrated model). So instead every candidate value theta is tested. Under a hypothesis
with bin gaps delta_b (weighted by the share of the bin), d_b = sum_b (p - y) / n is about normal around delta_b,
and sum |d_b| has the mean, variance and skewness of folded normals; its quantiles follow by Cornish-Fisher. theta is in
the interval when the ECE that was found lies between the 2.5 % and the 97.5 % quantile.

Many delta have the same total theta. The ones tried are |delta_b| = max(|d_b| - lambda s_b, 0), s_b the smoothed
standard error of d_b, as lambda runs over the line; for the upper end also delta_b proportional to s_b, for the lower
end also the clearest gaps whole and the others 0: of both ends the wider one counts.

With few events the normal law says too little. Then the interval holds at least that of the mean gap, which no ECE is
below: Clopper-Pearson's of the frequency of the outcome that is unlikely in its bin, against its mean prediction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import erf, sqrt, tau

import numpy as np

from calibrate.uncertainty import quantiles
from calibrate.uncertainty.cells import Cells, cornish_fisher
from calibrate.uncertainty.intervals import FEW_ERRORS, Ends, clopper_pearson

_erf = np.frompyfunc(erf, 1, 1)


def ece_interval(cells: Cells, level: float = 0.95) -> tuple[float, float, float]:
    """Lower end, median-unbiased value (the 50 % inversion) and upper end of the ECE of one curve.

    95 %, 1,000 to 2,000 samples, n = 50 to 1,000, 1 to 362 errors: covers 95.0-100, the truth is below in at most 3.4 %
    (calibrated models), above in 2.1 %. At a limit that is the truth gates passed in at most 2.7 % of samples, and
    failed in 3.7. Where a model is sure of what stays uncertain (truth between 5 and 95 %, logits far beyond) the truth
    is below in up to 6.5 % (n = 100 to 400), and such gates fail in as many.
    """
    size = np.abs(cells.share * cells.gap)
    error = _standard_error(cells)
    if not error.any():
        return _with_few_events(cells, (cells.ece, cells.ece, cells.ece), level)
    found, sign = cells.ece, np.where(cells.gap < 0, -1.0, 1.0)
    clear = size / np.where(error > 0, error, np.inf)
    order = np.argsort(-clear, kind="stable")
    before = np.cumsum(size[order]) - size[order]

    def shrunk(x: float) -> np.ndarray:
        return np.asarray(np.maximum(size + x * error, 0.0))

    def even(x: float) -> np.ndarray:
        return np.asarray(x * error)

    def clearest(x: float) -> np.ndarray:
        delta: np.ndarray = np.empty_like(size)
        delta[order] = np.clip((1 + x) * found - before, 0.0, size[order])
        return delta

    def end(p: float, family: Callable[[float], np.ndarray], start: float) -> float:
        root = _root(lambda x: _quantile(p, cells, sign, family(x)) - found, start)
        return min(
            float(family(root).sum()), float((cells.share * np.maximum(cells.predicted, 1 - cells.predicted)).sum())
        )

    none, upper = -float(clear.max()), quantiles.tail(level)
    middle = end(0.5, shrunk, none)
    low = min(end(upper, shrunk, none), end(upper, clearest, -1.0), middle)
    high = max(end(1 - upper, shrunk, none), end(1 - upper, even, 0.0), middle)
    return _with_few_events(cells, (low, middle, high), level)


def largest_passing(cells: Cells, limit: float, p: float) -> float:
    """The largest ECE that a sample of a calibrated model may show for its (1 - p) end to stay within `limit`.

    The p quantile of the ECE were the true one `limit`, spread over the bins in proportion to their errors: what
    decides the upper end where no bin stands out. p = 1/2: the end is the debiased value.
    """
    calibrated = replace(cells, observed=cells.predicted)
    error = _standard_error(calibrated)
    delta = np.minimum(limit * error / error.sum(), cells.share * np.maximum(cells.predicted, 1 - cells.predicted))
    return _quantile(p, calibrated, np.where(cells.predicted > 0.5, 1.0, -1.0), delta)


def few_events(cells: Cells) -> bool:
    """Whether fewer than 10 rows had the outcome that is unlikely in their bin."""
    return _unlikely(cells)[1] * cells.total < FEW_ERRORS - 0.5


def _unlikely(cells: Cells) -> Ends:
    """Mean prediction and frequency of the outcome that is unlikely in its bin: of the event where it is predicted
    with at most 1/2, of its absence elsewhere. The gaps of the bins, but for their signs, are the same."""
    flipped = cells.predicted > 0.5
    predicted = np.where(flipped, 1 - cells.predicted, cells.predicted)
    observed = np.where(flipped, 1 - cells.observed, cells.observed)
    return float((cells.share * predicted).sum()), float((cells.share * observed).sum())


def _with_few_events(cells: Cells, found: tuple[float, float, float], level: float) -> tuple[float, float, float]:
    """The interval widened to that of the mean gap, where events are few."""
    if not few_events(cells):
        return found
    (low, middle, high), (predicted, observed) = found, _unlikely(cells)
    least, most = clopper_pearson(observed, cells.total, level)
    apart = max(least - predicted, predicted - most, 0.0)
    return min(low, apart), middle, max(high, predicted - least, most - predicted)


def _standard_error(cells: Cells) -> np.ndarray:
    """Standard error of share * gap, its frequency drawn towards the prediction by one row, so that it is not 0."""
    smooth = (cells.n * cells.observed + cells.predicted) / (cells.n + 1)
    return np.asarray(cells.share * np.sqrt(smooth * (1 - smooth) / cells.n))


def _quantile(p: float, cells: Cells, sign: np.ndarray, delta: np.ndarray) -> float:
    """Quantile of the ECE where the bin gaps, weighted by share, are sign * delta."""
    frequency = np.clip(cells.predicted - sign * delta / cells.share, 0.0, 1.0)
    within = cells.share**2 * frequency * (1 - frequency) / cells.n
    between = delta**2 * (1 - cells.share) / (cells.share * cells.total)
    return cornish_fisher(p, *_folded_moments(delta, np.sqrt(within + between)))


def _folded_moments(mean: np.ndarray, spread: np.ndarray) -> tuple[float, float, float]:
    """Mean, variance and third central moment of a sum of |N(mean, spread^2)|."""
    moving = spread > 0
    fixed, m, s = mean[~moving].sum(), mean[moving], spread[moving]
    r = m / s
    density = sqrt(4 / tau) * np.exp(-r * r / 2)
    inside = _erf(r / sqrt(2)).astype(np.float64)
    first = density + r * inside
    second = 1 + r * r
    third = density * (r * r + 2) + (r**3 + 3 * r) * inside
    variance = np.maximum(second - first**2, 0.0)
    cube = np.maximum(third - 3 * first * second + 2 * first**3, 0.0)
    return float(fixed + (s * first).sum()), float((s * s * variance).sum()), float((s**3 * cube).sum())


def _root(f: Callable[[float], float], start: float) -> float:
    """Where the increasing f crosses 0 right of `start` <= 0 (`start` where it is positive there): regula falsi.

    Of the steps after Anderson and Björck 1973, doi:10.1007/BF01951936; the search begins at 0.
    """
    left, below = start, f(start)
    if below >= 0:
        return start
    right, above, width = 0.0, f(0.0), 2.0
    while above < 0 and width < 1e9:
        left, below, right = right, above, width
        above, width = f(right), 2 * width
    for _ in range(100):
        x = right - above * (right - left) / (above - below)
        value = f(x)
        if abs(value) < 1e-13 or right - left < 1e-12 * max(1.0, abs(x)):
            return x
        if value < 0:
            left, below, above = x, value, above * _shrink(value / below)
        else:
            right, above, below = x, value, below * _shrink(value / above)
    return x


def _shrink(ratio: float) -> float:
    return 1 - ratio if ratio < 1 else 0.5
