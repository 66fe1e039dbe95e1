"""A result as a Markdown comment: the outcome, the gates, the metrics; under 64 KB, whatever its names hold."""

from __future__ import annotations

from collections.abc import Sequence

from calibrate.markup import code, escaped
from calibrate.results import Estimate, Gate, Result
from calibrate.wording import (
    WARNING,
    asked,
    between,
    measured_rows,
    number,
    outcome,
    side_judged,
    sides_of,
    title,
)

MOST_BYTES = 60_000
"""GitHub takes comments of 65,536 characters."""
LONGEST = 500
"""Characters of one text."""


def render(result: Result) -> str:
    """The comment; gates are cut, those that stop the run last of all, where it would be too long."""
    gates = sorted(result.gates, key=lambda gate: (not gate.stops, gate.verdict == "PASS"))
    shown_gates = len(gates)
    while True:
        text = _page(result, gates[:shown_gates], len(gates) - shown_gates)
        if len(text.encode()) <= MOST_BYTES or shown_gates == 0:
            return text
        shown_gates = shown_gates * 2 // 3


def _page(result: Result, gates: Sequence[Gate], more: int) -> str:
    lines = [f"### calibrate: {_said(_headline(result))}", "", f"{_said(measured_rows(result))}; "
             f"intervals at {100 * result.level:g} %."]  # fmt: skip
    if result.check is not None:
        lines += ["", f"Judged: {_said(side_judged(result))}."]
    policy = result.check.inconclusive if result.check is not None else "fail"
    if gates:
        lines += [
            "",
            "| verdict | gate | value | interval | why |",
            "|---|---|---:|---:|---|",
            *(_row(gate, policy) for gate in gates),
        ]
    if more:
        lines += ["", f"and {more} more gates"]
    lines += ["", "<details><summary>Metrics</summary>", "", *_metrics(result), "", "</details>"]
    notes = [note for note in result.notes if note.startswith(WARNING)]
    notes += [f"{asked(gate)}: {note}" for gate in gates for note in gate.notes]
    notes += [*(result.check.notes if result.check else ())]
    lines += ["", *(f"- {_said(note)}" for note in notes)] if notes else []
    files = ", ".join(f"{code(item.name, LONGEST)} `{item.sha256[:16]}`" for item in result.inputs if item.sha256)
    return "\n".join([*lines, *(["", f"Inputs (SHA-256): {files}"] if files else [])]) + "\n"


def _headline(result: Result) -> str:
    if result.check is not None:
        return result.check.sentence
    return result.verdict.sentence if result.verdict is not None else "measured"


def _row(gate: Gate, inconclusive: str) -> str:
    verdict = " ".join(filter(None, (f"**{gate.verdict}**", outcome(gate, inconclusive))))
    sign = gate.rule.startswith("max_increase")
    cells = (_said(asked(gate)), number(gate.judged.value), between(gate.judged, sign), _said(gate.reason))
    return f"| {verdict} | {' | '.join(cells)} |"


def _metrics(result: Result) -> list[str]:
    sides = sides_of(result)
    head = [f"| metric | {' | '.join(name for name, _ in sides)} | convention |", f"|---|{'---:|' * len(sides)}---|"]
    return head + [
        f"| {_said(title(key))} | {' | '.join(_cell(metrics.get(key)) for _, metrics in sides)} "
        f"| {_said(estimate.definition)} |"
        for key, estimate in result.before.metrics.items()
    ]


def _cell(estimate: Estimate | None) -> str:
    return "" if estimate is None else f"{number(estimate.value)} {between(estimate)}".rstrip()


def _said(text: str) -> str:
    return escaped(text, LONGEST)
