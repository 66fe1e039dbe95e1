"""The same numbers by subgroup; small cells are hidden, and what would give them away."""

from __future__ import annotations

from collections.abc import Mapping

from calibrate.reporting import words
from calibrate.reporting.blocks import Block, Cell, Para, Section, Strong, Table, heads
from calibrate.reporting.document import Report
from calibrate.reporting.suppression import FEWEST, Group, groups_of
from calibrate.wording import title

SHOWN = ("nll", "brier", "accuracy", "ece", "confidence_gap")
HIDDEN = "suppressed"


def section(report: Report) -> Section:
    """One table per column of groups."""
    groups = groups_of(report)
    if not groups:
        none = Para(
            "None were asked for: this report says nothing about differences between groups of people or cases."
        )
        return Section("groups", "Subgroups", (none,))
    rule = Para(
        f"Numbers of a group with fewer than {report.minimum_n} rows, or fewer than {FEWEST} events "
        "or wrong predictions, are not shown: they would say little, and could say something about "
        "single people. Where one group of a column is hidden, a second is hidden with it. Intervals "
        "are not corrected for the number of groups: among twenty, one may miss by chance."
    )
    blocks: list[Block] = [rule]
    for column, values in groups.items():
        blocks.append(_table(report, column, values))
        blocks += _warnings(column, values)
    return Section("groups", "Subgroups", tuple(blocks))


def _table(report: Report, column: str, values: Mapping[str, Group]) -> Table:
    shown = [group.result for group in values.values() if not group.why]
    keys = list(dict.fromkeys(k for result in shown for k in result.before.metrics if k.partition(":")[0] in SHOWN))
    after = any(result.after is not None for result in shown)
    listed = list(values.items())
    rows = []
    for value, group in listed[: words.MOST]:
        if group.why:
            rows.append((Cell(words.name(value)), Cell(HIDDEN), *(Cell("") for _ in keys)))
            continue
        metrics = group.result.judged.metrics
        rows.append(
            (Cell(words.name(value)), Cell(f"{group.result.n:,}"), *(words.measured(metrics.get(k)) for k in keys))
        )
    cut = (
        f"The first {words.MOST} of {len(listed):,} values; the others are in groups.csv. "
        if len(listed) > words.MOST
        else ""
    )
    hidden = [f"{words.name(value)} ({group.why})" for value, group in listed[: words.MOST] if group.why]
    cut += f"Suppressed: {', '.join(hidden)}. " if hidden else ""
    side = words.after_title(report.result.after_is) if after else "as measured"
    caption = f"By {words.name(column)}, {side}, {words.level(report.result.level)} intervals"
    return Table(
        caption,
        heads("value", ">rows", *(f">{title(key)}" for key in keys)),
        tuple(rows),
        f"{cut}Both sides and their changes are in groups.csv.",
    )


def _warnings(column: str, values: Mapping[str, Group]) -> list[Block]:
    hidden = [value for value, group in values.items() if group.why]
    found: list[Block] = []
    if hidden and len(values) == 1:
        found.append(
            Para(
                (
                    f"{words.name(column)} has one value only, so its numbers are those of all rows: hiding them "
                    "hides nothing."
                ),
                "notice",
            )
        )
    elif hidden:
        found.append(
            Para(
                (
                    Strong("Before passing this on: "),
                    (
                        f"{words.plural(len(hidden), 'group')} of {words.name(column)} hidden here and in groups.csv, "
                        "yet report.json holds the numbers of every group, since they are what can be verified."
                    ),
                ),
                "notice",
            )
        )
    return found
