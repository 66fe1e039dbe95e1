"""Bytes by position: whole, in parts, in another process, and of a file that changes."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import pytest

from calibrate.containers.content import FileBytes, MemoryBytes
from calibrate.containers.opening import Limits, open_input
from calibrate.errors import CalibrateError

DATA = bytes(range(200))


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "x").write_bytes(DATA)
    return str(tmp_path / "x")


def opened(path: str) -> FileBytes:
    return FileBytes(path, os.open(path, os.O_RDONLY))


def test_files_and_memory_read_alike(path: str) -> None:
    for content in (opened(path), MemoryBytes(DATA), MemoryBytes(bytearray(DATA))):
        assert content.size == 200
        for n, at in ((3, 0), (3, 198), (500, 0), (5, 200), (5, 300)):
            assert content.read(n, at) == DATA[at : at + n]
        buffer = bytearray(4)
        content.read_into(memoryview(buffer), 7)
        assert buffer == DATA[7:11]


def test_a_part_ends_where_it_ends(path: str) -> None:
    part = opened(path).part(10, 5)
    assert part.read(99, 1) == DATA[11:15]
    assert pickle.loads(pickle.dumps(part)).read(99, 0) == DATA[10:15]


def test_a_file_that_shrinks_is_noticed(path: str) -> None:
    content = opened(path)
    os.truncate(path, 100)
    with pytest.raises(CalibrateError) as caught:
        content.read(200, 0)
    assert caught.value.code == "E117"
    with pytest.raises(CalibrateError):
        content.read_into(memoryview(bytearray(200)), 0)
    with pytest.raises(CalibrateError):
        content.sha256()


def test_another_process_refuses_another_file(path: str) -> None:
    sent = pickle.dumps(opened(path))
    assert pickle.loads(sent).read(3, 0) == DATA[:3]
    Path(path).write_bytes(DATA + b"x")
    with pytest.raises(CalibrateError, match="changed"):
        pickle.loads(sent)
    os.remove(path)
    with pytest.raises(CalibrateError, match="no such file"):
        pickle.loads(sent)


def test_the_descriptor_goes_with_the_object(path: str) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(20):
        opened(path).part(0, 1).read(1, 0)
    assert before == (len(os.listdir("/proc/self/fd")) if before else 0)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "x: permission to read it is denied"),
        (OSError(errno.EMFILE, "Too many open files"), "x: cannot be opened: too many open files"),
        (OSError("of its own"), "x: cannot be opened: of its own"),
    ],
)
def test_what_the_system_does_not_open(
    path: str, monkeypatch: pytest.MonkeyPatch, problem: OSError, words: str
) -> None:
    def refuse(*_: object) -> int:
        raise problem

    sent = pickle.dumps(opened(path))
    monkeypatch.setattr(os, "open", refuse)
    for asked in (lambda: open_input(path, Limits()), lambda: pickle.loads(sent)):
        with pytest.raises(CalibrateError) as caught:
            asked()
        assert caught.value.code == "E102"
        assert caught.value.message.endswith(words)
