"""Text cells that a spreadsheet would take for a formula: disarmed when written, restored when read.

A cell that starts with `=`, `+`, `-`, `@` (their full-width forms, a tab, CR or LF) and is no number is run as a
formula by spreadsheets that open the CSV. A leading apostrophe makes it text. Reference: OWASP, "CSV Injection",
https://owasp.org/www-community/attacks/CSV_Injection.
"""

from __future__ import annotations

import re

_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def guard(text: str) -> str:
    """`text` with a leading apostrophe where a spreadsheet would run it, else as it is; undone by `unguard`.

    >>> guard("=1+1"), guard("-0.5"), guard("cat")
    ("'=1+1", '-0.5', 'cat')

    Text that looks guarded already gets one apostrophe more, so that `unguard(guard(text)) == text` for every text.
    """
    return "'" + text if _runs(text.lstrip("'")) else text


def unguard(text: str) -> str:
    """`text` without the apostrophe that `guard` put before it.

    >>> unguard("'=1+1"), unguard("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.startswith("'") and _runs(text.lstrip("'")) else text


def _runs(text: str) -> bool:
    return text.startswith(_STARTS) and _NUMBER.fullmatch(text) is None
