r"""Dirichlet calibration: a matrix on log probabilities, regularised off its diagonal and in the biases (ODIR).

    p = softmax(W log softmax(z) + b)

W and b minimise the mean NLL + odir |offdiag W|^2 + reg |b|^2: convex. If the probabilities of each class are Dirichlet
distributed, the calibrated ones have this form. The diagonal is free, so it needs a row of every class and classes that
are confused now and then; else no finite parameters are best (E302). The authors choose both strengths by
cross-validation; 0.001 is the middle of their grid. The sums are not divided by the number of their terms, and no
class is singled out: their package fixes the last row of W and b at 0, which makes the answer depend on the order of
the classes. Without strengths both are the same: (W, b) less its last row in every row is theirs, with the same p. With
strengths the squares are of other matrices, and so are the answers. odir=auto,reg=auto chooses one for both.
The predicted class may change. A masked class (-inf, probability 0) has no logarithm (E304).
Take structured-matrix instead where rows are few: its strengths follow from n and K.
Kull, Perello Nieto, Kangsepp, Silva Filho, Song, Flach: Beyond Temperature Scaling: Obtaining Well-Calibrated
Multiclass Probabilities with Dirichlet Calibration. NeurIPS 2019. https://doi.org/10.48550/arXiv.1910.12656
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from calibrate.fitting.square import USUAL, Full, multiplied, strengths
from calibrate.fitting.strength import Auto
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class Dirichlet(Full):
    """`matrix` (a row per class of the answer) and `biases`, of log softmax of scores divided by 2^`exponent`."""

    name: ClassVar[str] = "dirichlet"

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """W log softmax(z) + b in the precision of the scores (m, K). Raises E304 for a masked class."""
        return multiplied(scores, self.matrix, self.biases, "log-softmax", self.exponent, self.name)

    @classmethod
    def fit(
        cls,
        rows: Rows,
        link: Link,
        *,
        folds: int = 0,
        level: float = 0.95,
        odir: float | Auto = USUAL,
        reg: float | Auto = USUAL,
    ) -> Fitted:
        """All rows, and with `folds` one for each fold fitted on the others.

        odir   strength of the squares of W off its diagonal (lambda of the paper, times K (K - 1))
        reg    strength of the squares of b (mu of the paper, times K)

        auto for one or for both: by cross-validation around 0.001; if both, they are the same

        Raises `CalibrateError` E301, E302 where no finite parameters are best, E304, E307, and E308 for a link that is
        not the softmax.
        """
        return cls._fitted(rows, link, folds, level, reg, odir, partial(_strengths, rows.n_columns))


def _strengths(k: int, reg: float, odir: float) -> np.ndarray:
    return strengths(k, diagonal=0.0, beside=odir, biases=reg)
