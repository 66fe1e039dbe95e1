"""How often a perfectly calibrated model would meet a limit on as many rows: a limit that it often misses is no gate.

Law of the ECE of a calibrated model: bins of binomial frequencies around their predictions, as behind the noise floor.
Classwise ECE and the L2 norm: a normal law through their noise floor and its 95 % point. The confidence gap: a normal
law around 0 as wide as its interval. Of losses and accuracy nothing is said: how low a calibrated model's can be is no
question of calibration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import erf, inf, sqrt

import numpy as np

from calibrate.results import Estimate
from calibrate.uncertainty import quantiles
from calibrate.uncertainty.binned import SIMULTANEOUS
from calibrate.uncertainty.cells import Cells, draw_gaps, noise_point, of_rows
from calibrate.uncertainty.ece_inversion import largest_passing

OFTEN = 0.9
"""A limit that a calibrated model meets less often than this is said to be missed often."""
NEARLY_ALWAYS = 0.95
MOST_TIMES = 1e9
"""So many times the rows are looked at, no more."""


@dataclass(frozen=True)
class Chance:
    """Probability that a calibrated model passes, and how many times the rows make it nearly always pass (or None)."""

    probability: float
    times: float | None


def chance(estimate: Estimate, limit: float, on: str, level: float) -> Chance | None:
    """For an upper limit of a calibration error or gap; None where nothing is known, or the end that decides can
    hardly ever be against a calibrated model (lenient)."""
    if on == "lenient":
        return None
    p = 0.5 if on == "point" else 1 - quantiles.tail(level)
    if estimate.cells:
        cells = of_rows(estimate.cells)
        return _of_largest(cells, limit) if estimate.method == SIMULTANEOUS else _of_ece(cells, limit, p)
    if estimate.noise_floor is not None and estimate.noise_floor_p95 is not None:
        return _of_floor(estimate.noise_floor, estimate.noise_floor_p95, limit)
    return None


def chance_of_gap(estimate: Estimate, limit: float, on: str, level: float) -> Chance | None:
    """The same for the confidence gap, of either sign: `limit` is the distance from 0 that is allowed."""
    if on == "lenient" or estimate.low is None or estimate.high is None:
        return None
    reach = quantiles.normal(quantiles.tail(level))
    error = (estimate.high - estimate.low) / 2 / reach
    needed = reach if on == "safe" else 0.0
    if error == 0:
        return None
    times = ((needed + quantiles.normal(NEARLY_ALWAYS)) * error / limit) ** 2 if limit > 0 else None
    return Chance(_below(limit / error - needed), times)


def _of_ece(cells: Cells, limit: float, p: float) -> Chance:
    def passing(times: float) -> float:
        return largest_passing(_times(cells, times), limit, p)

    if limit <= 0 or not (cells.predicted * (1 - cells.predicted)).any():
        return Chance(float(limit >= 0 and not cells.floor.any()), None)
    found = draw_gaps(cells) @ cells.share
    probability = float((found <= passing(1.0)).mean())
    return Chance(probability, _root(lambda times: passing(times) - noise_point(_times(cells, times), NEARLY_ALWAYS)))


def _of_largest(cells: Cells, limit: float) -> Chance:
    """Of the largest gap, judged as it is: one thin bin decides, and no number of rows is promised."""
    return Chance(float((draw_gaps(cells).max(axis=1) <= limit).mean()), None)


def _of_floor(floor: float, p95: float, limit: float) -> Chance:
    spread = (p95 - floor) / quantiles.normal(0.95)
    probability = _below((limit - floor) / spread) if spread > 0 else float(limit >= floor)
    return Chance(probability, (p95 / limit) ** 2 if limit > 0 else None)


def _times(cells: Cells, times: float) -> Cells:
    return replace(cells, n=cells.n * times, total=cells.total * times)


def _root(f: Callable[[float], float]) -> float | None:
    """The least multiple from which on f >= 0, to 1 %; None where none is."""
    low, high = 1.0, 1.0
    while f(high) < 0:
        low, high = high, high * 4
        if high > MOST_TIMES:
            return None
    while high > 1.01 * low:
        middle = sqrt(low * high)
        low, high = (low, middle) if f(middle) >= 0 else (middle, high)
    return high


def _below(z: float) -> float:
    """The normal law."""
    return (1 + erf(z / sqrt(2))) / 2 if abs(z) < inf else float(z > 0)


def rounded_up(rows: float) -> int:
    """A number of rows to two digits, upwards: it is an estimate."""
    digits = 10 ** max(0, int(np.floor(np.log10(max(rows, 1.0)))) - 1)
    return int(np.ceil(rows / digits - 1e-9) * digits)
