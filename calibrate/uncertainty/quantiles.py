"""Quantiles of the normal, Student and beta laws in a few lines: SciPy costs more start-up than everything else."""

from __future__ import annotations

from functools import lru_cache
from math import exp, inf, lgamma, log, log1p, pi, sqrt, tan
from statistics import NormalDist

from calibrate.errors import CalibrateError

MANY = 1e5
"""With more degrees of freedom Student's law is expanded around the normal one (Abramowitz and Stegun 26.7.5)."""

LEAST, MOST = 0.5, 1 - 1e-9
"""Levels of intervals. Below, Hall's interval need not hold the mean itself; above, no tail is known so well."""

_NORMAL = NormalDist()
_TINY = 1e-300


def normal(p: float) -> float:
    """Quantile of the standard normal law.

    >>> round(normal(0.975), 6)
    1.959964
    """
    return _NORMAL.inv_cdf(p)


def known_level(level: float) -> float:
    """The level of an interval. Raises `CalibrateError` E603 where it is none."""
    if not LEAST <= level <= MOST:
        expected = f"expected a level from {LEAST} to below 1"
        raise CalibrateError("E603", f"--ci: found {level}, {expected}", "as in --ci 0.95")
    return level


def tail(level: float) -> float:
    """Probability left of the upper end of a two-sided interval: 0.975 for a level of 0.95."""
    return 0.5 + level / 2


@lru_cache(maxsize=1024)
def student(p: float, df: float) -> float:
    """Quantile of Student's t with `df` > 0 degrees of freedom, by t = sqrt(df) (x - 1/2) / sqrt(x (1 - x)).

    x is the quantile of Beta(df/2, df/2) (Hill 1970, doi:10.1145/355598.355600, has the history).

    >>> round(student(0.975, 10), 6)
    2.228139
    """
    if p > 0.5:
        return -student(1 - p, df)  # the lower tail keeps its digits: next to 0 there are more floats than next to 1
    if df == 1:
        return -1 / tan(pi * p)
    if df > MANY:
        z = normal(p)
        return z + (z**3 + z) / (4 * df) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df * df)
    x = beta(p, df / 2, df / 2)
    return sqrt(df) * (x - 0.5) / (sqrt(x) * sqrt(1 - x)) if x > 0 else -inf


@lru_cache(maxsize=4096)
def beta(p: float, a: float, b: float) -> float:
    """Quantile of Beta(a, b): Newton steps on the incomplete beta function, kept inside a shrinking bracket.

    >>> round(beta(0.975, 4, 7), 6)
    0.652453
    """
    low, high = 0.0, 1.0
    x = _near(p, a, b)
    scale = lgamma(a + b) - lgamma(a) - lgamma(b)
    for _ in range(200):
        excess = incomplete_beta(x, a, b) - p
        low, high = (low, x) if excess > 0 else (x, high)
        slope = exp(scale + (a - 1) * log(x) + (b - 1) * log1p(-x))
        step = _halley(excess, slope, (a - 1) / x - (b - 1) / (1 - x))
        new = x - step
        if not low < new < high:
            new = (low + high) / 2
        if abs(new - x) <= 1e-14 * x or new in {0.0, 1.0}:
            return new
        x = new
    return x


def _halley(excess: float, slope: float, bend: float) -> float:
    """Halley's step for a function with this value, slope and second derivative over slope."""
    if slope == 0:
        return inf
    newton = excess / slope
    return newton / (1 - 0.5 * min(1.0, max(-1.0, newton * bend)))


def _near(p: float, a: float, b: float) -> float:
    """A first guess: Abramowitz and Stegun 26.5.22; the middle where that does not apply."""
    if min(a, b) < 1:
        return 0.5
    y = normal(1 - p) if p > 1e-300 else 37.0
    first, second = 1 / (2 * a - 1), 1 / (2 * b - 1)
    h = 2 / (first + second)
    slant = (y * y - 3) / 6
    w = y * sqrt(max(h + slant, 0.0)) / h - (second - first) * (slant + 5 / 6 - 2 / (3 * h))
    x = a / (a + b * exp(min(700.0, 2 * w)))
    return min(max(x, 1e-12), 1 - 1e-12)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz's recursion; DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    return max(0.0, 1 - _fraction(1 - x, b, a)) if x > (a + 1) / (a + b + 2) else _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """I_x(a, b) below its mean, where the fraction converges fast."""
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 100_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _nonzero(1 + even * d)
        c = _nonzero(1 + even / c)
        fraction *= c * d
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / _nonzero(1 + odd * d)
        c = _nonzero(1 + odd / c)
        fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * fraction


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
