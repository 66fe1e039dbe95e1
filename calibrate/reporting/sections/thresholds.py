"""What a decision at a threshold does: how much is flagged, how often rightly, and what calibration changes of it."""

from __future__ import annotations

from calibrate.exhibits import Flagged, Thresholds
from calibrate.reporting import words
from calibrate.reporting.blocks import Cell, Para, Section, Table, heads
from calibrate.reporting.document import Report

MEANING = (
    "Flagged: rows at or above the threshold. Expected precision: the mean probability of the "
    "flagged rows; it equals the observed one where the probabilities keep their word."
)
TOP = (
    "Flagged: rows whose confidence is at or above the threshold; precision: how many of their predictions are right; "
    "sensitivity: how many of the right predictions are flagged."
)


def section(report: Report) -> Section:
    """One table per event, before and after on lines of their own."""
    title = "Decision thresholds"
    if not any(event.at for event in report.thresholds):
        none = Para("None were evaluated: this report says nothing about decisions made with these probabilities.")
        return Section("thresholds", title, (none,))
    tables = tuple(_table(report, event) for event in report.thresholds[: words.MOST])
    more = len(report.thresholds) - len(tables)
    cut = (
        (Para(f"The thresholds of {words.plural(more, 'more event')} are in thresholds.csv.", "aside"),) if more else ()
    )
    return Section("thresholds", title, (*tables, *cut))


def _table(report: Report, event: Thresholds) -> Table:
    top = event.kind == "top-label"
    rows = []
    for threshold in event.at:
        pair = threshold.after is not None
        rows.append(_row(f"{threshold.at:g}", "before" if pair else "measured", threshold.before, Cell("")))
        if threshold.after is not None:
            rows.append(_row(f"{threshold.at:g}", "after", threshold.after, words.share(threshold.changed)))
    what = "the confidence of the predicted class" if top else f"the event {words.name(event.label)}"
    names = ("threshold", "side", ">flagged", ">expected precision", ">observed precision", ">sensitivity")
    heading = heads(*names, ">decisions changed")
    caption = f"Decisions by {what}, {words.level(report.result.level)} intervals"
    return Table(caption, heading, tuple(rows), TOP if top else MEANING)


def _row(at: str, side: str, found: Flagged, changed: Cell) -> tuple[Cell, ...]:
    shares = (found.share, found.expected, found.observed, found.sensitivity)
    return (Cell(at), Cell(side), *(words.share(one) for one in shares), changed)
