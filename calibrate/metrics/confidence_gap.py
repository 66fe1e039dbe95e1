"""Mean confidence minus accuracy: how over-confident (above 0) or under-confident (below 0) the model is on average.

0 is best, and necessary but not sufficient for calibration: gaps of opposite sign cancel. Multiclass: probability of
the predicted class minus whether it is right. Binary: mean probability minus frequency of the event (calibration in
the large). Multi-label: the same averaged over labels, with every label's gap in `parts`. Top-label files: confidence
minus accuracy.

Interval: Hall's skewness-corrected t of the row-wise differences; where right or wrong (event or none) are fewer
than 10, at least as wide as Clopper-Pearson's; of several labels where fewer than 10 rows hold an error.
Guo et al. 2017, arXiv:1706.04599; Van Calster et al. 2019, doi:10.1186/s12916-019-1466-7.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from calibrate.collectors import Moments
from calibrate.uncertainty import gaps, means

if TYPE_CHECKING:
    from calibrate.protocols import Collector, Task
    from calibrate.results import Estimate
    from calibrate.uncertainty.means import Found

ROWS, LABELS, EVENTS = Moments("event_gap", of_rows=True), Moments("event_gap"), Moments("event")
RIGHT = Moments("event_correct")
OF_ROWS = Moments("event_correct", of_rows=True), Moments("correct")
DEFINITIONS: dict[str, str] = {
    "multiclass": "mean confidence minus accuracy",
    "binary": "mean probability minus event frequency",
    "multilabel": "mean over labels of mean probability minus event frequency",
    "top-label": "mean confidence minus accuracy",
}


@dataclass(frozen=True)
class ConfidenceGap:
    """Mean prediction minus frequency."""

    level: float = 0.95
    better: ClassVar[Literal["zero"]] = "zero"
    span: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def collectors(self, task: Task) -> tuple[Collector, ...]:
        """Moments of the row-wise gap."""
        if task == "multiclass":
            return Moments("gap"), Moments("correct")
        return ROWS, LABELS, EVENTS, RIGHT, *(OF_ROWS if task == "multilabel" else ())

    def finish(self, task: Task, found: Found) -> Estimate:
        """Mean with Hall's interval."""
        if task == "multiclass":
            return gaps.gap_estimate(found[Moments("gap")], found[Moments("correct")], self.level, DEFINITIONS[task])
        parts = tuple(
            gaps.gap_estimate(found[LABELS], found[EVENTS], self.level, DEFINITIONS[task], j, found[RIGHT])
            for j in range(np.size(found[EVENTS]["x1"]))
        )
        if task != "multilabel":
            return parts[0]
        right, all_right = (found[of] for of in OF_ROWS)
        whole = gaps.gap_of_labels(found[ROWS], right, all_right, self.level, DEFINITIONS[task])
        return replace(whole, parts=parts)

    def change(self, task: Task, before: Estimate, after: Estimate, found: Found, penalty: float) -> Estimate:
        """Mean row-wise difference with the paired Hall interval."""
        column = Moments("gap") if task == "multiclass" else ROWS
        return means.mean_change(before, after, found[column], self.level, penalty)
