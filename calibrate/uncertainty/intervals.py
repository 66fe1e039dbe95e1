"""Intervals of means and frequencies from sums of moments; what each was measured to cover stands with it.

Weights are sampling weights: multiplying all of them by 2 changes nothing, and the spread comes from the rows, not
from the sum of weights. With unequal weights (sum w)^2 / sum w^2 takes the place of the number of rows (Kish 1965).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import expm1, hypot, isfinite, log1p, sqrt
from typing import Any

import numpy as np

from calibrate.uncertainty import quantiles

Ends = tuple[float, float]

LEAST_DF = 0.1
"""With fewer degrees of freedom one row has nearly all the weight, and no interval says anything."""

FEW_ERRORS = 10
"""With fewer errors than this the upper end of a mean loss allows for errors that were not seen."""


@dataclass(frozen=True)
class Mean:
    """A (weighted) mean with its standard error.

    skew    skewness of the mean's law: that of the rows over sqrt(n)
    n       effective rows, (sum w)^2 / sum w^2
    df      degrees of freedom of the error, (sum w^2)^2 / sum w^4 - 1: n - 1 where weights are equal
    """

    value: float
    error: float
    skew: float
    n: float
    df: float


def mean_of(sums: Mapping[str, Any], label: int | None = None) -> Mean:
    """The mean of a `collectors.Moments`; `label` picks one of several. Infinite sums: an infinite error."""
    s = {key: float(x if label is None or np.ndim(x) == 0 else x[label]) for key, x in sums.items()}
    m, n, df = s["x1"] / s["w1"], s["w1"] ** 2 / s["w2"], s["w2"] ** 2 / s["w4"] - 1
    if not isfinite(s["x33"] + s["x22"] + m) or df <= 1e-9:
        return Mean(m, float("inf"), 0.0, n, df)
    second = s["x22"] - 2 * m * s["x2"] + m * m * s["w2"]
    third = s["x33"] - 3 * m * s["x32"] + 3 * m * m * s["x3"] - m**3 * s["w3"]
    if second <= 1e-14 * s["x22"]:  # equal values: what is left is rounding
        return Mean(m, 0.0, 0.0, n, df)
    unbiased = 1 - 2 * s["w3"] / (s["w1"] * s["w2"]) + 1 / n  # 1 - 1/n where weights are equal
    return Mean(
        m, sqrt(second / unbiased) / s["w1"], third / second / sqrt(second), n, df
    )  # second**1.5 may be 0 in floats


def hall(mean: Mean, level: float, penalty: float = 0.0) -> Ends | None:
    """Hall's skewness-corrected t interval of a mean; None where there is none (one row counts, moments overflow).

    With k = skewness / sqrt(n), t = (m - mu) / se, g(t) = t + k t^2 / 3 + k^2 t^3 / 27 + k / 6 is nearly
    symmetric; the ends are m - se g^-1(+-q) (Hall 1992, doi:10.1111/j.2517-6161.1992.tb01872.x).
    `penalty` is a squared error that is added to se^2; were it symmetric k would shrink with its share, were it as
    skew it would not: the wider of both is taken at either end.

    NLL, 95 %: covers 93.5-96 from n = 50 with 13 errors on, also with unequal weights (then from n = 200 on); with 2
    errors in 50 rows 87, where `allowing_for_errors` lifts the upper end (then 98).
    """
    error = sqrt(mean.error**2 + penalty)
    if not isfinite(error):
        return None
    if error == 0:
        return mean.value, mean.value
    if mean.df < LEAST_DF:
        return None
    q = quantiles.student(quantiles.tail(level), mean.df)
    skews = (mean.skew, mean.skew * (mean.error / error) ** 3)
    reach = [(_unskewed(q, k), _unskewed(-q, k)) for k in skews]
    low, high = mean.value - error * max(reach)[0], mean.value - error * min(low for _, low in reach)
    return min(low, mean.value), max(high, mean.value)  # of a handful of rows the correction may pass the mean itself


def _unskewed(q: float, k: float) -> float:
    """g^-1(q)."""
    if abs(k) < 1e-15:
        return q
    x = k * (q - k / 6)
    # the cube root less 1, without losing the digits that a small k leaves behind the point
    return float(3 / k * (expm1(log1p(x) / 3) if x > -0.5 else np.cbrt(1 + x) - 1))


def allowing_for_errors(total: Mean, wrong_rate: float, wrong_loss: float, cost: float, level: float) -> float:
    """End of a mean loss when errors are few: (1 - c) a + c e.

    c is the Clopper-Pearson bound of the error rate, a the mean loss of right rows, e (`cost`) of errors, seen or not;
    `wrong_loss` is what the errors that were seen add to the mean.
    Upper misses at accuracy .989, T = 2.5, of Hall alone / so: n = 50: 26.5 / 0.0, n = 200: 4.5 / 0.1.
    """
    c = clopper_pearson(wrong_rate, total.n, level)[1]
    right_loss = (total.value - wrong_loss) / (1 - wrong_rate) if wrong_rate < 1 else cost
    return (1 - c) * right_loss + c * cost


def wilson(p: float, n: float, level: float) -> Ends:
    """Wilson's score interval of a frequency p of n (effective) rows (Wilson 1927, doi:10.2307/2276774).

    Exact coverage, 95 %, p = .90-.995: 92.0-97.7 at n = 200, 93.8-96.6 at n = 1,000; 91 at n = 50, p = .989. With few
    events an end misses more than its share: see `frequency_interval`.
    """
    z2 = quantiles.normal(quantiles.tail(level)) ** 2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return (0.0 if p <= 0 else max(0.0, middle - half)), (1.0 if p >= 1 else min(1.0, middle + half))


def clopper_pearson(p: float, n: float, level: float) -> Ends:
    """Exact interval of a frequency p of n rows, covers at least its level.

    Clopper and Pearson 1934, doi:10.2307/2331986.
    """
    upper = quantiles.tail(level)
    k = min(max(p * n, 0.0), n)
    low = 0.0 if k <= 0 else quantiles.beta(1 - upper, k, n - k + 1)
    return low, (1.0 if k >= n else quantiles.beta(upper, k + 1, n - k))


def frequency_interval(p: float, n: float, level: float) -> Ends:
    """Wilson's interval, either end at least as far out as the Clopper-Pearson end that misses in 1 - level of samples.

    Of few events Wilson's lower end lies too high (of one in n rows at .18 / n), as the upper end of a frequency near 1
    too low. From 11 events on nothing is widened. Exactly, over all p at n = 20 to 1,000, 95 %: this end misses in at
    most 16.3 % by Wilson, in 5.0 % so; both together cover 83.7 and 92.7 % at least. The other end (the lower one of
    an accuracy above 1/2) is Wilson's and misses in at most 3.4 % from n = 50 on, in 2.5 % of accuracies near 1.
    """
    low, high = wilson(p, n, level)
    least, most = clopper_pearson(p, n, max(0.0, 2 * level - 1))
    return min(low, least), max(high, most)


def frequency_rows(sums: Mapping[str, Any], label: int | None = None) -> tuple[float, float]:
    """Frequency of a 0/1 column, and the number of equally weighted rows that would be as uncertain.

    p (1 - p) / (squared error of p) (Korn and Graubard 1998), where events are few too unsteady to count for more than
    the effective rows.
    """
    mean = mean_of(sums, label)
    p = min(max(mean.value, 0.0), 1.0)
    if mean.error in {0.0, float("inf")}:
        return p, mean.n
    return p, min(mean.n, p * (1 - p) / mean.error**2 * mean.n / (mean.n - 1))


def paired_frequency(
    sums: Mapping[str, Any], level: float, penalty: float = 0.0, switches: tuple[float, float] | None = None
) -> Ends:
    """Interval of a change of a frequency, from sums of row-wise differences of -1, 0 and 1.

    Half a row is added to each kind of change (Agresti and Min 2005, doi:10.1002/sim.1781). `switches`, the frequencies
    of changes down and up: the interval holds at least MOVER's of their difference, which has an upper end where none
    was seen. None: there can be no change where there was none, (0, 0).

    Exactly, over 0 to 10 expected changes of either kind at n = 50 to 1,000: an end misses in at most 2.7 %, both
    together in 4.6 %; (0, 0) alone misses whenever nothing was seen to change, up to 98 %.
    """
    mean = mean_of(sums)
    changed = float(sums["x22"] / sums["w2"])
    if changed == 0 and switches is None:
        return 0.0, 0.0
    n = mean.n + 2
    middle = mean.value * mean.n / n
    half = quantiles.normal(quantiles.tail(level)) * sqrt(
        max(0.0, (changed * mean.n + 1) / n**2 - middle**2 / n) + penalty
    )
    low, high = max(-1.0, middle - half), min(1.0, middle + half)
    if switches is None:
        return low, high
    (down, up), value = switches, switches[1] - switches[0]
    (down_low, down_high), (up_low, up_high) = (frequency_interval(p, mean.n, level) for p in switches)
    return (
        min(low, value - hypot(down_high - down, up - up_low)),
        max(high, value + hypot(down - down_low, up_high - up)),
    )


def binomial_bands(p: np.ndarray, n: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Where frequencies of n rows of probability p lie in at least `level` of samples: binomial quantiles over n.

    p, n, and both ends (cells,); counts may be effective ones and are rounded.
    """
    rows = np.maximum(1.0, np.rint(n))[:, None]
    inside = np.minimum(p, 1 - 1e-15)[:, None]
    reach = float(np.ceil(8 * np.sqrt((rows * inside * (1 - inside)).max()) + 20))
    k = np.maximum(0.0, np.floor(rows * inside) - reach) + np.arange(2 * reach + 2)
    with np.errstate(divide="ignore"):  # no count above n, nor one above 0 where p is 0: log 0
        steps = np.log(np.maximum(rows - k[:, :-1], 0.0) / k[:, 1:] * (inside / (1 - inside)))
    logs = np.concatenate([np.zeros_like(rows), np.cumsum(steps, axis=1)], axis=1)
    below = np.cumsum(np.exp(logs - logs.max(axis=1, keepdims=True)), axis=1)
    upper = quantiles.tail(level)
    low, high = ((k[:, 0] + (below < q * below[:, -1:]).sum(axis=1)) / rows[:, 0] for q in (1 - upper, upper))
    return low, high
