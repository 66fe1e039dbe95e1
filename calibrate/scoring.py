"""One pass, many metrics: every block is scored under every variant, leaving estimates, curves and changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from typing import Any, ClassVar, cast

import numpy as np

from calibrate.collectors import Errors, EventBins, LabelErrors, Moments, Paired, Switches, TopBins
from calibrate.metrics.link_loss import LinkLoss
from calibrate.protocols import Collector, Link, Metric, Outcomes, Task
from calibrate.results import Estimate, Variant
from calibrate.rows import Block, Rows, Step
from calibrate.sums import Sums
from calibrate.uncertainty.curves import CURVES_AT_MOST, class_totals, curve_of, event_curves
from calibrate.uncertainty.intervals import FEW_ERRORS

BEFORE, AFTER, IN_SAMPLE, CHANGE = "before", "after", "in-sample", "change"
CURVE_BINS = 15

Found = dict[Collector, Sums]


@dataclass(frozen=True, eq=False)
class Measured:
    """What a pass found: variants by name, and the change where there are `before` and `after`.

    optimism   metric -> its cross-fitted value less that on the rows that were fitted, where there is `in-sample`
    """

    variants: dict[str, Variant]
    change: dict[str, Estimate] | None
    n: int
    weight: float
    optimism: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scored:
    """Collect: the sums of every collector under every variant, and of row-wise differences between variants.

    Sums are keyed `variant|number of the collector|name`; the differences after - before under the variant `change`,
    after - in-sample under `in-sample`, of which nothing else is needed. Picklable, so that an executor can ship it.
    """

    link: Link
    steps: tuple[tuple[str, Step], ...]
    collectors: tuple[Collector, ...]

    def __call__(self, block: Block) -> Sums:
        bins = tuple(sorted({c.event_bins for c in self.collectors} - {0}))
        outcomes = {
            name: self.link.outcomes(step(block), () if name == IN_SAMPLE else bins) for name, step in self.steps
        }
        sums: Sums = {}
        for name, found in outcomes.items():
            for number, collector in enumerate(self.collectors if name != IN_SAMPLE else ()):
                _put(sums, name, number, collector(found))
        for name, left in ((CHANGE, BEFORE), (IN_SAMPLE, IN_SAMPLE)):
            if left in outcomes and AFTER in outcomes:
                self._differences(sums, name, outcomes[left], outcomes[AFTER])
        return sums

    def _differences(self, sums: Sums, name: str, left: Outcomes, right: Outcomes) -> None:
        for number, collector in enumerate(self.collectors):
            if isinstance(collector, Paired):
                _put(sums, name, number, collector.difference(left, right))

    def found(self, sums: Sums, variant: str) -> Found:
        """The sums of one variant, by collector."""
        parts: dict[int, Sums] = {}
        for key, value in sums.items():
            name, number, field = key.split("|")
            if name == variant:
                parts.setdefault(int(number), {})[field] = value
        return {self.collectors[number]: part for number, part in parts.items()}


def _put(sums: Sums, variant: str, number: int, found: Sums) -> None:
    for key, value in found.items():
        sums[f"{variant}|{number}|{key}"] = value


@dataclass(frozen=True)
class Unchanged:
    """Step: the rows as they are."""

    keeps_top: ClassVar[bool] = True

    def __call__(self, block: Block) -> Block:
        return block


@dataclass(frozen=True)
class RunnerUp:
    """Step: labels replaced by what would have been the nearest error.

    Of classes the one with the second-largest score; of events the least sure one other than predicted;
    of top-label files "the prediction is wrong".
    """

    step: Step
    task: Task

    def __call__(self, block: Block) -> Block:
        block = self.step(block)
        z = block.scores
        if self.task == "top-label":
            return replace(block, labels=np.zeros_like(np.asarray(block.labels)))
        if self.task == "multiclass":
            return replace(block, labels=_second(z))
        labels = (z > 0).astype(np.asarray(block.labels).dtype)
        rows, nearest = np.arange(len(z)), np.abs(z).argmin(axis=1)
        labels[rows, nearest] = 1 - labels[rows, nearest]
        return replace(block, labels=labels)


@dataclass(frozen=True)
class Opposite:
    """Step: of some of several labels, each replaced by what is not predicted."""

    step: Step
    labels: tuple[int, ...]

    def __call__(self, block: Block) -> Block:
        block = self.step(block)
        z = block.scores[:, list(self.labels)]
        return replace(block, scores=z, labels=(z <= 0).astype(np.asarray(block.labels).dtype))


def _second(z: np.ndarray) -> np.ndarray:
    """The class that comes second, (m,); ties go to the lowest index, as for the first; never the first itself."""
    rows, first = np.arange(len(z)), z.argmax(axis=1)
    others = z.copy()
    others[rows, first] = -np.inf
    second = others.argmax(axis=1)
    return np.asarray(np.where(second == first, (first + 1) % z.shape[1], second))


def measure(
    rows: Rows,
    link: Link,
    steps: Mapping[str, Step],
    metrics: Mapping[str, Metric],
    *,
    task: Task,
    classes: Sequence[str],
    n_parameters: int = 1,
    penalties: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> Measured:
    """All metrics of all variants in one pass over the rows.

    steps         variant -> step that gives its final scores: `before`, `after`, and where that is cross-fitted
                  `in-sample`, which serves the interval of the change and is no variant of the answer
    metrics       key -> metric; their intervals get `level`
    classes       names of the K classes or L events; of a binary model both, the event last
    n_parameters  p: cross-fitting adds (cross-fitted change - in-sample change)^2 / p to the squared error of a change
    penalties     metric -> what the squared error of its change is enlarged by besides

    Curves and totals per class come with `classwise_ece` alone, whose bins cost a good part of the pass; those of
    events always.
    Under a link whose loss is not the NLL that loss is measured too, as `link_loss`: the verdict needs it.
    A second pass is made only where few predictions are wrong, or right under one variant alone, to learn what errors
    that were not seen would cost.
    """
    own: dict[str, Metric] = {} if link.log_loss else {"link_loss": cast(Metric, LinkLoss())}
    asked = {key: _at_level(metric, level) for key, metric in {**own, **metrics}.items()}
    names = column_names(task, classes, rows.n_columns)
    collectors = _collectors(asked, task, len(names))
    if all(getattr(step, "keeps_top", False) for step in steps.values()):
        collectors = tuple(c for c in collectors if not isinstance(c, Switches))
    scored = Scored(link, tuple(steps.items()), collectors)
    sums = rows.sum(scored)
    found = {name: scored.found(sums, name) for name in steps if name != IN_SAMPLE}
    weight = float(np.asarray(next(iter(found.values()))[ROWS]["w1"]))
    if not weight:
        return _nothing(tuple(found), asked, rows.n)
    differences, optimism = scored.found(sums, CHANGE), scored.found(sums, IN_SAMPLE)
    unseen = _runner_up(rows, link, steps, tuple(found.values()), differences, task)
    of_labels = _opposite(rows, link, steps, tuple(found.values()))
    for name, sums_of in (*found.items(), (CHANGE, differences)):
        sums_of.update({**unseen.get(name, {}), **of_labels.get(name, {})})
    estimates = {name: {key: _within(m, m.finish(task, f)) for key, m in asked.items()} for name, f in found.items()}
    variants = {name: _variant(found[name], metrics, task, names, level) for name, metrics in estimates.items()}
    flattery = (
        {key: _optimism(m, task, estimates[AFTER][key], optimism) for key, m in asked.items()} if optimism else {}
    )
    change = None
    if BEFORE in steps and AFTER in steps:
        change = {}
        for key, metric in asked.items():
            before, after = estimates[BEFORE][key], estimates[AFTER][key]
            penalty = flattery.get(key, 0.0) ** 2 / max(1, n_parameters) + (penalties or {}).get(key, 0.0)
            change[key] = metric.change(task, before, after, differences, penalty)
    return Measured(variants, change, rows.n, weight, flattery)


def _nothing(names: Sequence[str], metrics: Mapping[str, Metric], n: int) -> Measured:
    """What there is to say of rows that all have weight 0 (a group may be so)."""
    none = {key: Estimate(None, reason="no row of positive weight") for key in metrics}
    return Measured({name: Variant(none) for name in names}, none if AFTER in names else None, n, 0.0)


ROWS = Moments("nll")
"""Always collected: it counts the rows and their weight."""


def column_names(task: Task, classes: Sequence[str], n_columns: int) -> tuple[str, ...]:
    """A name for every column of the scores."""
    if task == "top-label":
        return ("prediction is right",)
    names = tuple(classes)[-n_columns:]
    return names if len(names) == n_columns else tuple(map(str, range(n_columns)))


def _collectors(metrics: Mapping[str, Metric], task: Task, n_columns: int) -> tuple[Collector, ...]:
    """What the metrics need, and the curves."""
    asked = tuple(chain(*(metric.collectors(task) for metric in metrics.values())))
    curves: tuple[Collector, ...] = (TopBins(CURVE_BINS),) if task == "multiclass" else (EventBins(CURVE_BINS),)
    if n_columns <= CURVES_AT_MOST and any(isinstance(c, EventBins) for c in asked):
        curves = (*curves, EventBins(CURVE_BINS))
    return tuple(dict.fromkeys((ROWS, *asked, *curves)))


def _within(metric: Metric, estimate: Estimate) -> Estimate:
    """The estimate, its ends within what the metric can be: of a handful of rows the formulae can pass that."""
    if estimate.parts:
        estimate = replace(estimate, parts=tuple(_within(metric, part) for part in estimate.parts))
    if estimate.low is None or estimate.high is None:
        return estimate
    least, most = metric.span
    return replace(estimate, low=max(estimate.low, least), high=min(estimate.high, most))


def _at_level(metric: Metric, level: float) -> Metric:
    has_level: Any = metric
    return replace(has_level, level=level) if "level" in {f.name for f in fields(has_level)} else metric


def _runner_up(
    rows: Rows, link: Link, steps: Mapping[str, Step], found: Sequence[Found], differences: Found, task: Task
) -> dict[str, Found]:
    """Per variant, and for the change, what errors would cost, for those that count errors and found few, or few rows
    that only one side gets right."""
    few = [
        c
        for c in found[0]
        if isinstance(c, Errors)
        and min(*(_count(f[c], "n") for f in found), *_switched(differences.get(Switches(c.column)))) < FEW_ERRORS
    ]
    if not few or (rows.n_columns < 2 and task == "multiclass"):
        return {}
    wrong = tuple((name, RunnerUp(step, task)) for name, step in steps.items() if name != IN_SAMPLE)
    scored = Scored(link, wrong, tuple(replace(c, runner_up=True) for c in few))
    sums = rows.sum(scored)
    return {name: scored.found(sums, name) for name in (*steps, CHANGE)}


def _opposite(rows: Rows, link: Link, steps: Mapping[str, Step], found: Sequence[Found]) -> dict[str, Found]:
    """Per variant what errors of single labels would cost, of the labels of which it found few; 0 for the others."""
    counted = LabelErrors(FEW_ERRORS)
    if counted not in found[0]:
        return {}
    fewest = np.min([np.asarray(f[counted]["n"]) for f in found], axis=0)
    few = tuple(np.flatnonzero(fewest < FEW_ERRORS).tolist())
    if not few:
        return {}
    wrong = tuple((name, Opposite(step, few)) for name, step in steps.items() if name != IN_SAMPLE)
    unseen = LabelErrors(None)
    scored = Scored(link, wrong, (unseen,))
    sums = rows.sum(scored)
    return {name: {unseen: _spread(scored.found(sums, name)[unseen], few, len(fewest))} for name, _ in wrong}


def _spread(sums: Sums, labels: Sequence[int], n: int) -> Sums:
    """The sums of some of n labels, each in its place."""
    wide = {key: np.zeros(n) for key in sums}
    for key, x in sums.items():
        wide[key][list(labels)] = x
    return dict(wide)


def _count(sums: Sums, key: str) -> int:
    return int(np.asarray(sums[key]))


def _switched(switches: Sums | None) -> tuple[float, float]:
    """Rows that only one side gets right, each way; many where there can be none."""
    if switches is None:
        return float("inf"), float("inf")
    return _count(switches, "lost_n"), _count(switches, "gained_n")


def _variant(found: Found, metrics: dict[str, Estimate], task: Task, names: Sequence[str], level: float) -> Variant:
    bins = found.get(EventBins(CURVE_BINS))
    totals = class_totals(bins, names, level) if bins else ()
    curves = event_curves(bins, names, level) if bins and len(names) <= CURVES_AT_MOST else ()
    if task == "multiclass":
        curves = (curve_of(found[TopBins(CURVE_BINS)], "", level, "top-label"), *curves)
    if task == "top-label":
        curves = tuple(replace(curve, kind="top-label", label="") for curve in curves)
    return Variant(metrics, curves, totals)


def _optimism(metric: Metric, task: Task, after: Estimate, differences: Found) -> float:
    """Cross-fitted less in-sample, from the row-wise differences of the two; 0 for a metric that has none."""
    return metric.change(task, after, after, differences, 0.0).value or 0.0
