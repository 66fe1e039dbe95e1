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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.fitting.forms import Form, expect_softmax
from calibrate.fitting.linear import Step, expect_finite, expect_square, expect_strength, tuned
from calibrate.fitting.square import multiplied, solved, strengths
from calibrate.fitting.strength import Auto, Strength
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Rows

NAME = "matrix"

USUAL = 1e-3
"""The middle of the grid of Kull et al., around which `auto` looks."""


@dataclass(frozen=True)
class Matrix:
    """`matrix` (a row per class of the answer) and `biases`, of scores divided by 2^`exponent` in the form `input`."""

    matrix: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]
    input: Form = "log-softmax"
    exponent: int = 0

    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = False
    for_large: ClassVar[bool] = False
    for_many: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what is no number, and no square."""
        expect_square(NAME, self.matrix, self.biases)
        expect_finite(NAME, self.matrix, self.biases)

    @property
    def n_parameters(self) -> int:
        """K (K + 1)."""
        return len(self.biases) * (len(self.biases) + 1)

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """W x + b in the precision of the scores (m, K). Raises `CalibrateError` E304 for a masked class."""
        return multiplied(scores, self.matrix, self.biases, self.input, self.exponent, NAME)

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
        expect_softmax(link, NAME)
        expect_strength(NAME, "reg", reg)
        expect_strength(NAME, "odir", odir)

        def at(strength: float) -> Step:
            some_reg, some_odir = (strength if given == "auto" else given for given in (reg, odir))
            ridge = strengths(rows.n_columns, diagonal=some_reg, beside=some_reg + some_odir, biases=some_reg)

            def step(some: Rows, start: Calibrator | None) -> tuple[Matrix, int, Sequence[str]]:
                begun = (start.matrix, start.biases, start.exponent) if isinstance(start, cls) else None
                w, b, exponent, passes = solved(some, input, ridge, NAME, begun)
                return cls(w, b, input, exponent), passes, ()

            return step

        auto = tuple(name for name, given in (("reg", reg), ("odir", odir)) if given == "auto")
        strength = Strength("auto" if auto else 0.0, USUAL, auto)
        return tuned(rows, link, folds, level, at, _shown, strength)


def _shown(_one: Calibrator) -> dict[str, float]:
    return {}
