"""A bar for passes that take long: an executor around another, drawn on standard error while the pass goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING

from calibrate.rows import Block, Collect, Execute, Load
from calibrate.sums import Sums

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

DELAY = 0.5
"""Seconds that a pass has taken before anything is drawn."""


@dataclass(frozen=True)
class Watched:
    """`execute`, whose sums are given as they are, with a bar for every pass that takes longer than `DELAY`."""

    execute: Execute
    console: Callable[[], Console]
    clock: Callable[[], float] = time.monotonic

    def __call__(self, collect: Collect, loads: tuple[Load, ...]) -> Sums:
        """The sums of one pass."""
        bar = _Bar(len(loads), self.console, self.clock)
        try:
            return self.execute(collect, tuple(_Counted(load, bar) for load in loads))
        finally:
            bar.close()


class _Bar:
    """How many blocks of a pass are loaded; drawn only when the pass has taken long, from whichever thread."""

    def __init__(self, total: int, console: Callable[[], Console], clock: Callable[[], float]) -> None:
        self._total, self._console, self._clock = total, console, clock
        self._begun = clock()
        self._count = count()
        self._lock = Lock()
        self._drawn: Progress | None = None

    def step(self) -> None:
        done = next(self._count)
        if self._clock() - self._begun < DELAY:
            return
        with self._lock:
            if self._drawn is None:
                self._drawn = _started(self._console(), self._total)
        self._drawn.update(self._drawn.task_ids[0], completed=done)

    def close(self) -> None:
        if self._drawn is not None:
            self._drawn.stop()


@dataclass(frozen=True)
class _Counted:
    load: Load
    bar: _Bar = field(repr=False)

    def __call__(self) -> Block:
        self.bar.step()
        return self.load()

    def __reduce__(self) -> tuple[Callable[[Load], Load], tuple[Load]]:
        """In another process nobody sees the bar: the load alone travels."""
        return _itself, (self.load,)


def _itself(load: Load) -> Load:
    return load


def _started(console: Console, total: int) -> Progress:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    drawn = Progress(TextColumn("calculating"), BarColumn(), TaskProgressColumn(), console=console, transient=True)
    drawn.add_task("", total=total)
    drawn.start()
    return drawn
