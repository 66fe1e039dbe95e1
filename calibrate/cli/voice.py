"""What a command says: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from shutil import get_terminal_size
from textwrap import fill
from typing import TYPE_CHECKING

from calibrate.errors import shown, tame

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Voice:
    """Notes go to standard error unless `quiet`; colours only on a terminal that wants them."""

    quiet: bool = False
    no_color: bool = False

    def note(self, line: str) -> None:
        """A sentence on standard error, if there is one: a line, or on a terminal as many as it takes."""
        if not self.quiet and sys.stderr is not None:
            text = tame(shown(line, 2000))
            if sys.stderr.isatty():
                width = get_terminal_size().columns
                text = fill(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
            print(text, file=sys.stderr)

    def notes(self, lines: Iterable[str]) -> None:
        """Each as a line."""
        for line in lines:
            self.note(line)

    def answer(self, text: str) -> None:
        """The result, on standard output."""
        if sys.stdout is not None:
            sys.stdout.write(text)
            sys.stdout.flush()

    def answer_lines(self, lines: Iterable[str]) -> None:
        """The result as lines of text."""
        self.answer("".join(f"{tame(line)}\n" for line in lines))

    @property
    def is_watched(self) -> bool:
        """Whether somebody sees what moves: standard error is a terminal that can, and not told to be quiet."""
        return not self.quiet and sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def console(self) -> Console:
        """Rich's, on standard error."""
        from rich.console import Console

        return Console(stderr=True, no_color=self.no_color or None, emoji=False)

    @property
    def color(self) -> bool:
        """Whether standard output is a terminal that takes colours."""
        return on_terminal() and not (self.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb")

    @property
    def plain(self) -> bool:
        """Whether standard output knows no more than ASCII."""
        encoding = getattr(sys.stdout, "encoding", None) or "ascii"
        return not encoding.lower().replace("-", "").startswith("utf")


def on_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()
