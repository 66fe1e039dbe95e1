r"""Platt scaling: logit p' = a z + b of the logit z, one slope and one offset per event, with smoothed targets.

    minimise  sum_i w_i H(t_i, sigmoid(a z_i + b))
    t = (n+ + 1) / (n+ + 2) for events, 1 / (n- + 2) for the others

with the cross-entropy H, and n+ and n- rows with and without the event. The targets are those of a uniform prior: they
keep p' away from 0 and 1, so that also rows without any error, or of one outcome alone, have an answer.
smoothing=false: the plain maximum likelihood.

Logits in, or probabilities, which become logits first: on probabilities themselves the curve would be another one.
For few rows and scores whose offset is off too; temperature is the same with b = 0. `affine` is less cautious (many
rows: no difference), `beta` and `quadratic` bend. What is above p = 1/2 changes with b. A negative slope is allowed
and noted. Intervals: Wald, the larger of information and sandwich.

Platt, Probabilistic outputs for support vector machines, 1999; Lin, Lin, Weng: A note on Platt's probabilistic outputs.
Machine Learning 68, 2007. https://doi.org/10.1007/s10994-007-5018-6
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from calibrate.fitting.event_logistic import certain
from calibrate.fitting.events import Answer, Events, finite_parameters, fitted_events, not_separable, survey
from calibrate.fitting.lines import line, straight
from calibrate.fitting.strength import Strength
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class Platt:
    """a z + b, with one slope `a` and one offset `b` per label."""

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

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95, smoothing: bool = True) -> Fitted:
        """The slopes and offsets of all labels.

        smoothing   of the targets (Platt 1999); without it the maximum likelihood

        Raises `CalibrateError` E301, E304, E305, E307; without smoothing E302 for separable events.
        """
        return fitted_events(partial(_fitted, smoothing), rows, link, folds, level, Strength(0.0))


def _fitted(smoothing: bool, _ridge: float, rows: Rows) -> Answer:
    events = survey(rows)
    if not smoothing:
        not_separable(events, "smoothing=true, or affine with a ridge, has an answer")
    found = straight(events, _smoothed(events) if smoothing else certain(rows.n_columns))
    return found.answer(Platt(*found.lines()))


def _smoothed(events: Events) -> np.ndarray:
    """Platt's targets (2, L)."""
    return np.stack([1.0 / (events.counts[0] + 2.0), (events.counts[1] + 1.0) / (events.counts[1] + 2.0)])
