"""The record of a fit that is no search over one temperature: rows, weight and mean losses, counted in a pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.slopes import Losses, Problem
from calibrate.protocols import Calibrator, Link
from calibrate.results import Estimate, FitRecord
from calibrate.rows import Block, Rows
from calibrate.sums import Sums


@dataclass(frozen=True)
class Count:
    """Collector: rows of positive weight, and their weight."""

    def __call__(self, block: Block) -> Sums:
        """The sums of one block."""
        if block.weights is None:
            return {"rows": len(block), "weight": float(len(block))}
        return {"rows": int(np.count_nonzero(block.weights)), "weight": float(block.weights.sum())}


@dataclass(frozen=True, eq=False)
class Transformed:
    """Step: the scores as a calibrator changes them, in float64."""

    calibrator: Calibrator

    def __call__(self, block: Block) -> Block:
        """The same rows."""
        scores = self.calibrator.transform(block.scores.astype(np.float64, copy=False))
        return Block(block.start, scores, block.labels, block.weights, block.folds)


def counted(rows: Rows) -> tuple[int, float]:
    """Rows of positive weight and their weight. Raises `CalibrateError` E307 where there are none."""
    sums = rows.sum(Count())
    if not sums["weight"]:
        raise CalibrateError("E307", "found no row of positive weight, expected at least one", "are the weights all 0?")
    return int(sums["rows"]), float(sums["weight"])  # type: ignore[arg-type]


def record_of(
    rows: Rows,
    link: Link,
    calibrator: Calibrator,
    *,
    passes: int,
    parameters: Mapping[str, Estimate] | None = None,
    notes: Sequence[str] = (),
    converged: bool = True,
    level: float = 0.95,
) -> FitRecord:
    """The record of a fitted calibrator, its losses from two passes of their own.

    parameters   those that a reader can make something of, by name; `n_parameters` counts all
    """
    n, weight = counted(rows)
    problem = Problem(link)
    before, after = (
        float(part.sum(Losses(problem))["loss"]) / weight  # type: ignore[arg-type]
        for part in (rows, rows.map(Transformed(calibrator)))
    )
    return FitRecord(
        n=n,
        weight=weight,
        parameters=dict(parameters or {}),
        objective="nll" if link.log_loss else f"{type(link).__name__.lower()} loss",
        objective_before=before,
        objective_after=after,
        passes=passes,
        partial_passes=0,
        converged=converged,
        notes=tuple(notes),
        level=level,
        n_parameters=calibrator.n_parameters,
    )
