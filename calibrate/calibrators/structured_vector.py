r"""Structured vector scaling (SVS): temperature, then a slope and a bias per class, shrunk towards changing nothing.

    l = log((n softmax(z / T) + 1 / K) / (n + 1)),    p = softmax((1 + d) l + b)

T is the best temperature; d and b minimise, from n rows (weighted: their effective number) of K classes,

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

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from calibrate.fitting.families import Diagonal
from calibrate.fitting.linear import as_tuple, by_class, expect_columns, expect_finite, optimum
from calibrate.fitting.scale import log_mixture
from calibrate.fitting.structured import Structured
from calibrate.protocols import Calibrator
from calibrate.rows import Rows


@dataclass(frozen=True)
class StructuredVector(Structured):
    """l of `temperature` and `weight` (n), then `slopes` (1 + d) and `biases` per class."""

    slopes: tuple[float, ...]
    biases: tuple[float, ...]

    name: ClassVar[str] = "structured-vector"

    def __post_init__(self) -> None:
        """Refuse what is no number."""
        super().__post_init__()
        expect_finite(self.name, self.slopes, self.biases)
        expect_columns(self.name, np.asarray([self.biases]), len(self.slopes))

    @property
    def n_parameters(self) -> int:
        """1 + 2 K."""
        return 1 + 2 * len(self.slopes)

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """(1 + d) l + b in the precision of the scores (m, K)."""
        expect_columns(self.name, scores, len(self.slopes))
        mixed = log_mixture(scores, self.temperature, self.weight)
        mixed *= np.asarray(self.slopes)
        mixed += np.asarray(self.biases)
        return mixed.astype(scores.dtype, copy=False)

    @classmethod
    def _after(cls, rows: Rows, weight: float, reg: float, start: Calibrator | None) -> tuple[tuple[Any, ...], int]:
        k = rows.n_columns
        begun = np.array([*start.slopes, *start.biases]) if isinstance(start, cls) else None
        ridge = np.full(2 * k, reg * k / weight)
        theta, passes = optimum(rows, weight, Diagonal(k), ridge, cls.name, start=begun, unbounded=reg == 0)
        return (as_tuple(theta[:k]), as_tuple(theta[k:])), passes

    def _shown(self) -> dict[str, float]:
        return super()._shown() | by_class(slope=self.slopes, bias=self.biases)
