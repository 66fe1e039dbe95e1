"""What a command says: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from calibrate.errors import shown


@dataclass(frozen=True)
class Voice:
    """Notes go to standard error unless `quiet`; colours only on a terminal that wants them."""

    quiet: bool = False
    no_color: bool = False

    def note(self, line: str) -> None:
        """One line on standard error, if there is one; a closed one is no reason to stop."""
        if not self.quiet and sys.stderr is not None:
            print(shown(line, 2000), file=sys.stderr)

    def notes(self, lines: Iterable[str]) -> None:
        """Each as a line."""
        for line in lines:
            self.note(line)

    def answer(self, text: str) -> None:
        """The result, on standard output."""
        if sys.stdout is not None:
            sys.stdout.write(text)
            sys.stdout.flush()

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
