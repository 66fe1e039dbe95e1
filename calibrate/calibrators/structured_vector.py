r"""Structured vector scaling (SVS): temperature, then a slope and a bias per class, shrunk towards changing nothing.

    l = log((n softmax(z / T) + 1 / K) / (n + 1)),    p = softmax((1 + d) l + b)

T is the best temperature; d and b minimise, from n rows (their weight) of K classes,

    mean NLL + reg (K / n) (|d|^2 + |b|^2).

Convex, one optimum, an answer on any data; `reg` multiplies the published strength. Of the methods for many classes
the safest beyond temperature: it corrects classes that are predicted too often or too surely, and 2 K parameters that
the data do not support stay near 0. A masked class (-inf) gets probability 1 / (K (n + 1)) before the slopes. The
predicted class may change. With few classes and many rows structured-matrix gains more; with one row a class neither
gains much over temperature.
Berta, Holzmuller, Jordan, Bach: Structured Matrix Scaling for Multi-Class Calibration. AISTATS 2026.
https://doi.org/10.48550/arXiv.2511.03685
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.fitting.families import Diagonal
from calibrate.fitting.forms import counting, expect_softmax, held, look
from calibrate.fitting.linear import (
    Step,
    as_tuple,
    by_class,
    expect_columns,
    expect_finite,
    expect_strength,
    optimum,
    tuned,
)
from calibrate.fitting.scale import Mixed, best_scale, log_mixture
from calibrate.fitting.strength import Auto, Strength
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Rows

NAME = "structured-vector"


@dataclass(frozen=True)
class StructuredVector:
    """l of `temperature` and `weight` (n), then `slopes` (1 + d) and `biases` per class."""

    temperature: float
    weight: float
    slopes: tuple[float, ...]
    biases: tuple[float, ...]

    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = False

    def __post_init__(self) -> None:
        """Refuse what is no number."""
        expect_finite(NAME, self.temperature, self.weight, positive=True)
        expect_finite(NAME, self.slopes, self.biases)
        expect_columns(NAME, np.asarray([self.biases]), len(self.slopes))

    @property
    def n_parameters(self) -> int:
        """1 + 2 K."""
        return 1 + 2 * len(self.slopes)

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """(1 + d) l + b in the precision of the scores (m, K)."""
        expect_columns(NAME, scores, len(self.slopes))
        mixed = log_mixture(scores, self.temperature, self.weight)
        mixed *= np.asarray(self.slopes)
        mixed += np.asarray(self.biases)
        return mixed.astype(scores.dtype, copy=False)

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95, reg: float | Auto = 1.0) -> Fitted:
        """All rows, and with `folds` one for each fold fitted on the others.

        reg   multiplies the published strength K / n of the squares; auto: by cross-validation

        Raises `CalibrateError` E304, E305, E307 as temperature does, E308 for a link that is not the softmax.
        """
        expect_softmax(link, NAME)
        expect_strength(NAME, "reg", reg)

        def at(strength: float) -> Step:
            return lambda some, start: cls._solved(some, link, strength, start)

        return tuned(rows, link, folds, level, at, _shown, Strength(reg))

    @classmethod
    def _solved(
        cls, rows: Rows, link: Link, reg: float, start: Calibrator | None
    ) -> tuple[StructuredVector, int, Sequence[str]]:
        scale, weight, k = best_scale(rows, link), look(rows).weight, rows.n_columns
        inner = held(rows.map(counting).map(Mixed(scale.temperature, weight)))
        ridge = np.full(2 * k, reg * k / weight)
        begun = np.array([*start.slopes, *start.biases]) if isinstance(start, cls) else None
        theta, passes = optimum(inner, weight, Diagonal(k), ridge, NAME, start=begun, unbounded=reg == 0)
        return (
            cls(scale.temperature, weight, as_tuple(theta[:k]), as_tuple(theta[k:])),
            passes + scale.passes + 2,
            scale.notes,
        )


def _shown(one: Calibrator) -> dict[str, float]:
    assert isinstance(one, StructuredVector)  # noqa: S101 - for the type checker
    return {"temperature": one.temperature} | by_class(slope=one.slopes, bias=one.biases)
