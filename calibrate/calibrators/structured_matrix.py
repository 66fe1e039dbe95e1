r"""Structured matrix scaling (SMS): temperature, then a full matrix and biases, shrunk towards changing nothing.

    l = log((n softmax(z / T) + 1 / K) / (n + 1)),    p = softmax((I + D) l + b)

T is the best temperature; D and b minimise, from n rows (their weight) of K classes,

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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.fitting.families import Matrix
from calibrate.fitting.forms import counting, expect_softmax, held, look
from calibrate.fitting.linear import (
    Step,
    as_rows,
    as_tuple,
    expect_columns,
    expect_finite,
    expect_square,
    expect_strength,
    optimum,
    tuned,
)
from calibrate.fitting.scale import Mixed, best_scale, log_mixture
from calibrate.fitting.strength import Auto, Strength
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Rows

NAME = "structured-matrix"


@dataclass(frozen=True)
class StructuredMatrix:
    """l of `temperature` and `weight` (n), then `matrix` (I + D, a row per class of the answer) and `biases`."""

    temperature: float
    weight: float
    matrix: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]

    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = False
    for_large: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what is no number, and no square."""
        expect_square(NAME, self.matrix, self.biases)
        expect_finite(NAME, self.temperature, self.weight, positive=True)
        expect_finite(NAME, self.matrix, self.biases)

    @property
    def n_parameters(self) -> int:
        """1 + K (K + 1)."""
        return 1 + len(self.biases) * (len(self.biases) + 1)

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """(I + D) l + b in the precision of the scores (m, K)."""
        expect_columns(NAME, scores, len(self.biases))
        mixed = log_mixture(scores, self.temperature, self.weight)
        changed: np.ndarray = mixed @ np.asarray(self.matrix).T
        changed += np.asarray(self.biases)
        return changed.astype(scores.dtype, copy=False)

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95, reg: float | Auto = 1.0) -> Fitted:
        """All rows, and with `folds` one for each fold fitted on the others.

        reg   multiplies the published strengths K / n and K (K - 1) / n of the squares; auto: by cross-validation

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
    ) -> tuple[StructuredMatrix, int, Sequence[str]]:
        scale, weight, k = best_scale(rows, link), look(rows).weight, rows.n_columns
        inner = held(rows.map(counting).map(Mixed(scale.temperature, weight)))
        strengths = np.full((k, k + 1), reg * k * (k - 1) / weight)
        strengths[:, -1] = strengths[np.diag_indices(k)] = reg * k / weight
        begun = None if not isinstance(start, cls) else np.column_stack([start.matrix, start.biases]).ravel()
        theta, passes = optimum(
            inner, weight, Matrix(k, blocks=False), strengths.ravel(), NAME, start=begun, unbounded=reg == 0
        )
        both = theta.reshape(k, k + 1)
        return (
            cls(scale.temperature, weight, as_rows(both[:, :-1]), as_tuple(both[:, -1])),
            passes + scale.passes + 2,
            scale.notes,
        )


def _shown(one: Calibrator) -> dict[str, float]:
    assert isinstance(one, StructuredMatrix)  # noqa: S101 - for the type checker
    return {"temperature": one.temperature}
