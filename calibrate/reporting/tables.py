"""The tables of a report as CSV, full precision, for those who want to reckon on: name -> bytes.

What a page hides (small groups), these hide too. Text that a spreadsheet would run is disarmed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from calibrate.errors import shown
from calibrate.exhibits import Flagged
from calibrate.reporting.document import Report, typed
from calibrate.reporting.suppression import groups_of, is_hidden
from calibrate.results import Estimate, Result
from calibrate.spreadsheet import guard

Row = Sequence[Any]

ENDS = ("value", "low", "high", "reason")
METRIC = (*ENDS, "debiased", "noise_floor", "noise_floor_p95", "conservative", "method", "definition")


def tables(document: Mapping[str, Any]) -> dict[str, bytes]:
    """File name -> content of every table; those without rows have their heads."""
    report = typed(document)
    return {
        "metrics.csv": _csv(("side", "metric", *METRIC), _estimates(report.result)),
        "bins.csv": _csv(BINS, _bins(report)),
        "classes.csv": _csv(("label", "count"), ((item.label, item.count) for item in report.class_counts)),
        "events.csv": _csv(EVENTS, _events(report)),
        "thresholds.csv": _csv(THRESHOLDS, _thresholds(report)),
        "groups.csv": _csv(("column", "value", "status", "rows", "side", "metric", *METRIC), _groups(report)),
        "gates.csv": _csv(GATES, _gates(report)),
    }


def _csv(heads: Row, rows: Iterable[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    """Numbers with the shortest digits that read back exactly; text safe for terminals and spreadsheets."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return guard(shown(value, len(value))) if isinstance(value, str) else repr(value)


def _ends(estimate: Estimate | None) -> Row:
    return ("",) * 4 if estimate is None else (estimate.value, estimate.low, estimate.high, estimate.reason)


def _metric(e: Estimate) -> Row:
    floor = (e.debiased, e.noise_floor, e.noise_floor_p95)
    return (*_ends(e), *floor, e.conservative, e.method, e.definition)


def _estimates(result: Result) -> Iterator[Row]:
    sides = {side: variant.metrics for side, variant in result.sides.items()}
    for side, metrics in {**sides, "change": result.change or {}}.items():
        for key, estimate in metrics.items():
            yield side, key, *_metric(estimate)


BINS = (
    "side", "kind", "label", "lower", "upper", "rows", "weight", "predicted", "observed", "low", "high",
    "if_calibrated_low", "if_calibrated_high",
)  # fmt: skip


def _bins(report: Report) -> Iterator[Row]:
    for side, variant in report.result.sides.items():
        for c in variant.curves:
            columns = (
                c.lower, c.upper, c.count, c.weight, c.predicted, c.observed, c.low, c.high, c.band_low, c.band_high
            )  # fmt: skip
            for row in zip(*columns, strict=True):
                yield side, c.kind, c.label, *row


EVENTS = (
    "side", "label", "observed", "expected", "frequency_low", "frequency_high",
    *(f"{what}_{end}" for what in ("ratio", "in_the_large", "slope") for end in ENDS),
)  # fmt: skip


def _events(report: Report) -> Iterator[Row]:
    """Those with recalibration where it was computed, else the totals of the result."""
    for side, variant in report.result.sides.items():
        frequency = {t.label: (t.low, t.high) for t in variant.totals}
        for e in report.events.get(side, ()):
            more = (*_ends(e.ratio), *_ends(e.in_the_large), *_ends(e.slope))
            yield side, e.label, e.observed, e.expected, *frequency.get(e.label, ("", "")), *more
        if not report.events.get(side):
            for t in variant.totals:
                ratio = t.observed / t.expected if t.expected else None
                yield side, t.label, t.observed, t.expected, t.low, t.high, ratio, *("",) * 11


THRESHOLDS = (
    "kind", "label", "threshold", "side", "rows",
    *(f"{what}_{end}" for what in ("flagged", "expected", "observed", "sensitivity", "changed") for end in ENDS),
)  # fmt: skip


def _thresholds(report: Report) -> Iterator[Row]:
    for event in report.thresholds:
        for t in event.at:
            yield event.kind, event.label, t.at, "before", *_flagged(t.before), *_ends(None)
            if t.after is not None:
                yield event.kind, event.label, t.at, "after", *_flagged(t.after), *_ends(t.changed)


def _flagged(f: Flagged) -> Row:
    return (f.rows, *_ends(f.share), *_ends(f.expected), *_ends(f.observed), *_ends(f.sensitivity))


def _groups(report: Report) -> Iterator[Row]:
    for column, values in groups_of(report).items():
        for value, group in values.items():
            if group.why:
                yield column, value, f"suppressed: {group.why}", *("",) * (3 + len(METRIC))
                continue
            for row in _estimates(group.result):
                yield column, value, "shown", group.result.n, *row


GATES = (
    "metric", "column", "value", "class", "rule", "limit", "on", "level", "verdict", "stops",
    *(f"judged_{end}" for end in ENDS), "reason", "source", "guaranteed", "needed_rows",
)  # fmt: skip


def _gates(report: Report) -> Iterator[Row]:
    groups = groups_of(report)
    for g in report.result.gates:
        hidden = is_hidden(groups, g.group)
        about = (*(g.group or ("", "")), g.label)
        asked = (g.rule, g.limit, g.on, g.level, g.verdict, g.stops)
        judged = _ends(None) if hidden else _ends(g.judged)
        reason = "suppressed: small group" if hidden else g.reason
        yield g.metric, *about, *asked, *judged, reason, g.source, g.guaranteed, None if hidden else g.needed
