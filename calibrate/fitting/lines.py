"""Straight lines in the logit: what calibrators that fit a slope and an offset per event share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.event_logistic import Line, Solution, solve, standard
from calibrate.fitting.events import Answer, Events, label


@dataclass(frozen=True, eq=False)
class Straight:
    """The lines of all labels."""

    events: Events
    found: Solution

    def lines(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Slopes and offsets."""
        return tuple(self.found.values[:, 1].tolist()), tuple(self.found.values[:, 0].tolist())

    def answer(self, calibrator: Any) -> Answer:
        """What is said of a calibrator with these lines."""
        offset, slope = self.found.values.T
        offset_error, slope_error = self.found.errors().T
        falling = tuple(
            f"{label(j, len(slope))}the slope is negative: the higher the score, the rarer the event"
            for j in np.flatnonzero(slope < 0)
        )
        values = {"a": (slope, slope_error), "b": (offset, offset_error)}
        return Answer(calibrator, values, (*self.events.notes, *falling), self.found.passes)


def straight(events: Events, targets: np.ndarray, ridge: float = 0.0) -> Straight:
    """The best lines. Raises `CalibrateError` as `solve` does, and E303 where infinite logits meet a falling line."""
    found = solve(events, standard(events.rows, Line()), targets, ridge)
    for j in np.flatnonzero((found.values[:, 1] < 0) & (events.endless > 0))[:1]:
        raise CalibrateError(
            "E303",
            f"{label(j, len(events.endless))}the best slope is negative, but infinite logits are right: their loss "
            "would be infinite",
            "--clip EPS moves probabilities away from 0 and 1; are labels and scores in the same row order?",
        )
    return Straight(events, found)


def line(scores: np.ndarray, slopes: Sequence[float], offsets: Sequence[float]) -> np.ndarray:
    """a z + b (m, L) in the precision of the scores; with a = 0 also of an infinite z it is b."""
    a, b = np.asarray(slopes), np.asarray(offsets)
    z = scores.astype(np.float64, copy=False)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.where(a == 0, b, a * z + b).astype(scores.dtype, copy=False)
