"""report.html: one file without scripts or requests, for the screen, the telephone, the screen reader and A4."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from calibrate.errors import shown
from calibrate.reporting.blocks import Drawing, Line
from calibrate.reporting.document import typed
from calibrate.reporting.outline import page
from calibrate.reporting.templating import filled, parts


def render(document: Mapping[str, Any]) -> str:
    """The page of a report document; the same document gives the same bytes."""
    from markupsafe import Markup

    report = typed(document)
    content = page(report)
    sections = {section.id: section for section in content.sections}

    def line_parts(line: Line) -> list[tuple[str, str, str]]:
        return parts(line, sections)

    def drawn(drawing: Drawing) -> Markup:
        return Markup(drawing.svg)  # noqa: S704 - made by `drawing`, which escapes every text in it

    return filled(
        "report.html.j2",
        escape,
        {
            "page": content,
            "id": report.id if re.fullmatch(r"[0-9a-f]+", report.id) else "",
            "created": report.created if re.fullmatch(r"\d{4}-\d\d-\d\d", report.created) else "",
            "parts": line_parts,
            "drawn": drawn,
            "kind": lambda block: type(block).__name__.lower(),
            "minus": minus,
        },
    )


def escape(text: str) -> str:
    """Text for HTML: control and direction characters shown as their codes, a number kept with its unit.

    >>> escape("<b> 90 %")
    '&lt;b&gt; 90\\xa0%'
    """
    text = html.escape(shown(text, len(text)))
    return re.sub(r"(?<=\d) (?=%)|(?<=\d,) (?=[-+]?[\d.]+[\])])|(?<=%,) (?=[\d.]+ %\])", "\u00a0", text)


def minus(text: str) -> str:
    """A number with a minus sign that is as wide as a plus."""
    return re.sub(r"(?<![\w.])-(?=\d)", "\u2212", text)
