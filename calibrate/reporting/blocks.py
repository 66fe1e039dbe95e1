"""What a page consists of: sections of paragraphs, lists, facts, tables and figures, before any format is asked.

Text is plain text; the formats escape it. So a word from a user's file is written once and is harmless everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Code:
    """Something to be typed or compared letter by letter."""

    text: str


@dataclass(frozen=True)
class Strong:
    """What the eye should find first."""

    text: str


@dataclass(frozen=True)
class Ref:
    """Another section, by its id; printed as its number and title."""

    id: str


Line = str | tuple["str | Code | Strong | Ref", ...]


@dataclass(frozen=True)
class Para:
    """A paragraph. lead: the sentence that matters; aside: small print; notice: what must not be overlooked."""

    line: Line
    tone: Literal["", "lead", "aside", "notice"] = ""


@dataclass(frozen=True)
class Items:
    """A list of lines."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Facts:
    """Names and what is known under them; several lines are several paragraphs."""

    pairs: tuple[tuple[str, tuple[Line, ...]], ...]


@dataclass(frozen=True)
class Cell:
    """A cell; `below` are smaller lines under it: an interval, a noise floor."""

    text: Line = ""
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class Head:
    """The head of a column; numbers are set flush right."""

    text: str
    number: bool = False


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows. `note` stands beneath it; `number` is given by the outline."""

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    number: int = 0


@dataclass(frozen=True)
class Drawing:
    """An SVG that is ours, with the text for those who cannot see it."""

    svg: str
    title: str
    description: str


@dataclass(frozen=True)
class Figure:
    """Drawings beside each other under one caption; `name` is the file that Markdown refers to."""

    name: str
    caption: str
    drawings: tuple[Drawing, ...]
    small: bool = False
    number: int = 0


@dataclass(frozen=True)
class Listing:
    """Lines to be typed."""

    text: str


@dataclass(frozen=True)
class Sub:
    """A heading inside a section."""

    title: str


Block = Para | Items | Facts | Table | Figure | Listing | Sub


@dataclass(frozen=True)
class Section:
    """A part of the report; its number is given by the outline."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    number: int = 0


@dataclass(frozen=True)
class Page:
    """The whole report. `verdict` is its kind (for a colour) and its sentence."""

    title: str
    subtitle: str
    verdict: tuple[str, str]
    facts: Facts
    sections: tuple[Section, ...]


def cells(*texts: Line) -> tuple[Cell, ...]:
    """A row of plain cells."""
    return tuple(Cell(text) for text in texts)


def heads(*texts: str) -> tuple[Head, ...]:
    """Heads of columns; those that begin with `>` stand above numbers.

    >>> heads("class", ">rows")[1]
    Head(text='rows', number=True)
    """
    return tuple(Head(text.removeprefix(">"), text.startswith(">")) for text in texts)
