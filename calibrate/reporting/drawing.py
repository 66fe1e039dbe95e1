"""Reliability diagrams as plain SVG: a dot per bin, as large as its rows are many; text stays text.

Points at the mean prediction and the observed frequency; whiskers are pointwise intervals, the grey band is where
a calibrated model would lie, the dashed diagonal is perfect calibration. Two colours that every eye tells
apart, and shapes that do without them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from calibrate.errors import shown
from calibrate.figures.panel import Bin, filled
from calibrate.results import Curve

INK, FAINT, RULE = "#1a1a1a", "#595959", "#8c8c8c"
NOW, THEN = "#0b3c6f", "#b0480a"
BAND = "#dcdcdc"
FONT = "system-ui,'Segoe UI',Roboto,'Helvetica Neue','Liberation Sans',Arial,sans-serif"
FIFTHS, HALVES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Frame:
    """Where a panel lies in its drawing, in pixels; both axes run from 0 to 1."""

    left: float
    top: float
    side: float

    def x(self, value: float) -> str:
        return _px(self.left + value * self.side)

    def y(self, value: float) -> str:
        return _px(self.top + (1 - value) * self.side)


def panel(curve: Curve, heading: str, beside: str, axes: tuple[str, str], names: tuple[str, str], key: str) -> str:
    """One large diagram. `names` are its title and description, `key` makes its ids unique on the page."""
    frame = Frame(46, 40, 246)
    bins = filled(curve)
    parts = [
        f'<text x="46" y="14" font-size="12.5" font-weight="600">{_safe(heading)}</text>',
        f'<text x="46" y="31" fill="{FAINT}">{_safe(beside)}</text>',
        _ground(frame, bins),
        *_ticks(frame, FIFTHS, left=True, below=True),
        *_points(frame, bins, NOW, largest=8.5),
        f'<text x="169" y="318" text-anchor="middle">{_safe(axes[0])}</text>',
        f'<text transform="translate(13 163) rotate(-90)" text-anchor="middle">{_safe(axes[1])}</text>',
    ]
    return _svg(302, 326, 11, names, key, parts)


def small(curves: Sequence[Curve], heading: str, beside: str, names: tuple[str, str], key: str) -> str:
    """A class in one small diagram: before hollow, after filled; the curve that is alone is filled."""
    frame = Frame(26, 30, 126)
    *earlier, latest = [filled(curve) for curve in curves]
    parts = [
        f'<text x="26" y="12" font-size="10.5" font-weight="600">{_safe(shown(heading, 22))}</text>',
        f'<text x="26" y="25" fill="{FAINT}" font-size="9.5">{_safe(beside)}</text>',
        _ground(frame, latest),
        *_ticks(frame, HALVES, left=True, below=True),
        *(part for bins in earlier for part in _points(frame, bins, THEN, largest=4.5, hollow=True)),
        *_points(frame, latest, NOW, largest=4.5, thin=True),
    ]
    return _svg(158, 172, 9.5, names, key, parts)


def sheet(drawings: Sequence[str], width: int, height: int, columns: int, names: tuple[str, str]) -> str:
    """Several drawings of one size on one sheet, as a file of its own."""
    rows = math.ceil(len(drawings) / columns)
    placed = [
        drawing.replace(
            "<svg ", f'<svg x="{i % columns * width}" y="{i // columns * height}" width="{width}" height="{height}" ', 1
        )
        for i, drawing in enumerate(drawings)
    ]
    wide, tall = width * min(columns, len(drawings)), height * rows
    body = f'<rect width="{wide}" height="{tall}" fill="#fff"/>' + "".join(placed)
    return _svg(wide, tall, 11, names, "sheet", [body], f' width="{wide}" height="{tall}"')


def _svg(
    width: int, height: int, size: float, names: tuple[str, str], key: str, parts: Sequence[str], more: str = ""
) -> str:
    title, description = map(_safe, names)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg"{more} viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="{key}-t {key}-d" font-family="{FONT}" font-size="{size}" fill="{INK}">'
        f'<title id="{key}-t">{title}</title><desc id="{key}-d">{description}</desc>{"".join(parts)}</svg>'
    )


def _ground(frame: Frame, bins: Sequence[Bin]) -> str:
    """Bands, diagonal and outline."""
    bands = "".join(
        f"M{frame.x(b.lower)} {frame.y(b.band[1])}H{frame.x(b.upper)}V{frame.y(b.band[0])}H{frame.x(b.lower)}Z"
        for b in bins
        if b.band
    )
    band = f'<path d="{bands}" fill="{BAND}" stroke="{BAND}"/>' if bands else ""
    diagonal = f"M{frame.x(0)} {frame.y(0)}L{frame.x(1)} {frame.y(1)}"
    outline = f"M{frame.x(0)} {frame.y(0)}V{frame.y(1)}H{frame.x(1)}V{frame.y(0)}Z"
    return (
        f'{band}<path d="{diagonal}" stroke="{FAINT}" stroke-dasharray="5 3.5" fill="none"/>'
        f'<path d="{outline}" stroke="{RULE}" fill="none"/>'
    )


def _ticks(frame: Frame, ticks: Sequence[float], *, left: bool, below: bool) -> list[str]:
    parts = []
    if below:
        marks = "".join(f"M{frame.x(t)} {frame.y(0)}v4" for t in ticks)
        parts += [f'<path d="{marks}" stroke="{RULE}"/>']
        parts += [
            f'<text x="{frame.x(t)}" y="{_px(frame.top + frame.side + 14)}" text-anchor="middle">{t:g}</text>'
            for t in ticks
        ]
    if left:
        marks = "".join(f"M{frame.x(0)} {frame.y(t)}h-4" for t in ticks)
        parts += [f'<path d="{marks}" stroke="{RULE}"/>']
        parts += [
            f'<text x="{_px(frame.left - 7)}" y="{frame.y(t)}" dy=".32em" text-anchor="end">{t:g}</text>' for t in ticks
        ]
    return parts


def _points(
    frame: Frame, bins: Sequence[Bin], colour: str, *, largest: float, hollow: bool = False, thin: bool = False
) -> list[str]:
    """Whiskers, then dots whose area goes with the rows."""
    most = max((b.count for b in bins), default=1)
    whiskers = "".join(
        f"M{frame.x(b.predicted)} {frame.y(b.interval[0])}V{frame.y(b.interval[1])}" for b in bins if b.interval
    )
    dots = "".join(
        f'<circle cx="{frame.x(b.predicted)}" cy="{frame.y(b.observed)}" '
        f'r="{_px(max(largest * math.sqrt(b.count / most), 1.6))}"/>'
        for b in bins
    )
    face = 'fill="#fff" fill-opacity=".75"' if hollow else f'fill="{colour}" fill-opacity=".82"'
    lines = (
        ""
        if hollow or not whiskers
        else f'<path d="{whiskers}" stroke="{colour}" stroke-width="{0.8 if thin else 1.2}"/>'
    )
    return [lines, f'<g {face} stroke="{colour}">{dots}</g>']


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _safe(text: str) -> str:
    return escape(shown(text, len(text)))
