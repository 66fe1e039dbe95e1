r"""Ensemble temperature scaling (ETS): a mixture of the tempered, the untouched and the uniform probabilities.

    p = w1 softmax(z / T) + w2 softmax(z) + w3 / K,    w >= 0, w1 + w2 + w3 = 1

T is the best temperature; given T the NLL is convex in the weights, which are found on the simplex to the optimum, on
its edges and corners too. Three parameters whatever K is: it bends the confidence in a way that one temperature
cannot, and suits many classes and few rows. The predicted class never changes, so a bias towards some classes stays:
for that see bias-corrected-temperature and structured-vector. A masked class (-inf) has probability w3 / K. The
authors' code minimises squared error by default and bounds T to 0.05 .. 5; this one minimises the NLL, without bounds.
Zhang, Kailkhura, Han: Mix-n-Match: Ensemble and Compositional Methods for Uncertainty Calibration in Deep Learning.
ICML 2020. https://doi.org/10.48550/arXiv.2003.07329
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.forms import expect_softmax
from calibrate.fitting.linear import expect_finite, fitted
from calibrate.fitting.scale import best_scale
from calibrate.fitting.simplex import TrueClass, mixture_weights
from calibrate.numerics import below_top, log_softmax
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Rows

NAME = "ensemble-temperature"
ROUNDING = 1e-6
"""What the sum of the weights may be off by."""


@dataclass(frozen=True)
class EnsembleTemperature:
    """Weights of the probabilities at `temperature`, of the `untouched` and of the `uniform` ones."""

    temperature: float
    tempered: float
    untouched: float
    uniform: float

    keeps_top: ClassVar[bool] = True
    for_events: ClassVar[bool | None] = False

    def __post_init__(self) -> None:
        """Refuse what is no temperature, and no weights."""
        expect_finite(NAME, self.temperature, positive=True)
        weights = (self.tempered, self.untouched, self.uniform)
        expect_finite(NAME, weights)
        if min(weights) < 0 or abs(sum(weights) - 1) > ROUNDING:
            text = f"{NAME}: found weights {weights}, expected numbers of at least 0 that sum to 1"
            raise CalibrateError("E305", text, "fit again")

    @property
    def n_parameters(self) -> int:
        """T and two weights."""
        return 3

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """log p in the precision of the scores (m, K)."""
        under, _ = below_top(scores)
        with np.errstate(divide="ignore", over="ignore", under="ignore"):
            logs = np.log([self.tempered, self.untouched, self.uniform / scores.shape[1]])
            mixed: np.ndarray = np.logaddexp(
                logs[0] + log_softmax(under / self.temperature), logs[1] + log_softmax(under)
            )
            np.logaddexp(mixed, logs[2], out=mixed)
        return mixed.astype(scores.dtype, copy=False)

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95) -> Fitted:
        """All rows, and with `folds` one for each fold fitted on the others.

        Raises `CalibrateError` E301 to E307 as temperature does, E308 for a link that is not the softmax.
        """
        expect_softmax(link, NAME)

        def step(some: Rows, _start: Calibrator | None) -> tuple[EnsembleTemperature, int, Sequence[str]]:
            scale = best_scale(some, link, endless=False)
            w = mixture_weights(some.sum(TrueClass(scale.temperature)), some.n_columns)
            return cls(scale.temperature, *map(float, w)), 1 + scale.passes, scale.notes

        return fitted(rows, link, folds, level, step, _shown)


def _shown(one: Calibrator) -> dict[str, float]:
    assert isinstance(one, EnsembleTemperature)  # noqa: S101 - for the type checker
    weights = {"weight tempered": one.tempered, "weight untouched": one.untouched, "weight uniform": one.uniform}
    return {"temperature": one.temperature} | weights
