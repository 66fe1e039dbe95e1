"""Every metric before and after with its interval, and the convention behind each number."""

from __future__ import annotations

from calibrate import registry
from calibrate.reporting import words
from calibrate.reporting.blocks import Block, Cell, Code, Items, Section, Sub, Table, heads
from calibrate.reporting.document import Report
from calibrate.results import Result
from calibrate.wording import title

DIRECTIONS = {"lower": "lower is better", "higher": "higher is better", "zero": "0 is best; above 0: over-confident"}


def section(report: Report) -> Section:
    """The table of numbers, the table of conventions, and what has to be said about single numbers."""
    result = report.result
    blocks: list[Block] = [_values(result), Sub("Conventions"), _conventions(result)]
    notes = _notes(result)
    if notes:
        blocks += [Sub("Notes on single numbers"), Items(notes)]
    return Section("metrics", "Metrics before and after", tuple(blocks))


def _values(result: Result) -> Table:
    level = words.level(result.level)
    heading = ["metric", ">before" if result.after is not None else ">measured"]
    heading += [f">{words.after_title(result.after_is)}"] if result.after is not None else []
    heading += [">change"] if result.change is not None else []
    rows = []
    for key, before in result.before.metrics.items():
        row = [Cell(title(key)), words.measured(before)]
        row += [words.measured(result.after.metrics.get(key))] if result.after is not None else []
        row += [words.measured(result.change.get(key), sign=True)] if result.change is not None else []
        rows.append(tuple(row))
    note = (
        f"In brackets {level} intervals, two-sided. Noise floor: what a perfectly calibrated model "
        "with the same predictions shows on as many rows, on average; beneath it what it exceeds in "
        "5 % of samples."
    )
    return Table("Metrics", heads(*heading), tuple(rows), note)


def _conventions(result: Result) -> Table:
    rows = [
        (
            Cell(title(key)),
            Cell((Code(key),)),
            Cell(estimate.definition),
            Cell(_direction(key)),
            Cell((estimate.method or "none") + (" (conservative)" if estimate.conservative else "")),
        )
        for key, estimate in result.before.metrics.items()
    ]
    return Table("What each number means", heads("metric", "key", "definition", "direction", "interval"), tuple(rows))


def _direction(key: str) -> str:
    """Which values are good; "" of a metric that this version does not know."""
    name = key.partition(":")[0]
    return DIRECTIONS[registry.load("metrics", name).better] if name in registry.names("metrics") else ""


def _notes(result: Result) -> tuple[str, ...]:
    """What has to be said about a number, once, with the sides that it is true of."""
    named = {side: variant.metrics for side, variant in result.sides.items()}
    found: dict[tuple[str, str], list[str]] = {}
    for side, metrics in {**named, "change": result.change or {}}.items():
        for key, estimate in metrics.items():
            for text in filter(None, (*estimate.notes, estimate.reason)):
                found.setdefault((key, text), []).append(side)
    return tuple(f"{title(key)} ({', '.join(sides)}): {text}" for (key, text), sides in found.items())
