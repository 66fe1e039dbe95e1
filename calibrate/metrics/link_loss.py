"""The link's own loss: what a calibrator under this link minimises, and what its verdict is judged by.

Softmax and sigmoid: the NLL. Sparsemax: its Fenchel-Young loss, finite where the NLL is infinite because a class has
probability exactly 0. Mean over rows (events: of the sum over labels); lower is better, 0 is perfect; only comparable
under the same link.

Interval: as for the NLL, Hall's skewness-corrected t. Blondel, Martins and Niculae 2020, JMLR 21(35), arXiv:1901.02324.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from calibrate.collectors import Errors, Moments
from calibrate.uncertainty import means

if TYPE_CHECKING:
    from calibrate.protocols import Collector, Task
    from calibrate.results import Estimate
    from calibrate.uncertainty.means import Found


@dataclass(frozen=True)
class LinkLoss:
    """Mean loss of the link."""

    level: float = 0.95
    better: ClassVar[Literal["lower"]] = "lower"
    span: ClassVar[tuple[float, float]] = (0.0, math.inf)

    def collectors(self, task: Task) -> tuple[Collector, ...]:
        """Moments, errors."""
        return Moments("loss"), Errors("loss", event=task == "top-label")

    def finish(self, task: Task, found: Found) -> Estimate:
        """Mean with Hall's interval."""
        return means.loss_estimate(found, "loss", None, task, self.level, "mean of the link's own loss")

    def change(self, task: Task, before: Estimate, after: Estimate, found: Found, penalty: float) -> Estimate:
        """Mean row-wise difference with the paired Hall interval."""
        return means.loss_change(before, after, found, "loss", task, self.level, penalty)
