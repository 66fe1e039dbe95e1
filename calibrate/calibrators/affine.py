r"""Affine logistic calibration: logit p' = a z + b of the logit z, by (weakly) penalised maximum likelihood.

    minimise  sum_i w_i H(y_i, sigmoid(a z_i + b)) + ridge / 2 (g^2 + s^2)

with the cross-entropy H, one slope and offset per event; g is the logit of p' at the mean score and s the slope per
standard deviation of the scores. The ridge weighs a tenth of a row: it hardly moves an answer, but gives rows
without any error, or of one outcome alone, one. ridge=0: the maximum likelihood itself (Cox 1958), or an error.

For some hundred rows and more, where scores are over- or under-confident and off in level too. `platt` is the same
with smoothed targets, more cautious for few rows; temperature has no offset; `beta` and `quadratic` bend. A negative
slope is allowed and noted. Intervals: Wald, the larger of information and sandwich.

Cox, Two further applications of a model for binary regression. Biometrika 45, 1958.
https://doi.org/10.1093/biomet/45.3-4.562
"""

from __future__ import annotations

from dataclasses import dataclass

from calibrate.fitting.event_logistic import WEAK, certain
from calibrate.fitting.events import Answer, fitted_events, known_ridge, not_separable, survey
from calibrate.fitting.lines import Lines, straight
from calibrate.fitting.strength import Auto
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class Affine(Lines):
    """a z + b, with one slope `a` and one offset `b` per label."""

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95, ridge: float | Auto = WEAK) -> Fitted:
        """The slopes and offsets of all labels.

        ridge   weight of the penalty, in rows; auto: by cross-validation, around 0.1

        Raises `CalibrateError` E301, E304, E305, E307, E602; without a ridge E302 for separable events.
        """
        return fitted_events(_fitted, rows, link, folds, level, known_ridge("affine", ridge, WEAK))


def _fitted(ridge: float, rows: Rows) -> Answer:
    events = survey(rows)
    if ridge == 0:
        not_separable(events, "a ridge above 0, or platt with smoothing, has an answer")
    return straight(events, certain(rows.n_columns), ridge).answer(Affine)
