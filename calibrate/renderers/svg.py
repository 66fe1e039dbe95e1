"""The reliability diagram as an SVG drawing, its text selectable and described for those who cannot see it."""

from __future__ import annotations

from calibrate.figures import painted
from calibrate.results import Result


def render(result: Result) -> bytes:
    """The main figure of a result; the same result gives the same bytes."""
    return painted(result, "svg")
