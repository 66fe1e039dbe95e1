"""Small multiples: one small reliability diagram per class or event, before and after in the same panel."""

from __future__ import annotations

import math
from collections.abc import Sequence

from calibrate.errors import shown
from calibrate.figures import panel as panels
from calibrate.figures import words
from calibrate.figures.page import LEFT, MARGIN, PAGE, foot, surround, wrapped
from calibrate.figures.panel import Bin, Panel
from calibrate.figures.sheet import Area, Dots, Mark, Sheet, Stroke, Words, box
from calibrate.results import Curve, Estimate, Result, Variant

GUTTER = 10.0
HEAD = 27.0
COLUMNS = 5
MOST = 20
HALVES = (0.0, 0.5, 1.0)
FIRM = 10
"""Rows that a bin needs to be joined to its neighbours."""
BAND_KEY = 250.0


def event_curves(variant: Variant) -> list[Curve]:
    """The curves of classes or events, without that of the top label."""
    return [curve for curve in variant.curves if curve.kind == "event"]


def per_class(result: Result) -> Sheet:
    """The sheet of all classes or events, in their order."""
    count = len(event_curves(result.before))
    variants = [side for side in words.variants(result) if len(event_curves(side[1])) == count]
    curves = [event_curves(variant) for _, variant in variants]
    errors = [_errors(variant, count) for _, variant in variants]
    columns = math.ceil(count / math.ceil(count / COLUMNS))
    rows = math.ceil(count / columns)
    side = (PAGE - LEFT - MARGIN - GUTTER * (columns - 1)) / columns
    caption = wrapped(words.caption(result), PAGE - 2 * MARGIN)
    bottom = foot(caption) + 60
    top = bottom + rows * (side + HEAD)
    what = "classes, one against the rest" if result.task == "multiclass" else "events"
    title = f"Reliability of each of {count} {what}"
    marks: list[Mark] = [
        *surround(PAGE, top + 30, title, words.overall(result), caption),
        *_legend([heading for heading, _ in variants], f"{100 * result.level:g} %", foot(caption) + 15),
        Words(LEFT - 24, (bottom + top - HEAD) / 2, "observed frequency", 8, "center", turned=True),
        Words((LEFT + PAGE - MARGIN) / 2, bottom - 24, "predicted probability", 8, "center"),
    ]
    for place, (drawn, values) in enumerate(zip(zip(*curves, strict=True), zip(*errors, strict=True), strict=True)):
        row, column = divmod(place, columns)
        panel = Panel(LEFT + column * (side + GUTTER), top - row * (side + HEAD) - side - HEAD, side, side)
        marks += _cell(panel, drawn, values)
        marks += panel.upwards(HALVES, 7) if column == 0 else []
        marks += panel.across(HALVES, 7) if place + columns >= count else []
    return Sheet(PAGE, top + 30, title, words.described(result, variants, curves), tuple(marks))


def _errors(variant: Variant, count: int) -> Sequence[Estimate | None]:
    """The calibration error of each class, from the metric that has it by class."""
    for name in ("classwise_ece", "ece"):
        parts = variant.metrics[name].parts if name in variant.metrics else ()
        if len(parts) == count:
            return parts
    return [None] * count


def _cell(panel: Panel, curves: Sequence[Curve], errors: Sequence[Estimate | None]) -> list[Mark]:
    *earlier, latest = [panels.filled(curve) for curve in curves]
    x, y = panel.at(0, 1)
    values = [None if one is None else one.value for one in errors]
    known = [value for value in values if value is not None]
    numbered = len(known) == len(curves)
    marks: list[Mark] = [
        Words(x, y + (13 if numbered else 4), shown(curves[0].label), 7.5, bold=True, room=panel.width),
        panels.bands(panel, latest),
        panel.diagonal(),
        panel.frame(),
    ]
    if numbered:
        marks.append(Words(x, y + 4, "ECE " + " → ".join(map(words.number, known)), 7, room=panel.width))
    for bins in earlier:
        marks += _line(panel, bins, panels.EARLIER, "white", (2.5, 1.5))
    return [*marks, panels.whiskers(panel, latest, cap=0, width=0.6), *_line(panel, latest, panels.OBSERVED)]


def _line(panel: Panel, bins: Sequence[Bin], colour: str, face: str = "", dash: tuple[float, ...] = ()) -> list[Mark]:
    """Dots, joined where they stand on enough rows to mean something; small ones elsewhere."""
    firm, faint = [b for b in bins if b.count >= FIRM], [b for b in bins if b.count < FIRM]
    return [
        panels.joined(panel, firm, colour, dash),
        panels.dots(panel, faint, colour, face=face, size=1.4, line=0.6),
        panels.dots(panel, firm, colour, face=face, size=3.0),
    ]


def _legend(headings: Sequence[str], level: str, y: float) -> list[Mark]:
    marks: list[Mark] = []
    x = LEFT
    *earlier, latest = headings
    for heading in earlier:
        marks += [
            Stroke((((x, y + 3), (x + 16, y + 3)),), 1.0, panels.EARLIER, (2.5, 1.5)),
            Dots(((x + 8, y + 3),), 3.0, "white", panels.EARLIER),
            Words(x + 20, y, heading, 7.5),
        ]
        x += 62
    text = f"{latest or 'observed'} (pointwise {level} interval)"
    marks += [
        Stroke((((x, y + 3), (x + 16, y + 3)), ((x + 8, y - 2), (x + 8, y + 8))), 1.0, panels.OBSERVED),
        Dots(((x + 8, y + 3),), 3.0, panels.OBSERVED, panels.OBSERVED),
        Words(x + 20, y, text, 7.5),
        Dots(((LEFT + 8, y - 9),), 1.4, panels.OBSERVED, panels.OBSERVED, 0.6),
        Words(LEFT + 20, y - 12, f"bin of fewer than {FIRM} rows, not joined", 7.5),
        Area((box(BAND_KEY, y - 13, BAND_KEY + 12, y - 5),), panels.BAND, panels.BAND),
        Words(BAND_KEY + 16, y - 12, f"consistent with calibration ({level})", 7.5),
    ]
    return marks
