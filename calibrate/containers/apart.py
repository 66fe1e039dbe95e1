"""Foreign code on foreign bytes, tried in a process of its own: where it crashes, that is an error and not our end.

A library that is not written in Python may abort the process that it runs in (memory that cannot be had, an assertion
of its own), which no `except` sees. Whoever asks here first can refuse the file instead.
"""

from __future__ import annotations

import subprocess
import sys

CRASHED = 3
"""Exit code by which the code says that it met a crash itself, and caught it."""
PATIENCE, RATE = 60.0, 1 << 20
"""Seconds that are waited in any case, and bytes for each further one."""


class Trial:
    """`code`, run by this Python from now on with `arguments`; `crashes(data)` gives it its standard input."""

    def __init__(self, code: str, *arguments: str) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if sys.executable:  # where Python is inside another program there is none
            quiet = subprocess.DEVNULL
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-c", code, *arguments], stdin=subprocess.PIPE, stdout=quiet, stderr=quiet
            )

    def crashes(self, data: bytes) -> bool:
        """Whether the code ends by a signal, by `CRASHED`, or not at all; what else it meets, it meets here again."""
        if self._process is None:
            return False
        with self._process as process:
            try:
                process.communicate(data, PATIENCE + len(data) / RATE)
            except subprocess.TimeoutExpired:
                return True
            finally:
                process.kill()
        return process.returncode < 0 or process.returncode == CRASHED
