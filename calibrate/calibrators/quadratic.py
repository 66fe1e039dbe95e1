r"""Quadratic logistic calibration: logit p' = a u^2 + b u + c of the standardised logit u, weakly penalised.

    u = (z - centre) / scale
    minimise  sum_i w_i H(y_i, sigmoid(a u_i^2 + b u_i + c)) + ridge / 2 |s|^2

with the cross-entropy H, per event three parameters; s are those of the standardised u and u^2. The ridge weighs a
tenth of a row, and gives rows without any error an answer; ridge=0: the maximum likelihood, or an error.

A parabola bends where both tails are off in different ways: for a thousand rows and more, among the best binary methods
of CalArena. It may also turn: a stretch within the fitted scores where p' falls as z rises is noted, and then the order
of rows changes. Beyond the fitted scores it goes on along its tangent, level where that falls: a parabola would turn
there unseen. `affine` cannot turn, `beta` bends and never falls. Intervals: Wald, the larger of information and
sandwich, of a, b and c at the given centre and scale.

Berta, Holzmueller, Jordan, Bach: CalArena, 2026. https://doi.org/10.48550/arXiv.2605.30188
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.event_logistic import WEAK, Line, certain, solve, standard
from calibrate.fitting.events import Answer, Events, finite_parameters, fitted_events, known_ridge, label, survey
from calibrate.fitting.strength import Auto
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True, eq=False)
class _Parabola:
    """Basis: u and u^2."""

    centre: np.ndarray
    scale: np.ndarray

    def __call__(self, z: np.ndarray, which: np.ndarray) -> np.ndarray:
        """(2, q, m)."""
        u = (z - self.centre[which, None]) / self.scale[which, None]
        return np.stack([u, u * u])


@dataclass(frozen=True)
class Quadratic:
    """a u^2 + b u + c with u = (z - centre) / scale for z in [low, high], along the tangent beyond; one per label."""

    a: tuple[float, ...]
    b: tuple[float, ...]
    c: tuple[float, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = True

    def __post_init__(self) -> None:
        """Refuse what is not finite."""
        finite_parameters({one.name: getattr(self, one.name) for one in fields(self)})
        if min(self.scale, default=0.0) <= 0:
            raise CalibrateError("E305", "scale: found one that is not positive")

    @property
    def n_parameters(self) -> int:
        """3 per label."""
        return 3 * len(self.a)

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """The parabola and its tangents (m, L), in the precision of the scores."""
        a, b, c, centre, scale, low, high = (np.asarray(getattr(self, one.name)) for one in fields(self))
        z = scores.astype(np.float64, copy=False)
        inner = np.clip(z, low, high)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            u = (inner - centre) / scale
            slope = np.maximum(2 * a * u + b, 0.0)
            beyond = np.where((z == inner) | (slope == 0), 0.0, slope * ((z - inner) / scale))
            return np.asarray(((a * u + b) * u + c + beyond).astype(scores.dtype, copy=False))

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95, ridge: float | Auto = WEAK) -> Fitted:
        """The parabolas of all labels.

        ridge   weight of the penalty, in rows; auto: by cross-validation, around 0.1

        Raises `CalibrateError` E301, E304, E305, E307, E602; without a ridge E302 for separable events.
        """
        return fitted_events(_fitted, rows, link, folds, level, known_ridge("quadratic", ridge, WEAK))


def _fitted(ridge: float, rows: Rows) -> Answer:
    events = survey(rows)
    flat = standard(events.rows, Line())
    centre, scale = flat.centre[0], np.where(flat.scale[0] > 0, flat.scale[0], 1.0)
    found = solve(events, standard(events.rows, _Parabola(centre, scale)), certain(rows.n_columns), ridge)
    (c, b, a), errors = found.values.T, found.errors().T
    values = {name: (found.values[:, i], errors[i]) for i, name in ((2, "a"), (1, "b"), (0, "c"))}
    low, high = events.low.min(axis=0), events.high.max(axis=0)
    calibrator = Quadratic(*(tuple(of.tolist()) for of in (a, b, c, centre, scale, low, high)))
    return Answer(calibrator, values, (*events.notes, *_turns(events, calibrator)), found.passes + 2)


def _turns(events: Events, found: Quadratic) -> list[str]:
    """A sentence for each label whose curve falls somewhere within its fitted scores."""
    said = []
    for j, (a, b, centre, scale) in enumerate(zip(found.a, found.b, found.centre, found.scale, strict=True)):
        low, high = found.low[j], found.high[j]
        slopes = [2 * a * (end - centre) / scale + b for end in (low, high)]
        if low == high or min(slopes) >= 0:
            continue
        which = label(j, len(found.a))
        if max(slopes) <= 0:
            said.append(f"{which}the curve falls over all scores: the higher the score, the rarer the event")
            continue
        turn = centre - scale * b / (2 * a)
        part = f"from {turn:.4g} to {high:.4g}" if a < 0 else f"from {low:.4g} to {turn:.4g}"
        said.append(f"{which}not monotone: p falls as the logit rises {part}")
    return said
