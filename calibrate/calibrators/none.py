"""No calibration: the scores as they came. What every method is held against.

p = link(z). It has no parameters, changes nothing and is always among the candidates: doing nothing beats many
calibrators on many data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.fitting.record import record_of
from calibrate.protocols import Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class None_:  # noqa: N801 - the file's name is the name, and Python keeps it
    """The identity."""

    keeps_top: ClassVar[bool] = True
    for_events: ClassVar[bool | None] = None
    any_link: ClassVar[bool] = True

    @property
    def n_parameters(self) -> int:
        """0."""
        return 0

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """The scores (m, K) themselves."""
        return scores

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95) -> Fitted:
        """Nothing to fit; E307 where no row counts."""
        one = cls()
        return Fitted(one, record_of(rows, link, one, passes=0, level=level), (one,) * folds)
