"""Estimates of mean prediction minus frequency, whose intervals allow for errors that were not seen."""

from __future__ import annotations

from dataclasses import replace

from calibrate.results import Estimate
from calibrate.uncertainty.intervals import FEW_ERRORS, Mean, clopper_pearson, mean_of
from calibrate.uncertainty.labels import NOTE, unseen_errors
from calibrate.uncertainty.means import AnySums, mean_estimate


def gap_estimate(
    gap: AnySums, happened: AnySums, level: float, definition: str, label: int | None = None,
    right: AnySums | None = None,
) -> Estimate:  # fmt: skip
    """Mean prediction minus frequency: Hall's interval, and where one of the two outcomes is rare at least as wide as
    the Clopper-Pearson interval of its frequency.

    right    of events, which may be surely predicted both ways: where few predictions are wrong (or right), either end
             is as far out as the Clopper-Pearson bound of their frequency is from it: an event that was not foreseen
             lowers the gap, one that did not come raises it

    95 %, sure predictions both ways, n = 50 to 1,000: with 0.8 to 6.6 expected errors it covers 99.2-100 (Hall alone
    83-86), with 9 to 11 94.7-97.2; no end misses more than 2.7.
    """
    estimate = mean_estimate(gap, level, definition, label)
    frequency = mean_of(happened, label)
    if estimate.low is None or estimate.high is None:
        return estimate
    if not _is_rare(frequency):
        return estimate if right is None else _with_few_wrong(estimate, mean_of(right, label), level)
    prediction = (estimate.value or 0.0) + frequency.value
    low, high = clopper_pearson(frequency.value, frequency.n, level)
    return replace(
        estimate,
        low=min(estimate.low, prediction - high),
        high=max(estimate.high, prediction - low),
        method="hall-t, few events",
        notes=("one outcome is rare in the sample: the interval allows for what was not seen",),
    )


def _is_rare(frequency: Mean) -> bool:
    """Whether one of two outcomes was seen in fewer than 10 rows."""
    return min(frequency.value, 1 - frequency.value) * frequency.n < FEW_ERRORS - 0.5


def _with_few_wrong(estimate: Estimate, right: Mean, level: float) -> Estimate:
    if estimate.value is None or estimate.low is None or estimate.high is None or not _is_rare(right):
        return estimate
    wrong = min(right.value, 1 - right.value)
    unseen = clopper_pearson(wrong, right.n, level)[1] - wrong
    return replace(
        estimate,
        low=min(estimate.low, estimate.value - unseen),
        high=max(estimate.high, estimate.value + unseen),
        method="hall-t, few errors",
        notes=("few predictions are wrong, or right: the interval allows for what was not seen",),
    )


def gap_of_labels(gap: AnySums, right: AnySums, all_right: AnySums, level: float, definition: str) -> Estimate:
    """Mean prediction minus frequency: Hall's interval, either end as far out as errors that were not seen make it.

    An event that was not foreseen lowers the gap, one that did not come raises it: which kind is unseen nobody knows.
    95 %, 3 to 20 labels, n = 50 to 1,000, 1 to 178 wrong labels, independent or wrong together: covers 92.8-100 (Hall
    alone 82.7-97.7), least with 20 rows that hold an error, where nothing is widened; no end misses more than 4.4.
    """
    estimate, unseen = mean_estimate(gap, level, definition), unseen_errors(right, all_right, level)
    if unseen is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    low, high = min(estimate.low, estimate.value - unseen), max(estimate.high, estimate.value + unseen)
    return replace(estimate, low=low, high=high, method="hall-t, few errors", notes=(NOTE,))
