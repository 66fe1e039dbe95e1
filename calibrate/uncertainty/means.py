"""Estimates of mean losses, gaps and frequencies: from sums to value, interval and the notes a reader needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite, isinf
from typing import Any

import numpy as np

from calibrate.collectors import Column, Errors, Infinite, LabelErrors, Moments, Switches
from calibrate.protocols import Collector, Task
from calibrate.results import Estimate
from calibrate.uncertainty.intervals import (
    FEW_ERRORS,
    LEAST_DF,
    Mean,
    allowing_for_errors,
    frequency_interval,
    frequency_rows,
    hall,
    mean_of,
    paired_frequency,
)

AnySums = Mapping[str, Any]
Found = Mapping[Collector, AnySums]

UNSEEN_CHANGES = ("none was won or lost in the sample: the interval allows for changes that were not seen",)


def loss_collectors(column: Column, event_column: Column, task: Task) -> tuple[Collector, ...]:
    """What `loss_estimate` needs."""
    per_label = (Moments(event_column), LabelErrors(FEW_ERRORS)) if task == "multilabel" else ()
    switches = () if task == "top-label" else (Switches(column),)
    return Moments(column), Errors(column, event=task == "top-label"), Infinite(), *switches, *per_label


def loss_estimate(
    found: Found, column: Column, event_column: Column | None, task: Task, level: float, definition: str
) -> Estimate:
    """A mean loss: Hall's interval, the upper end lifted where errors are few; per label in `parts`."""
    sums, wrong = found[Moments(column)], Errors(column, event=task == "top-label")
    estimate = mean_estimate(sums, level, definition)
    if isfinite(estimate.value or 0.0):
        estimate = _with_few_errors(estimate, sums, *_errors(found, wrong), level)
    elif Infinite() in found:
        rows = found[Infinite()]["rows"]
        estimate = replace(estimate, reason=f"infinite: {rows} {_rows(rows)} the true class probability 0")
    if event_column is None or task != "multilabel":
        return estimate
    return replace(estimate, parts=_loss_parts(found, event_column, level, f"one label of: {definition}"))


def _loss_parts(found: Found, column: Column, level: float, definition: str) -> tuple[Estimate, ...]:
    """Every label by itself: as a mean loss of that label alone.

    95 %, n = 50 to 1,000, 0.2 to 6 expected errors a label: covers 95.8-99.9, no end misses more than 2.4; by Hall
    alone the truth lies above in 7 to 82.
    """
    sums, wrong, unseen = found[Moments(column)], found[LabelErrors(FEW_ERRORS)], found.get(LabelErrors(None))
    parts = enumerate(mean_parts(sums, level, definition))

    def errors(of: AnySums, j: int) -> AnySums:
        return {"n": of["n"][j], "weight": of["weight"][j], "loss": of[column][j]}

    return tuple(
        _with_few_errors(part, _of_label(sums, j), errors(wrong, j), errors(unseen, j) if unseen else None, level)
        for j, part in parts
    )


def _of_label(sums: AnySums, label: int) -> AnySums:
    """The sums of one of several labels."""
    return {key: x if np.ndim(x) == 0 else x[label] for key, x in sums.items()}


def _rows(n: Any) -> str:
    return "row gives" if n == 1 else "rows give"


def _errors(found: Found, wrong: Errors) -> tuple[AnySums, AnySums | None]:
    """The sums of the errors that were seen, and of those that there would be were every row's runner-up true."""
    return found[wrong], found.get(replace(wrong, runner_up=True))


def _with_few_errors(
    estimate: Estimate, sums: AnySums, wrong: AnySums, runner_up: AnySums | None, level: float
) -> Estimate:
    n_wrong = int(wrong["n"])
    if n_wrong >= FEW_ERRORS or estimate.high is None:
        return estimate
    ends = _with_more_errors(sums, wrong, runner_up, level)
    if not ends:
        return replace(estimate, notes=("no errors in the sample: the upper end does not allow for any",))
    high = max(ends)
    if not isfinite(high):
        return replace(estimate, low=None, high=None, reason="no errors in the sample, and one could cost any amount")
    return replace(
        estimate,
        high=max(estimate.high, high),
        method="hall-t, few errors",
        notes=(f"{_few(n_wrong)} in the sample: the upper end allows for errors that were not seen",),
    )


def _few(n_wrong: int) -> str:
    return "no errors" if n_wrong == 0 else "only 1 error" if n_wrong == 1 else f"only {n_wrong} errors"


def _with_more_errors(
    sums: AnySums, wrong: AnySums, runner_up: AnySums | None, level: float, *, change: bool = False
) -> tuple[float, ...]:
    """The mean of a loss (or of its change) were errors as many as they can be; empty where nobody knows their cost.

    What an error costs is the mean of those that were seen and of one more that was not: in a row that the model
    doubts, as most are, or in any row: one where it is sure costs far more. Of a change also that in a doubted row
    alone: errors that were seen may all have cost much the same under both.
    """
    loss, weight, whole = float(wrong["loss"]), float(wrong["weight"]), float(sums["w1"])
    one, unseen = whole / float(sums["n"]), [0.0]
    if runner_up is not None and runner_up["weight"]:
        pairs = (("loss", "weight"), ("doubtful", "doubt"))
        unseen = [float(runner_up[cost]) / float(runner_up[of]) for cost, of in pairs if runner_up.get(of)]
    if runner_up is None or (weight and not all(map(isfinite, unseen))):
        one, unseen = 0.0, [0.0]
    if not weight + one:
        return ()
    costs = [(loss + one * cost) / (weight + one) for cost in unseen]
    if change and one:
        costs.append(unseen[-1])
    return tuple(allowing_for_errors(mean_of(sums), weight / whole, loss / whole, cost, level) for cost in costs)


def mean_estimate(sums: AnySums, level: float, definition: str, label: int | None = None) -> Estimate:
    """A mean with Hall's interval."""
    mean = mean_of(sums, label)
    ends = hall(mean, level)
    if ends is not None:
        return Estimate(mean.value, *ends, definition=definition, method="hall-t")
    return Estimate(mean.value, definition=definition, reason=_why_none(mean))


def _why_none(mean: Mean) -> str:
    if isinf(mean.value):
        return "infinite"
    if mean.df < LEAST_DF:
        return "one row has no spread" if mean.df <= 1e-9 else "one row has nearly all the weight"
    return "values too large for an interval"


def mean_parts(sums: AnySums, level: float, definition: str) -> tuple[Estimate, ...]:
    """One `mean_estimate` per label."""
    return tuple(mean_estimate(sums, level, definition, j) for j in range(np.size(sums["x1"])))


def frequency_estimate(sums: AnySums, level: float, definition: str, label: int | None = None) -> Estimate:
    """A frequency of a 0/1 column with Wilson's interval, widened where one outcome is rare."""
    p, n = frequency_rows(sums, label)
    return Estimate(p, *frequency_interval(p, n, level), definition=definition, method="wilson")


def loss_change(
    before: Estimate, after: Estimate, found: Found, column: Column, task: Task, level: float, penalty: float
) -> Estimate:
    """`mean_change` of a loss; where errors are few it reaches to what more of them would make of the change.

    95 %, 1,000 to 2,000 samples: of NLL it covers 93.6-99.1 with 9 to 437 errors, 97.9-99.9 with 2 to 7; of Brier
    94.1-99.5; the truth is below in at most 4.4 %, above in 3.5 (exponential weights on 200 rows: NLL 92.6, below in
    6.1). With next to no errors (0.4 expected in 50 rows) a model that became over-confident passes a gate at the true
    change of Brier in 6.9 %: a sample without a doubted row knows no cost.
    """
    sums = found[Moments(column)]
    wrong, runner_up = _errors(found, Errors(column, event=task == "top-label"))
    estimate = _with_few_switches(mean_change(before, after, sums, level, penalty), found, column, level)
    n_wrong = int(wrong["n"])
    if estimate.low is None or estimate.high is None or n_wrong >= FEW_ERRORS:
        return estimate
    bounds = _with_more_errors(sums, wrong, runner_up, level, change=True)
    if not bounds or not all(map(isfinite, bounds)):
        reason = "no errors in the sample, and one could change it by any amount"
        return replace(estimate, low=None, high=None, method="", reason=reason)
    return replace(
        estimate,
        low=min(estimate.low, *bounds),
        high=max(estimate.high, *bounds),
        method=estimate.method + ", few errors",
        notes=(f"{_few(n_wrong)} in the sample: the interval allows for errors that were not seen",),
    )


def _with_few_switches(estimate: Estimate, found: Found, column: Column, level: float) -> Estimate:
    """Either end reaches to what more rows that only the other side gets right would make of the change.

    Only where those rows are few. % of samples in which a model whose truth is the limit passes, by Hall alone / so:
    next to no errors (0.7 in 50): Brier 32 / 0.0; few (3.5 in 50): NLL 12 / 0.0; rare events (1.3 in 100): Brier
    13 / 0.0; scores of which 1 % are noise (13 errors in 50): NLL 64 / 0.1, but 27 / 27 at n = 200: a sample without
    such a row, which costs 10 nats, does not say what it would cost.
    """
    switches, cost = found.get(Switches(column)), found.get(Errors(column, runner_up=True))
    if switches is None or cost is None:
        return estimate
    return reaching_switches(estimate, found[Moments(column)], switches, cost, level)


def reaching_switches(estimate: Estimate, sums: AnySums, switches: AnySums, cost: AnySums, level: float) -> Estimate:
    """A mean change whose ends reach to what more `Switches` would make of it, of the kinds of which there were few.

    `cost` holds `lost_weight`, `lost_loss` and the same of `gained`: what such a row costs that was not seen.
    """
    if estimate.low is None or estimate.high is None:
        return estimate
    few = [kind for kind in ("lost", "gained") if switches[f"{kind}_n"] < FEW_ERRORS]
    ends = [
        end for kind in few for end in _with_more_errors(sums, _of_kind(switches, kind), _of_kind(cost, kind), level)
    ]
    if not all(map(isfinite, ends)):
        reason = "no row in the sample that only one side gets right, and one could change it by any amount"
        return replace(estimate, low=None, high=None, method="", reason=reason)
    return replace(estimate, low=min(estimate.low, *ends), high=max(estimate.high, *ends)) if ends else estimate


def _of_kind(sums: AnySums, kind: str) -> AnySums:
    """The sums of what was lost, or gained."""
    return {key.removeprefix(f"{kind}_"): value for key, value in sums.items() if key.startswith(kind)}


def mean_change(before: Estimate, after: Estimate, sums: AnySums, level: float, penalty: float = 0.0) -> Estimate:
    """after - before with the paired Hall interval, its squared error enlarged by `penalty`."""
    parts = change_parts(before, after)
    if not (isfinite(before.value or 0.0) and isfinite(after.value or 0.0)):
        sides = [s for s, e in (("before", before), ("after", after)) if not isfinite(e.value or 0.0)]
        reason = f"{' and '.join(sides)} {'is' if len(sides) == 1 else 'are'} infinite"
        return Estimate(None, definition=after.definition, reason=reason, parts=parts)
    mean = mean_of(sums)
    ends = hall(mean, level, penalty)
    if ends is None:
        return Estimate(mean.value, definition=after.definition, reason=_why_none(mean), parts=parts)
    return Estimate(mean.value, *ends, definition=after.definition, method=_paired("hall-t", penalty), parts=parts)


def frequency_change(
    before: Estimate, after: Estimate, sums: AnySums, level: float, penalty: float = 0.0,
    switches: AnySums | None = None,
) -> Estimate:  # fmt: skip
    """after - before of a frequency, paired; `switches` where a prediction can change at all."""
    whole = float(sums["w1"])
    kinds = None if switches is None else (switches["lost_weight"] / whole, switches["gained_weight"] / whole)
    low, high = paired_frequency(sums, level, penalty, kinds)
    notes: tuple[str, ...] = ("no prediction changed",) if low == high == 0 else ()
    if switches is not None and not sums["x22"]:
        notes = UNSEEN_CHANGES
    return Estimate(
        mean_of(sums).value,
        low,
        high,
        definition=after.definition,
        method=_paired("agresti-min", penalty),
        notes=notes,
        parts=change_parts(before, after),
    )


def change_parts(before: Estimate, after: Estimate) -> tuple[Estimate, ...]:
    """Differences of the values per label, without intervals."""
    pairs = zip(before.parts, after.parts, strict=True)
    return tuple(_part_change(b, a) for b, a in pairs)


def _part_change(before: Estimate, after: Estimate) -> Estimate:
    values = before.value, after.value
    if None in values or not all(isfinite(v) for v in values if v is not None):
        return Estimate(None, definition=after.definition, reason="not finite on both sides")
    return Estimate(
        (after.value or 0.0) - (before.value or 0.0),
        definition=after.definition,
        reason="the interval is given for the whole only",
    )


def _paired(method: str, penalty: float) -> str:
    return f"paired {method}" + (", cross-fitted" if penalty else "")
