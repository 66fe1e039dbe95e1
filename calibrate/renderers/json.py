"""The result as one JSON document, full precision; no NaN, no Infinity: null, with the reason beside it."""

from __future__ import annotations

import msgspec

from calibrate.results import Result
from calibrate.stored import document


def render(result: Result) -> str:
    """The document as text, with a final newline; `##` in a name is spelt out, for CI runners would obey `##[...]`."""
    text = msgspec.json.format(msgspec.json.encode(document(result)), indent=2).decode()
    return text.replace("##", "\\u0023\\u0023") + "\n"
