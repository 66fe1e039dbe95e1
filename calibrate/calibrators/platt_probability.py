r"""Platt scaling of the probability: logit p' = a p + b of p = sigmoid(z), one slope and one offset per event.

    minimise  sum_i w_i H(t_i, sigmoid(a p_i + b))
    t = (n+ + 1) / (n+ + 2) for events, 1 / (n- + 2) for the others

as `platt`, with the probability in the place of its logit. A probability lies between 0 and 1, so p' stays between
sigmoid(b) and sigmoid(a + b): scores of 0.999999 and of 0.99 are nearly the same. That is right for models whose
extremes say little (forests, naive Bayes, neighbours), and wrong where they say much: a calibrated score cannot stay as
it is. scikit-learn's method "sigmoid" is this one for models that give probabilities. A probability of exactly 0 or 1
that turned out wrong has an answer here. Intervals: Wald, the larger of information and sandwich.

Platt, Probabilistic outputs for support vector machines, 1999; Niculescu-Mizil, Caruana: Predicting good probabilities
with supervised learning. ICML 2005. https://doi.org/10.1145/1102351.1102430
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibrate.fitting.events import Answer, fitted_events, survey
from calibrate.fitting.lines import Lines, smoothed, straight
from calibrate.fitting.strength import Strength
from calibrate.numerics import sigmoid
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Block, Rows


@dataclass(frozen=True)
class PlattProbability(Lines):
    """a sigmoid(z) + b, with one slope `a` and one offset `b` per label."""

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """a sigmoid(z) + b (m, L), in the precision of the scores."""
        return super().transform(_probability(scores)).astype(scores.dtype, copy=False)

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95) -> Fitted:
        """The slopes and offsets of all labels. Raises `CalibrateError` E301, E305, E307."""
        return fitted_events(_fitted, rows, link, folds, level, Strength(0.0))


def _fitted(_ridge: float, rows: Rows) -> Answer:
    events = survey(rows.map(_probabilities))
    return straight(events, smoothed(events)).answer(PlattProbability)


def _probability(scores: np.ndarray) -> np.ndarray:
    return sigmoid(scores.astype(np.float64, copy=False))


def _probabilities(block: Block) -> Block:
    """Step: probabilities in the place of their logits."""
    return replace(block, scores=_probability(block.scores))
