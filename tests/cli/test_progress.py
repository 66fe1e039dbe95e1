"""The bar comes late, goes away, and changes nothing."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator

import numpy as np
import pytest
from rich.console import Console

from calibrate.cli.progress import Watched
from calibrate.executors.threads import Threads
from calibrate.rows import Block, Collect, Execute, Load, from_arrays, serial
from calibrate.sums import Sums

ROWS = from_arrays(np.random.default_rng(1).normal(size=(100, 3)), rows_per_block=10)
CURSOR_BACK = "\x1b[?25h"


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def total(block: Block) -> Sums:
    return {"sum": np.exp(block.scores).sum(axis=0)}


class Screen:
    """A terminal, and an executor that draws on it by a clock that each look moves on."""

    def __init__(self, seconds_per_block: float, execute: Execute = serial) -> None:
        self.ticks: Iterator[float] = (seconds_per_block * i for i in range(1000))
        self.file = io.StringIO()
        self.console = Console(file=self.file, force_terminal=True, width=60, color_system=None)
        self.execute = Watched(execute, lambda: self.console, lambda: next(self.ticks))


@pytest.mark.parametrize("execute", [serial, Threads(3)])
def test_a_quick_pass_draws_nothing(execute: Execute) -> None:
    screen = Screen(0.049, execute)
    assert screen.execute(total, ROWS.loads).keys() == {"sum"}
    assert screen.file.getvalue() == ""


@pytest.mark.parametrize("execute", [serial, Threads(3)])
def test_a_long_pass_has_a_bar_that_goes_away_and_the_same_sums(execute: Execute) -> None:
    screen = Screen(0.2, execute)
    found = screen.execute(total, ROWS.loads)["sum"]
    assert np.array_equal(np.asarray(found), np.asarray(ROWS.sum(total)["sum"]))
    assert "calculating" in screen.file.getvalue()
    assert "%" in screen.file.getvalue()
    assert screen.file.getvalue().endswith("\x1b[2K")  # the line is erased
    assert CURSOR_BACK in screen.file.getvalue()


def test_an_interruption_takes_the_bar_away() -> None:
    def interrupted(block: Block) -> Sums:
        if block.start == 80:
            raise KeyboardInterrupt
        return total(block)

    screen = Screen(0.2)
    with pytest.raises(KeyboardInterrupt):
        screen.execute(interrupted, ROWS.loads)
    assert CURSOR_BACK in screen.file.getvalue()


def test_what_is_shipped_is_the_load_alone() -> None:
    shipped: list[bytes] = []

    def shipping(collect: Collect, loads: tuple[Load, ...]) -> Sums:
        shipped.extend(pickle.dumps(load) for load in loads)
        return serial(collect, loads)

    Screen(0.0, shipping).execute(total, ROWS.loads)
    assert not any(b"_Bar" in text for text in shipped)
    assert [pickle.loads(text)().start for text in shipped] == list(range(0, 100, 10))
