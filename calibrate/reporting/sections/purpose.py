"""What the model is for, where it ends, and who answers for it: from audit.toml, since no data can tell."""

from __future__ import annotations

from calibrate.reporting import words
from calibrate.reporting.blocks import Facts, Line, Para, Section
from calibrate.reporting.document import Report
from calibrate.reporting.meta import Person


def section(report: Report) -> Section:
    """Every field, provided or not."""
    meta = report.meta
    pairs = (
        ("Model", prose(meta.model_name)),
        ("Version", prose(meta.model_version)),
        ("Purpose", prose(meta.purpose)),
        ("Intended use", prose(meta.intended_use)),
        ("Scope", prose(meta.scope)),
        ("Out of scope", prose(meta.out_of_scope)),
        ("Owner", prose(meta.owner)),
        ("Developers", (", ".join(meta.developers),) if any(meta.developers) else prose("")),
        ("Contact", prose(meta.contact)),
        ("Prepared by", (person(meta.prepared_by),)),
        ("Reviewed by", (person(meta.reviewed_by),)),
        ("Approved by", (person(meta.approved_by),)),
        *((words.name(key), prose(text)) for key, text in meta.extra.items()),
    )
    about = Para("These statements are the provider's. Nothing here was checked against the data.", "aside")
    return Section("purpose", "Purpose, scope and people", (Facts(pairs), about))


def prose(text: str) -> tuple[Line, ...]:
    """Free text as its paragraphs; "not provided" where there is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return tuple(lines) or (words.NOTHING,)


def person(who: Person) -> str:
    """Name, role and date as far as they are known."""
    return ", ".join(filter(None, (who.name, who.role, who.date))) or words.NOTHING
