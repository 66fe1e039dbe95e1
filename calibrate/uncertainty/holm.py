"""Holm's rule: which of several differences are shown, all of them allowed for, from their intervals alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from calibrate.results import Estimate
from calibrate.uncertainty import quantiles


def shown(differences: Sequence[Estimate], level: float) -> list[str]:
    """For each difference "better" (it is below 0), "worse" (above 0) or "" (not shown).

    The distance of 0 from the value, in normal standard errors of the end on its side, gives each its p value; the
    smallest of m must be at most (1 - level) / m, the next (1 - level) / (m - 1), and so on to the first that is not.
    Any of them is shown by chance in at most 1 - level of samples, as a single one is by its interval. One difference
    alone is shown where its interval leaves 0 out. Without ends, or exactly 0, it is not shown.

    Holm 1979, Scandinavian Journal of Statistics 6, 65-70.
    """
    reach, words = quantiles.normal(quantiles.tail(level)), [""] * len(differences)
    distances = [_distance(one, reach) for one in differences]
    order = sorted(range(len(differences)), key=lambda i: -distances[i])
    for place, i in enumerate(order):
        if distances[i] < quantiles.normal(1 - (1 - level) / 2 / (len(differences) - place)):
            break
        words[i] = "better" if (differences[i].value or 0.0) < 0 else "worse"
    return words


def _distance(one: Estimate, reach: float) -> float:
    """Of 0 from the value, in standard errors: 0 where nothing is known of them."""
    if one.value is None or one.low is None or one.high is None or not isfinite(one.value) or one.value == 0:
        return 0.0
    half = one.high - one.value if one.value < 0 else one.value - one.low
    return abs(one.value) / half * reach if half > 0 else float("inf")
