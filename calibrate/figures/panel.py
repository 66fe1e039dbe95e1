"""One panel of a reliability diagram: where a curve's bins lie in points, and the marks that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from calibrate.figures.sheet import FAINT, INK, Area, Dots, Point, Stroke, Words, box
from calibrate.results import Curve

OBSERVED = "#0b3c6f"
EARLIER = "#b0480a"
GAP_FACE = "#fbe3d2"
GAP_EDGE = "#c85a11"
BAND = "#d4d4d4"
COUNT = "#8ca6c0"
FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Panel:
    """A rectangle in points whose axes both run from 0 to 1."""

    left: float
    bottom: float
    width: float
    height: float

    def at(self, across: float, up: float) -> Point:
        """The point of the coordinates (0..1, 0..1)."""
        return self.left + across * self.width, self.bottom + up * self.height

    def box(self, left: float, bottom: float, right: float, top: float) -> tuple[Point, ...]:
        """A rectangle, made visible where it is thinner than a stroke."""
        (x0, y0), (x1, y1) = self.at(left, bottom), self.at(right, top)
        if x1 - x0 < 2:
            x0 = min(max((x0 + x1) / 2 - 1, self.left), self.left + self.width - 2)
            x1 = x0 + 2
        return box(x0, y0, x1, y1)

    def frame(self) -> Stroke:
        """The outline."""
        corners = box(self.left, self.bottom, self.left + self.width, self.bottom + self.height)
        return Stroke(((*corners, corners[0]),), 0.7)

    def diagonal(self) -> Stroke:
        """Where observed equals predicted."""
        return Stroke(((self.at(0, 0), self.at(1, 1)),), 0.8, FAINT, (4, 2.5))

    def across(self, ticks: Sequence[float] = FIFTHS, size: float = 7.5) -> list[Stroke | Words]:
        """Ticks and numbers below the panel."""
        places = [(tick, self.at(tick, 0)) for tick in ticks]
        lines = tuple((place, (place[0], place[1] - 2.5)) for _, place in places)
        numbers = [Words(x, y - 4 - size, f"{tick:g}", size, "center") for tick, (x, y) in places]
        return [Stroke(lines, 0.6), *numbers]

    def upwards(self, ticks: Sequence[float] = FIFTHS, size: float = 7.5) -> list[Stroke | Words]:
        """Ticks and numbers left of the panel."""
        places = [(tick, self.at(0, tick)) for tick in ticks]
        lines = tuple(((place[0] - 2.5, place[1]), place) for _, place in places)
        numbers = [Words(x - 4, y - 0.36 * size, f"{tick:g}", size, "right") for tick, (x, y) in places]
        return [Stroke(lines, 0.6), *numbers]


@dataclass(frozen=True)
class Bin:
    """A bin that holds rows."""

    lower: float
    upper: float
    count: int
    predicted: float
    observed: float
    interval: tuple[float, float] | None
    band: tuple[float, float] | None


def filled(curve: Curve) -> list[Bin]:
    """The bins of a curve that hold rows, in order."""
    return [
        Bin(lower, upper, count, predicted, observed, _pair(low, high), _pair(band_low, band_high))
        for lower, upper, count, predicted, observed, low, high, band_low, band_high in zip(
            curve.lower,
            curve.upper,
            curve.count,
            curve.predicted,
            curve.observed,
            curve.low,
            curve.high,
            curve.band_low,
            curve.band_high,
            strict=True,
        )
        if predicted is not None and observed is not None
    ]


def _pair(low: float | None, high: float | None) -> tuple[float, float] | None:
    return None if low is None or high is None else (low, high)


def bands(panel: Panel, bins: Sequence[Bin]) -> Area:
    """Per bin, where the observed frequency of a calibrated model would lie."""
    return Area(tuple(panel.box(b.lower, b.band[0], b.upper, b.band[1]) for b in bins if b.band), BAND, BAND)


def gaps(panel: Panel, bins: Sequence[Bin]) -> Area:
    """Per bin, the rectangle between the observed frequency and the mean prediction, hatched."""
    outlines = (panel.box(b.lower, min(b.predicted, b.observed), b.upper, max(b.predicted, b.observed)) for b in bins)
    return Area(tuple(outlines), GAP_FACE, GAP_EDGE, "//////")


def whiskers(panel: Panel, bins: Sequence[Bin], cap: float, width: float = 0.9, colour: str = OBSERVED) -> Stroke:
    """Per bin, the interval of the observed frequency at the mean prediction."""
    lines: list[tuple[Point, ...]] = []
    for b in bins:
        if b.interval:
            (x, low), (_, high) = panel.at(b.predicted, b.interval[0]), panel.at(b.predicted, b.interval[1])
            lines.append(((x, low), (x, high)))
            if cap:
                lines += [((x - cap, end), (x + cap, end)) for end in (low, high)]
    return Stroke(tuple(lines), width, colour)


def dots(
    panel: Panel, bins: Sequence[Bin], colour: str = OBSERVED, *, size: float, face: str = "", line: float = 1.0
) -> Dots:
    """Per bin, observed frequency at the mean prediction; hollow where `face` is another colour."""
    return Dots(tuple(panel.at(b.predicted, b.observed) for b in bins), size, face or colour, colour, line)


def joined(panel: Panel, bins: Sequence[Bin], colour: str, dash: tuple[float, ...] = ()) -> Stroke:
    """The line through the dots, broken where bins do not touch."""
    pairs = ((a, b) for a, b in pairwise(bins) if a.upper == b.lower)
    lines = ((panel.at(a.predicted, a.observed), panel.at(b.predicted, b.observed)) for a, b in pairs)
    return Stroke(tuple(lines), 1.0, colour, dash)


def histogram(panel: Panel, bins: Sequence[Bin], most: int, apart: float = 8.5) -> list[Area | Words | Stroke]:
    """How many rows each bin holds; the number above each bar as long as numbers are `apart` points from each other."""
    room = 30.0
    tall = (panel.height - room) / panel.height / max(most, 1)
    marks: list[Area | Words | Stroke] = [
        Area(tuple(panel.box(b.lower, 0, b.upper, b.count * tall) for b in bins), COUNT, INK, line=0.4)
    ]
    taken: list[float] = []
    for b in sorted(bins, key=lambda one: -one.count):
        x, y = panel.at((b.lower + b.upper) / 2, b.count * tall)
        x = min(max(x, panel.left + 4.5), panel.left + panel.width - 4.5)
        if all(abs(x - other) >= apart for other in taken):
            taken.append(x)
            marks.append(Words(x, y + 2.5, compact(b.count), 7.0, turned=True))
    return [*marks, panel.frame()]


def compact(count: int) -> str:
    """A count in at most five characters or so.

    >>> [compact(n) for n in (9_999, 12_345, 999_950, 1_234_567_890)]
    ['9,999', '12.3k', '1M', '1.23G']
    """
    if count < 10_000:
        return f"{count:,}"
    mantissa, exponent = f"{count:.2e}".split("e")
    power, shift = divmod(int(exponent), 3)
    if power > 4:
        return f"{float(mantissa):g}e{int(exponent)}"
    return f"{float(mantissa) * 10**shift:.3g}{' kMGT'[power]}"
