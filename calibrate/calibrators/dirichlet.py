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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.fitting.forms import expect_softmax
from calibrate.fitting.linear import Step, expect_finite, expect_square, expect_strength, tuned
from calibrate.fitting.square import multiplied, solved, strengths
from calibrate.fitting.strength import Auto, Strength
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Rows

NAME = "dirichlet"

USUAL = 1e-3
"""The middle of the grid of Kull et al., around which `auto` looks."""


@dataclass(frozen=True)
class Dirichlet:
    """`matrix` (a row per class of the answer) and `biases`, of log softmax of scores divided by 2^`exponent`."""

    matrix: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]
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
        """W log softmax(z) + b in the precision of the scores (m, K). Raises E304 for a masked class."""
        return multiplied(scores, self.matrix, self.biases, "log-softmax", self.exponent, NAME)

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
        expect_softmax(link, NAME)
        expect_strength(NAME, "odir", odir)
        expect_strength(NAME, "reg", reg)

        def at(strength: float) -> Step:
            some_reg, some_odir = (strength if given == "auto" else given for given in (reg, odir))
            ridge = strengths(rows.n_columns, diagonal=0.0, beside=some_odir, biases=some_reg)

            def step(some: Rows, start: Calibrator | None) -> tuple[Dirichlet, int, Sequence[str]]:
                begun = (start.matrix, start.biases, start.exponent) if isinstance(start, cls) else None
                w, b, exponent, passes = solved(some, "log-softmax", ridge, NAME, begun)
                return cls(w, b, exponent), passes, ()

            return step

        auto = tuple(name for name, given in (("reg", reg), ("odir", odir)) if given == "auto")
        strength = Strength("auto" if auto else 0.0, USUAL, auto)
        return tuned(rows, link, folds, level, at, _shown, strength)


def _shown(_one: Calibrator) -> dict[str, float]:
    return {}
