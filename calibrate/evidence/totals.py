"""Observed against expected events, and what Cox's recalibration makes of them: from sums to estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from calibrate.evidence.cox import Problems, standard_errors
from calibrate.evidence.decisions import moments
from calibrate.exhibits import EventTotals
from calibrate.fitting.damped_newton import Climbed
from calibrate.results import Estimate
from calibrate.sums import Sums
from calibrate.uncertainty import quantiles
from calibrate.uncertainty.intervals import FEW_ERRORS, clopper_pearson, frequency_rows, wilson

RATIO = "observed over expected events; 1 is perfect"
IN_THE_LARGE = "calibration-in-the-large: a of logit P(y = 1) = a + logit p; 0 is perfect"
INTERCEPT = "a of logit P(y = 1) = a + b logit p, joint with the slope; 0 is perfect"
SLOPE = "calibration slope: b of logit P(y = 1) = a + b logit p; 1 is perfect"

EVEN = 1e-9
"""Logits that lie no farther apart (of large ones: relative) are equal but for rounding."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """What the first pass says of every column of logits, before any is recalibrated; arrays (C,).

    event      number of its class or event
    centre     mean logit; `reach` the largest distance from it
    none       why it has no recalibration at all, or ""
    no_slope   why it has no joint one, or ""
    """

    event: np.ndarray
    frequency: np.ndarray
    centre: np.ndarray
    reach: np.ndarray
    none: tuple[str, ...]
    no_slope: tuple[str, ...]

    def problems(self) -> Problems:
        """a alone of every column that has it, then a and b of every column that has them."""
        alone = np.flatnonzero([not why for why in self.none])
        both = np.flatnonzero([not why for why in self.no_slope])
        column = np.concatenate([alone, both]).astype(np.intp)
        joint = np.arange(len(column)) >= len(alone)
        return Problems(
            column, self.event[column], joint, self.centre[column], self.reach[column], self.frequency[column]
        )


def outlook(sums: Sums, sides: Sequence[str]) -> Outlook:
    """The outlook of every class or event on every side, sides first.

    `sums` holds `powers` (5,) of all rows, `happened` (4, L) of those with the event, and per side `SIDE|logits` (L,),
    sums of w z, and `SIDE|range`, of every block the least and the largest z without and with the event (2, 2, L).
    """
    weight, happened = float(np.asarray(sums["powers"])[1]), np.asarray(sums["happened"])
    n_events = happened.shape[1]
    ranges = [np.stack(sums[f"{side}|range"]) for side in sides]  # type: ignore[arg-type]
    low = np.concatenate([r[:, :, 0].min(axis=0) for r in ranges], axis=1)
    high = np.concatenate([r[:, :, 1].max(axis=0) for r in ranges], axis=1)
    centre = np.concatenate([np.asarray(sums[f"{side}|logits"]) for side in sides]) / weight
    # All rows may have the event but for the rounding of weights: the counts decide.
    events, rows = np.tile(happened[0], len(sides)), float(np.asarray(sums["powers"])[0])
    none = tuple("no row has the event" if k == 0 else "every row has the event" if k == rows else "" for k in events)
    least, most = low.min(axis=0), high.max(axis=0)
    equal = most - least <= EVEN * np.maximum(1.0, np.abs(centre))
    no_slope = (
        why or _no_slope(bool(equal[j]), bool(high[0, j] <= low[1, j]), bool(high[1, j] <= low[0, j]))
        for j, why in enumerate(none)
    )
    return Outlook(
        event=np.tile(np.arange(n_events), len(sides)),
        frequency=np.tile(np.clip(happened[1] / weight, 1e-300, 1 - 1e-16), len(sides)),
        centre=centre,
        reach=np.maximum(most - centre, centre - least),
        none=none,
        no_slope=tuple(no_slope),
    )


def _no_slope(equal: bool, separated: bool, reversed_: bool) -> str:
    """Why both outcomes occur and there is no slope all the same, or ""."""
    if equal:
        return "all predictions are equal: they have no slope"
    if separated:
        return "the predictions separate the events from the others: the slope is infinite"
    if reversed_:
        return "the predictions separate the events from the others, the wrong way round: the slope is -infinite"
    return ""


def totals_of(
    sums: Sums, sides: Sequence[str], labels: Sequence[str], seen: Outlook, found: Climbed | None, level: float
) -> dict[str, tuple[EventTotals, ...]]:
    """Side -> totals of every class or event; `found` are the answers of `seen.problems()`, None where it has none."""
    powers, happened = np.asarray(sums["powers"]), np.asarray(sums["happened"])
    estimates = _recalibrations(seen, found, powers, level)
    totals: dict[str, tuple[EventTotals, ...]] = {}
    for i, side in enumerate(sides):
        expected, clipped = np.asarray(sums[f"{side}|expected"]), np.asarray(sums[f"{side}|clipped"])
        totals[side] = tuple(
            EventTotals(
                label,
                round(float(powers[0])),
                float(powers[1]),
                float(happened[1, j]),
                float(expected[j]),
                _ratio(powers, happened[:, j], float(expected[j]), level),
                *_with_notes(estimates[i * len(labels) + j], happened[0, j], powers[0], int(clipped[j])),
                int(clipped[j]),
            )
            for j, label in enumerate(labels)
        )
    return totals


def _ratio(powers: np.ndarray, happened: np.ndarray, expected: float, level: float) -> Estimate:
    """O:E: the interval of the observed frequency over the mean prediction.

    The prediction is given, not estimated (Debray et al. 2017, doi:10.1136/bmj.i6460). Wilson; Clopper-Pearson where
    fewer than 10 (effective) rows have one of the outcomes.
    95 %, 2,000 samples a cell, n = 100 to 2,000: covers 95.7-98.2, the more the further the predictions lie apart: what
    they explain of the spread of y is counted as noise.
    """
    if not expected > 0:
        return Estimate(None, definition=RATIO, reason="no event is expected")
    f, n = frequency_rows(moments(powers, happened))
    few = min(f, 1 - f) * n < FEW_ERRORS - 0.5
    low, high = clopper_pearson(f, n, level) if few else wilson(f, n, level)
    mean = expected / float(powers[1])
    method = "clopper-pearson" if few else "wilson"
    found = (f / mean, low / mean, high / mean)
    if not all(map(isfinite, found)):
        return Estimate(None, definition=RATIO, reason="next to no event is expected")
    return Estimate(*found, definition=RATIO, method=method, conservative=few)


Three = tuple[Estimate, Estimate, Estimate]


def _recalibrations(seen: Outlook, found: Climbed | None, powers: np.ndarray, level: float) -> list[Three]:
    """In-the-large, intercept and slope of every column."""
    answers: dict[tuple[int, bool], tuple[Estimate, Estimate]] = {}
    problems = seen.problems()
    if found is not None:
        errors = standard_errors(found, problems, powers)
        a = found.points[:, 0] - problems.centre * found.points[:, 1]
        for q, (column, joint) in enumerate(zip(problems.column.tolist(), problems.joint.tolist(), strict=True)):
            why = "" if found.settled[q] else f"no answer in {found.passes} passes over the rows"
            names = (INTERCEPT, SLOPE) if joint else (IN_THE_LARGE, "")
            values = (float(a[q]), float(found.points[q, 1]))
            answers[column, joint] = (
                _wald(values[0], float(errors[q, 0]), names[0], why, level),
                _wald(values[1], float(errors[q, 1]), names[1], why, level),
            )
    return [
        (
            answers[j, False][0] if not none else Estimate(None, definition=IN_THE_LARGE, reason=none),
            *(answers[j, True] if not no_slope else (_without(INTERCEPT, no_slope), _without(SLOPE, no_slope))),
        )
        for j, (none, no_slope) in enumerate(zip(seen.none, seen.no_slope, strict=True))
    ]


def _without(definition: str, reason: str) -> Estimate:
    return Estimate(None, definition=definition, reason=reason)


def _wald(value: float, error: float, definition: str, why: str, level: float) -> Estimate:
    """value -+ z error, error as in `cox.standard_errors`.

    95 %, 2,000 samples a cell, slopes .7-1.2: in-the-large covers 94.7-95.4, intercept 94.8-95.7, slope 94.5-96.1 at
    n = 100 to 2,000 with 31 to 250 events (upper misses of the slope 3.2 at n = 100); exponential weights: 94.7-97.7.
    With the information alone in-the-large covers 92.4-92.8 where the slope is .7.
    """
    if why:
        return _without(definition, why)
    half = quantiles.normal(quantiles.tail(level)) * error
    if not isfinite(half):
        return Estimate(value, definition=definition, reason="one row has nearly all the weight")
    return Estimate(value, value - half, value + half, definition=definition, method="wald")


def _with_notes(three: Three, events: float, rows: float, clipped: int) -> Three:
    """What a reader must know of the recalibrations: predictions that were moved, outcomes that are rare."""
    notes = []
    if clipped:
        notes.append(f"{clipped:,} {_predictions(clipped)} kept within [1e-12, 1 - 1e-12] for a finite logit")
    rare = round(min(events, rows - events))
    if 0 < rare < FEW_ERRORS:
        notes.append(f"one outcome occurs in {rare} {'row' if rare == 1 else 'rows'} only: the interval is rough")
    found = [_noted(estimate, tuple(notes)) for estimate in three]
    return found[0], found[1], found[2]


def _predictions(n: int) -> str:
    return "prediction was" if n == 1 else "predictions were"


def _noted(estimate: Estimate, notes: tuple[str, ...]) -> Estimate:
    return estimate if estimate.value is None else replace(estimate, notes=notes)
