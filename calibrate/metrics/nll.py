"""Negative log-likelihood (log loss): mean of -log p(true class), natural logarithm.

Lower is better, 0 is perfect; log(K) is what equal probabilities for K classes reach. It is a proper score: only the
true probabilities minimise its expectation. Infinite when a true class has probability 0: said, with the number of
rows, never clipped. Binary: of the event that happened. Multi-label: mean over rows of the sum over labels, with
every label's mean in `parts`. Top-label files: of the event that the prediction is right.

Interval: Hall's skewness-corrected t; with fewer than 10 errors the upper end allows for errors that were not seen, of
the whole as of each label.
The 95 % interval covers 93.5-99 % in all worlds of `make coverage` (README has the table).
Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x; Gneiting and Raftery 2007, doi:10.1198/016214506000001437.
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
    "multiclass": "mean of -log p(true class), natural",
    "binary": "binary, mean of -log p(what happened), natural",
    "multilabel": "mean over rows of the sum over labels of -log p(what happened), natural",
    "top-label": "top-label, mean of -log p(prediction right or wrong), natural",
}


@dataclass(frozen=True)
class Nll:
    """Mean of -log p(true class)."""

    level: float = 0.95
    better: ClassVar[Literal["lower"]] = "lower"
    span: ClassVar[tuple[float, float]] = (0.0, math.inf)

    def collectors(self, task: Task) -> tuple[Collector, ...]:
        """Moments, errors, infinite rows."""
        return means.loss_collectors("nll", "event_nll", task)

    def finish(self, task: Task, found: Found) -> Estimate:
        """Mean with Hall's interval."""
        return means.loss_estimate(found, "nll", "event_nll", task, self.level, DEFINITIONS[task])

    def change(self, task: Task, before: Estimate, after: Estimate, found: Found, penalty: float) -> Estimate:
        """Mean row-wise difference with the paired Hall interval."""
        return means.loss_change(before, after, found, "nll", task, self.level, penalty)
