"""The system's part: exchange in one step, locks that end with their holder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from calibrate.outputs.exchange import exchange, held, is_at, sync_folder, take


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
