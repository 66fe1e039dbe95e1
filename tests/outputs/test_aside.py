"""What lies aside is locked by its writer; only what nobody holds is swept."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from calibrate.errors import CalibrateError
from calibrate.outputs import aside


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
