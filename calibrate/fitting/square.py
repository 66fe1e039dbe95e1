"""Methods with a full matrix: what their models hold, strengths by place, the fit, and the product with new scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.families import Matrix
from calibrate.fitting.forms import Form, Formed, counting, expect_softmax, formed, held, look
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
from calibrate.fitting.strength import Auto, Strength
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Rows

Square = tuple[tuple[float, ...], ...]

USUAL = 1e-3
"""The middle of the grid of Kull et al. (2019), around which `auto` looks."""


@dataclass(frozen=True)
class Full(ABC):
    """Base: `matrix` (a row per class of the answer) and `biases`, of scores divided by 2^`exponent` in some form."""

    matrix: Square
    biases: tuple[float, ...]
    exponent: int = 0

    name: ClassVar[str]
    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = False
    for_large: ClassVar[bool] = False
    for_many: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what is no number, and no square."""
        expect_square(self.name, self.matrix, self.biases)
        expect_finite(self.name, self.matrix, self.biases)

    @property
    def n_parameters(self) -> int:
        """K (K + 1)."""
        return len(self.biases) * (len(self.biases) + 1)

    @abstractmethod
    def transform(self, scores: np.ndarray) -> np.ndarray:
        """What `multiplied` makes of scores (m, K) in the form of the method."""

    @classmethod
    def _fitted(
        cls,
        rows: Rows,
        link: Link,
        folds: int,
        level: float,
        reg: float | Auto,
        odir: float | Auto,
        ridge: Callable[[float, float], np.ndarray],
        form: Form = "log-softmax",
        **more: Any,
    ) -> Fitted:
        """All rows and those of every fold, by the strengths that `ridge` makes of reg and odir; `more`: own fields."""
        expect_softmax(link, cls.name)
        expect_strength(cls.name, "reg", reg)
        expect_strength(cls.name, "odir", odir)

        def at(strength: float) -> Step:
            some_reg, some_odir = (strength if given == "auto" else given for given in (reg, odir))

            def step(some: Rows, start: Calibrator | None) -> tuple[Full, int, Sequence[str]]:
                begun = (start.matrix, start.biases, start.exponent) if isinstance(start, cls) else None
                w, b, exponent, passes = solved(some, form, ridge(some_reg, some_odir), cls.name, begun)
                return cls(w, b, exponent, **more), passes, ()

            return step

        auto = tuple(name for name, given in (("reg", reg), ("odir", odir)) if given == "auto")
        return tuned(rows, link, folds, level, at, _nothing, Strength("auto" if auto else 0.0, USUAL, auto))


def _nothing(_one: Calibrator) -> dict[str, float]:
    """Parameters that the record shows: K (K + 1) are too many."""
    return {}


def strengths(k: int, *, diagonal: float, beside: float, biases: float) -> np.ndarray:
    """Strength of the square of every parameter of (W, b), row after row.

    >>> strengths(2, diagonal=1.0, beside=2.0, biases=3.0)
    array([1., 2., 3., 2., 1., 3.])
    """
    found = np.full((k, k + 1), beside)
    found[np.diag_indices(k)] = diagonal
    found[:, -1] = biases
    return found.ravel()


def solved(
    rows: Rows, form: Form, ridge: np.ndarray, name: str, start: tuple[Square, Sequence[float], int] | None
) -> tuple[Square, tuple[float, ...], int, int]:
    """Matrix, biases, the exponent of the unit of the scores, and passes; `start`: the first three of another fit."""
    seen, k = look(rows), rows.n_columns
    seen.expect_no_mask(name)
    unbounded = not ridge.all()
    if unbounded:
        seen.expect_every_class(name)
        seen.expect_differences(name)
    inner = held(rows.map(counting).map(Formed(form, seen.exponent)))
    family = Matrix(k, centred=form == "centred")
    begun = None
    if start is not None and start[2] == seen.exponent:
        begun = np.column_stack(start[:2]).ravel()
    theta, passes = optimum(inner, seen.weight, family, ridge, name, start=begun, unbounded=unbounded)
    both = theta.reshape(k, k + 1)
    return as_rows(both[:, :-1]), as_tuple(both[:, -1]), seen.exponent, passes + 2


def multiplied(
    scores: np.ndarray, matrix: Square, biases: Sequence[float], form: Form, exponent: int, name: str
) -> np.ndarray:
    """W x + b of scores (m, K) in their precision."""
    expect_columns(name, scores, len(biases))
    x = formed(scores, form, exponent)
    if np.isneginf(x).any():
        text = f"a score is -inf, of which {name} can make no sum"
        raise CalibrateError("E304", text, "--clip EPS, when fitting, moves probabilities away from 0")
    changed: np.ndarray = x @ np.asarray(matrix).T
    changed += np.asarray(biases)
    return changed.astype(scores.dtype, copy=False)
