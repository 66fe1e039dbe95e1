"""Opening a path without waiting for ever: a named pipe that nobody opens for writing is given up after some time."""

from __future__ import annotations

import os
import select
import stat
import sys
import time

from calibrate.containers.content import PIECE
from calibrate.errors import CalibrateError, named


def open_waiting(path: str, seconds: float) -> tuple[int, bytes]:
    """A descriptor of `path`, opened for reading, and the bytes that were read of it already (of a pipe alone).

    Who has the pipe open may think as long as he likes. Raises `OSError`, or `CalibrateError` E102: nobody came.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        first = _first(path, descriptor, seconds) if pipe else b""
        os.set_blocking(descriptor, True)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, first


def _first(path: str, descriptor: int, seconds: float) -> bytes:
    """The first bytes of a pipe; none where somebody has it open and has written nothing yet, or left without."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    until = time.monotonic() + seconds
    came = False
    while True:
        try:
            first = os.read(descriptor, PIECE)
        except BlockingIOError:
            return b""
        if first or came:
            return first
        left = until - time.monotonic()
        if left <= 0:
            hint = "start what writes into it, or set CALIBRATE_MAX_WAIT higher (seconds)"
            raise CalibrateError(
                "E102", f"{named(path)}: a named pipe that nobody opened for writing in {seconds:g} s", hint
            )
        if sys.platform == "linux":
            came = bool(waiting.poll(left * 1000))  # not before somebody opened it
        else:
            time.sleep(min(left, 0.02))
