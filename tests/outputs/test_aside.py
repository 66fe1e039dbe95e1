"""What lies aside is locked by its writer; only what nobody holds is swept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calibrate.errors import CalibrateError
from calibrate.outputs import aside
from calibrate.outputs.exchange import is_at


def test_sweep_takes_what_killed_runs_left_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".calibrate-0000000000000000").mkdir()
    (tmp_path / ".calibrate-0000000000000000" / "model.json").write_bytes(b"half")
    (tmp_path / ".calibrate-1111111111111111").write_bytes(b"half")
    kept = [".calibrate-notes", ".calibrate-0", "x.calibrate-0000000000000000", ".calibrate-000000000000000g"]
    for name in kept:
        (tmp_path / name).write_bytes(b"mine")
    with aside.new_folder(str(tmp_path), "out") as folder, aside.new_file(str(tmp_path), "out") as (file, _):
        aside.sweep(str(tmp_path))
        assert sorted(os.listdir(tmp_path)) == sorted([*kept, os.path.basename(folder), os.path.basename(file)])
        assert not aside.is_free(folder)
        assert not aside.is_free(file)
    assert sorted(os.listdir(tmp_path)) == sorted(kept)
    aside.sweep(str(tmp_path / "missing"))


def test_a_link_of_such_a_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_bytes(b"mine")
    (tmp_path / ".calibrate-0000000000000000").symlink_to("precious")
    aside.sweep(str(tmp_path))
    assert (tmp_path / "precious" / "file").read_bytes() == b"mine"


def test_fill_tells_the_digest(tmp_path: Path) -> None:
    with open(tmp_path / "x", "wb") as file:
        digest = aside.fill(file.fileno(), lambda out: out.writelines([b"ab"] * 1_000_000), "x")
    data = (tmp_path / "x").read_bytes()
    assert data == b"ab" * 1_000_000
    assert digest == hashlib.sha256(data).hexdigest()


def test_what_the_system_refuses_names_the_output() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(CalibrateError, match=r"a\\x1b/out.csv: cannot be written: No space left on device"):
        aside.fill(descriptor, b"x", "a\x1b/out.csv")
    os.close(descriptor)


def sweeping(call: Callable[..., int], folder: Path) -> Callable[..., int]:
    """The call, before whose first time another run sweeps the folder."""
    swept = False

    def answer(*arguments: Any, **named: Any) -> int:
        nonlocal swept
        if not swept and any(map(aside.is_aside, os.listdir(folder))):
            swept = True
            aside.sweep(str(folder))
            assert os.listdir(folder) == []
        return call(*arguments, **named)

    return answer


def test_a_file_that_is_swept_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "take", sweeping(aside.take, tmp_path))
    with aside.new_file(str(tmp_path), "out") as (name, descriptor):
        assert os.listdir(tmp_path) == [os.path.basename(name)]
        assert is_at(descriptor, name)
        aside.fill(descriptor, b"x", "out")
        assert Path(name).read_bytes() == b"x"
        assert not aside.is_free(name)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("where", "call"), [(aside, "take"), (os, "open")], ids=["locked", "opened"])
def test_a_folder_that_is_swept_before_it_is_held_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: object, call: str
) -> None:
    monkeypatch.setattr(where, call, sweeping(getattr(where, call), tmp_path))
    with aside.new_folder(str(tmp_path), "out") as name:
        assert os.listdir(tmp_path) == [os.path.basename(name)]
        assert not aside.is_free(name)
    assert os.listdir(tmp_path) == []


def test_what_lies_aside_goes_although_its_removal_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink, interruptions = os.unlink, [KeyboardInterrupt]

    def interrupted(path: str) -> None:
        if interruptions:
            raise interruptions.pop()
        unlink(path)

    monkeypatch.setattr(os, "unlink", interrupted)
    with pytest.raises(KeyboardInterrupt), aside.new_file(str(tmp_path), "out") as (_, descriptor):
        pass
    assert os.listdir(tmp_path) == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
