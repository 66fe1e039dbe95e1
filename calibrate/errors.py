"""The one error of the package: a stable code, what was found, and what to do about it.

Codes by hundreds: E1xx files and containers, E2xx what the columns and labels mean, E3xx fitting,
E4xx models and results, E5xx outputs, E6xx options. The text of each code stands in `TITLES`.
"""

from __future__ import annotations

import unicodedata

TITLES: dict[str, str] = {}
"""One line for every code: what the code means wherever it occurs."""

LONGEST = 60
"""Characters of a foreign text that are shown before it is cut."""


class CalibrateError(Exception):
    """Something the user can mend: `error[code]: message`, then `hint: hint`."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type[CalibrateError], tuple[str, str, str]]:
        return type(self), (self.code, self.message, self.hint)


def shown(text: object, longest: int = LONGEST) -> str:
    r"""`text` on one line, safe for a terminal: control, format and undecodable characters escaped, long text cut.

    >>> shown("a\x1b[31mb")
    'a\\x1b[31mb'
    >>> shown("x" * 100, longest=5)
    'xxxxx...'
    """
    cut = str(text)
    tail = "..." if len(cut) > longest else ""
    return "".join(map(_safe, cut[:longest])) + tail


def _safe(char: str) -> str:
    if char.isprintable() and unicodedata.category(char) not in {"Cf", "Cs", "Co", "Cn"}:
        return char
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
