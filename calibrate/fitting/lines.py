"""Straight lines in the logit: what calibrators that fit a slope and an offset per event share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.event_logistic import Line, Solution, solve, standard
from calibrate.fitting.events import Answer, Events, finite_parameters, label


@dataclass(frozen=True)
class Lines:
    """Base of calibrators whose answer is a z + b, with one slope `a` and one offset `b` per label."""

    a: tuple[float, ...]
    b: tuple[float, ...]

    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = True

    def __post_init__(self) -> None:
        """Refuse what is not finite."""
        finite_parameters({"a": self.a, "b": self.b})

    @property
    def n_parameters(self) -> int:
        """2 per label."""
        return 2 * len(self.a)

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """a z + b (m, L), in the precision of the scores."""
        return line(scores, self.a, self.b)


@dataclass(frozen=True, eq=False)
class Straight:
    """The lines of all labels."""

    events: Events
    found: Solution

    def answer(self, kind: type[Lines]) -> Answer:
        """The calibrator of this kind with these lines, and what is said of it."""
        offset, slope = self.found.values.T
        offset_error, slope_error = self.found.errors().T
        falling = tuple(
            f"{label(j, len(slope))}the slope is negative: the higher the score, the rarer the event"
            for j in np.flatnonzero(slope < 0)
        )
        values = {"a": (slope, slope_error), "b": (offset, offset_error)}
        calibrator = kind(tuple(slope.tolist()), tuple(offset.tolist()))
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


def smoothed(events: Events) -> np.ndarray:
    """Platt's targets (2, L), without and with the event: those of a uniform prior."""
    return np.stack([1.0 / (events.counts[0] + 2.0), (events.counts[1] + 1.0) / (events.counts[1] + 2.0)])


def line(scores: np.ndarray, slopes: Sequence[float], offsets: Sequence[float]) -> np.ndarray:
    """a z + b (m, L) in the precision of the scores; with a = 0 also of an infinite z it is b."""
    a, b = np.asarray(slopes), np.asarray(offsets)
    z = scores.astype(np.float64, copy=False)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.where(a == 0, b, a * z + b).astype(scores.dtype, copy=False)
