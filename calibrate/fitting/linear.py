"""Fits of methods that are linear in their parameters: where to begin, what to return, what a model file may hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.families import Family
from calibrate.fitting.newton import Search
from calibrate.fitting.objective import Objective
from calibrate.fitting.record import record_of
from calibrate.fitting.refit import each_fold
from calibrate.fitting.strength import Auto, Strength
from calibrate.protocols import Calibrator, Link
from calibrate.results import Estimate, Fitted
from calibrate.rows import Rows

SHOWN = 5
"""Classes up to which the parameters of each stand in the record; of more they fill a screen."""


def optimum(
    rows: Rows,
    weight: float,
    family: Family,
    ridge: np.ndarray,
    name: str,
    *,
    start: np.ndarray | None = None,
    masked: bool = False,
    unbounded: bool = False,
) -> tuple[np.ndarray, int]:
    """The parameters that minimise mean loss + sum ridge (theta - those that change nothing)^2, and the passes taken.

    rows        in the form that goes in, only those that count; `weight` is their sum
    start       where to begin; by default at the parameters that change nothing
    unbounded   see `Search.run`
    """
    objective = Objective(rows, weight, family, ridge, family.start, masked)
    search = Search(objective)
    return search.run(family.start if start is None else start, name, unbounded=unbounded).theta, search.passes


Step = Callable[[Rows, Calibrator | None], tuple[Calibrator, int, Sequence[str]]]
"""A calibrator's fit of some rows, which may begin where another ended; with passes and notes."""


def fitted(
    rows: Rows,
    link: Link,
    folds: int,
    level: float,
    step: Step,
    parameters: Callable[[Calibrator], dict[str, float]],
) -> Fitted:
    """All rows, then each fold's others from there, and the record with `parameters` by name."""
    return tuned(rows, link, folds, level, lambda _strength: step, parameters, Strength(0.0))


def tuned(
    rows: Rows,
    link: Link,
    folds: int,
    level: float,
    at: Callable[[float], Step],
    parameters: Callable[[Calibrator], dict[str, float]],
    strength: Strength,
) -> Fitted:
    """As `fitted`, by the step of a `strength`; where that is `auto`, all rows and each fold choose their own."""

    def best(some: Rows) -> float:
        return strength.of(some, link, lambda part, value, start: at(value)(part, start)[0])

    chosen = best(rows)
    one, passes, notes = at(chosen)(rows, None)
    others, reason = each_fold(lambda some: at(best(some))(some, one)[0], rows, folds)
    shown = {
        name: Estimate(value, reason="no interval: see the cross-fitted change")
        for name, value in parameters(one).items()
    } | strength.shown(chosen)
    return Fitted(
        one, record_of(rows, link, one, passes=passes, parameters=shown, notes=notes, level=level), others, reason
    )


def by_class(**columns: Sequence[float]) -> dict[str, float]:
    """Parameters of each class, `slope[0]` and so on, if there are few enough classes to be read."""
    return {
        f"{name}[{j}]": value
        for name, column in columns.items()
        if len(column) <= SHOWN
        for j, value in enumerate(column)
    }


def expect_finite(
    name: str, *parameters: float | Sequence[float] | Sequence[Sequence[float]], positive: bool = False
) -> None:
    """Raise `CalibrateError` E305 for parameters that are no finite numbers, or not `positive`."""
    for one in parameters:
        values = np.asarray(one, dtype=np.float64)
        if not np.isfinite(values).all() or (positive and not (values > 0).all()):
            kind = "positive finite" if positive else "finite"
            raise CalibrateError("E305", f"{name}: a parameter is no {kind} number", "fit again")


def expect_columns(name: str, scores: np.ndarray, k: int) -> None:
    """Raise `ValueError` for scores of another number of classes."""
    if scores.shape[1] != k:
        raise ValueError(f"{name}: has parameters for {k} classes, the scores have {scores.shape[1]}")


def expect_square(name: str, matrix: Sequence[Sequence[float]], biases: Sequence[float]) -> None:
    """Raise `CalibrateError` E305 for a matrix that is not K by K, K the number of biases."""
    if len(matrix) != len(biases) or any(len(row) != len(biases) for row in matrix):
        raise CalibrateError("E305", f"{name}: the matrix is not as wide and high as there are biases", "fit again")


def expect_strength(name: str, option: str, value: float | Auto) -> None:
    """Raise `CalibrateError` E602 for a strength that is negative."""
    if value != "auto" and not 0.0 <= value < np.inf:
        raise CalibrateError("E602", f"{name}:{option}: found {value}, expected a number of at least 0, or auto", "")


def as_tuple(values: np.ndarray) -> tuple[float, ...]:
    """As a calibrator keeps them."""
    return tuple(values.tolist())


def as_rows(values: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """A matrix, as a calibrator keeps it."""
    return tuple(map(as_tuple, values))
