"""How the program ends: every outcome is an exit code and at most a few clean lines on standard error.

0 to 4 as README says (2: an error with its code, 3: a bug of ours); 141 a closed pipe; 128 + the number of a signal:
130 Ctrl-C, 143 SIGTERM, 129 a closed terminal. Whatever ends the work, what it wrote aside is removed first.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any, TextIO, cast

from calibrate.errors import CalibrateError, shown, tame

CLOSED_PIPE = 141
Handler = Callable[[int, FrameType | None], Any] | int | None
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NOT_LOADED = "failed to map segment"
"""What the loader of the C library says where a library does not fit into memory."""
NO_THREAD = "can't start new thread"
"""What Python says where a thread gets no stack."""
_LINE = 2000  # characters of one line, at most


def run(app: Callable[[], int | None], *, debug: bool, last: bool = False) -> int:
    """Call `app`; the exit code: the one that it returns or raises, 0 for none, else by the table above.

    `debug` shows the traceback of what is no error of the user. `last`: the process ends after this, so signals stay
    ignored once the outcome is certain; else the handlers that were there come back.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    caught: list[int] = []
    streams: tuple[TextIO, ...] = ()
    problem: BaseException | None = None
    code = 0
    try:
        try:
            streams = _open_streams()
            _listen(before, caught)
            code = app() or 0
        finally:
            _set_handlers(dict.fromkeys(_SIGNALS, _ignore))  # the outcome stands; what came just now goes here
            _set_handlers(dict.fromkeys(_SIGNALS, signal.SIG_IGN))
    except BaseException as raised:
        problem = raised
    blocked = [trouble for trouble in map(_let_go, streams) if trouble is not None]
    if problem is not None and caught:  # whatever a library made of the interruption
        code = 128 + caught[0]
    elif problem is not None or blocked:
        code = _code_of(problem, blocked, debug)
    if not last:
        _set_handlers(before)
    return code


def _code_of(problem: BaseException | None, blocked: list[OSError], debug: bool) -> int:
    if any(isinstance(each, BrokenPipeError) for each in (*_chain(problem), *blocked)):
        return CLOSED_PIPE
    if isinstance(problem, SystemExit) and isinstance(problem.code, int | None):
        return problem.code or 0
    if isinstance(problem, KeyboardInterrupt):
        return 128 + signal.SIGINT
    if _lacks_memory(problem):
        problem = CalibrateError("E509", "there is not enough memory for this", "try fewer rows or columns at a time")
    if isinstance(problem, OSError) and problem.filename is None:  # unbuffered streams fail at once and forget it
        blocked = [problem, *blocked]
    if blocked and not isinstance(problem, CalibrateError):
        reason = os.strerror(blocked[0].errno or 0)
        problem = CalibrateError("E508", f"standard output or standard error: cannot be written: {reason}")
    if isinstance(problem, CalibrateError):
        return _say_error(problem)
    return _say_bug(problem, debug)


def _lacks_memory(problem: BaseException | None) -> bool:
    """Whether memory could not be had: for objects, for a process, for a library that is loaded, for a thread."""
    return any(
        isinstance(each, MemoryError)
        or (isinstance(each, OSError) and each.errno == errno.ENOMEM)
        or (isinstance(each, ImportError) and NOT_LOADED in str(each))
        or (isinstance(each, RuntimeError) and str(each) == NO_THREAD)
        for each in _chain(problem)
    )


def _say_error(error: CalibrateError) -> int:
    _say(f"error[{error.code}]: {shown(error.message, _LINE)}")
    _say(f"hint: {shown(error.hint or f'calibrate explain {error.code}', _LINE)}")
    return 2


def _say_bug(problem: BaseException | None, debug: bool) -> int:
    if debug:
        _say("".join(traceback.format_exception(problem)).rstrip())
    then = "" if debug else "; run with --debug for the details"
    _say(f"internal error: {type(problem).__name__}: {shown(problem, _LINE)}{then}")
    return 3


def _say(text: str) -> None:
    """On standard error, if anybody is there to read."""
    with suppress(OSError, ValueError):
        print("\n".join(map(tame, text.split("\n"))), file=sys.stderr, flush=True)
    _let_go(sys.stderr)


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    """An exception and those during whose handling it was raised: the one that matters may be underneath."""
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__


def _listen(before: dict[signal.Signals, Handler], caught: list[int]) -> None:
    """From now on the first signal is noted in `caught` and raises in the main thread; further ones are ignored."""

    def handle(number: int, _: FrameType | None) -> None:
        _set_handlers(dict.fromkeys(_SIGNALS, _ignore))
        caught.append(number)
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

    # ignored already: by nohup, or by a shell that runs us in the background
    _set_handlers({number: handle for number, handler in before.items() if handler is not signal.SIG_IGN})


def _ignore(number: int, _: FrameType | None) -> None:
    """A handler for further signals: SIG_IGN would have Python complain of one that is waiting for its handler."""


def _set_handlers(handlers: Mapping[signal.Signals, Handler]) -> None:
    if threading.current_thread() is threading.main_thread():  # Python gives signals to no other
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _open_streams() -> tuple[TextIO, TextIO]:
    """Standard output and error: a closed one becomes the null device, and none fails on a character."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
    sys.stdin = sys.stdin or _null("r")
    sys.stdout = sys.stdout or _null("w")
    sys.stderr = sys.stderr or _null("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return sys.stdout, sys.stderr


def _null(mode: str) -> TextIO:
    return cast(TextIO, open(os.devnull, mode, encoding="utf-8"))


def _let_go(stream: TextIO) -> OSError | None:
    """Flush; where that fails, what is left goes nowhere, so that the interpreter does not fail on it at its end."""
    try:
        stream.flush()
    except OSError as problem:
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
            stream.flush()
        return problem
    except ValueError:  # closed by the work itself
        return None
    return None
