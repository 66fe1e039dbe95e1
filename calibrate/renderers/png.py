"""The reliability diagram as a PNG image at 150 dots per inch."""

from __future__ import annotations

from calibrate.figures import painted
from calibrate.results import Result


def render(result: Result) -> bytes:
    """The main figure of a result; the same result gives the same bytes."""
    return painted(result, "png")
