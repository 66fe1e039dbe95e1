r"""Temperature scaling mixed with the uniform distribution, as if one more row had been seen that knows nothing.

    p = (n softmax(z / T) + 1 / K) / (n + 1)

T is the best temperature of the n rows, as in `temperature`; n of weighted rows is their effective number. The mixture
costs about log(1 + 1 / n) of NLL and bounds the loss of a new row by log(K (n + 1)): one sure and wrong prediction
cannot ruin the mean. It also answers where temperature has no answer: on rows without any error T is cut off near 0 and
the mixture remains, on scores that know nothing near infinity. A masked class (-inf) gets probability 1 / (K (n + 1)).
The predicted class never changes. With many rows it is temperature.
Berta, Holzmuller, Jordan, Bach: Rethinking Early Stopping: Refine, Then Calibrate. 2025.
https://doi.org/10.48550/arXiv.2501.19195
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.fitting.forms import expect_softmax, look
from calibrate.fitting.linear import expect_finite, fitted
from calibrate.fitting.scale import best_scale, log_mixture
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Rows

NAME = "temperature-mixture"


@dataclass(frozen=True)
class TemperatureMixture:
    """The mixture at `temperature`, with `weight` (n) parts to one."""

    temperature: float
    weight: float

    keeps_top: ClassVar[bool] = True
    for_events: ClassVar[bool | None] = False

    def __post_init__(self) -> None:
        """Refuse what is no temperature, and no weight."""
        expect_finite(NAME, self.temperature, self.weight, positive=True)

    @property
    def n_parameters(self) -> int:
        """1: n is not fitted."""
        return 1

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """log p in the precision of the scores (m, K)."""
        return log_mixture(scores, self.temperature, self.weight).astype(scores.dtype, copy=False)

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95) -> Fitted:
        """All rows, and with `folds` one for each fold fitted on the others.

        Raises `CalibrateError` E304, E305, E307 as temperature does, E308 for a link that is not the softmax.
        """
        expect_softmax(link, NAME)

        def step(some: Rows, _start: Calibrator | None) -> tuple[TemperatureMixture, int, Sequence[str]]:
            scale = best_scale(some, link)
            return cls(scale.temperature, look(some).weight), 1 + scale.passes, scale.notes

        return fitted(rows, link, folds, level, step, _shown)


def _shown(one: Calibrator) -> dict[str, float]:
    assert isinstance(one, TemperatureMixture)  # noqa: S101 - for the type checker
    return {"temperature": one.temperature}
