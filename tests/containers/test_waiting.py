"""Named pipes: nobody is waited for too long, and whoever comes may take his time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from calibrate.api.load import load_model
from calibrate.containers.opening import Limits, open_input
from calibrate.containers.waiting import open_waiting
from calibrate.errors import CalibrateError


@pytest.fixture
def pipe(tmp_path: Path) -> str:
    path = str(tmp_path / "pipe")
    os.mkfifo(path)
    return path


def writer(path: str, body: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", f"import time\nwith open({path!r}, 'wb') as file:\n    {body}"])


def test_nobody_comes(pipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CalibrateError, match=r"nobody opened for writing in 0\.05 s") as caught:
        open_waiting(pipe, 0.05)
    assert caught.value.code == "E102"
    assert "CALIBRATE_MAX_WAIT" in caught.value.hint
    with pytest.raises(CalibrateError, match="in 1 s"):
        open_input(pipe, Limits(max_wait=1))
    monkeypatch.setenv("CALIBRATE_MAX_WAIT", "1")
    with pytest.raises(CalibrateError, match="in 1 s"):
        load_model(pipe)


def test_who_came_may_think(pipe: str) -> None:
    process = writer(pipe, "time.sleep(1.5); file.write(b'1,2\\n3,4\\n')")
    while not os.path.exists(pipe):
        time.sleep(0.01)
    descriptor, first = open_waiting(pipe, 60)  # until the interpreter has started
    assert os.get_blocking(descriptor)
    with open(descriptor, "rb") as file:
        assert first + file.read() == b"1,2\n3,4\n"
    assert process.wait() == 0


def test_who_was_there_first_may_think_too(pipe: str) -> None:
    """Somebody has it open and has written nothing yet: that is not nobody, however long it takes."""
    writer = os.open(pipe, os.O_RDWR)
    descriptor, first = open_waiting(pipe, 0.0)
    assert (first, os.get_blocking(descriptor)) == (b"", True)
    os.write(writer, b"1,2\n")
    os.close(writer)
    with open(descriptor, "rb") as file:
        assert file.read() == b"1,2\n"


def test_all_bytes_come_in_their_order(pipe: str) -> None:
    process = writer(pipe, "file.write(bytes(range(256)) * 10_000)")
    assert open_input(pipe, Limits()).content.read(1 << 22, 0) == bytes(range(256)) * 10_000
    assert process.wait() == 0


def test_who_comes_and_writes_nothing_leaves_an_empty_file(pipe: str) -> None:
    process = writer(pipe, "pass")
    with pytest.raises(CalibrateError, match=r"empty|nobody"):
        open_input(pipe, Limits(max_wait=20))
    assert process.wait() == 0


def test_a_pipe_without_a_name_that_is_closed_is_empty() -> None:
    read, write = os.pipe()
    os.close(write)
    begun = time.monotonic()
    with pytest.raises(CalibrateError) as caught:
        open_input(f"/dev/fd/{read}", Limits(max_wait=30 if sys.platform == "linux" else 1))
    os.close(read)
    assert caught.value.code in {"E107", "E102"}
    assert time.monotonic() - begun < 25


def test_a_plain_file_is_not_read_ahead(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    descriptor, first = open_waiting(str(tmp_path / "x"), 1)
    assert first == b""
    assert os.read(descriptor, 9) == b"abc"
    os.close(descriptor)


def test_where_the_system_tells_nobody_it_is_asked_again(pipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS, whose poll(2) comes back at once from a pipe that nobody has opened."""
    monkeypatch.setattr(sys, "platform", "darwin")
    process = writer(pipe, "file.write(b'1,2\\n3,4\\n')")
    assert open_input(pipe, Limits()).content.read(99, 0) == b"1,2\n3,4\n"
    assert process.wait() == 0
    with pytest.raises(CalibrateError, match=r"nobody opened for writing in 0\.05 s") as caught:
        open_waiting(pipe, 0.05)
    assert caught.value.code == "E102"
