r"""Bias-corrected temperature scaling (BCTS): one slope for all classes, and a bias for each.

    p = softmax(a z + b),    a = 1 / T > 0

a and b minimise the mean NLL: convex, one optimum; b adds up to 0. It mends a model that is too sure and at the same
time predicts some classes too often: the method of choice before an adaptation to other class frequencies, and the
cheapest one beyond temperature. The predicted class may change. It needs a row of every class, and every class to be
confused now and then: otherwise no finite parameters are best (E302), which structured-vector does not mind. A
constant added to a row of scores changes nothing; a masked class (-inf) stays masked.
Alexandari, Kundaje, Shrikumar: Maximum Likelihood with Bias-Corrected Calibration is Hard-To-Beat at Label Shift
Adaptation. ICML 2020. https://doi.org/10.48550/arXiv.1901.06852
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.families import CommonSlope
from calibrate.fitting.forms import Formed, counting, expect_softmax, held, look
from calibrate.fitting.linear import as_tuple, by_class, expect_columns, expect_finite, fitted, optimum
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Rows

NAME = "bias-corrected-temperature"


@dataclass(frozen=True)
class BiasCorrectedTemperature:
    """Scores divided by `temperature`, plus `biases`."""

    temperature: float
    biases: tuple[float, ...]

    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = False

    def __post_init__(self) -> None:
        """Refuse what is no temperature, and no number."""
        expect_finite(NAME, self.temperature, positive=True)
        expect_finite(NAME, self.biases)

    @property
    def n_parameters(self) -> int:
        """T, and K biases of which one is free to choose."""
        return len(self.biases)

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """z / T + b in the precision of the scores (m, K), less the largest score of the row over T."""
        expect_columns(NAME, scores, len(self.biases))
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            top = scores.max(axis=1, keepdims=True).astype(np.float64)
            changed: np.ndarray = (scores - top) / self.temperature
            changed += np.asarray(self.biases)
        return changed.astype(scores.dtype, copy=False)

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95) -> Fitted:
        """All rows, and with `folds` one for each fold fitted on the others.

        Raises `CalibrateError` E301 to E307 where no finite positive T and finite biases are best, E308 for a link
        that is not the softmax.
        """
        expect_softmax(link, NAME)

        def step(some: Rows, start: Calibrator | None) -> tuple[BiasCorrectedTemperature, int, Sequence[str]]:
            return cls._solved(some, start)

        return fitted(rows, link, folds, level, step, _shown)

    @classmethod
    def _solved(cls, rows: Rows, start: Calibrator | None) -> tuple[BiasCorrectedTemperature, int, Sequence[str]]:
        seen = look(rows)
        seen.expect_every_class(NAME)
        seen.expect_differences(NAME)
        family = CommonSlope(rows.n_columns)
        inner = held(rows.map(counting).map(Formed("log-softmax", seen.exponent)))
        begun = None
        if isinstance(start, cls):
            begun = np.array([np.ldexp(1.0 / start.temperature, seen.exponent), *start.biases])
        none = np.zeros(family.size)
        theta, passes = optimum(inner, seen.weight, family, none, NAME, start=begun, masked=seen.masked, unbounded=True)
        if theta[0] <= 0:
            raise CalibrateError(
                "E303",
                "beside biases, the scores are worse than none at all: the best temperature is infinite",
                "are labels and scores in the same row order, labels and columns in the same class order?",
            )
        t = float(np.ldexp(1.0 / theta[0], seen.exponent))
        return cls(t, as_tuple(theta[1:] - theta[1:].mean())), passes + 2, ()


def _shown(one: Calibrator) -> dict[str, float]:
    assert isinstance(one, BiasCorrectedTemperature)  # noqa: S101 - for the type checker
    return {"temperature": one.temperature} | by_class(bias=one.biases)
