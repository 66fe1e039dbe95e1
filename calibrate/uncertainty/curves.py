"""Curves of observed frequency against prediction, and totals per class, from bin sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calibrate.collectors import edges
from calibrate.results import ClassTotal, Curve
from calibrate.uncertainty.cells import effective_rows
from calibrate.uncertainty.intervals import binomial_bands, frequency_interval, wilson

CURVES_AT_MOST = 20
"""Classes up to which every class gets its curve."""


def curve_of(sums: Mapping[str, Any], label: str, level: float, kind: str = "event") -> Curve:
    """A curve from bin sums (bins,): pointwise Wilson intervals, and the band where a calibrated model would lie."""
    bins = {key: np.asarray(value) for key, value in sums.items()}
    at, used = edges(len(bins["count"])).tolist(), bins["weight"] > 0
    weight = bins["weight"][used]
    n = effective_rows(bins["count"][used], weight, bins["squares"][used])
    p, y = (np.clip(bins[key][used] / weight, 0.0, 1.0) for key in ("predicted", "observed"))
    intervals = np.array([wilson(*pair, level) for pair in zip(y.tolist(), n.tolist(), strict=True)]).reshape(-1, 2)
    columns = (p, y, *intervals.T, *binomial_bands(p, n, level)) if len(p) else [p] * 6
    predicted, observed, low, high, band_low, band_high = (_spread(column, used) for column in columns)
    return Curve(
        kind=kind,
        label=label,
        lower=tuple(at[:-1]),
        upper=tuple(at[1:]),
        count=tuple(int(c) for c in bins["count"]),
        weight=tuple(bins["weight"].tolist()),
        predicted=predicted,
        observed=observed,
        low=low,
        high=high,
        band_low=band_low,
        band_high=band_high,
    )


def _spread(values: np.ndarray, used: np.ndarray) -> tuple[float | None, ...]:
    """One value a bin, None for the empty ones."""
    rest = iter(values.tolist())
    return tuple(next(rest) if u else None for u in used)


def event_curves(sums: Mapping[str, Any], labels: Sequence[str], level: float) -> tuple[Curve, ...]:
    """One curve per class or event of bin sums (K, bins)."""
    return tuple(
        curve_of({key: value[j] for key, value in sums.items()}, label, level) for j, label in enumerate(labels)
    )


def class_totals(sums: Mapping[str, Any], labels: Sequence[str], level: float) -> tuple[ClassTotal, ...]:
    """Observed against expected events per class, from bin sums (K, bins)."""
    weight, predicted, observed, squares = (
        np.asarray(sums[key]).sum(axis=1).tolist() for key in ("weight", "predicted", "observed", "squares")
    )
    rows = zip(labels, weight, observed, predicted, squares, strict=True)
    return tuple(_total(*row, level) for row in rows)


def _total(label: str, weight: float, observed: float, expected: float, squares: float, level: float) -> ClassTotal:
    low, high = frequency_interval(min(max(observed / weight, 0.0), 1.0), weight * weight / squares, level)
    return ClassTotal(label, weight, observed, expected, low, high)
