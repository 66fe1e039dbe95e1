r"""Foreign text in Markdown: shown as it is, never obeyed, and as easy to read raw as can be.

No character of a user's file can become markup, HTML, a link, a mention, a reference or the cell of a table. Brackets
around nothing but numbers stay as they are, since they are intervals.
"""

from __future__ import annotations

import re

from calibrate.errors import shown

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


def escaped(text: str, longest: int | None = None) -> str:
    r"""Text that Markdown shows as it is, on one line; cut where it is longer than `longest`.

    >>> escaped("[x](javascript:1) | <b> @me #1 [0.1, 0.2]")
    '\\[x\\](javascript:1) \\| &lt;b&gt; @&#8203;me #&#8203;1 [0.1, 0.2]'
    """
    clean = _SPECIAL.sub(_safe, shown(text, len(text) if longest is None else longest))
    at = _START.match(clean)
    return clean if at is None else f"{at['list'] or ''}\\{clean[len(at['list'] or '') :]}"


def code(text: str, longest: int | None = None) -> str:
    """A span of code, whatever backticks are in it; `escaped` where it has a bar, which would end the cell of a table.

    >>> code("a`b"), code("a|b"), code("")
    ('``a`b``', 'a\\\\|b', '')
    """
    clean = shown(text, len(text) if longest is None else longest)
    if not clean.strip() or "|" in clean:
        return escaped(text, longest)
    ticks = "`" * (1 + _longest_run(clean))
    pad = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{ticks}{pad}{clean}{pad}{ticks}"


def fenced(text: str) -> str:
    """A block of code on one line, whatever backticks are in it."""
    clean = shown(text, len(text))
    fence = "`" * max(3, 1 + _longest_run(clean))
    return f"{fence}\n{clean}\n{fence}"


def _longest_run(text: str) -> int:
    """Of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)


def _safe(match: re.Match[str]) -> str:
    found, kind = match[0], match.lastgroup
    if kind == "keep":
        return found
    if kind == "entity":
        return _ENTITIES[found]
    if kind == "apart":
        return APART + found if found == "." else found + APART
    return f"\\{found}"
