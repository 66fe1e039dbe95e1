"""Jinja as the report uses it: what is undefined is an error, and nothing reaches a page without being escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from calibrate.reporting.blocks import Code, Line, Ref, Section, Strong


def filled(template: str, escaped: Callable[[str], str], names: Mapping[str, Any]) -> str:
    """A template of this package with `names`; every text that it prints goes through `escaped`."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        # Markup is what this package made itself: drawings, and text that is escaped.
        return value if isinstance(value, Markup) else Markup(escaped(str(value)))  # noqa: S704 - escaped here

    environment = Environment(
        loader=PackageLoader("calibrate.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(**names)


def parts(line: Line, sections: Mapping[str, Section]) -> list[tuple[str, str, str]]:
    """A line as (kind, text, target): "", "code", "strong" or "ref"; a reference reads `3 Data`."""
    found = []
    for part in (line,) if isinstance(line, str) else line:
        if isinstance(part, Ref):
            section = sections[part.id]
            found.append(("ref", f"{section.number} {section.title}", section.id))
        elif isinstance(part, Code):
            found.append(("code", part.text, ""))
        elif isinstance(part, Strong):
            found.append(("strong", part.text, ""))
        else:
            found.append(("", part, ""))
    return found
