"""Estimates of a mean over several labels: rows are what is independent, and where few of them hold an error the
interval allows for rows that were not seen.

The labels of a row may all go wrong together. So a row that was not seen counts as wrong in all its labels, and the
number of independent outcomes is that of the rows.
"""

from __future__ import annotations

from dataclasses import replace

from calibrate.results import Estimate
from calibrate.uncertainty.intervals import FEW_ERRORS, clopper_pearson, mean_of
from calibrate.uncertainty.means import UNSEEN_CHANGES, AnySums, mean_change, mean_estimate, reaching_switches

NOTE = "few rows hold an error: the interval allows for errors that were not seen"


def accuracy_of_labels(right: AnySums, all_right: AnySums, level: float, definition: str) -> Estimate:
    """Mean share of right labels: Hall's interval, its lower end as low as errors as many as they can be make it.

    95 %, 3 to 20 labels, n = 50 to 1,000, 1 to 178 wrong labels, independent or wrong together: covers 94.7-99.8 (Hall
    alone 38.2-98.7); no end misses more than 3.2.
    """
    estimate, unseen = mean_estimate(right, level, definition), unseen_errors(right, all_right, level)
    if unseen is None or estimate.value is None or estimate.low is None:
        return estimate
    low = min(estimate.low, estimate.value - unseen)
    return replace(estimate, low=low, method="hall-t, few errors", notes=(NOTE,))


def unseen_errors(right: AnySums, all_right: AnySums, level: float) -> float | None:
    """By how much the share of wrong labels may be larger than it was; None where enough rows hold an error.

    c e - share: c the Clopper-Pearson bound of the share of rows with an error, e the mean share of wrong labels in
    those that were seen and in one more, where all are wrong.
    """
    share, rows = 1 - mean_of(right).value, mean_of(all_right)
    rate, one = 1 - rows.value, 1 / float(right["n"])
    if rate * rows.n >= FEW_ERRORS - 0.5:
        return None
    return clopper_pearson(rate, rows.n, level)[1] * (share + one) / (rate + one) - share


def accuracy_change(
    before: Estimate, after: Estimate, sums: AnySums, level: float, penalty: float = 0.0,
    switches: AnySums | None = None,
) -> Estimate:  # fmt: skip
    """after - before of a mean share of right labels; `switches` where a prediction can change at all.

    Where few rows lost a label, or few gained one, either end reaches to what more of them would make of the change.
    95 %, 3 to 5 labels, n = 50 to 400, 1.7 to 34 rows with a change: covers 96.3-100 (Hall alone 78.3-96.8); no end
    misses more than 3.3.
    """
    change = mean_change(before, after, sums, level, penalty)
    if switches is None:
        return replace(change, notes=("no prediction changed",)) if change.low == change.high == 0 else change
    whole = float(sums["w1"])
    any_row = {"lost_weight": whole, "lost_loss": -whole, "gained_weight": whole, "gained_loss": whole}
    reached = reaching_switches(change, sums, switches, any_row, level)
    return reached if sums["x22"] else replace(reached, notes=UNSEEN_CHANGES)
