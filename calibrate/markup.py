"""Foreign text in Markdown: shown as it is, never obeyed."""

from __future__ import annotations

import re

from calibrate.errors import shown

_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SIGNS = re.compile(r"([\\`*_\[\]#!|~$])")
_LINKS = {
    re.compile(r"@(?=\w)"): "@&#8203;",
    re.compile(r"(?<=\w)://"): "&#58;//",
    re.compile(r"(?i)\bwww\."): "www&#46;",
}
"""What becomes a mention or a link without any markup."""
LONGEST = 500


def escaped(text: str) -> str:
    r"""Text as text: no markup, no HTML, no table cell, no mention of a user and no link comes out of it.

    >>> escaped("a|b <script> [x](y) @me")
    'a\\|b &lt;script&gt; \\[x\\](y) @&#8203;me'
    """
    html = "".join(_HTML.get(char, char) for char in shown(text, LONGEST))
    text = _SIGNS.sub(r"\\\1", html)
    for link, broken in _LINKS.items():
        text = link.sub(broken, text)
    return text


def code(text: str) -> str:
    """Text as code, where it is a name: of a file, say. Falls back to `escaped` where it holds what code cannot."""
    clean = shown(text, LONGEST)
    return escaped(text) if not clean or set("`|<>&") & set(clean) or clean != clean.strip() else f"`{clean}`"
