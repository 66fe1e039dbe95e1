r"""Vector scaling: a slope and a bias for each class.

    p = softmax(d x + b),    x = log softmax(z)

d and b minimise the mean NLL + reg (|d - 1|^2 + |b|^2): convex, one optimum. A constant added to a row of scores
would change the answer, so x is made free of it: `log-softmax` goes in by default, `centred` is z less the row's mean,
and only `raw` takes the scores as they came. The predicted class may change.
Without `reg` nothing holds the 2 K parameters where the data are silent. It is for some hundred rows of every class;
with fewer it overfits, and where a class is missing or never confused no finite parameters are best (E302): then
structured-vector, which is this method with a strength that follows from n and K. A masked class (-inf) stays masked.
Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks. ICML 2017.
https://doi.org/10.48550/arXiv.1706.04599
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.fitting.families import Diagonal
from calibrate.fitting.forms import Form, Formed, counting, expect_softmax, formed, held, look
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
from calibrate.fitting.strength import Auto, Strength
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Rows

NAME = "vector"

USUAL = 1e-3
"""The strength around which reg=auto looks: that of Dirichlet calibration."""


@dataclass(frozen=True)
class Vector:
    """`slopes` and `biases` per class, of scores divided by 2^`exponent` in the form `input`."""

    slopes: tuple[float, ...]
    biases: tuple[float, ...]
    input: Form = "log-softmax"
    exponent: int = 0

    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = False
    for_large: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what is no number."""
        expect_finite(NAME, self.slopes, self.biases)
        expect_columns(NAME, np.asarray([self.biases]), len(self.slopes))

    @property
    def n_parameters(self) -> int:
        """2 K."""
        return 2 * len(self.slopes)

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """d x + b in the precision of the scores (m, K); a masked class stays masked."""
        expect_columns(NAME, scores, len(self.slopes))
        x = formed(scores, self.input, self.exponent)
        masked = np.isneginf(x)
        changed: np.ndarray = np.where(masked, 0.0, x) * np.asarray(self.slopes) + np.asarray(self.biases)
        changed[masked] = -np.inf
        return changed.astype(scores.dtype, copy=False)

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
    ) -> Fitted:
        """All rows, and with `folds` one for each fold fitted on the others.

        input   what goes in: log-softmax, centred or raw
        reg     strength of the squares of d - 1 and b; auto: by cross-validation, around 0.001

        Raises `CalibrateError` E301, E302 where no finite parameters are best, E304, E307, and E308 for a link that is
        not the softmax.
        """
        expect_softmax(link, NAME)
        expect_strength(NAME, "reg", reg)

        def at(strength: float) -> Step:
            return lambda some, start: cls._solved(some, input, strength, start)

        return tuned(rows, link, folds, level, at, _shown, Strength(reg, USUAL))

    @classmethod
    def _solved(cls, rows: Rows, form: Form, reg: float, start: Calibrator | None) -> tuple[Vector, int, Sequence[str]]:
        seen, k = look(rows), rows.n_columns
        if reg == 0:
            seen.expect_every_class(NAME)
            seen.expect_differences(NAME)
        inner = held(rows.map(counting).map(Formed(form, seen.exponent)))
        begun = None
        if isinstance(start, cls) and start.exponent == seen.exponent:
            begun = np.array([*start.slopes, *start.biases])
        theta, passes = optimum(
            inner,
            seen.weight,
            Diagonal(k),
            np.full(2 * k, reg),
            NAME,
            start=begun,
            masked=seen.masked,
            unbounded=reg == 0,
        )
        biases = theta[k:] if reg else theta[k:] - theta[k:].mean()
        return cls(as_tuple(theta[:k]), as_tuple(biases), form, seen.exponent), passes + 2, ()


def _shown(one: Calibrator) -> dict[str, float]:
    assert isinstance(one, Vector)  # noqa: S101 - for the type checker
    return by_class(slope=one.slopes, bias=one.biases)
