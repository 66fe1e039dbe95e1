r"""Matrix scaling: every score of the answer a weighted sum of all scores, with a bias for each class.

    p = softmax(W x + b),    x = log softmax(z)

W and b minimise the mean NLL + reg (|W - I|^2 + |b|^2) + odir |offdiag W|^2: convex. A constant added to a row of
scores would change the answer, so x is made free of it: `log-softmax` goes in by default (the method is then Dirichlet
calibration), `centred` is z less the row's mean, and only `raw` takes the scores as they came. The predicted class may
change.
Without regularisation the K (K + 1) parameters need very many rows of every class; with fewer it overfits badly, and
where the classes can be separated no finite parameters are best (E302). It is here for comparison: take
structured-matrix, whose strengths follow from n and K. A masked class (-inf) has no place in a sum (E304).
Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks. ICML 2017.
https://doi.org/10.48550/arXiv.1706.04599
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from calibrate.fitting.forms import Form
from calibrate.fitting.square import Full, multiplied, strengths
from calibrate.fitting.strength import Auto
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class Matrix(Full):
    """`matrix` (a row per class of the answer) and `biases`, of scores divided by 2^`exponent` in the form `input`."""

    input: Form = "log-softmax"

    name: ClassVar[str] = "matrix"

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """W x + b in the precision of the scores (m, K). Raises `CalibrateError` E304 for a masked class."""
        return multiplied(scores, self.matrix, self.biases, self.input, self.exponent, self.name)

    @classmethod
    def fit(
        cls,
        rows: Rows,
        link: Link,
        *,
        folds: int = 0,
        level: float = 0.95,
        input: Form = "log-softmax",
        reg: float | Auto = 0.0,
        odir: float | Auto = 0.0,
    ) -> Fitted:
        """All rows, and with `folds` one for each fold fitted on the others.

        input   what goes in: log-softmax, centred or raw
        reg     strength of the squares of W - I and b
        odir    strength of the squares of W off its diagonal

        auto for one or for both: by cross-validation around 0.001; if both, they are the same

        Raises `CalibrateError` E301, E302 where no finite parameters are best, E304, E307, and E308 for a link that is
        not the softmax.
        """
        ridge = partial(_strengths, rows.n_columns)
        return cls._fitted(rows, link, folds, level, reg, odir, ridge, input, input=input)


def _strengths(k: int, reg: float, odir: float) -> np.ndarray:
    return strengths(k, diagonal=reg, beside=reg + odir, biases=reg)
