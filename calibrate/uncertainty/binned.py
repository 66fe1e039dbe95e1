"""Estimates of binned calibration errors: value, noise floor and the intervals that were shown to cover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from statistics import fmean
from types import SimpleNamespace
from typing import Any, Literal, cast

import numpy as np

from calibrate.protocols import BinSums
from calibrate.results import Estimate
from calibrate.uncertainty import cells as noise
from calibrate.uncertainty.cells import Cells, cells_of
from calibrate.uncertainty.ece_inversion import ece_interval, few_events
from calibrate.uncertainty.intervals import clopper_pearson

Norm = Literal["l1", "l2", "max"]

UNSHOWN = "no interval whose coverage was shown"
NONE_SHOWN = "none shown"
"""The method of a metric that has no interval on any data, unlike one whose data are too few for it."""
MANY_CELLS = 30
SIMULTANEOUS = "simultaneous clopper-pearson"


def curves_of(sums: Mapping[str, Any]) -> list[Cells]:
    """The cells of every curve in bin sums (bins,) or (curves, bins)."""
    return [cells_of(bins) for bins in _each(sums)]


def all_cells(sums: Mapping[str, Any]) -> Cells:
    """The cells of all curves in one."""
    return cells_of(cast(BinSums, SimpleNamespace(**sums)))


def _each(sums: Mapping[str, Any]) -> Iterable[BinSums]:
    table = {key: np.atleast_2d(value) for key, value in sums.items()}
    for j in range(len(table["weight"])):
        yield cast(BinSums, SimpleNamespace(**{key: value[j] for key, value in table.items()}))


def curve_estimate(cells: Cells, norm: Norm, level: float, definition: str) -> Estimate:
    """Calibration error of one curve in the norm asked for."""
    return {"l1": _l1, "l2": _l2, "max": _max}[norm](cells, level, definition)


def _l1(cells: Cells, level: float, definition: str) -> Estimate:
    if too_thin(cells):
        return Estimate(
            cells.ece,
            noise_floor=noise.noise_floor(cells),
            noise_floor_p95=noise.noise_point(cells),
            definition=definition,
            reason=f"{len(cells.n):,} bins hold hardly more than a row each: no interval",
            cells=cells.rows(),
        )
    low, middle, high = ece_interval(cells, level)
    notes = []
    if cells.ece > high:
        notes.append("the value lies above its interval: noise alone adds so much on this many rows")
    if few_events(cells):
        notes.append("one outcome is rare in the sample: the interval allows for what was not seen")
    return Estimate(
        cells.ece,
        low,
        high,
        debiased=middle,
        noise_floor=noise.noise_floor(cells),
        noise_floor_p95=noise.noise_point(cells),
        definition=definition,
        method="inversion, few events" if few_events(cells) else "inversion",
        notes=tuple(notes),
        cells=cells.rows(),
    )


def too_thin(cells: Cells) -> bool:
    """Whether bins are so many that most hold a row alone: the interval by inversion then says nothing, or too much."""
    return len(cells.n) > MANY_CELLS and cells.total < 2 * len(cells.n)


def _l2(cells: Cells, level: float, definition: str) -> Estimate:
    drawn = np.sqrt(noise.draw_gaps(cells) ** 2 @ cells.share)
    return Estimate(
        float(np.sqrt((cells.share * cells.gap**2).sum())),
        noise_floor=float(drawn.mean()),
        noise_floor_p95=noise.drawn_point(drawn, 0.95),
        definition=definition,
        reason=UNSHOWN,
        method=NONE_SHOWN,
    )


def _max(cells: Cells, level: float, definition: str) -> Estimate:
    drawn = noise.draw_gaps(cells).max(axis=1)
    return replace(
        max_estimate(cells, level, definition),
        noise_floor=float(drawn.mean()),
        noise_floor_p95=noise.drawn_point(drawn, 0.95),
    )


def max_estimate(cells: Cells, level: float, definition: str) -> Estimate:
    """Largest gap over the non-empty cells, with simultaneous Clopper-Pearson intervals: conservative."""
    each = 1 - (1 - level) / len(cells.n)
    ends = [clopper_pearson(q, n, each) for q, n in zip(cells.observed.tolist(), cells.n.tolist(), strict=True)]
    low, high = np.array(ends).T
    p = cells.predicted
    return Estimate(
        float(np.abs(cells.gap).max()),
        float(np.maximum(np.maximum(low - p, p - high), 0.0).max()),
        float(np.maximum(p - low, high - p).max()),
        definition=definition,
        method=SIMULTANEOUS,
        conservative=True,
        cells=cells.rows(),
    )


def mean_of_labels(parts: tuple[Estimate, ...], definition: str) -> Estimate:
    """Mean over labels of calibration errors. Labels of one row depend on each other: only the parts have intervals.

    The 95 % point of the noise floor is the mean of the labels' points, as if all labels were off together.
    """
    return Estimate(
        fmean(p.value or 0.0 for p in parts),
        noise_floor=fmean(p.noise_floor or 0.0 for p in parts),
        noise_floor_p95=fmean(p.noise_floor_p95 or 0.0 for p in parts),
        definition=definition,
        reason="the labels of a row depend on each other: intervals per label only",
        method=NONE_SHOWN,
        parts=parts,
    )


def ends_change(before: Estimate, after: Estimate) -> Estimate:
    """after - before with [low_after - high_before, high_after - low_before]: conservative, covers 97-100 %."""
    if before.value is None or after.value is None:
        return Estimate(None, definition=after.definition, reason=before.reason or after.reason)
    value = after.value - before.value
    pairs = zip(before.parts, after.parts, strict=True)
    parts = tuple(ends_change(b, a) for b, a in pairs)
    if before.low is None or before.high is None or after.low is None or after.high is None:
        reason = before.reason or after.reason
        return Estimate(value, definition=after.definition, method=after.method, reason=reason, parts=parts)
    return Estimate(
        value,
        after.low - before.high,
        after.high - before.low,
        definition=after.definition,
        method="difference of ends",
        conservative=True,
        parts=parts,
    )
