"""Outputs are whole or not there: after every failing call, every interrupted line, every kill, and side by side."""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

import pytest

from calibrate.errors import CalibrateError
from calibrate.outputs import aside, exchange, manifest, places
from calibrate.outputs import write as outputs
from calibrate.outputs.places import ready_for_file, ready_for_folder, refuse_inputs, same_file
from calibrate.outputs.write import gzipped, write_file, write_files, write_folder

CALLS = ("open", "mkdir", "write", "fsync", "link", "rename", "replace")
SOURCES = {module.__file__ for module in (outputs, places, aside, manifest, exchange)}


def stream(data: bytes) -> Callable[[BinaryIO], None]:
    def write(out: BinaryIO) -> None:
        for byte in data:
            out.write(bytes([byte]))

    return write


OLD: dict[str, aside.Content] = {"model.json": b"old model", "result.json": b"old", "probabilities.csv": b"old p"}
NEW: dict[str, aside.Content] = {
    "model.json": b"new model",
    "result.json": b"new",
    "probabilities.npy": stream(b"new p"),
}


def held_by(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} if folder.is_dir() else {}


def plain(files: dict[str, aside.Content]) -> dict[str, bytes]:
    return {name: b"new p" if callable(content) else content for name, content in files.items()}


def written(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in held_by(folder).items() if name != manifest.MANIFEST}


def leftovers(place: Path) -> list[str]:
    return [path for path in map(str, place.rglob("*")) if aside.is_aside(os.path.basename(path))]


@pytest.fixture
def no_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "exchange", lambda left, right: False)


# --- one file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"abc", stream(b"abc"), stream(b"x" * 5000)], ids=["none", "bytes", "stream", "long"]
)
def test_a_file_holds_its_content(tmp_path: Path, content: aside.Content) -> None:
    path = tmp_path / "out.csv"
    write_file(path, b"before")
    write_file(path, content)
    expected = content if isinstance(content, bytes) else path.read_bytes()
    assert path.read_bytes() == expected
    assert os.listdir(tmp_path) == ["out.csv"]


def test_an_existing_file_keeps_its_mode_and_a_link_its_place(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"before")
    target.chmod(0o640)
    link.symlink_to("target")
    write_file(link, b"after")
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_to_nothing_is_written_where_it_points(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("later")
    write_file(tmp_path / "link", b"x")
    assert (tmp_path / "later").read_bytes() == b"x"


WRONG_FILES = [
    ("folder", "E502", "is a folder"),
    ("new/", "E502", "is no name of a file"),
    ("", "E502", "is no name of a file"),
    ("missing/out.csv", "E503", "found no folder"),
    ("file/out.csv", "E501", "Not a directory"),
    ("missing/../file/out.csv", "E502", "file is a file, expected a folder"),
    ("loop", "E501", "symbolic links"),
    ("n" * 300, "E501", "name too long"),
]


@pytest.mark.parametrize("write", [lambda path: write_file(path, b"x"), ready_for_file], ids=["write", "ready"])
@pytest.mark.parametrize(("name", "code", "words"), WRONG_FILES)
def test_a_wrong_path_is_refused(
    tmp_path: Path, write: Callable[[str], None], name: str, code: str, words: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "loop").symlink_to("loop")
    with contextlib.chdir(tmp_path), pytest.raises(CalibrateError, match=words) as caught:
        write(name)
    assert caught.value.code == code
    assert caught.value.hint
    assert sorted(os.listdir(tmp_path)) == ["file", "folder", "loop"]


def test_a_read_only_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"mine")
    monkeypatch.setattr(os, "access", lambda where, mode: os.fspath(where) != str(path))  # root may write anything
    with pytest.raises(CalibrateError, match=r"out: cannot be written: it is read-only"):
        write_file(path, b"x")
    assert path.read_bytes() == b"mine"


def test_devices_and_pipes_are_written_as_they_are(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_file("/dev/null", b"x")
    write_file("/dev/stdout", b"to standard output")
    assert capfd.readouterr().out == "to standard output"
    with pytest.raises(CalibrateError, match="/dev/full: cannot be written: No space left on device"):
        write_file("/dev/full", b"x")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    write_file(fifo, b"through the pipe")
    assert os.read(reader, 100) == b"through the pipe"
    os.close(reader)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_closed_pipe_stays_one() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        write_file(f"/dev/fd/{writer}", b"x")
    os.close(writer)


def test_gzip_is_the_same_in_every_run(tmp_path: Path) -> None:
    for name in "ab":
        write_file(tmp_path / name, gzipped(stream(b"text")))
        time.sleep(0.01)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert gzip.decompress((tmp_path / "a").read_bytes()) == b"text"
    assert (tmp_path / "a").read_bytes()[4:8] == bytes(4)  # no time


# --- one folder -------------------------------------------------------------------------------------------------------


def test_a_new_folder_and_those_above_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "out"
    write_folder(folder, NEW)
    assert written(folder) == plain(NEW)
    assert set(manifest.check_folder(folder)) == set(NEW)
    assert os.listdir(tmp_path / "a" / "b") == ["out"]


def test_our_own_earlier_output_is_exchanged(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_folder(folder, OLD)
    folder.chmod(0o750)
    before = folder.stat()
    write_folder(folder, NEW)
    assert written(folder) == plain(NEW)
    assert folder.stat().st_ino != before.st_ino
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert os.listdir(tmp_path) == ["out"]


def test_without_exchange_the_files_are_replaced(tmp_path: Path, no_exchange: None) -> None:
    folder = tmp_path / "out"
    write_folder(folder, OLD)
    before = folder.stat().st_ino
    write_folder(folder, NEW)
    assert written(folder) == plain(NEW)
    assert set(manifest.check_folder(folder)) == set(NEW)
    assert folder.stat().st_ino == before
    assert leftovers(tmp_path) == []


def test_across_a_mount_the_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    write_folder(folder, OLD)
    rename = os.rename

    def refuse_folders(source: str, target: str) -> None:
        if os.path.dirname(source) != os.path.dirname(target) or target == str(folder):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuse_folders)
    write_folder(folder, NEW)
    assert written(folder) == plain(NEW)
    assert leftovers(tmp_path) == []


def test_what_fails_across_a_mount_leaves_the_earlier_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    write_folder(folder, OLD)
    rename = os.rename

    def refuse(source: str, target: str) -> None:
        if target == str(folder):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        if os.path.dirname(source) != os.path.dirname(target):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(CalibrateError, match="out: cannot be written: Input/output error") as caught:
        write_folder(folder, NEW)
    assert (caught.value.code, "choose another place" in caught.value.hint) == ("E501", True)
    assert written(folder) == plain(OLD)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("name", ["link", "./out/", "out/../out", "."])
def test_folders_by_other_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("out")
    write_folder("out", OLD)
    inode = (tmp_path / "out").stat().st_ino
    if name == ".":
        monkeypatch.chdir(tmp_path / "out")
    write_folder(name, NEW)
    assert written(tmp_path / "out") == plain(NEW)
    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "out").stat().st_ino == inode) == (name == "."), "the current folder stays the one it is"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    write_folder(tmp_path, NEW)
    assert written(tmp_path) == plain(NEW)


def test_foreign_files_need_force_and_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"mine")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "deep").write_bytes(b"mine too")
    for write in (write_folder, ready_for_folder):
        with pytest.raises(CalibrateError, match=r"holds 'notes.txt'") as caught:
            write(tmp_path, NEW)
        assert caught.value.code == "E504"
        assert sorted(os.listdir(tmp_path)) == ["notes.txt", "sub"]
    for files in (OLD, NEW):
        write_folder(tmp_path, files, force=True)
        assert written(tmp_path) == {**plain(files), "notes.txt": b"mine"}
        assert (tmp_path / "sub" / "deep").read_bytes() == b"mine too"
    with pytest.raises(CalibrateError, match=r"holds 'notes.txt'"):
        write_folder(tmp_path, OLD)


def test_a_file_of_the_same_name_is_foreign_without_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_bytes(b"of somebody else")
    with pytest.raises(CalibrateError, match=r"holds 'model.json'") as caught:
        write_folder(tmp_path, NEW)
    assert "--force to replace model.json" in caught.value.hint
    write_folder(tmp_path, NEW, force=True)
    assert written(tmp_path) == plain(NEW)


@pytest.mark.parametrize("force", [False, True])
def test_a_manifest_of_somebody_else_protects_its_files(tmp_path: Path, force: bool) -> None:
    (tmp_path / "data.csv").write_bytes(b"mine")
    (tmp_path / "MANIFEST.sha256").write_text(f"{'0' * 64}  data.csv\n")
    with pytest.raises(CalibrateError, match=r"MANIFEST.sha256 that is not calibrate's"):
        write_folder(tmp_path, NEW, force=force)
    assert len(os.listdir(tmp_path)) == 2


def test_a_listed_name_that_is_a_link_or_a_folder_is_foreign(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.write_bytes(b"mine")
    write_folder(folder, OLD)
    (folder / "model.json").unlink()
    (folder / "model.json").symlink_to(elsewhere)
    with pytest.raises(CalibrateError, match=r"holds 'model.json'"):
        write_folder(folder, NEW)
    write_folder(folder, NEW, force=True)
    assert elsewhere.read_bytes() == b"mine"
    (folder / "model.json").unlink()
    (folder / "model.json").mkdir()
    with pytest.raises(CalibrateError, match=r"model.json: is a folder"):
        write_folder(folder, NEW, force=True)


def test_what_a_file_manager_leaves_is_no_reason_to_refuse(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_folder(folder, OLD)
    (folder / ".DS_Store").write_bytes(b"window position")
    write_folder(folder, NEW)
    assert written(folder) == {**plain(NEW), ".DS_Store": b"window position"}


def test_a_file_that_comes_in_the_last_moment_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    write_folder(folder, OLD)

    def late(left: str, right: str) -> bool:
        (folder / "saved just now").write_bytes(b"mine")
        return exchange.exchange(left, right)

    monkeypatch.setattr(outputs, "exchange", late)
    write_folder(folder, NEW)
    assert written(folder) == {**plain(NEW), "saved just now": b"mine"}


@pytest.mark.parametrize(
    ("name", "words"), [("file", "file is a file"), ("file/out", "file is a file"), ("", "is empty")]
)
def test_a_file_where_a_folder_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(CalibrateError, match=words):
        write_folder(name, NEW)
    assert held_by(tmp_path) == {"file": b"mine"}


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "MANIFEST.sha256", "", "a\nb"])
def test_names_are_plain(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no names of outputs"):
        write_folder(tmp_path, {name: b""})


@pytest.mark.parametrize("problem", [KeyboardInterrupt, SystemExit, ValueError, MemoryError, OSError, BrokenPipeError])
@pytest.mark.parametrize("there", [False, True])
def test_content_that_fails_leaves_nothing(tmp_path: Path, problem: type[BaseException], there: bool) -> None:
    folder = tmp_path / "made" / "out"
    if there:
        write_folder(folder, OLD)

    def fail(out: BinaryIO) -> None:
        out.write(b"some of it")
        raise problem

    with pytest.raises(problem):
        write_folder(folder, {**NEW, "last.csv": fail})
    with pytest.raises(problem):
        write_file(tmp_path / "file", fail)
    assert written(folder) == (plain(OLD) if there else {})
    assert os.listdir(tmp_path) == (["made"] if there else [])


def test_inputs_are_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_bytes(b"")
    (tmp_path / "link").symlink_to("in.csv")
    os.link("in.csv", "hard")
    for name in ("in.csv", "link", "hard", "./in.csv", str(tmp_path / "in.csv")):
        assert same_file(name, "in.csv")
        with pytest.raises(CalibrateError, match=r"is the input in.csv") as caught:
            refuse_inputs([tmp_path / "new.csv", name], ["in.csv"])
        assert caught.value.code == "E505"
    assert same_file("new", "./new")
    assert not same_file("new", "in.csv")
    refuse_inputs(["new", "other"], ["in.csv"])


# --- trouble ----------------------------------------------------------------------------------------------------------


class Failing:
    """The n-th of these calls of the operating system answers with an error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, n: int, number: int, calls: tuple[str, ...] = CALLS) -> None:
        self.left = n
        self.number = number
        for name in calls:
            monkeypatch.setattr(os, name, self.wrapped(getattr(os, name)))
        monkeypatch.setattr(outputs, "exchange", self.wrapped(exchange.exchange))

    def wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def answer(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise OSError(self.number, os.strerror(self.number))
            return call(*arguments, **named)

        return answer


def over_old(folder: Path) -> None:
    write_folder(folder, OLD)


def nothing(folder: Path) -> None:
    assert not folder.exists()


def among_foreign(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "notes").write_bytes(b"mine")
    write_folder(folder, OLD, force=True)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EACCES])
@pytest.mark.parametrize("start", [over_old, nothing])
def test_every_call_may_fail(tmp_path: Path, start: Callable[[Path], None], number: int) -> None:
    outcomes = set()
    for n in range(1, 200):
        place = tmp_path / str(n)
        folder = place / "above" / "out"
        place.mkdir()
        start(folder)
        before = written(folder)
        with pytest.MonkeyPatch.context() as patch:
            failing = Failing(patch, n, number)
            try:
                write_folder(folder, NEW)
                outcomes.add("written")
            except CalibrateError as error:
                assert error.code == "E501"
                assert os.strerror(number) in error.message
                outcomes.add("refused")
        assert written(folder) in (before, plain(NEW))
        assert leftovers(place) == []
        if not before and not folder.exists():
            assert os.listdir(place) == []
        write_folder(folder, NEW)
        assert written(folder) == plain(NEW)
        if failing.left > 0:  # all calls have had their turn
            break
    assert outcomes == {"written", "refused"}
    assert failing.left > 0


def test_every_call_may_fail_among_foreign_files(tmp_path: Path) -> None:
    """What was replaced before the call that fails is put back."""
    for n in range(1, 200):
        folder = tmp_path / str(n) / "out"
        among_foreign(folder)
        with pytest.MonkeyPatch.context() as patch:
            failing = Failing(patch, n, errno.EIO)
            try:
                write_folder(folder, NEW, force=True)
            except CalibrateError as error:
                assert error.code == "E501"
        found = {name: data for name, data in written(folder).items() if name != "notes"}
        assert found in (plain(OLD), plain(NEW))
        assert leftovers(folder) == []
        write_folder(folder, NEW, force=True)
        assert written(folder) == {**plain(NEW), "notes": b"mine"}
        assert set(manifest.check_folder(folder)) == set(NEW)
        if failing.left > 0:
            break
    assert failing.left > 0


def test_every_call_may_fail_for_a_file(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    for n in range(1, 50):
        path.write_bytes(b"old")
        with pytest.MonkeyPatch.context() as patch:
            failing = Failing(patch, n, errno.ENOSPC)
            try:
                write_file(path, stream(b"new"))
                assert path.read_bytes() == b"new"
            except CalibrateError as error:
                assert "No space left on device" in error.message
                assert path.read_bytes() in (b"old", b"new")
        assert os.listdir(tmp_path) == ["out.csv"]
        if failing.left > 0:
            break
    assert failing.left > 0


def test_without_second_names_a_mixed_set_is_seen_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: Any, **__: Any) -> None:
        raise OSError(errno.EPERM, "no hard links on this file system")

    monkeypatch.setattr(os, "link", no_links)
    mixed = 0
    for n in range(1, 200):
        folder = tmp_path / str(n) / "out"
        among_foreign(folder)
        with pytest.MonkeyPatch.context() as patch:
            failing = Failing(patch, n, errno.EIO)
            with contextlib.suppress(CalibrateError):
                write_folder(folder, NEW, force=True)
        found = {name: data for name, data in written(folder).items() if name != "notes"}
        if found not in (plain(OLD), plain(NEW)):
            mixed += 1
            with pytest.raises(CalibrateError, match=str(folder)):
                manifest.check_folder(folder)
        write_folder(folder, NEW, force=True)
        assert written(folder) == {**plain(NEW), "notes": b"mine"}
        if failing.left > 0:
            break
    assert failing.left > 0
    assert mixed


def test_two_files_are_both_aside_before_the_first_takes_its_place(tmp_path: Path) -> None:
    first, second = tmp_path / "a.md", tmp_path / "b.xml"

    def write() -> None:
        write_files({str(first): b"new", str(second): stream(b"new")})

    for n in range(1, 50):
        first.write_bytes(b"old")
        second.write_bytes(b"old")
        with pytest.MonkeyPatch.context() as patch:
            failing = Failing(patch, n, errno.ENOSPC, ("open", "write"))
            with contextlib.suppress(CalibrateError):
                write()
        assert first.read_bytes() == second.read_bytes()
        assert sorted(os.listdir(tmp_path)) == ["a.md", "b.xml"]
        if failing.left > 0:
            break
    assert failing.left > 0


def test_a_file_beside_a_set_lies_aside_before_the_set_takes_its_place(tmp_path: Path) -> None:
    folder, beside = tmp_path / "out", tmp_path / "statement.json"
    outcomes = set()
    for n in range(1, 100):
        write_folder(folder, OLD)
        beside.write_bytes(b"old")
        with pytest.MonkeyPatch.context() as patch:
            failing = Failing(patch, n, errno.ENOSPC, ("write",))
            with contextlib.suppress(CalibrateError):
                write_folder(folder, NEW, beside={str(beside): stream(b"new")})
        found = (written(folder), beside.read_bytes())
        assert found in ((plain(OLD), b"old"), (plain(NEW), b"new"))
        outcomes.add(found[1])
        assert sorted(os.listdir(tmp_path)) == ["out", "statement.json"]
        if failing.left > 0:
            break
    assert failing.left > 0
    assert outcomes == {b"old", b"new"}


@pytest.mark.filterwarnings("ignore:unclosed (file|scandir):ResourceWarning")
def test_two_files_change_together_where_they_are_interrupted(tmp_path: Path) -> None:
    first, second = tmp_path / "a.md", tmp_path / "b.xml"
    came, line = True, 0
    while came:
        line += 2
        first.write_bytes(b"old")
        second.write_bytes(b"old")
        came, _ = interrupted(line, lambda: write_files({str(first): b"new", str(second): b"new"}))
        assert first.read_bytes() == second.read_bytes()
    assert line > 50


@pytest.mark.parametrize("problem", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("n", [1, 2])
def test_an_interruption_between_two_files_waits_for_the_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int, after: bool, problem: type[BaseException]
) -> None:
    first, second = tmp_path / "a.md", tmp_path / "b.xml"
    first.write_bytes(b"old")
    replace, left = os.replace, n

    def interrupted(source: str, target: str) -> None:
        nonlocal left
        left -= 1
        if left == 0 and not after:
            raise problem
        replace(source, target)
        if left == 0:
            raise problem

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(problem):
        write_files({str(first): b"new", str(second): b"new"})
    assert first.read_bytes() == second.read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path)) == ["a.md", "b.xml"]


@pytest.mark.parametrize("ready", [ready_for_file, lambda path: ready_for_folder(path, ["a"])], ids=["file", "folder"])
def test_a_dash_is_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ready: Callable[[str], None]) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CalibrateError, match="standard output") as caught:
        ready("-")
    assert caught.value.code == "E502"
    with pytest.raises(CalibrateError, match="standard output"):
        write_file("-", b"x")
    write_file("./-", b"x")
    assert os.listdir(tmp_path) == ["-"]


def test_a_run_that_is_replacing_files_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has put in place, and not listed yet, is not foreign."""
    monkeypatch.chdir(tmp_path)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        replace = os.replace

        def slowly(source: str, target: str) -> None:
            replace(source, target)
            os.write(write, b".")
            time.sleep(0.05)

        os.replace = slowly  # type: ignore[assignment]
        write_folder(".", NEW)
        os._exit(0)
    assert os.read(read, 1) == b"."
    ready_for_folder(".", OLD)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(read)
    os.close(write)


def open_files() -> set[int]:
    found = set()
    for number in range(256):
        with contextlib.suppress(OSError):
            os.fstat(number)
            found.add(number)
    return found


def interrupted(line: int, work: Callable[[], None]) -> tuple[bool, set[str]]:
    """Run `work` with a KeyboardInterrupt at the given line of our code; whether it came, and in which functions."""
    left, where = line, set[str]()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left, where
        if frame.f_code.co_filename not in SOURCES:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                where.update(called.name for called in traceback.extract_stack(frame))
                raise KeyboardInterrupt
        return trace

    tracer, files = sys.gettrace(), open_files()
    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(tracer)
    for number in open_files() - files:
        os.close(number)  # as the end of the process would
    return left <= 0, where


@pytest.mark.filterwarnings(
    "ignore:unclosed (file|scandir):ResourceWarning"
)  # interrupted on the very line that closes it
@pytest.mark.parametrize("start", [over_old, nothing])
def test_every_line_may_be_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Callable[[Path], None]
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # only for the speed of the test
    came, line = True, 0
    while came:
        line += 5
        folder = tmp_path / str(line) / "out"
        folder.parent.mkdir()
        start(folder)
        before = written(folder)
        came, where = interrupted(line, lambda folder=folder: write_folder(folder, NEW))  # type: ignore[misc]
        assert written(folder) in (before, plain(NEW))
        if not where & {"remove", "_claimed"}:  # cleaning up itself, where Ctrl-C of the command line is ignored
            assert leftovers(folder.parent) == [], where
        write_folder(folder, NEW)
        assert written(folder) == plain(NEW)
        assert leftovers(folder.parent) == []
    assert line > 200


WRITER = """
    import sys
    from calibrate.outputs.write import write_folder
    for i in range(int(sys.argv[3])):
        write_folder(sys.argv[1], {name: f"{sys.argv[2]} {i}".encode() * 1000 for name in "abc"})
        print(i, flush=True)
"""


def start_writer(folder: Path, name: str, times: int) -> subprocess.Popen[str]:
    code = [sys.executable, "-c", textwrap.dedent(WRITER), str(folder), name, str(times)]
    return subprocess.Popen(code, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def writers() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_killed_run_leaves_a_whole_set_and_no_lock(tmp_path: Path, writers: list[subprocess.Popen[str]]) -> None:
    folder = tmp_path / "out"
    for i in range(12):
        writers.append(start_writer(folder, f"run {i}", 10**6))
        assert writers[-1].stdout is not None
        writers[-1].stdout.readline()
        time.sleep(0.003 * i)
        writers[-1].send_signal(signal.SIGKILL)
        writers[-1].wait()
        assert len(manifest.check_folder(folder)) == 3
        assert len(set(written(folder).values())) == 1
    write_folder(folder, NEW)
    assert written(folder) == plain(NEW)
    assert leftovers(tmp_path) == []


def test_a_run_killed_between_two_files_is_seen_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after SIGKILL: nothing is cleaned up, and no manifest in the folder itself says whose the files are."""
    monkeypatch.chdir(tmp_path)
    replace, count = os.replace, 0

    def stop(source: str, target: str) -> None:
        nonlocal count
        count += 1
        if count == 2:
            os._exit(9)
        replace(source, target)

    child = os.fork()
    if child == 0:
        os.replace = stop  # type: ignore[assignment]
        write_folder(".", NEW)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    with pytest.raises(CalibrateError, match="found no MANIFEST"):
        manifest.check_folder(".")
    assert len(written(tmp_path)) == 1
    write_folder(".", OLD)
    assert written(tmp_path) == plain(OLD)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("where", ["out", "."])
def test_runs_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writers: list[subprocess.Popen[str]], where: str
) -> None:
    monkeypatch.chdir(tmp_path)
    writers.extend(start_writer(Path(where), f"run {i}", 8) for i in range(4))
    assert [process.wait(60) for process in writers] == [0, 0, 0, 0]
    assert len(manifest.check_folder(where)) == 3
    assert len(set(written(tmp_path / where).values())) == 1
    assert leftovers(tmp_path) == []
