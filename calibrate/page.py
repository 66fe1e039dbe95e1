"""Tables and text as lines of 80 columns: the only place that knows how Rich prints."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.box import ASCII, SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from calibrate.errors import tame

WIDTH = 80


def ruled(title: str, plain: bool, *, wide: bool = True) -> Table:
    """An empty table with a rule under its head, as wide as the page or as its cells; `plain` keeps to ASCII."""
    head = Text(title, style="bold") if title else None
    return Table(
        title=head,
        title_justify="left",
        box=ASCII if plain else SIMPLE_HEAD,
        pad_edge=False,
        width=WIDTH if wide else None,
    )


def printed(items: Sequence[RenderableType], *, color: bool = False) -> str:
    """The items under each other, no line longer than 80 columns, none with blanks at its end."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=WIDTH,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for item in items:
        console.print(item)
    return "\n".join(tame(line.rstrip()) for line in out.getvalue().splitlines()).rstrip() + "\n"
