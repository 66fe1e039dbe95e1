"""The first moments of the command, before it can end by its own rules."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping

import pytest

START = """
import os, sys, types
stand_in = types.ModuleType("calibrate.cli.start")
def start(arguments, *, last):
    {body}
    return 7
stand_in.start = start
sys.modules["calibrate.cli.start"] = stand_in
sys.argv = ["calibrate", "fit"]
from calibrate.__main__ import main
sys.exit(main())
"""


def run(
    body: str, environment: Mapping[str, str] | None = None, preexec_fn: Callable[[], object] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", START.format(body=body)],
        env={**os.environ, **(environment or {})},
        preexec_fn=preexec_fn,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_early_interruption_ends_without_a_word() -> None:
    ended = run("import signal; os.kill(os.getpid(), signal.SIGINT)")
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


def test_where_interruptions_are_ignored_they_stay_so() -> None:
    ended = run(
        "import signal; os.kill(os.getpid(), signal.SIGINT)",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert (ended.returncode, ended.stderr) == (7, "")


@pytest.mark.parametrize("name", ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"])
def test_blas_is_told_of_one_thread_before_numpy_comes(name: str) -> None:
    ended = run(f"assert 'numpy' not in sys.modules; print(os.environ['{name}'])", {name: "4"})
    assert (ended.returncode, ended.stdout) == (7, "1\n")
