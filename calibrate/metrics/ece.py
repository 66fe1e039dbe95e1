"""Expected calibration error: how far, on average over the rows, the prediction of a bin is from the frequency in it.

    ECE = sum_b (n_b / n) |mean prediction in b - event frequency in b|

Lower is better, 0 is perfect; noise alone makes it positive, so it comes with its noise floor, the expectation were
the model perfectly calibrated. Bins are right-closed, (a, b], with 0 in the first; bin means, not centres.

Top-label (multiclass; `kind=top`): confidence of the predicted class against accuracy. Event (binary; `kind=event`):
probability against frequency of the event. Multi-label: mean over labels of the event form, with every label in
`parts`. `bins` 15; `binning=mass`: edges at quantiles of the predictions (estimand: conditional on them); `norm=l2`:
root of the weighted mean square, `norm=max`: the largest gap.

Interval: inversion of a test, `debiased` its 50 % point. It covers 96-100 % in the worlds of
`make coverage`, 97.5 % where the model is calibrated. Naeini et al. 2015,
doi:10.1609/aaai.v29i1.9602; Guo et al. 2017, arXiv:1706.04599.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from calibrate.collectors import EventBins, RawColumn, TopBins, equal_mass, known_bins
from calibrate.errors import CalibrateError
from calibrate.uncertainty.binned import curve_estimate, curves_of, ends_change, mean_of_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calibrate.protocols import Collector, Task
    from calibrate.results import Estimate
    from calibrate.uncertainty.means import Found


@dataclass(frozen=True)
class Ece:
    """Binned calibration error."""

    bins: int = 15
    binning: Literal["width", "mass"] = "width"
    norm: Literal["l1", "l2", "max"] = "l1"
    kind: Literal["auto", "top", "event"] = "auto"
    level: float = 0.95
    better: ClassVar[Literal["lower"]] = "lower"
    span: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __post_init__(self) -> None:
        known_bins("ece", self.bins)

    def collectors(self, task: Task) -> tuple[Collector, ...]:
        """Bin sums, or the raw column for bins of equal mass."""
        events = self._events(task)
        if self.binning == "mass":
            return (RawColumn(events),)
        return (EventBins(self.bins) if events else TopBins(self.bins),)

    def finish(self, task: Task, found: Found) -> Estimate:
        """Value, noise floor, interval."""
        sums: Mapping[str, Any] = found[self.collectors(task)[0]]
        curves = (
            [self._equal_mass(sums, j) for j in range(sums["predicted"][0].shape[1])]
            if self.binning == "mass"
            else [sums]
        )
        cells = [c for curve in curves for c in curves_of(curve)]
        definition = self._definition(task)
        parts = tuple(curve_estimate(c, self.norm, self.level, definition) for c in cells)
        return parts[0] if task != "multilabel" else mean_of_labels(parts, f"mean over labels, {definition}")

    def change(self, task: Task, before: Estimate, after: Estimate, found: Found, penalty: float) -> Estimate:
        """Difference of the values, between differences of the ends."""
        return ends_change(before, after)

    def _events(self, task: Task) -> bool:
        wrong = {"multiclass": "event", "multilabel": "top"}.get(task)
        if self.kind == wrong:
            hint = "for every class against the rest take classwise_ece" if task == "multiclass" else ""
            raise CalibrateError("E605", f"ece:kind={self.kind} does not exist for {task} data", hint)
        return task != "multiclass" and not (task == "binary" and self.kind == "top")

    def _definition(self, task: Task) -> str:
        kind = "event" if task != "top-label" and self._events(task) else "top-label"
        width = "equal-width" if self.binning == "width" else "equal-mass"
        norm = {"l1": "L1", "l2": "L2", "max": "maximum"}[self.norm]
        return f"{kind}, {self.bins} {width} bins, {norm}"

    def _equal_mass(self, sums: Any, label: int) -> Any:
        p, y, w = (np.concatenate(sums[key]) for key in ("predicted", "observed", "weight"))
        return equal_mass(p[:, label], y[:, label], w, self.bins)
