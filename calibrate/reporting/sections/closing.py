"""The words of the report explained, and the lines to sign."""

from __future__ import annotations

from calibrate.glossary import TERMS
from calibrate.reporting.blocks import Cell, Facts, Para, Section, Table, cells, heads
from calibrate.reporting.document import Report
from calibrate.reporting.meta import Person


def glossary(report: Report) -> Section:
    """Every term, in alphabetical order."""
    ordered = sorted(TERMS.items(), key=lambda term: term[0].lower())
    return Section("glossary", "Glossary", (Facts(tuple((term, (text,)) for term, text in ordered)),))


def signoff(report: Report) -> Section:
    """Names as far as they are known, and room for the rest."""
    meta = report.meta
    rows = tuple(
        _row(what, who)
        for what, who in (
            ("Prepared by", meta.prepared_by),
            ("Reviewed by", meta.reviewed_by),
            ("Approved by", meta.approved_by),
        )
    )
    about = Para(f"Signatures refer to the report with the id {report.id}; another content has another id.", "aside")
    table = Table("Sign-off", heads("part", "name", "role", "date", "signature"), rows)
    return Section("signoff", "Sign-off", (table, about))


def _row(what: str, who: Person) -> tuple[Cell, ...]:
    return cells(what, who.name, who.role, who.date, "")
