"""Differences of methods to a reference, with their intervals: a line a method, the best on top."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from calibrate.figures.page import LINE, MARGIN, PAGE, foot, surround, wrapped
from calibrate.figures.sheet import FAINT, Dots, Mark, Point, Sheet, Stroke, Words

ROW = 17.0
NAMES = 150.0
COLOUR = "#123e6b"

Bar = tuple[str, float, float, float]
"""Name, difference, lower and upper end."""


def differences(bars: Sequence[Bar], sentence: str, level: float, reference: str) -> Sheet:
    """The sheet; a method left of the line at 0 has a lower held-out loss than the reference."""
    caption = wrapped(
        f"{sentence}. Lines: {100 * level:g} % intervals of the paired difference of held-out NLL.", PAGE - 2 * MARGIN
    )
    bottom = foot(caption) + 34
    height = bottom + ROW * len(bars) + 42
    low, high, step = _range(bars)
    right = PAGE - MARGIN - 14

    def x(value: float) -> float:
        return NAMES + (min(max(value, low), high) - low) / (high - low) * (right - NAMES)

    marks: list[Mark] = [*surround(PAGE, height, "Methods compared", f"held-out NLL less that of {reference}", caption)]
    top = bottom + ROW * len(bars)
    ticks = [step * i for i in range(round(low / step), round(high / step) + 1)]
    marks.append(Stroke(tuple(((x(t), bottom), (x(t), top)) for t in ticks), 0.4, "#cccccc"))
    marks.append(Stroke((((x(0.0), bottom), (x(0.0), top)),), 0.9, FAINT, (3.0, 2.0)))
    lines: list[tuple[Point, ...]] = []
    points: list[Point] = []
    for i, (name, value, least, most) in enumerate(bars):
        y = top - ROW * (i + 0.5)
        marks.append(Words(NAMES - 8, y - 2.6, name, align="right", room=NAMES - MARGIN - 8))
        lines.append(((x(least), y), (x(most), y)))
        points.append((x(value), y))
    marks += [Stroke(tuple(lines), 1.3, COLOUR), Dots(tuple(points), 5.5, COLOUR, COLOUR)]
    marks += [Words(x(t), bottom - LINE, f"{t:+.4g}" if t else "0", align="center") for t in ticks]
    marks.append(
        Words((NAMES + right) / 2, bottom - 2 * LINE - 3, "better  <  0  <  worse", align="center", colour=FAINT)
    )
    told = "; ".join(f"{name} {value:+.4g} [{least:+.4g}, {most:+.4g}]" for name, value, least, most in bars)
    return Sheet(PAGE, height, "Methods compared", f"{sentence}. {told}", tuple(marks))


def _range(bars: Sequence[Bar]) -> tuple[float, float, float]:
    """Round ends that hold most intervals, and the distance of the ticks; what is far worse runs out of the page."""
    least = min([0.0, *(low for _, _, low, _ in bars)])
    tops = sorted(high for _, _, _, high in bars)
    most = max(0.0, min(tops[-1], max(tops[len(tops) // 2], -least) * 3)) if tops else 0.0
    width = max(most - least, 1e-9)
    unit = 10.0 ** floor(log10(width / 4))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= width / 5)
    return step * (floor(least / step) if least else -1), step * (floor(most / step) + 1), step
