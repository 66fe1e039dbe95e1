"""The reliability diagram: observed frequency against prediction, before and after side by side, counts beneath."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from calibrate.figures import panel as panels
from calibrate.figures import words
from calibrate.figures.page import LEFT, LINE, MARGIN, PAGE, foot, surround, wrapped
from calibrate.figures.panel import Bin, Panel
from calibrate.figures.sheet import Area, Dots, Mark, Sheet, Stroke, Words, box
from calibrate.results import Curve, Result, Variant

GUTTER = 20.0
STRIP = 62.0
ALONE = 340.0
"""Width of the page that holds one panel."""
KEY = 14.0


@dataclass(frozen=True)
class _Side:
    """One panel to be, with the strip of counts beneath it."""

    heading: str
    upper: Panel
    lower: Panel
    bins: Sequence[Bin]
    numbers: Sequence[str]


def reliability(result: Result) -> Sheet:
    """The sheet of the first curve of every side: top label, or event."""
    variants = words.variants(result)
    curves = [variant.curves[:1] for _, variant in variants]
    first = next((drawn[0] for drawn in curves if drawn), None)
    pair = len(variants) > 1
    width = PAGE if pair else ALONE
    caption = wrapped(words.caption(result), width - 2 * MARGIN)
    columns = (LEFT, 206.0, 340.0) if pair else (LEFT, 206.0)
    key = foot(caption) + KEY * math.ceil(3 / len(columns)) - KEY + 3
    sides = _sides(variants, key + 43, width)
    corners = [_free_corner(side) for side in sides]
    above = LINE * max(len(side.numbers) for side in sides) if None in corners else 0.0
    top = sides[0].upper.at(0, 1)[1]
    title, names = words.title(result, first), words.names(result, first)
    height = top + 26 + above + (12 if pair else 0) + (LINE if names else 0)
    marks: list[Mark] = [
        *surround(width, height, title, names, caption),
        *_legend(result.level, columns, key),
        *_axis_names(sides, first),
    ]
    most = max((b.count for side in sides for b in side.bins), default=0)
    for side, corner in zip(sides, corners, strict=True):
        outside: Corner = side.upper.left, top + 4 + LINE * len(side.numbers), "left"
        marks.append(Words(side.upper.left, top + 6 + above, side.heading, 8.5, bold=True))
        marks += [*_drawn(side, most), *_numbers(side.numbers, outside if above else corner)]
    return Sheet(width, height, title, words.described(result, variants, curves), tuple(marks))


def _sides(variants: Sequence[tuple[str, Variant]], bottom: float, width: float) -> list[_Side]:
    wide = (width - LEFT - MARGIN - GUTTER * (len(variants) - 1)) / len(variants)
    sides = []
    for place, (heading, variant) in enumerate(variants):
        left = LEFT + place * (wide + GUTTER)
        curve = variant.curves[0] if variant.curves else None
        upper, lower = Panel(left, bottom + STRIP + 6, wide, wide), Panel(left, bottom, wide, STRIP)
        bins = panels.filled(curve) if curve is not None else []
        sides.append(_Side(heading, upper, lower, bins, words.corner(variant, curve)))
    return sides


def _axis_names(sides: Sequence[_Side], curve: Curve | None) -> list[Mark]:
    across, up = words.axes(curve)
    first = sides[0]
    return [
        *first.upper.upwards(),
        Words(LEFT - 24, first.upper.at(0, 0.5)[1], up, 8, "center", turned=True),
        Words(LEFT - 24, first.lower.at(0, 0.5)[1], "rows per bin", 7.5, "center", turned=True),
        *(Words(side.lower.at(0.5, 0)[0], side.lower.bottom - 24, across, 8, "center") for side in sides),
    ]


def _drawn(side: _Side, most: int) -> list[Mark]:
    return [
        panels.bands(side.upper, side.bins),
        panels.gaps(side.upper, side.bins),
        side.upper.diagonal(),
        side.upper.frame(),
        panels.whiskers(side.upper, side.bins, cap=2.2),
        panels.dots(side.upper, side.bins, size=4.2),
        *panels.histogram(side.lower, side.bins, most),
        *side.lower.across(),
    ]


Corner = tuple[float, float, Literal["left", "right"]]


def _free_corner(side: _Side) -> Corner | None:
    """Where the numbers hide nothing: the corner above the diagonal, or that below it; None if both are taken."""
    panel = side.upper
    wide = (max(len(line) * (4.3 if i else 5.0) for i, line in enumerate(side.numbers)) + 10) / panel.width
    tall = (LINE * len(side.numbers) + 7) / panel.height
    if wide > 1 - tall:
        return None
    if not any(_reaches(b, 0, wide, 1 - tall, 1) for b in side.bins):
        return panel.left + 5, panel.bottom + panel.height - 1, "left"
    if not any(_reaches(b, 1 - wide, 1, 0, tall) for b in side.bins):
        return panel.left + panel.width - 5, panel.at(0, tall)[1] - 1, "right"
    return None


def _reaches(b: Bin, left: float, right: float, low: float, high: float) -> bool:
    """Whether anything that is drawn of the bin lies in the rectangle."""
    ends = (b.predicted, b.observed, *(b.band or ()))
    wide = b.lower < right and b.upper > left and min(ends) < high and max(ends) > low
    return wide or (
        b.interval is not None
        and left - 0.02 < b.predicted < right + 0.02
        and b.interval[0] < high
        and b.interval[1] > low
    )


def _numbers(lines: Sequence[str], corner: Corner | None) -> list[Mark]:
    if corner is None:
        return []
    x, y, align = corner
    return [Words(x, y - LINE * (i + 0.9), line, 7.5, align, bold=i == 0) for i, line in enumerate(lines)]


def _legend(level: float, columns: Sequence[float], y: float) -> list[Mark]:
    """Three keys, in as many columns as there are, downwards from y."""
    percent = f"{100 * level:g} %"
    (x0, y0), (x1, y1), (x2, y2) = [(columns[i % len(columns)], y - KEY * (i // len(columns))) for i in range(3)]
    return [
        Stroke((((x0 + 6, y0 - 2), (x0 + 6, y0 + 8)),), 0.9, panels.OBSERVED),
        Dots(((x0 + 6, y0 + 3),), 4.2, panels.OBSERVED, panels.OBSERVED),
        Words(x0 + 16, y0, f"observed, pointwise {percent} interval"),
        Area((box(x1, y1 - 1, x1 + 12, y1 + 7),), panels.GAP_FACE, panels.GAP_EDGE, "//////"),
        Words(x1 + 16, y1, "gap to the mean prediction"),
        Area((box(x2, y2 - 1, x2 + 12, y2 + 7),), panels.BAND, panels.BAND),
        Words(x2 + 16, y2, f"consistent with calibration ({percent})"),
    ]
