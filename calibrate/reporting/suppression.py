"""Small cells are not shown: groups of few rows, few events or few errors, and what would give them away.

A group is suppressed where it has fewer rows than the report's `minimum_n`, or fewer than 5 events or non-events
(binary, several labels) or 5 wrong predictions (classes). Where this hides exactly one group of a column, the
smallest of the others is hidden with it, because the one could be found as the total less the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calibrate.reporting.document import Report
from calibrate.results import Result

FEWEST = 5
COMPLEMENT = "hidden with the other one, which could be found by subtraction"


@dataclass(frozen=True)
class Group:
    """The rows of one value of a column; `why` they are not shown, or ""."""

    result: Result
    why: str = ""


def groups_of(report: Report) -> dict[str, dict[str, Group]]:
    """Column -> value -> group, every small one marked."""
    return {column: _marked(values, report.minimum_n) for column, values in report.result.groups.items()}


def is_hidden(groups: Mapping[str, Mapping[str, Group]], place: tuple[str, str] | None) -> bool:
    """Whether what is said about a column and value would show a small cell."""
    if place is None:
        return False
    group = groups.get(place[0], {}).get(place[1])
    return group is not None and group.why != ""


def _marked(values: Mapping[str, Result], minimum_n: int) -> dict[str, Group]:
    found = {value: Group(result, _why(result, minimum_n)) for value, result in values.items()}
    hidden = [value for value, group in found.items() if group.why]
    shown = [value for value, group in found.items() if not group.why]
    if len(hidden) == 1 and shown:
        next_smallest = min(shown, key=lambda value: (found[value].result.n, value))
        found[next_smallest] = Group(found[next_smallest].result, COMPLEMENT)
    return found


def _why(result: Result, minimum_n: int) -> str:
    if result.n < minimum_n:
        return f"fewer than {minimum_n} rows"
    for number_of, what in _counts(result):
        if number_of < FEWEST:
            return f"fewer than {FEWEST} {what}"
    return ""


def _counts(result: Result) -> list[tuple[float, str]]:
    """What must not be rare: in rows, weights taken back to them."""
    if result.task in ("binary", "multilabel"):
        totals = result.before.totals[-1:] if result.task == "binary" else result.before.totals
        weight = sum(total.weight for total in totals)
        events = sum(total.observed for total in totals)
        rows = len(totals) * result.n / weight if weight else 0.0
        return [(events * rows, "events"), ((weight - events) * rows, "rows without the event")] if totals else []
    accuracy = result.before.metrics.get("accuracy")
    if accuracy is None or accuracy.value is None:
        return []
    return [(round(result.n * (1 - accuracy.value)), "wrong predictions")]
