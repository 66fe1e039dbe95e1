"""Every way to end: the exit code, and what standard error says."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from calibrate.cli.exits import run
from calibrate.errors import CalibrateError


def raising(problem: BaseException) -> Callable[[], None]:
    def app() -> None:
        raise problem

    return app


def aborted_by_a_library() -> None:
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt as interruption:
        raise RuntimeError("Aborted!") from interruption


def pipe_closed_under_a_library() -> None:
    try:
        raise BrokenPipeError
    except OSError:
        sys.exit(1)


OUTCOMES: list[tuple[Callable[[], int | None], int, str]] = [
    (lambda: None, 0, ""),
    (lambda: 1, 1, ""),
    (raising(SystemExit(4)), 4, ""),
    (raising(SystemExit()), 0, ""),
    (raising(CalibrateError("E104", "a.csv: found 1", "do it")), 2, "error[E104]: a.csv: found 1\nhint: do it\n"),
    (
        raising(CalibrateError("E104", "two\nlines \x1b[31m")),
        2,
        "error[E104]: two\\nlines \\x1b[31m\nhint: calibrate explain E104\n",
    ),
    (raising(KeyboardInterrupt()), 130, ""),
    (raising(BrokenPipeError()), 141, ""),
    (
        raising(MemoryError()),
        2,
        "error[E509]: there is not enough memory for this\nhint: try fewer rows or columns at a time\n",
    ),
    (raising(KeyError("x\ny")), 3, "internal error: KeyError: 'x\\ny'; run with --debug for the details\n"),
    (raising(SystemExit("text")), 3, "internal error: SystemExit: text; run with --debug for the details\n"),
    (lambda: signal.raise_signal(signal.SIGINT), 130, ""),
    (lambda: signal.raise_signal(signal.SIGTERM), 143, ""),
    (lambda: signal.raise_signal(signal.SIGHUP), 129, ""),
    (aborted_by_a_library, 130, ""),
    (pipe_closed_under_a_library, 141, ""),
]


@pytest.mark.parametrize(("app", "code", "said"), OUTCOMES)
def test_outcomes(capsys: pytest.CaptureFixture[str], app: Callable[[], int | None], code: int, said: str) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert run(app, debug=False) == code
    assert capsys.readouterr().err == said
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_debug_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(raising(KeyError("x")), debug=True) == 3
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert said.endswith("internal error: KeyError: 'x'\n")


def test_a_second_signal_does_not_disturb_the_cleaning(capsys: pytest.CaptureFixture[str]) -> None:
    cleaned = []

    def app() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)
            cleaned.append(True)

    assert run(app, debug=False) == 143
    assert cleaned == [True]


def test_two_signals_at_the_same_moment() -> None:
    """Python handles one, then looks for the handler of the other: it must not complain that there is none."""
    both = f"[{signal.SIGINT:d}, {signal.SIGTERM:d}]"
    held = f"signal.pthread_sigmask(signal.SIG_BLOCK, {both}); [os.kill(os.getpid(), n) for n in {both}]"
    ended = program(f"{held}; signal.pthread_sigmask(signal.SIG_UNBLOCK, {both}); time.sleep(10)")
    assert (ended.returncode, ended.stderr) == (130, b"")


def program(body: str, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    code = "import os, sys, signal, time\nfrom calibrate.cli.exits import run\n"
    code += f"def app():\n    {body}\nsys.exit(run(app, debug=False, last=True))"
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **streams}
    return subprocess.run([sys.executable, "-c", code], check=False, **streams)


def closing(number: int) -> Callable[[], None]:
    return lambda: os.close(number)


@pytest.mark.parametrize("text", ["'x'", "'x' * 10**6"])
def test_a_pipe_that_nobody_reads(text: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = program(f"print({text})", stdout=writer)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize("text", ["'x'", "'x' * 10**6"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_standard_output(text: str, unbuffered: str) -> None:
    with open("/dev/full", "wb") as full:
        ended = program(f"print({text})", stdout=full, env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
    assert ended.returncode == 2
    assert (
        ended.stderr == b"error[E508]: standard output or standard error: cannot be written: No space left on device\n"
        b"hint: calibrate explain E508\n"
    )


@pytest.mark.parametrize("number", [0, 1, 2])
def test_closed_streams(number: int) -> None:
    body = "print('x'); print('note', file=sys.stderr); sys.stdin.read(); assert os.open('/dev/null', 0) > 2; return 4"
    streams = {name: None for j, name in enumerate(("stdin", "stdout", "stderr")) if j == number}
    assert program(body, preexec_fn=closing(number), **streams).returncode == 4


def test_a_character_that_the_terminal_does_not_know() -> None:
    ended = program("print('\\u732b')", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (ended.returncode, ended.stdout) == (0, b"\\u732b\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle(number: signal.Signals) -> None:
    ended = program(f"os.kill(os.getpid(), {number:d}); time.sleep(10)")
    assert (ended.returncode, ended.stderr) == (128 + number, b"")


def test_what_is_ignored_stays_ignored() -> None:
    ended = program(
        "os.kill(os.getpid(), signal.SIGHUP)", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    assert ended.returncode == 0


@pytest.mark.parametrize(
    "raised",
    [
        "MemoryError",
        "OSError(12, os.strerror(12))",
        "ImportError('libx.so: failed to map segment from shared object')",
        'RuntimeError("can\'t start new thread")',
    ],
)
def test_memory_that_cannot_be_had_is_no_bug_of_ours(raised: str) -> None:
    ended = program(f"raise {raised}")
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.startswith(b"error[E509]: there is not enough memory for this\nhint: ")


def test_a_thread_that_python_itself_cannot_start_has_that_message() -> None:
    """The message of the interpreter, by which the case is known, is still what it was."""
    limited = "import resource as r; r.setrlimit(r.RLIMIT_AS, (180 << 20,) * 2); import threading\n"
    ended = program(f"{limited}    threading.stack_size(1 << 28); threading.Thread(target=print).start()")
    assert (ended.returncode, ended.stderr[:12]) == (2, b"error[E509]:")


@pytest.mark.parametrize("raised", ["ImportError('no module')", "RuntimeError('else')"])
def test_other_errors_of_these_types_are_bugs(raised: str) -> None:
    assert program(f"raise {raised}").returncode == 3


def test_from_another_thread_signals_are_left_alone() -> None:
    """Python gives signals to the main thread, and lets no other set a handler."""
    before, codes = signal.getsignal(signal.SIGINT), list[int]()
    thread = threading.Thread(target=lambda: codes.append(run(raising(CalibrateError("E104", "a")), debug=False)))
    thread.start()
    thread.join()
    assert codes == [2]
    assert signal.getsignal(signal.SIGINT) is before


def test_streams_of_somebody_else() -> None:
    """As where a notebook or a test catches what is printed: what is in memory has no encoding to be told about."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert run(lambda: sys.stdout.write("\u732b\n") and None, debug=False) == 0
        assert run(raising(CalibrateError("E104", "\u732b")), debug=False) == 2
    assert out.getvalue() == "\u732b\n"
    assert err.getvalue().startswith("error[E104]: \u732b\nhint: ")


def test_a_stream_that_the_work_closed() -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert run(sys.stdout.close, debug=False) == 0
    assert program("sys.stdout.close(); return 4").returncode == 4
