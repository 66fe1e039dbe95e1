"""Brier score: mean squared distance between probabilities and what happened.

Multiclass: mean over rows of sum_k (p_k - y_k)^2, from 0 to 2. Binary: mean of (p - y)^2 of the one event, from 0 to
1 (half of the sum over two classes). Multi-label: mean over rows of the sum over labels of (p - y)^2, with every
label's mean in `parts`. Top-label files: of the event that the prediction is right, 0 to 1. Lower is better, 0 is
perfect. A proper score.

Interval: Hall's skewness-corrected t; with fewer than 10 errors the upper end allows for errors that were not seen, of
the whole as of each label.
Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from calibrate.uncertainty import means

if TYPE_CHECKING:
    from calibrate.protocols import Collector, Task
    from calibrate.results import Estimate
    from calibrate.uncertainty.means import Found

DEFINITIONS: dict[str, str] = {
    "multiclass": "sum over classes, 0..2",
    "binary": "binary, 0..1",
    "multilabel": "mean over rows of the sum over labels, each 0..1",
    "top-label": "top-label, 0..1",
}


@dataclass(frozen=True)
class Brier:
    """Mean squared distance between probabilities and outcomes."""

    level: float = 0.95
    better: ClassVar[Literal["lower"]] = "lower"
    span: ClassVar[tuple[float, float]] = (0.0, math.inf)

    def collectors(self, task: Task) -> tuple[Collector, ...]:
        """Moments, errors."""
        return means.loss_collectors("brier", "event_brier", task)

    def finish(self, task: Task, found: Found) -> Estimate:
        """Mean with Hall's interval."""
        return means.loss_estimate(found, "brier", "event_brier", task, self.level, DEFINITIONS[task])

    def change(self, task: Task, before: Estimate, after: Estimate, found: Found, penalty: float) -> Estimate:
        """Mean row-wise difference with the paired Hall interval."""
        return means.loss_change(before, after, found, "brier", task, self.level, penalty)
