"""System calls that write, in a forked child: counted, and at one of them something happens.

The functions of `os` are replaced in the child alone; nothing of this lies in the program. What strace can do to a
real process is in `traced.py`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALLS = ("open", "write", "fsync", "mkdir", "chmod", "link", "rename", "replace", "unlink", "rmdir")
CLEANING = frozenset({"unlink", "rmdir", "chmod"})
"""What may fail without harm: the run says nothing, and a later one tries again."""


TAKING_ROOM = frozenset({"open", "write", "fsync", "mkdir", "link"})
"""What a full disk refuses; names are still replaced and removed."""


@dataclass(frozen=True)
class Moment:
    """At call number `at` (from 0) of those that write: `act(real call, its name, its arguments)` instead of it.

    lasting  the same from all later calls that take room
    log      the names of all calls go there
    """

    at: int
    act: Callable[[Callable[..., Any], str, tuple[Any, ...]], Any]
    lasting: bool = False
    log: Path | None = None

    def __call__(self) -> None:
        """Replace the functions; to be called in the child."""
        from calibrate.outputs import write

        counted = [0]
        log = None if self.log is None else os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for name in CALLS:
            setattr(os, name, self._around(getattr(os, name), name, counted, log))
        write.exchange = self._around(write.exchange, "exchange", counted, log)

    def _around(self, real: Callable[..., Any], name: str, counted: list[int], log: int | None) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            if (name == "open" and not arguments[1] & os.O_CREAT) or (name == "write" and arguments[0] <= 2):
                return real(*arguments, **more)
            number = counted[0]
            counted[0] += 1
            if log is not None:
                _WRITE(log, f"{name}\n".encode())
            if number == self.at or (self.lasting and number > self.at and name in TAKING_ROOM):
                return self.act(real, name, arguments)
            return real(*arguments, **more)

        return call


_WRITE = os.write


def nothing(real: Callable[..., Any], name: str, arguments: tuple[Any, ...]) -> Any:
    """The call as it is."""
    return real(*arguments)


def kill_before(real: Callable[..., Any], name: str, arguments: tuple[Any, ...]) -> Any:
    """The process ends instead of the call; half of what was to be written is."""
    if name == "write":
        real(arguments[0], memoryview(arguments[1])[: len(arguments[1]) // 2])
    os.kill(os.getpid(), signal.SIGKILL)


def kill_after(real: Callable[..., Any], name: str, arguments: tuple[Any, ...]) -> Any:
    """The process ends right after the call, whatever came of it."""
    try:
        real(*arguments)
    finally:
        os.kill(os.getpid(), signal.SIGKILL)


def fail(number: int) -> Callable[[Callable[..., Any], str, tuple[Any, ...]], Any]:
    """The call fails with an error number; of what was to be written half is."""
    wrote: list[bool] = []

    def act(real: Callable[..., Any], name: str, arguments: tuple[Any, ...]) -> Any:
        if name == "write" and not wrote and len(arguments[1]) > 1:
            wrote.append(True)
            real(arguments[0], memoryview(arguments[1])[: len(arguments[1]) // 2])
        raise OSError(number, os.strerror(number))

    return act


def interrupt(number: int) -> Callable[[Callable[..., Any], str, tuple[Any, ...]], Any]:
    """A signal comes right before the call, which then happens."""

    def act(real: Callable[..., Any], name: str, arguments: tuple[Any, ...]) -> Any:
        signal.raise_signal(number)
        return real(*arguments)

    return act
