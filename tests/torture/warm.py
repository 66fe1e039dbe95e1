"""The program in a child of a warmed process: a start takes milliseconds, so that thousands of runs can be killed.

Everything is imported once, here; a child is forked, gets arguments and streams of its own, and runs `main` of the
program. What a fork cannot show (closed streams, the end of the interpreter) is run in real processes: `real`.
"""

from __future__ import annotations

import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

LONGEST = 60.0
"""Seconds after which a run counts as hanging."""
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TRACES = ("Traceback (most recent call last)", "Exception ignored", "Fatal Python error", "internal error")


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit code (negative: the number of a signal), what it said on standard error, its memory."""

    code: int
    said: str
    megabytes: int = 0

    @property
    def wrongs(self) -> tuple[str, ...]:
        """What no run may do."""
        found = [f"said {text!r}: {self.said.strip()[-300:]}" for text in TRACES if text in self.said]
        if self.code == -signal.SIGALRM:
            found.append(f"hung for {LONGEST:.0f} s")
        return tuple(found[:1])


class Child:
    """A forked run of the program."""

    def __init__(
        self, arguments: Sequence[str], *, cwd: Path | None = None, before: Callable[[], None] | None = None
    ) -> None:
        """`before` is called in the child, as late as can be."""
        _imported()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        sys.stdout.flush()
        sys.stderr.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # a signal that comes at once must meet the child's own state
        try:
            self.pid = os.fork()
            if not self.pid:
                _be(arguments, self._said.fileno(), cwd, before)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def is_running(self) -> bool:
        """Whether it has not ended, without waiting."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None

    def wait(self) -> Ended:
        """Wait for its end; a hanging run ends by its own alarm."""
        _, status, used = os.wait4(self.pid, 0)
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")
        self._said.close()
        megabytes = used.ru_maxrss >> (20 if sys.platform == "darwin" else 10)
        return Ended(os.waitstatus_to_exitcode(status), said, megabytes)


def run(arguments: Sequence[str], **more: Any) -> Ended:
    """One forked run, to its end."""
    return Child(arguments, **more).wait()


def real(arguments: Sequence[str], *, prefix: Sequence[str] = (), **more: Any) -> subprocess.Popen[bytes]:
    """A process of its own, as a shell starts it; options as of `Popen`."""
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen([*prefix, sys.executable, "-m", "calibrate", *arguments], **(streams | more))


def ended(process: subprocess.Popen[bytes]) -> Ended:
    """Wait for a real process."""
    try:
        _, said = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Ended(-signal.SIGALRM, "")
    return Ended(process.returncode, (said or b"").decode(errors="replace"))


def seconds(arguments: Sequence[str], **more: Any) -> float:
    """How long a run takes: the median of three."""
    times = []
    for _ in range(3):
        begun = time.monotonic()
        run(arguments, **more)
        times.append(time.monotonic() - begun)
    return sorted(times)[1]


@cache
def _imported() -> None:
    """Import the whole program and what it loads late; nothing that starts a thread is called."""
    import calibrate

    for module in pkgutil.walk_packages(calibrate.__path__, "calibrate."):
        if not module.name.endswith(("__main__", ".dask", ".pdf")):
            import_module(module.name)
    for name in (
        "matplotlib.figure",
        "matplotlib.backends.backend_svg",
        "matplotlib.backends.backend_agg",
        "typer.main",
    ):
        import_module(name)


def _be(arguments: Sequence[str], said: int, cwd: Path | None, before: Callable[[], None] | None) -> None:
    """In the child: run the program and end, whatever happens."""
    code = 70
    try:
        signal.alarm(int(LONGEST))
        for number in ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        null = os.open(os.devnull, os.O_RDWR)
        for target, source in ((0, null), (1, null), (2, said)):
            os.dup2(source, target)
        if cwd is not None:
            os.chdir(cwd)
        sys.argv = ["calibrate", *arguments]
        from calibrate.__main__ import main

        if before is not None:
            before()
        code = main()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)
