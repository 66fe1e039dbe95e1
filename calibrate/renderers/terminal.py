"""The result as tables for people: 80 columns, plain text unless colours are asked for."""

from __future__ import annotations

from collections.abc import Container

from rich.table import Table
from rich.text import Text

from calibrate.errors import shown
from calibrate.page import printed, ruled
from calibrate.results import Estimate, Result, Variant
from calibrate.wording import WARNING, between, measured_rows, noted, number, sides_of, title

BY_GROUP = ("nll", "accuracy", "ece")
"""What of a group fits into a row."""


def render(result: Result, *, color: bool = False, plain: bool = False, said: Container[str] = ()) -> str:
    """The tables and the verdict; `plain` keeps to ASCII, for terminals that know nothing else.

    said   notes that stand elsewhere already: nobody reads the same twice
    """
    groups = [_groups(column, values, plain) for column, values in result.groups.items()]
    return printed([_head(result), _metrics(result, plain), *_footer(result, said), *groups], color=color)


def _head(result: Result) -> Text:
    head = Text()
    if result.fit is not None:
        for name, estimate in list(result.fit.parameters.items())[:20]:
            head.append(f"{shown(name)} ", style="bold").append(f"{number(estimate.value)} ", style="bold green")
            head.append(f"{between(estimate)}\n")
        before = result.fit.objective_before
        was = f"{number(before)} -> " if before is not None else ""
        head.append(f"fitted on {result.fit.n:,} rows in {result.fit.passes} passes; ")
        head.append(f"{result.fit.objective} {was}{number(result.fit.objective_after)} on them\n")
    head.append(f"{measured_rows(result)}; intervals at {100 * result.level:g} %")
    return head


def _metrics(result: Result, plain: bool) -> Table:
    if result.after is None:
        return _measured(result, plain)
    table = ruled("", plain)
    sides = sides_of(result)
    for head in ("", *(head for head, _ in sides)):
        table.add_column(head, justify="right" if head else "left")
    for key in result.before.metrics:
        cells = [_cell(metrics.get(key), head == "Change") for head, metrics in sides]
        table.add_row(Text(title(key), style="bold"), *cells)
    return table


def _measured(result: Result, plain: bool) -> Table:
    """One side alone: a line per metric."""
    table = ruled("", plain, wide=False)
    for head in ("", "measured", "interval", ""):
        table.add_column(head, justify="left" if head != "measured" else "right")
    for key, estimate in result.before.metrics.items():
        beside = ", ".join(filter(None, (_floor(estimate), _corrected(estimate))))
        value = Text(number(estimate.value), style="bold")
        table.add_row(Text(title(key), style="bold"), value, between(estimate), Text(beside, style="dim"))
    return table


def _cell(estimate: Estimate | None, sign: bool) -> Text:
    if estimate is None or (estimate.value is None and not estimate.reason):
        return Text("")
    value = number(estimate.value)
    plus = "+" if sign and estimate.value is not None and estimate.value > 0 else ""
    cell = Text(plus + value, style="bold")
    for line in (between(estimate, sign), _corrected(estimate), _floor(estimate)):
        if line:
            cell.append("\n" + line, style="not bold dim")
    return cell


def _corrected(estimate: Estimate) -> str:
    """The value less its bias, where the plain one does not even lie in the interval."""
    if None in (estimate.value, estimate.low, estimate.high, estimate.debiased):
        return ""
    inside = estimate.low <= estimate.value <= estimate.high  # type: ignore[operator]
    return "" if inside else f"debiased {number(estimate.debiased)}"


def _floor(estimate: Estimate) -> str:
    if estimate.noise_floor is None:
        return ""
    return f"noise floor {number(estimate.noise_floor)}"


def _footer(result: Result, said: Container[str]) -> list[Text]:
    lines: list[Text] = []
    if result.verdict is not None:
        style = {"better": "bold green", "worse": "bold red", "mixed": "bold yellow"}.get(result.verdict.kind, "bold")
        lines.append(Text(result.verdict.sentence, style=style))
        lines += [Text(detail) for detail in result.verdict.details]
    if result.reason and result.verdict is None:
        lines.append(Text(result.reason, style="yellow"))
    told = [note for note in _notes(result) if note not in said]
    lines += [Text(noted(note), style="yellow" if note.startswith(WARNING) else "dim") for note in told]
    return lines


def _notes(result: Result) -> list[str]:
    """Every note once: of the run, of the fit, then of the metrics on either side."""
    sides: list[Variant] = [side for side in (result.before, result.after) if side is not None]
    entries = [(key, e) for side in sides for key, e in side.metrics.items()]
    notes = [*result.notes, *(result.fit.notes if result.fit else ())]
    notes += [f"{title(key)}: {text}" for key, e in entries for text in (*e.notes, e.reason) if text]
    return list(dict.fromkeys(notes))


def _groups(column: str, values: dict[str, Result], plain: bool) -> Table:
    first = next(iter(values.values()))
    how = f", {sides_of(first)[1][0].lower()}" if first.after is not None else ""
    table = ruled(f"by {shown(column)}{how}", plain)
    measured = dict.fromkeys(key for part in values.values() for key in part.before.metrics)
    keys = [key for key in measured if key.partition(":")[0] in BY_GROUP]
    for head in ("", "rows", *map(title, keys)):
        table.add_column(head, justify="right" if head else "left")
    for value, part in values.items():
        cells = (_cell(part.judged.metrics.get(key), False) for key in keys)
        table.add_row(Text(shown(value, 20) or "(empty)"), f"{part.n:,}", *cells)
    return table
