"""Foreign code in a process of its own: how it ends is told, and it is never waited for too long."""

from __future__ import annotations

import pytest

from calibrate.containers import apart
from calibrate.containers.apart import CRASHED, Trial


@pytest.mark.parametrize(
    ("code", "crashes"),
    [
        ("", False),
        ("raise ValueError", False),
        ("import os; os.abort()", True),
        (f"import sys; sys.exit({CRASHED})", True),
        ("import sys; sys.exit(sys.stdin.buffer.read() != b'some bytes')", False),
        ("import sys; sys.exit(3 if sys.argv[1:] == ['a', 'b'] else 0)", True),
    ],
    ids=["nothing", "an exception", "a signal", "a crash that it met itself", "its input", "its arguments"],
)
def test_how_it_ended(code: str, crashes: bool) -> None:
    assert Trial(code, "a", "b").crashes(b"some bytes") is crashes


def test_what_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PATIENCE", 0.1)
    assert Trial("import time; time.sleep(600)").crashes(b"")


def test_without_a_python_to_start_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Python is inside another program."""
    monkeypatch.setattr("sys.executable", "")
    assert not Trial("import os; os.abort()").crashes(b"")
