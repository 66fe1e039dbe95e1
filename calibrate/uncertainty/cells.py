"""Cells: bins of predictions as shares, gaps and effective counts, and how far chance alone drives them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import lgamma

import numpy as np

from calibrate.protocols import BinSums
from calibrate.uncertainty import quantiles

DRAWS = 4_000
"""Draws behind the 95 % point of a noise floor, where events are too few for a Cornish-Fisher expansion."""
MOST_DRAWN = 2_000
"""Cells that are drawn at most: 64 MB."""
FEW_EVENTS = 25.0
"""Below this sum of n p (1 - p) the law of the floor is too discrete to be expanded."""

_lgamma = np.frompyfunc(lgamma, 1, 1)


@dataclass(frozen=True, eq=False)
class Cells:
    """The non-empty bins of a curve, or of several curves over the same rows; arrays (cells,).

    share       weight of the cell over the weight of all rows; of C curves they sum to C
    predicted   mean prediction in the cell
    observed    event frequency in the cell
    n           effective rows, (sum w)^2 / sum w^2: the rows themselves where weights are equal
    total       effective rows of a whole curve
    """

    share: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray
    n: np.ndarray
    total: float

    @property
    def gap(self) -> np.ndarray:
        """Mean prediction minus event frequency, (cells,)."""
        return np.asarray(self.predicted - self.observed)

    @cached_property
    def floor(self) -> np.ndarray:
        """What chance alone is expected to add to the ECE, (cells,)."""
        return np.asarray(self.share * mean_deviation(self.n, self.predicted) / self.n)

    def rows(self) -> tuple[tuple[float, float, float, float], ...]:
        """Share, prediction, frequency and rows of each cell, as results keep them; `of_rows` reads them."""
        return tuple(zip(*(a.tolist() for a in (self.share, self.predicted, self.observed, self.n)), strict=True))

    @property
    def ece(self) -> float:
        """Sum of share times absolute gap: the ECE of one curve, the sum of the ECEs of several."""
        return float((self.share * np.abs(self.gap)).sum())


def of_rows(rows: Sequence[Sequence[float]]) -> Cells:
    """The cells of one curve from what `Cells.rows` kept of them."""
    share, predicted, observed, n = (np.array(column) for column in zip(*rows, strict=True))
    return Cells(share, predicted, observed, n, float(1 / (share**2 / n).sum()))


def cells_of(bins: BinSums) -> Cells:
    """The non-empty cells of bins (..., bins), each curve of which holds all rows."""
    used = bins.weight > 0
    weight = bins.weight[used]
    curves = bins.weight.size // bins.weight.shape[-1]
    whole = weight.sum() / curves
    return Cells(
        share=weight / whole,
        predicted=np.clip(bins.predicted[used] / weight, 0.0, 1.0),
        observed=np.clip(bins.observed[used] / weight, 0.0, 1.0),
        n=effective_rows(bins.count[used], weight, bins.squares[used]),
        total=float(whole * whole / (bins.squares[used].sum() / curves)),
    )


def effective_rows(count: np.ndarray, weight: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Rows of equal weight that would be as uncertain, (sum w)^2 / sum w^2 (Kish 1965); between 1 and the rows.

    Where a bin's sums are what the others leave of a total, rounding can drown them.
    """
    return np.asarray(np.maximum(np.square(weight / np.maximum(np.sqrt(squares), weight / np.sqrt(count))), 1.0))


def mean_deviation(n: np.ndarray, p: np.ndarray) -> np.ndarray:
    """E|S - n p| of S binomial(n, p): 2 m C(n, m) p^m (1 - p)^(n - m + 1), m = floor(n p) + 1 (De Moivre 1730).

    See Diaconis and Zabell 1991, doi:10.1214/ss/1177011699. Counts may be effective ones, not whole.

    >>> mean_deviation(np.array([2.0]), np.array([0.5])).round(12).tolist()
    [0.5]
    """
    p = np.minimum(p, 1 - p)
    chance = p > 0
    n, p = n[chance], p[chance]
    m = np.floor(n * p) + 1
    choose = (_lgamma(n + 1) - _lgamma(m + 1) - _lgamma(n - m + 1)).astype(np.float64)
    deviation = np.zeros(chance.shape)
    deviation[chance] = 2 * m * np.exp(choose + m * np.log(p) + (n - m + 1) * np.log1p(-p))
    return deviation


def noise_floor(cells: Cells) -> float:
    """ECE that is expected of these predictions when they are perfectly calibrated (sum over curves).

    With 50 to 100,000 rows at most 0.3 % above the exact Poisson-binomial expectation; with unequal weights,
    where effective counts stand in, within 3 % but for cells of a handful of events.
    """
    return float(cells.floor.sum())


def noise_point(cells: Cells, p: float = 0.95) -> float:
    """The point that the ECE of a calibrated model stays below with probability p (sum over independent curves).

    Cornish-Fisher from exact mean and variance and the skewness of a folded normal: within 1.5 % of simulation.
    With few expected events, 4,000 draws of the same bin sums, always with the same seed; of few events in very many
    cells most hold none or one, and their skewness is that of a rare event. Calibrated models exceed the point in 4-6 %
    of samples, with very unequal weights and fewer than 10 events in 2-9 %. Events of several curves are taken as
    independent: of many classes with few rows each, one a row, they are not, and the point is too high.
    """
    chance = cells.predicted * (1 - cells.predicted)
    few = float((cells.n * chance).sum()) < FEW_EVENTS
    if few and len(chance) <= MOST_DRAWN:
        return drawn_point(draw_gaps(cells) @ cells.share, p)
    unit = cells.share / cells.n
    variance = np.maximum(unit**2 * cells.n * chance - cells.floor**2, 0.0)
    third = 0.9952717464311568 * variance**1.5
    return cornish_fisher(
        p, cells.floor.sum(), variance.sum(), (np.maximum(third, unit * variance) if few else third).sum()
    )


def draw_gaps(cells: Cells, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """Absolute gaps (draws, cells) of calibrated models with these predictions."""
    n = np.maximum(np.rint(cells.n), 1).astype(np.int64)
    events = np.random.default_rng(seed).binomial(n, cells.predicted, size=(draws, len(n)))
    return np.asarray(np.abs(events / n - cells.predicted))


def drawn_point(drawn: np.ndarray, p: float) -> float:
    """The point below which a share p of the draws lies, linear between two of them.

    As `numpy.quantile`, which imports all of `numpy.ma` for it: a sixth of the start-up.
    """
    ordered = np.sort(drawn)
    at = p * (len(ordered) - 1)
    low = int(at)
    return float(ordered[low] + (at - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]))


def cornish_fisher(p: float, mean: float, variance: float, third: float) -> float:
    """Quantile of a law with this mean, variance and third central moment, to the first correction."""
    if variance < 1e-60:
        return float(mean)
    z = quantiles.normal(p)
    return float(mean + np.sqrt(variance) * (z + (z * z - 1) * third / variance**1.5 / 6))
