r"""Platt scaling: logit p' = a z + b of the logit z, one slope and one offset per event, with smoothed targets.

    minimise  sum_i w_i H(t_i, sigmoid(a z_i + b))
    t = (n+ + 1) / (n+ + 2) for events, 1 / (n- + 2) for the others

with the cross-entropy H, and n+ and n- rows with and without the event. The targets are those of a uniform prior: they
keep p' away from 0 and 1, so that also rows without any error, or of one outcome alone, have an answer.
smoothing=false: the plain maximum likelihood.

Logits in, or probabilities, which become logits first; `platt-probability` is the same on probabilities. For few rows
and scores whose offset is off too; temperature is the same with b = 0. `affine` is less cautious (many rows: no
difference), `beta` and `quadratic` bend. What is above p = 1/2 changes with b. A negative slope is allowed
and noted. Intervals: Wald, the larger of information and sandwich.

Platt, Probabilistic outputs for support vector machines, 1999; Lin, Lin, Weng: A note on Platt's probabilistic outputs.
Machine Learning 68, 2007. https://doi.org/10.1007/s10994-007-5018-6
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from calibrate.fitting.event_logistic import certain
from calibrate.fitting.events import Answer, fitted_events, not_separable, survey
from calibrate.fitting.lines import Lines, smoothed, straight
from calibrate.fitting.strength import Strength
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class Platt(Lines):
    """a z + b, with one slope `a` and one offset `b` per label."""

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
    return straight(events, smoothed(events) if smoothing else certain(rows.n_columns)).answer(Platt)
