"""Observed events against those that the probabilities promised, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from calibrate.exhibits import EventTotals
from calibrate.reporting import words
from calibrate.reporting.blocks import Block, Cell, Para, Section, Table, heads
from calibrate.reporting.document import Report
from calibrate.results import ClassTotal
from calibrate.wording import number

Counted = TypeVar("Counted", EventTotals, ClassTotal)

MEANING = (
    "O:E is observed divided by expected events, 1 is perfect. In the large: the shift of the logit that makes both "
    "equal, 0 is perfect. Slope: of the outcome on the logit, 1 is perfect, below 1 is over-confident."
)


def section(report: Report) -> Section:
    """O:E, calibration-in-the-large and slope where they were computed; else the totals alone."""
    level = words.level(report.result.level)
    tables: list[Block] = []
    for side, variant in report.result.sides.items():
        where = side if report.result.after is not None else "as measured"
        if side == "after":
            where = words.after_title(report.result.after_is)
        caption = f"Observed and expected events, {where}, {level} intervals"
        if report.events.get(side):
            tables.append(_events(caption, report.events[side]))
        elif variant.totals:
            tables.append(_totals(caption, variant.totals))
    none = Para("Not available: with confidences alone there are no events of single classes.")
    return Section("events", "Observed against expected events", tuple(tables) or (none,))


def _events(caption: str, events: Sequence[EventTotals]) -> Table:
    listed = _most_frequent(events)
    rows = tuple(
        (
            Cell(words.name(event.label)),
            Cell(words.count(event.observed)),
            Cell(expected),
            words.measured(event.ratio),
            words.measured(event.in_the_large, sign=True),
            words.measured(event.slope),
        )
        for event, expected in zip(listed, words.expected([event.expected for event in listed]), strict=True)
    )
    heading = heads("event", ">observed", ">expected", ">O:E", ">in the large", ">slope")
    return Table(caption, heading, rows, f"{_cut(len(listed), len(events))}{MEANING}")


def _totals(caption: str, totals: Sequence[ClassTotal]) -> Table:
    listed = _most_frequent(totals)
    rows = tuple(
        (
            Cell(words.name(total.label)),
            Cell(words.count(total.observed)),
            Cell(expected),
            Cell(number(total.observed / total.expected) if total.expected else "n/a"),
            Cell(words.percent(total.observed / total.weight) if total.weight else "n/a", _ends(total)),
            Cell(words.percent(total.expected / total.weight) if total.weight else "n/a"),
        )
        for total, expected in zip(listed, words.expected([total.expected for total in listed]), strict=True)
    )
    heading = heads("event", ">observed", ">expected", ">O:E", ">frequency", ">mean prediction")
    return Table(caption, heading, rows, _cut(len(listed), len(totals)).rstrip())


def _most_frequent(events: Sequence[Counted]) -> Sequence[Counted]:
    """All, in their order, or as many as a table may have, by how often they happened."""
    return events if len(events) <= words.MOST else sorted(events, key=lambda e: -e.observed)[: words.MOST]


def _ends(total: ClassTotal) -> tuple[str, ...]:
    return tuple(filter(None, (words.percent_range(total.low, total.high),)))


def _cut(listed: int, all_of_them: int) -> str:
    if listed == all_of_them:
        return ""
    return f"The {listed} most frequent of {all_of_them:,}; the others are in events.csv. "
