r"""Structured matrix scaling (SMS): temperature, then a full matrix and biases, shrunk towards changing nothing.

    l = log((n softmax(z / T) + 1 / K) / (n + 1)),    p = softmax((I + D) l + b)

T is the best temperature; D and b minimise, from n rows (weighted: their effective number) of K classes,

    mean NLL + (reg K / n) (|diag D|^2 + |b|^2 + (K - 1) |offdiag D|^2).

Convex, one optimum, an answer on any data; `reg` multiplies the published strength. It learns which classes are taken
for which, and with a few dozen classes and some hundred rows of each it has the least loss of the methods here; where
rows are fewer the matrix stays near the identity. A masked class (-inf) gets probability 1 / (K (n + 1)) first. The
predicted class may change. With hundreds of classes take structured-vector: the K (K + 1) parameters cost time, are
held at 0 anyway and fill the model file.
Berta, Holzmuller, Jordan, Bach: Structured Matrix Scaling for Multi-Class Calibration. AISTATS 2026.
https://doi.org/10.48550/arXiv.2511.03685
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from calibrate.fitting.families import Matrix
from calibrate.fitting.linear import as_rows, as_tuple, expect_columns, expect_finite, expect_square, optimum
from calibrate.fitting.scale import log_mixture
from calibrate.fitting.square import strengths
from calibrate.fitting.structured import Structured
from calibrate.protocols import Calibrator
from calibrate.rows import Rows


@dataclass(frozen=True)
class StructuredMatrix(Structured):
    """l of `temperature` and `weight` (n), then `matrix` (I + D, a row per class of the answer) and `biases`."""

    matrix: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]

    name: ClassVar[str] = "structured-matrix"
    for_large: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what is no number, and no square."""
        super().__post_init__()
        expect_square(self.name, self.matrix, self.biases)
        expect_finite(self.name, self.matrix, self.biases)

    @property
    def n_parameters(self) -> int:
        """1 + K (K + 1)."""
        return 1 + len(self.biases) * (len(self.biases) + 1)

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """(I + D) l + b in the precision of the scores (m, K)."""
        expect_columns(self.name, scores, len(self.biases))
        mixed = log_mixture(scores, self.temperature, self.weight)
        changed: np.ndarray = mixed @ np.asarray(self.matrix).T
        changed += np.asarray(self.biases)
        return changed.astype(scores.dtype, copy=False)

    @classmethod
    def _after(cls, rows: Rows, weight: float, reg: float, start: Calibrator | None) -> tuple[tuple[Any, ...], int]:
        k = rows.n_columns
        ridge = strengths(k, diagonal=reg * k / weight, beside=reg * k * (k - 1) / weight, biases=reg * k / weight)
        begun = np.column_stack([start.matrix, start.biases]).ravel() if isinstance(start, cls) else None
        family = Matrix(k, blocks=False)
        theta, passes = optimum(rows, weight, family, ridge, cls.name, start=begun, unbounded=reg == 0)
        both = theta.reshape(k, k + 1)
        return (as_rows(both[:, :-1]), as_tuple(both[:, -1])), passes
