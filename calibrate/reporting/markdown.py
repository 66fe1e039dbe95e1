r"""report.md: the same sections as GitHub shows Markdown, and as people read it raw.

Every text is escaped: no character of a user's file can become markup, a link, a mention or a reference. Brackets
around nothing but numbers stay as they are, since they are intervals.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from calibrate.errors import shown
from calibrate.reporting.blocks import Cell, Figure, Line, Section, Table
from calibrate.reporting.document import typed
from calibrate.reporting.outline import page
from calibrate.reporting.templating import filled, parts

WIDEST = 40
"""Columns are padded up to here, so that a table is one in plain text too."""

APART = "&#8203;"
"""A space of no width: keeps `@name`, `#1` and addresses from being linked, which a backslash does not."""

_INTERVAL = r"\[[-+]?\d[-+\d., e%]*\](?![(\[:])"
_SPECIAL = re.compile(
    rf"(?P<keep>{_INTERVAL})"
    r"|(?P<entity>[&<>])"
    r"|(?P<back>[\\`*~|$\[\]])"
    r"|(?P<under>(?<![^\W_])_|_(?![^\W_]))"
    r"|(?P<apart>@|#(?=\w)|:(?=//)|:(?=[\w+:-]*:)|(?<=www)\.)",
    re.IGNORECASE,
)
_START = re.compile(r"[-+=#](?![\d.])|(?P<list>\d{1,9})(?=[.)](?:\s|$))")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


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
        described = " ".join(f"{escape(one.title)}: {escape(one.description)}" for one in block.drawings)
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
    return re.sub(r"\n{3,}", "\n\n", filled("report.md.j2", escape, names)).strip() + "\n"


def escape(text: str) -> str:
    r"""Text that Markdown shows as it is, on one line.

    >>> escape("[x](javascript:1) | <b> @me #1 [0.1, 0.2]")
    '\\[x\\](javascript:1) \\| &lt;b&gt; @&#8203;me #&#8203;1 [0.1, 0.2]'
    """
    clean = _SPECIAL.sub(_escaped, shown(text, len(text)))
    at = _START.match(clean)
    return clean if at is None else f"{at['list'] or ''}\\{clean[len(at['list'] or '') :]}"


def code(text: str) -> str:
    """A span of code, whatever backticks are in it."""
    clean = shown(text, len(text)).replace("|", "\\|")
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", clean)), default=0))
    pad = " " if clean.startswith("`") or clean.endswith("`") else ""
    clean = clean or " "
    return f"{ticks}{pad}{clean}{pad}{ticks}"


def fenced(text: str) -> str:
    """Lines of code, whatever backticks are in them."""
    clean = shown(text, len(text))
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", clean)), default=0))
    return f"{fence}\n{clean}\n{fence}"


def anchor(section: Section) -> str:
    """How GitHub links to a section's heading."""
    return re.sub(r"[^\w -]", "", f"{section.number}. {section.title}".lower()).replace(" ", "-")


def _escaped(match: re.Match[str]) -> str:
    found, kind = match[0], match.lastgroup
    if kind == "keep":
        return found
    if kind == "entity":
        return _ENTITIES[found]
    if kind == "apart":
        return APART + found if found == "." else found + APART
    return f"\\{found}"


def _line(line: Line, sections: Mapping[str, Section]) -> str:
    found = []
    for kind, text, target in parts(line, sections):
        if kind == "code":
            found.append(code(text))
        elif kind == "strong":
            found.append(f"**{escape(text).strip()}**" + (" " if text.endswith(" ") else ""))
        elif kind == "ref":
            found.append(f"[{escape(text)}](#{anchor(sections[target])})")
        else:
            found.append(escape(text))
    return "".join(found)


def _table(table: Table, sections: Mapping[str, Section]) -> str:
    lines = [[escape(head.text) for head in table.heads], *([_cell(c, sections) for c in row] for row in table.rows)]
    widths = [min(WIDEST, max(3, *(len(line[i]) for line in lines))) for i in range(len(table.heads))]
    right = [head.number for head in table.heads]
    rule = [("-" * (width - 1) + ":") if number else "-" * width for width, number in zip(widths, right, strict=True)]
    return "\n".join(_row(line, widths, right) for line in (lines[0], rule, *lines[1:]))


def _cell(cell: Cell, sections: Mapping[str, Section]) -> str:
    return " ".join(filter(None, (_line(cell.text, sections), ", ".join(map(escape, cell.below)))))


def _row(line: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        text.rjust(width) if number else text.ljust(width)
        for text, width, number in zip(line, widths, right, strict=True)
    ]
    return f"| {' | '.join(padded)} |"
