"""Under a limit of the address space the program works, or says that memory lacks; no library ends it."""

from __future__ import annotations

import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from calibrate import memory
from calibrate.errors import CalibrateError

MB = 1 << 20
UNLIMITED = resource.RLIM_INFINITY

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system enforces no such limit")


def fit(data: Path, out: Path, megabytes: int) -> subprocess.CompletedProcess[str]:
    """`calibrate fit` in a process that may have so much."""
    cap = partial(resource.setrlimit, resource.RLIMIT_AS, (megabytes * MB,) * 2)
    command = [sys.executable, "-m", "calibrate", "fit", str(data), "--no-plot", "-o", str(out)]
    return subprocess.run(command, preexec_fn=cap, capture_output=True, text=True, check=False, timeout=100)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table that is large enough for polars."""
    path = tmp_path_factory.mktemp("data") / "many.csv"
    zeros = "0" * 40
    rows = [f"{a}{zeros},{b}{zeros},{c}\n" for a, b, c in ((1.25, -0.5, "cat"), (0.5, 2.5, "dog"), (1.5, 1.25, "dog"))]
    path.write_text("cat,dog,label\n" + "".join(rows) * 16_000)
    return path


@pytest.mark.parametrize("megabytes", [64, 128, 192, 255])
def test_too_little_to_start_with(megabytes: int, many: Path, tmp_path: Path) -> None:
    ended = fit(many, tmp_path / "out", megabytes)
    assert (ended.returncode, ended.stdout) == (2, "")
    found = f"error[E509]: this process may have {megabytes} MB of address space, expected at least 256 MB\n"
    assert ended.stderr == found + "hint: raise the limit, as in 'ulimit -v unlimited'\n"
    assert not (tmp_path / "out").exists()


def test_without_room_for_polars_the_bytes_are_the_same(many: Path, tmp_path: Path) -> None:
    assert fit(many, tmp_path / "narrow", 640).returncode == 0
    assert fit(many, tmp_path / "wide", 16_000).returncode == 0
    for name in ("probabilities.csv", "model.json"):
        assert (tmp_path / "narrow" / name).read_bytes() == (tmp_path / "wide" / name).read_bytes()


def test_parquet_that_polars_has_no_room_for(many: Path, tmp_path: Path) -> None:
    import polars as pl

    packed = tmp_path / "many.parquet"
    pl.read_csv(many).write_parquet(packed)
    ended = fit(packed, tmp_path / "out", 1024)
    assert ended.returncode == 2
    assert "many.parquet: reading Parquet takes 1," in ended.stderr
    assert ended.stderr.startswith("error[E509]: ")
    assert not (tmp_path / "out").exists()
    assert fit(packed, tmp_path / "out", 16_000).returncode == 0


def test_writing_parquet_is_refused_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from calibrate.writers.parquet import write

    monkeypatch.setattr(memory, "limit", lambda: 300 * MB)
    with (tmp_path / "out").open("wb") as out, pytest.raises(CalibrateError) as caught:
        write(out, iter([np.full((1, 2), 0.5)]), names=("a", "b"), ids=None, id_name=None, n=1)
    assert caught.value.code == "E509"
    assert not (tmp_path / "out").stat().st_size


def test_no_limit_is_room_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (UNLIMITED, UNLIMITED))
    assert memory.limit() is None
    memory.require()
    assert memory.holds_polars(1 << 60)


def test_room_shrinks_with_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64_000 * MB, UNLIMITED))
    memory.require()
    assert memory.holds_polars(1000 * MB)
    assert not memory.holds_polars(16_000 * MB)


def test_where_the_system_does_not_tell_nothing_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Path) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1 << 60, UNLIMITED))
    monkeypatch.setattr(Path, "read_text", fails)
    assert memory.holds_polars(1000 * MB)
