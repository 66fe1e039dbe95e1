"""What the gates of a result say, for people: 80 columns, the reason under every gate, the outcome last."""

from __future__ import annotations

from collections.abc import Container

from rich.table import Table
from rich.text import Text

from calibrate.page import printed, ruled
from calibrate.results import Gate, Result
from calibrate.wording import WARNING, asked, between, measured_rows, noted, number, outcome, side_judged

STYLES = {"PASS": "bold green", "FAIL": "bold red", "ERROR": "bold red", "INCONCLUSIVE": "bold yellow"}


def render(result: Result, *, color: bool = False, plain: bool = False, said: Container[str] = ()) -> str:
    """The table, the warnings and notes, and last the outcome: what decides the exit code.

    said   notes of the result that stand elsewhere already
    """
    check = result.check
    if check is None:
        raise ValueError("a result that was not checked")
    head = Text(f"{measured_rows(result)}; intervals at {100 * result.level:g} %\njudged: {side_judged(result)}")
    notes = [note for note in result.notes if note.startswith(WARNING) and note not in said]
    notes += [f"{WARNING}{asked(gate)}: {note}" for gate in result.gates for note in gate.notes]
    notes += [noted(note) for note in check.notes]
    style = {0: "bold green", 4: "bold yellow"}.get(check.code, "bold red")
    last = [Text(note, style="yellow" if note.startswith(WARNING) else "dim") for note in notes]
    last.append(Text(check.sentence, style=style))
    return printed([head, _table(result.gates, check.inconclusive, plain), *last], color=color)


def _table(gates: tuple[Gate, ...], inconclusive: str, plain: bool) -> Table:
    table = ruled("", plain)
    table.add_column("verdict", no_wrap=True)
    table.add_column("gate", ratio=1)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("interval", justify="right", no_wrap=True)
    for gate in gates:
        text = Text(asked(gate), style="bold")
        text.append(f"\n{gate.reason}", style="not bold dim")
        sign = gate.rule.startswith("max_increase")
        table.add_row(_verdict(gate, inconclusive), text, _value(gate, sign), between(gate.judged, sign))
    return table


def _verdict(gate: Gate, inconclusive: str) -> Text:
    text = Text(gate.verdict, style=STYLES[gate.verdict])
    if word := outcome(gate, inconclusive):
        text.append(f"\n{word}", style="not bold dim")
    return text


def _value(gate: Gate, sign: bool) -> Text:
    value = gate.judged.value
    return Text(("+" if sign and value is not None and value > 0 else "") + number(value), style="bold")
