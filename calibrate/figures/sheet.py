"""A sheet of marks in points: what a figure consists of, before any drawing library is asked.

Coordinates are points (1/72 inch) from the lower left corner. Marks are painted in their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]

INK = "#1a1a1a"
FAINT = "#5a5a5a"


@dataclass(frozen=True)
class Stroke:
    """Lines of one kind; `dash` gives lengths on and off in points, () a solid line."""

    lines: tuple[tuple[Point, ...], ...]
    width: float
    colour: str = INK
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Area:
    """Filled polygons of one kind, hatched in the edge's colour where `hatch` is not empty."""

    outlines: tuple[tuple[Point, ...], ...]
    face: str
    edge: str = "none"
    hatch: str = ""
    line: float = 0.6


@dataclass(frozen=True)
class Dots:
    """Round markers of `size` points across."""

    points: tuple[Point, ...]
    size: float
    face: str
    edge: str
    line: float = 1.0


@dataclass(frozen=True)
class Words:
    """One line of text on the base line y, shortened where it is longer than `room` points.

    room        needed for every text that holds foreign words: without it the text is our own and drawn as it is
    turned      runs upwards, centred on x; `align` then speaks of the vertical
    """

    x: float
    y: float
    text: str
    size: float = 7.5
    align: Literal["left", "center", "right"] = "left"
    bold: bool = False
    turned: bool = False
    colour: str = INK
    room: float | None = None


Mark = Stroke | Area | Dots | Words


@dataclass(frozen=True)
class Sheet:
    """A whole figure; `title` and `description` are its text for those who cannot see it."""

    width: float
    height: float
    title: str
    description: str
    marks: tuple[Mark, ...]


def box(left: float, bottom: float, right: float, top: float) -> tuple[Point, ...]:
    """The rectangle as a polygon."""
    return (left, bottom), (right, bottom), (right, top), (left, top)
