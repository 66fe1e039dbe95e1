"""The system's part: exchange in one step, locks that end with their holder."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from calibrate.errors import CalibrateError
from calibrate.outputs.exchange import exchange, held, is_at, sync_folder, take
from calibrate.outputs.manifest import check_folder
from calibrate.outputs.write import write_folder


def test_two_folders_are_exchanged(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_bytes(b"")
    if exchange(str(tmp_path / "a"), str(tmp_path / "b")):  # else this file system cannot: nothing was done
        assert os.listdir(tmp_path / "a") == ["b"]
        assert os.listdir(tmp_path / "b") == ["a"]
    else:
        assert os.listdir(tmp_path / "a") == ["a"]


def test_what_is_missing_is_trouble(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        exchange(str(tmp_path / "a"), str(tmp_path / "b"))


def test_a_held_folder_is_held_once(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    with held(str(tmp_path)):
        assert not take(descriptor, wait=False)
    assert take(descriptor, wait=False)
    os.close(descriptor)


def test_where_a_descriptor_is(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    descriptor = os.open(folder, os.O_RDONLY)
    assert is_at(descriptor, str(folder))
    folder.rename(tmp_path / "b")
    assert not is_at(descriptor, str(folder))
    folder.mkdir()
    assert not is_at(descriptor, str(folder))
    os.close(descriptor)
    sync_folder(str(tmp_path))


def two_folders(place: Path) -> tuple[str, str]:
    for name in "ab":
        (place / name).mkdir()
        (place / name / name).write_bytes(b"")
    return str(place / "a"), str(place / "b")


def test_macos_is_asked_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = two_folders(tmp_path)

    def renamex_np(one: bytes, other: bytes, flag: ctypes.c_uint) -> int:
        assert flag.value == 2  # RENAME_SWAP
        os.rename(one, tmp_path / "between")
        os.rename(other, one)
        os.rename(tmp_path / "between", other)
        return 0

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace(renamex_np=renamex_np))
    assert exchange(left, right)
    assert (os.listdir(left), os.listdir(right)) == (["b"], ["a"])


@pytest.mark.parametrize("platform", ["darwin", "linux", "freebsd"])
def test_a_library_that_knows_no_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    left, right = two_folders(tmp_path)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace())
    assert not exchange(left, right)
    assert (os.listdir(left), os.listdir(right)) == (["a"], ["b"])


def test_a_file_system_without_locks_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refuse(descriptor: int, how: int) -> None:
        asked.append(how)
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    assert not take(descriptor, wait=True)
    os.close(descriptor)
    assert len(asked) == 1
    with held(str(tmp_path)):
        pass
    for text in (b"old", b"new"):
        write_folder(tmp_path / "out", {"x": text})
        assert (tmp_path / "out" / "x").read_bytes() == text
    assert os.listdir(tmp_path) == ["out"]


def test_a_folder_that_cannot_be_synchronised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some file systems of a network; trouble of the disk is told."""
    sync, number = os.fsync, errno.EINVAL

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    sync_folder(str(tmp_path))
    write_folder(tmp_path / "out", {"x": b"old"})
    assert check_folder(tmp_path / "out") == ("x",)
    number = errno.EIO
    with pytest.raises(CalibrateError, match="cannot be written: Input/output error") as caught:
        write_folder(tmp_path / "out", {"x": b"new"})
    assert caught.value.code == "E501"


def test_a_lock_is_waited_for_but_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder, other = os.open(tmp_path, os.O_RDONLY), os.open(tmp_path, os.O_RDONLY)
    assert take(holder, wait=False)
    pauses = list[float]()
    monkeypatch.setattr(time, "sleep", pauses.append)
    assert not take(other, wait=True)
    assert 5 <= sum(pauses) <= 20

    def leave(_: float) -> None:
        fcntl.flock(holder, fcntl.LOCK_UN)

    monkeypatch.setattr(time, "sleep", leave)
    assert take(other, wait=True)
    for descriptor in (holder, other):
        os.close(descriptor)


def test_a_folder_that_is_exchanged_while_it_is_waited_for_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = two_folders(tmp_path)
    holder = os.open(left, os.O_RDONLY)
    assert take(holder, wait=False)

    def exchanged(_: float) -> None:
        os.rename(left, tmp_path / "gone")
        os.rename(right, left)
        os.close(holder)

    monkeypatch.setattr(time, "sleep", exchanged)
    with held(left):
        assert os.listdir(left) == ["b"]
        descriptor = os.open(left, os.O_RDONLY)
        assert not take(descriptor, wait=False)
        os.close(descriptor)
