"""Accuracy: share of rows whose predicted class, the one of the largest score, is the true one.

Higher is better, 1 is perfect. Ties go to the lowest index; binary: the event is predicted where its logit is
positive. Multi-label: mean over rows and labels of right predictions, with every label's share in `parts` and the
share of rows with all labels right (subset accuracy) in the notes. Calibration by a temperature does not change it.

Interval: Wilson's score interval (weighted: at the effective number of rows), widened where right or wrong is rare so
that neither end misses in more than 5 %; multi-label Hall's t on rows, the lower end as low as Clopper-Pearson's over
rows where fewer than 10 hold an error, Wilson per label. Change: paired, Agresti and Min, at least as wide as MOVER
over what was lost and what was won; multi-label Hall's t, which reaches to what more rows would make of it that lost
or gained labels, where fewer than 10 did. Wilson 1927, doi:10.2307/2276774.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from calibrate.collectors import Moments, Switches
from calibrate.uncertainty import labels, means

if TYPE_CHECKING:
    from calibrate.protocols import Collector, Task
    from calibrate.results import Estimate
    from calibrate.uncertainty.means import Found

ROWS, LABELS = Moments("event_correct", of_rows=True), Moments("event_correct")
SWITCHES = Switches("event_correct", of_rows=True)
DEFINITIONS: dict[str, str] = {
    "multiclass": "share of rows whose predicted class is the true one",
    "binary": "binary, share of rows whose predicted class is the true one",
    "multilabel": "mean over rows and labels of right predictions",
    "top-label": "top-label, share of rows whose prediction is right",
}


@dataclass(frozen=True)
class Accuracy:
    """Share of right predictions."""

    level: float = 0.95
    better: ClassVar[Literal["higher"]] = "higher"
    span: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def collectors(self, task: Task) -> tuple[Collector, ...]:
        """Moments of what is right."""
        if task == "multilabel":
            return ROWS, LABELS, Moments("correct"), SWITCHES
        right = _right(task)
        return (right,) if task == "top-label" else (right, Switches("correct"))

    def finish(self, task: Task, found: Found) -> Estimate:
        """Frequency with Wilson's interval."""
        definition = DEFINITIONS[task]
        if task != "multilabel":
            return means.frequency_estimate(found[_right(task)], self.level, definition)
        subset = means.frequency_estimate(found[Moments("correct")], self.level, "subset accuracy")
        whole = labels.accuracy_of_labels(found[ROWS], found[Moments("correct")], self.level, definition)
        note = f"subset accuracy (all labels right): {subset.value:.4f} [{subset.low:.4f}, {subset.high:.4f}]"
        each = range(np.size(found[LABELS]["x1"]))
        return replace(
            whole,
            notes=(note, *whole.notes),
            parts=tuple(means.frequency_estimate(found[LABELS], self.level, "one label", j) for j in each),
        )

    def change(self, task: Task, before: Estimate, after: Estimate, found: Found, penalty: float) -> Estimate:
        """Mean row-wise difference."""
        if task == "multilabel":
            return labels.accuracy_change(before, after, found[ROWS], self.level, penalty, found.get(SWITCHES))
        return means.frequency_change(
            before, after, found[_right(task)], self.level, penalty, found.get(Switches("correct"))
        )


def _right(task: Task) -> Moments:
    return Moments("event", of_rows=True) if task == "top-label" else Moments("correct")
