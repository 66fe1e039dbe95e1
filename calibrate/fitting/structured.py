"""Structured scaling: a temperature with Laplace mixture, then parameters that are shrunk towards changing nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from calibrate.fitting.forms import counting, expect_softmax, held, look
from calibrate.fitting.linear import Step, expect_finite, expect_strength, tuned
from calibrate.fitting.scale import Mixed, best_scale
from calibrate.fitting.strength import Auto, Strength
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class Structured(ABC):
    """Base: `log_mixture` of `temperature` and `weight` (n: what the weights add up to), then what a method adds."""

    temperature: float
    weight: float

    name: ClassVar[str]
    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = False

    def __post_init__(self) -> None:
        """Refuse what is no positive number."""
        expect_finite(self.name, self.temperature, self.weight, positive=True)

    @property
    @abstractmethod
    def n_parameters(self) -> int:
        """The temperature, and what is fitted after it."""

    @abstractmethod
    def transform(self, scores: np.ndarray) -> np.ndarray:
        """Calibrated scores (m, K) of scores (m, K), in their precision."""

    @classmethod
    @abstractmethod
    def _after(cls, rows: Rows, weight: float, reg: float, start: Calibrator | None) -> tuple[tuple[Any, ...], int]:
        """The fields after `weight`, of rows that are mixed already, and the passes that they took."""

    def _shown(self) -> dict[str, float]:
        """What the record tells of the parameters."""
        return {"temperature": self.temperature}

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95, reg: float | Auto = 1.0) -> Fitted:
        """All rows, and with `folds` one for each fold fitted on the others.

        reg   multiplies the published strengths of the squares; auto: by cross-validation

        Raises `CalibrateError` E304, E305, E307 as temperature does, E308 for a link that is not the softmax.
        """
        expect_softmax(link, cls.name)
        expect_strength(cls.name, "reg", reg)

        def at(strength: float) -> Step:
            def step(some: Rows, start: Calibrator | None) -> tuple[Structured, int, Sequence[str]]:
                scale, weight = best_scale(some, link), look(some).weight
                mixed = held(some.map(counting).map(Mixed(scale.temperature, weight)))
                found, passes = cls._after(mixed, weight, strength, start)
                return cls(scale.temperature, weight, *found), passes + scale.passes + 2, scale.notes

            return step

        return tuned(rows, link, folds, level, at, cls._shown, Strength(reg))  # type: ignore[arg-type]
