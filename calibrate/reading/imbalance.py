"""Classes of very different frequency: said where they are, and weighed where the user asks for it.

`--class-weight balanced` gives every class the same weight in all, and `cat=2,dog=1` multiplies the rows of a class.
Fit and metrics are then of a world with those frequencies: its probabilities are not those of the rows as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibrate.errors import CalibrateError, shown
from calibrate.numerics import in_sound_unit
from calibrate.protocols import Task
from calibrate.table import Decision

TIMES = 10
"""So many times more rows of the largest class than of the smallest are an imbalance."""
ENOUGH = 20
"""Rows a class, on average, from which such a difference is none of chance."""

FLAG = "--class-weight"
HINT = f"as in {FLAG} balanced or {FLAG} cat=2,dog=1"


def said(labels: np.ndarray | None, classes: Sequence[str], task: Task) -> list[Decision]:
    """One decision where the classes of the rows are out of balance, else none."""
    if labels is None or task not in ("multiclass", "binary") or len(labels) < ENOUGH * len(classes):
        return []
    counts = np.bincount(labels.reshape(len(labels)), minlength=len(classes))
    least, most = int(counts.argmin()), int(counts.argmax())
    if counts[most] < TIMES * counts[least]:
        return []
    of = f"{counts[least]:,} of {len(labels):,} rows are '{shown(classes[least])}'"
    return [Decision("imbalance", f"{of}, {counts[most]:,} '{shown(classes[most])}'", "counted", FLAG)]


def weighed(
    labels: np.ndarray | None, weights: np.ndarray | None, classes: Sequence[str], task: Task, asked: str | None
) -> np.ndarray | None:
    """The weights of the rows (n,) times those of their classes; as they were where nothing is asked.

    Raises `CalibrateError` E218 for labels that are no classes, and for a class weight that is none.
    """
    if asked is None:
        return weights
    if labels is None or task not in ("multiclass", "binary"):
        raise CalibrateError("E218", f"{FLAG}: found {_kind(labels, task)}, expected labels of which one is true", HINT)
    y = labels.reshape(len(labels)).astype(np.intp)
    if asked.strip() == "balanced":
        total = np.bincount(y, weights, minlength=len(classes)).astype(np.float64)
        there = total > 0
        factors = np.divide(total.sum() / there.sum(), total, out=np.ones(len(total)), where=there)
    else:
        factors = _factors(asked, classes)
    found: np.ndarray = factors[y] if weights is None else weights * factors[y]
    if not found.any():
        raise CalibrateError("E218", f"{FLAG} {shown(asked)}: every row has weight 0, expected some above 0", HINT)
    return in_sound_unit(found)


def _kind(labels: np.ndarray | None, task: Task) -> str:
    return "no labels" if labels is None else f"{task} rows"


def _factors(asked: str, classes: Sequence[str]) -> np.ndarray:
    """The factor of every class; 1 of those that are not named."""
    factors = np.ones(len(classes))
    named: set[str] = set()
    for part in asked.split(","):
        name, equals, text = (piece.strip() for piece in part.rpartition("="))
        try:
            value = float(text) if equals else np.nan
        except ValueError:
            value = np.nan
        if not (np.isfinite(value) and value >= 0):
            wanted = "expected balanced, or class=number of at least 0"
            raise CalibrateError("E218", f"{FLAG}: found {shown(part)!r}, {wanted}", HINT)
        if name not in classes or name in named:
            what = f"names {shown(name)!r} twice" if name in named else f"no class is called {shown(name)!r}"
            raise CalibrateError("E218", f"{FLAG}: {what}", f"classes: {shown(', '.join(classes))}")
        named.add(name)
        factors[list(classes).index(name)] = value
    return factors
