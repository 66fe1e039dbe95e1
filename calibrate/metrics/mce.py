"""Maximum calibration error: the largest gap between mean prediction and event frequency over the non-empty bins.

    MCE = max_b |mean prediction in b - event frequency in b|

Lower is better, 0 is perfect. A bin with one row weighs as much as one with a million: read it with its interval.
Top-label for multiclass data, event form for binary, the largest over all labels for multi-label, with every label in
`parts`; 15 equal-width bins, right-closed, 0 in the first.

Interval: Clopper-Pearson in all bins at once, conservative: covers 96-99.8 %, and wide (.4-.7 where bins are thin).
Naeini et al. 2015, doi:10.1609/aaai.v29i1.9602.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from calibrate.collectors import EventBins, TopBins, known_bins
from calibrate.uncertainty.binned import all_cells, curves_of, ends_change, max_estimate

if TYPE_CHECKING:
    from calibrate.protocols import Collector, Task
    from calibrate.results import Estimate
    from calibrate.uncertainty.means import Found


@dataclass(frozen=True)
class Mce:
    """Largest gap over bins."""

    bins: int = 15
    level: float = 0.95
    better: ClassVar[Literal["lower"]] = "lower"
    span: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __post_init__(self) -> None:
        known_bins("mce", self.bins)

    def collectors(self, task: Task) -> tuple[Collector, ...]:
        """Bin sums."""
        return (TopBins(self.bins) if task == "multiclass" else EventBins(self.bins),)

    def finish(self, task: Task, found: Found) -> Estimate:
        """Largest gap with its simultaneous interval."""
        kind = {"multiclass": "top-label", "multilabel": "largest over labels, event"}.get(task)
        definition = f"{kind or ('event' if task == 'binary' else 'top-label')}, {self.bins} equal-width bins, maximum"
        sums = found[self.collectors(task)[0]]
        whole = max_estimate(all_cells(sums), self.level, definition)
        if task != "multilabel":
            return whole
        return replace(whole, parts=tuple(max_estimate(c, self.level, "one label") for c in curves_of(sums)))

    def change(self, task: Task, before: Estimate, after: Estimate, found: Found, penalty: float) -> Estimate:
        """Difference of the values, between differences of the ends."""
        return ends_change(before, after)
