"""Classwise expected calibration error: the ECE of every class against the rest, averaged over the classes.

    (1/K) sum_k sum_b (n_kb / n) |mean p_k in b - frequency of class k in b|

Lower is better, 0 is perfect. The mean over classes (Kull 2019's table gives the sum, K times as much). Equal-width
bins of p_k, right-closed, 0 in the first. Binary: the event's ECE (that of its complement is the same). Multi-label:
mean over labels. Top-label files do not have it.

Value and noise floor with its 95 % point, as if classes erred independently (two classes: as the mirror images they
are); a calibrated model exceeds it in 3-6 % of samples, K = 2 to 100. No interval: those that were tried cover 52-97 %
at K = 100.
Kull et al. 2019, arXiv:1910.12656; Nixon et al. 2019, arXiv:1904.01685.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from calibrate.collectors import EventBins, known_bins
from calibrate.results import Estimate
from calibrate.uncertainty.binned import NONE_SHOWN, UNSHOWN, all_cells, curves_of, ends_change
from calibrate.uncertainty.cells import Cells, noise_floor, noise_point

if TYPE_CHECKING:
    from calibrate.protocols import Collector, Task
    from calibrate.uncertainty.means import Found

PARTS_AT_MOST = 20
"""Classes for which every class gets its part."""


@dataclass(frozen=True)
class ClasswiseEce:
    """Mean over classes of the event ECE."""

    bins: int = 15
    level: float = 0.95
    better: ClassVar[Literal["lower"]] = "lower"
    span: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __post_init__(self) -> None:
        known_bins("classwise_ece", self.bins)

    def collectors(self, task: Task) -> tuple[Collector, ...]:
        """Bin sums of every class."""
        return () if task == "top-label" else (EventBins(self.bins),)

    def finish(self, task: Task, found: Found) -> Estimate:
        """Value and noise floor."""
        definition = f"mean over classes, {self.bins} equal-width bins, L1"
        if task == "top-label":
            return Estimate(None, definition=definition, reason="needs the probabilities of all classes")
        sums = found[EventBins(self.bins)]
        cells, n_classes = all_cells(sums), len(np.atleast_2d(sums["weight"]))
        each = curves_of(sums) if 1 < n_classes <= PARTS_AT_MOST else []
        mirrored = task == "multiclass" and n_classes == 2
        point = noise_point(each[0]) if mirrored else noise_point(cells) / n_classes
        return Estimate(
            cells.ece / n_classes,
            noise_floor=noise_floor(cells) / n_classes,
            noise_floor_p95=point,
            definition=definition,
            reason=UNSHOWN,
            method=NONE_SHOWN,
            parts=tuple(_of_class(c) for c in each),
        )

    def change(self, task: Task, before: Estimate, after: Estimate, found: Found, penalty: float) -> Estimate:
        """Difference of the values."""
        return ends_change(before, after)


def _of_class(cells: Cells) -> Estimate:
    """The ECE of one class against the rest; its interval is made from the cells where a gate asks for it."""
    return Estimate(
        cells.ece,
        noise_floor=noise_floor(cells),
        definition="one class",
        reason=UNSHOWN,
        method=NONE_SHOWN,
        cells=cells.rows(),
    )
