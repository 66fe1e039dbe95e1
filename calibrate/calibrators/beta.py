r"""Beta calibration: logit p' = a log p - b log(1 - p) + c with a, b >= 0, by (weakly) penalised maximum likelihood.

What scores that are beta distributed, for events and for the others, need. Per event three parameters (form=abm), two
with a = b (form=am, a line in the logit) or two with p' = 1/2 at p = 1/2 (form=ab). The cross-entropy is minimised
exactly over a, b >= 0: where the best a or b is negative, the better fit with one of them 0 is taken, as in the
reference implementation; so p' never falls as p rises. The penalty ridge / 2 |s|^2 on standardised log p, log(1 - p)
and offset weighs a tenth of a row and gives rows without any error an answer; ridge=0 is the reference without it.

For probabilities whose two tails are off in different ways (naive Bayes, boosting), from some hundred rows. `affine` is
form=am but may fall, `quadratic` bends in the logit. In p = sigmoid(z) the curve has its bend at p = 1/2: scores on
another scale than probabilities or their logits are better served by `quadratic`. p of exactly 0 or 1 on the right
side takes no part. Intervals: Wald, the larger of information and sandwich; none for what is held at 0.

Kull, Silva Filho, Flach: Beta calibration. AISTATS 2017. https://proceedings.mlr.press/v54/kull17a.html;
doi:10.1214/17-EJS1338SI
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import log
from typing import ClassVar, Literal

import numpy as np

from calibrate.fitting.event_logistic import WEAK, Basis, Line, Solution, certain, solve, standard
from calibrate.fitting.events import (
    Answer,
    Events,
    finite_parameters,
    fitted_events,
    known_ridge,
    label,
    not_separable,
    survey,
)
from calibrate.fitting.strength import Auto
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows

Form = Literal["abm", "am", "ab"]

LOG2 = log(2.0)

NEAR = 0.01
"""Logits so close to 0 that log p + log 2 is lost in the rounding of log p."""


@dataclass(frozen=True)
class _LogProbabilities:
    """Basis: log(2 p) and -log(2 (1 - p)), which vanish at p = 1/2; without cancellation for small logits."""

    def __call__(self, z: np.ndarray, which: np.ndarray) -> np.ndarray:
        """(2, q, m)."""
        tail = np.log1p(np.exp(-np.abs(z))) - LOG2
        below, above = np.minimum(z, 0.0) - tail, np.maximum(z, 0.0) + tail
        near = np.abs(z) < NEAR
        if near.any():
            # log(2 p) = z / 2 - log cosh(z / 2), where the difference above would cancel.
            half, bend = z[near] / 2, np.log1p(2.0 * np.square(np.sinh(z[near] / 4)))
            below[near], above[near] = half - bend, half + bend
        return np.stack([below, above])


@dataclass(frozen=True)
class Beta:
    """a log p - b log(1 - p) + c of p = sigmoid(z), one of each per label."""

    a: tuple[float, ...]
    b: tuple[float, ...]
    c: tuple[float, ...]
    form: Form = "abm"

    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = True

    def __post_init__(self) -> None:
        """Refuse what is not finite."""
        finite_parameters({"a": self.a, "b": self.b, "c": self.c})

    @property
    def n_parameters(self) -> int:
        """2 or 3 per label, by the form."""
        return len(self.form) * len(self.a)

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """The curve (m, L), in the precision of the scores."""
        a, b, c = (np.asarray(one) for one in (self.a, self.b, self.c))
        z = scores.astype(np.float64, copy=False)
        finite = np.clip(z, -np.finfo(np.float64).max, np.finfo(np.float64).max)
        with np.errstate(over="ignore", under="ignore"):
            below, above = _LogProbabilities()(finite, np.empty(0))
            # Infinite logits are taken as the largest ones, and stay infinite where anything is made of them.
            rising = a * below + b * above
            rising = np.where(np.isinf(z) & (np.where(z > 0, b, a) > 0), z, rising)
            return np.asarray((rising + (c + (b - a) * LOG2)).astype(scores.dtype, copy=False))

    @classmethod
    def fit(
        cls,
        rows: Rows,
        link: Link,
        *,
        folds: int = 0,
        level: float = 0.95,
        form: Form = "abm",
        ridge: float | Auto = WEAK,
    ) -> Fitted:
        """The curves of all labels.

        form    abm: three parameters; am: a = b; ab: p' = 1/2 at p = 1/2
        ridge   weight of the penalty, in rows; auto: by cross-validation, around 0.1

        Raises `CalibrateError` E301, E304, E305, E307, E602; without a ridge E302 for separable events.
        """
        return fitted_events(partial(_fitted, form), rows, link, folds, level, known_ridge("beta", ridge, WEAK))


def _fitted(form: Form, ridge: float, rows: Rows) -> Answer:
    events = survey(rows)
    basis: Basis = Line() if form == "am" else _LogProbabilities()
    if ridge == 0 and form != "ab":
        not_separable(events, "a ridge above 0, or platt with smoothing, has an answer")
    features = standard(events.rows, basis, centred=form != "ab")
    n_labels, k = rows.n_columns, len(features.centre) + 1
    every = np.ones((n_labels, k), dtype=bool)
    every[:, 0] = form != "ab"
    target = certain(n_labels)
    best = solve(events, features, target, ridge, free=every)
    passes, negative = best.passes, np.asarray((best.values[:, 1:] < 0).any(axis=1))
    if negative.any():
        held = [[1, 0], [0, 1], [0, 0]] if k == 3 else [[0]]
        faces = [solve(events, features, target, ridge, free=every & np.array([True, *face])) for face in held]
        best = _feasible([best, *faces])
        passes += sum(face.passes for face in faces)
    values, errors = _named(best, form)
    a, b, c = (tuple(values[:, i].tolist()) for i in range(3))
    calibrator = Beta(a, b, c, form)
    named = {name: (values[:, i], errors[:, i]) for i, name in enumerate("abc")}
    return Answer(calibrator, named, (*events.notes, *_bound(events, values, negative)), passes)


def _feasible(found: list[Solution]) -> Solution:
    """Of every label the solution of lowest loss without a negative coefficient."""
    losses = np.stack([np.where((one.values[:, 1:] < 0).any(axis=1), np.inf, one.loss) for one in found])
    chosen, labels = losses.argmin(axis=0), np.arange(losses.shape[1])
    parts = {
        name: np.stack([getattr(one, name) for one in found])[chosen, labels]
        for name in ("values", "linear", "plain", "sandwich", "loss")
    }
    return Solution(**parts, passes=0)


def _named(found: Solution, form: Form) -> tuple[np.ndarray, np.ndarray]:
    """a, b, c of every label (L, 3), and their standard errors: of offset, coefficients of log 2p and -log 2(1 - p)."""
    if form == "am":
        combine = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    else:
        combine = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, LOG2, -LOG2]])
    return found.values @ combine.T, found.errors(combine)


def _bound(events: Events, values: np.ndarray, negative: np.ndarray) -> list[str]:
    """A sentence for each label whose unbounded optimum would fall."""
    said = []
    for j in np.flatnonzero(negative):
        held = " and ".join(name for name, value in zip("ab", values[j], strict=False) if value == 0)
        said.append(f"{label(j, len(negative))}{held} held at 0: the best curve without that bound would fall")
    return said
