"""report.md: the same sections as GitHub shows Markdown, and as people read it raw; every text is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from calibrate.markup import code, escaped, fenced
from calibrate.reporting.blocks import Cell, Figure, Line, Section, Table
from calibrate.reporting.document import typed
from calibrate.reporting.outline import page
from calibrate.reporting.templating import filled, parts

WIDEST = 40
"""Columns are padded up to here, so that a table is one in plain text too."""


def render(document: Mapping[str, Any]) -> str:
    """The text of a report document; the same document gives the same bytes."""
    from markupsafe import Markup

    content = page(typed(document))
    sections = {section.id: section for section in content.sections}

    def line(text: Line) -> Markup:
        return Markup(_line(text, sections))  # noqa: S704 - escaped part by part

    def table(block: Table) -> Markup:
        return Markup(_table(block, sections))  # noqa: S704 - escaped cell by cell

    def figure(block: Figure) -> Markup:
        described = " ".join(f"{escaped(one.title)}: {escaped(one.description)}" for one in block.drawings)
        return Markup(f"![{described}]({block.name})")  # noqa: S704 - escaped; the name is ours

    def listing(text: str) -> Markup:
        return Markup(fenced(text))  # noqa: S704 - inside a fence that it cannot close

    names = {
        "page": content,
        "line": line,
        "table": table,
        "figure": figure,
        "listing": listing,
        "anchor": lambda section: Markup(anchor(section)),  # noqa: S704 - letters, digits and hyphens
        "kind": lambda block: type(block).__name__.lower(),
    }
    return re.sub(r"\n{3,}", "\n\n", filled("report.md.j2", escaped, names)).strip() + "\n"


def anchor(section: Section) -> str:
    """How GitHub links to a section's heading."""
    return re.sub(r"[^\w -]", "", f"{section.number}. {section.title}".lower()).replace(" ", "-")


def _line(line: Line, sections: Mapping[str, Section]) -> str:
    found = []
    for kind, text, target in parts(line, sections):
        if kind == "code":
            found.append(code(text))
        elif kind == "strong":
            found.append(f"**{escaped(text).strip()}**" + (" " if text.endswith(" ") else ""))
        elif kind == "ref":
            found.append(f"[{escaped(text)}](#{anchor(sections[target])})")
        else:
            found.append(escaped(text))
    return "".join(found)


def _table(table: Table, sections: Mapping[str, Section]) -> str:
    lines = [[escaped(head.text) for head in table.heads], *([_cell(c, sections) for c in row] for row in table.rows)]
    widths = [min(WIDEST, max(3, *(len(line[i]) for line in lines))) for i in range(len(table.heads))]
    right = [head.number for head in table.heads]
    rule = [("-" * (width - 1) + ":") if number else "-" * width for width, number in zip(widths, right, strict=True)]
    return "\n".join(_row(line, widths, right) for line in (lines[0], rule, *lines[1:]))


def _cell(cell: Cell, sections: Mapping[str, Section]) -> str:
    return " ".join(filter(None, (_line(cell.text, sections), ", ".join(map(escaped, cell.below)))))


def _row(line: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        text.rjust(width) if number else text.ljust(width)
        for text, width, number in zip(line, widths, right, strict=True)
    ]
    return f"| {' | '.join(padded)} |"
