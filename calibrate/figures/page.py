"""What every figure has around its panels: the page's measures, title lines above, caption below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from calibrate.figures.sheet import FAINT, Words

PAGE = 504.0
"""Seven inches: the text width of A4, so that sizes here are sizes in print."""
LEFT = 40.0
"""Where panels begin: room for their numbers and the name of the axis."""
MARGIN = 8.0
LINE = 10.5


def wrapped(text: str, room: float, size: float = 7.5) -> list[str]:
    """Lines that fit into `room` points at an average of 0.62 em a character."""
    return textwrap.wrap(text, max(20, int(room / (0.62 * size))))


def foot(caption: Sequence[str]) -> float:
    """Height of the caption with its margin."""
    return MARGIN + LINE * len(caption) + 4


def surround(width: float, height: float, title: str, subtitle: str, caption: Sequence[str]) -> list[Words]:
    """The title and a line beneath, at the top of the page; the lines of the caption at its foot."""
    room = width - 2 * MARGIN
    below = foot(caption)
    return [
        Words(MARGIN, height - 15, title, 9.5, bold=True, room=room),
        Words(MARGIN, height - 26, subtitle, colour=FAINT, room=room),
        *(
            Words(MARGIN, below - 4 - LINE * (i + 0.75), line, colour=FAINT, room=room + MARGIN)
            for i, line in enumerate(caption)
        ),
    ]
