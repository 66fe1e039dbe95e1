"""The order of the report: every section in its place, numbered, under the title block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

from calibrate.reporting import words
from calibrate.reporting.blocks import Block, Code, Facts, Figure, Page, Section, Table
from calibrate.reporting.document import Report
from calibrate.reporting.sections import (
    closing,
    crosswalk,
    data,
    diagrams,
    events,
    gates,
    groups,
    limitations,
    method,
    metrics,
    purpose,
    reproduction,
    summary,
    thresholds,
)

SECTIONS: tuple[Callable[[Report], Section | None], ...] = (
    summary.section,
    purpose.section,
    data.section,
    method.section,
    method.obtained,
    metrics.section,
    diagrams.section,
    events.section,
    thresholds.section,
    groups.section,
    gates.section,
    limitations.section,
    reproduction.section,
    crosswalk.section,
    closing.glossary,
    closing.signoff,
    diagrams.annex,
)


def page(report: Report) -> Page:
    """The report as blocks, before any format."""
    made = (make(report) for make in SECTIONS)
    sections = numbered([section for section in made if section is not None])
    meta = report.meta
    model = " ".join(filter(None, (meta.model_name, meta.model_version))) or words.NOTHING
    facts = Facts(
        (
            ("Report id", ((Code(report.id),),)),
            ("Model", (model,)),
            ("Calibration", (words.name(report.result.method or "none"),)),
            ("Date", (words.name(report.created),)),
            ("Made with", (f"calibrate {words.name(report.version)}",)),
            ("Rows", (f"{report.result.n:,}",)),
        )
    )
    kind = report.result.verdict.kind if report.result.verdict else "measured"
    title = meta.title.strip() or (
        f"Calibration of {meta.model_name}" if meta.model_name.strip() else "Calibration report"
    )
    return Page(
        title,
        "Calibration report",
        (kind, summary.lead(report.result)),
        facts,
        sections,
    )


def numbered(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections with numbers, and their tables and figures numbered through."""
    tables, figures = count(1), count(1)

    def with_number(block: Block) -> Block:
        if isinstance(block, Table):
            return replace(block, number=next(tables))
        return replace(block, number=next(figures)) if isinstance(block, Figure) else block

    return tuple(
        replace(section, number=i, blocks=tuple(map(with_number, section.blocks)))
        for i, section in enumerate(sections, 1)
    )
