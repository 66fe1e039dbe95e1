"""The gates: which limit, what was held against it, what came of it, and from what increases were measured."""

from __future__ import annotations

from collections.abc import Mapping

from calibrate.reporting import words
from calibrate.reporting.blocks import Block, Cell, Code, Facts, Items, Line, Para, Section, Table, heads
from calibrate.reporting.document import NamedFile, Report
from calibrate.reporting.suppression import Group, groups_of, is_hidden
from calibrate.results import Gate
from calibrate.wording import number, title

RULES = {
    "max": "at most",
    "min": "at least",
    "max_increase": "increase at most",
    "max_increase_rel": "relative increase at most",
    "noise": "not above its noise floor's 95 % point",
}


def section(report: Report) -> Section:
    """What was asked, and the answers."""
    result = report.result
    facts = Facts((("Gate file", (_file(report.gates_file),)), ("Baseline", (_file(report.baseline),))))
    if not result.gates:
        none = Para("No gates were asked for: no limit was set, and none was met or missed.")
        return Section("gates", "Gates and baseline", (none, facts))
    groups = groups_of(report)
    blocks: list[Block] = []
    if result.check is not None:
        check = result.check
        blocks.append(Para(check.sentence, "lead"))
        against = (f"{check.against} ({check.comparison or 'not compared'})",) if check.against else ("nothing",)
        facts = Facts((("Judged", (check.side,)), ("Increases are measured from", against), *facts.pairs))
    blocks += [facts, _table(result.gates, groups)]
    notes = [f"{title(g.metric)}: {note}" for g in result.gates for note in g.notes if not is_hidden(groups, g.group)]
    notes += list(result.check.notes) if result.check is not None else []
    blocks += [Items(tuple(dict.fromkeys(notes)))] if notes else []
    many = len(result.gates)
    blocks.append(
        Para(f"{words.plural(many, 'gate')} judged; the intervals are not corrected for their number.", "aside")
    )
    return Section("gates", "Gates and baseline", tuple(blocks))


def _file(file: NamedFile | None) -> Line:
    if file is None:
        return "none"
    note = f" ({words.name(file.note, 200)})" if file.note else ""
    return (f"{words.name(file.name, 255)}{note}, SHA-256 ", Code(file.sha256))


def _table(gates: tuple[Gate, ...], groups: Mapping[str, Mapping[str, Group]]) -> Table:
    heading = heads("metric", "limit", ">judged", "verdict", "why", "asked by")
    rows = tuple(_row(gate, is_hidden(groups, gate.group)) for gate in gates)
    note = (
        "Which number decided stands under the limit: safe, the worse end of the interval; lenient, the better end; "
        "point, the value alone, without regard to chance."
    )
    return Table("Gates", heading, rows, note)


def _row(gate: Gate, hidden: bool) -> tuple[Cell, ...]:
    marks = (
        () if gate.level == "error" else (f"level {gate.level}",),
        () if gate.guaranteed else ("no guarantee",),
    )
    limit = number(gate.limit) if gate.rule != "noise" else ""
    return (
        Cell(title(gate.metric), _about(gate)),
        Cell(f"{RULES.get(gate.rule, gate.rule)} {limit}".rstrip(), (gate.on,)),
        Cell("suppressed", ("small group",)) if hidden else words.measured(gate.judged),
        Cell(gate.verdict, tuple(mark for found in marks for mark in found)),
        Cell("" if hidden else gate.reason),
        Cell(words.name(gate.source)),
    )


def _about(gate: Gate) -> tuple[str, ...]:
    group = f"{words.name(gate.group[0])} = {words.name(gate.group[1])}" if gate.group is not None else ""
    return tuple(filter(None, (group, f"class {words.name(gate.label)}" if gate.label is not None else "")))
