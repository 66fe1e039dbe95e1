"""The result as one JSON document, full precision; no NaN, no Infinity: null, with the reason beside it."""

from __future__ import annotations

from calibrate.results import Result
from calibrate.stored import document
from calibrate.versioned import spelt


def render(result: Result) -> str:
    """The document as text, with a final newline; `##` in a name is spelt out, for CI runners would obey `##[...]`."""
    return spelt(document(result))
