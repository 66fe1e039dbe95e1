"""Opening paths: what is no file is refused, what is compressed is unpacked and counted."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest

from calibrate.containers.content import PIECE
from calibrate.containers.opening import Limits, limits_from, open_input, suffix
from calibrate.errors import CalibrateError

DATA = b"a,b\n1,2\n"


def code(path: str | Path, limits: Limits = Limits()) -> str:  # noqa: B008  a frozen constant
    with pytest.raises(CalibrateError) as caught:
        open_input(str(path), limits)
    assert "\n" not in caught.value.message
    return caught.value.code


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_bytes(DATA)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("no_such.csv", "E101"),
        ("", "E101"),
        ("a\0b", "E101"),
        ("x.csv/under", "E102"),
        (".", "E102"),
        ("/dev/null", "E102"),
        ("/dev/zero", "E102"),
        ("x" * 5000 + ".csv", "E102"),
        ("http://127.0.0.1:9/x.csv", "E103"),
        ("s3://bucket/x.csv", "E103"),
    ],
)
def test_what_is_no_file(place: Path, path: str, expected: str) -> None:
    assert code(path) == expected


def test_a_link_is_followed_and_a_dangling_one_named(place: Path) -> None:
    (place / "link.csv").symlink_to("x.csv")
    (place / "gone.csv").symlink_to("nowhere.csv")
    assert open_input("link.csv", Limits()).content.read(99, 0) == DATA
    with pytest.raises(CalibrateError, match=r"symbolic link to 'nowhere\.csv'"):
        open_input("gone.csv", Limits())


def test_empty_files(place: Path) -> None:
    (place / "empty.csv").write_bytes(b"")
    (place / "empty.csv.gz").write_bytes(gzip.compress(b""))
    assert code("empty.csv") == code("empty.csv.gz") == "E107"


def test_a_plain_file_stays_where_it_is(place: Path) -> None:
    opened = open_input("x.csv", Limits())
    assert (opened.suffix, opened.size, opened.gzip) == ("csv", len(DATA), False)
    assert callable(opened.digest)
    assert opened.digest() == hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize("members", [[DATA], [DATA[:4], DATA[4:]], [DATA[:1], DATA[1:] + b"x" * (3 << 20)]])
def test_gzip_of_one_or_several_members(place: Path, members: list[bytes]) -> None:
    packed = b"".join(map(gzip.compress, members)) + b"\0\0"
    (place / "x.csv.gz").write_bytes(packed)
    opened = open_input("x.csv.gz", Limits())
    assert opened.content.read(opened.content.size, 0) == b"".join(members)
    assert (opened.suffix, opened.size, opened.gzip) == ("csv", len(packed), True)
    assert opened.digest == hashlib.sha256(packed).hexdigest()


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(DATA)[:-3], gzip.compress(DATA)[:12], gzip.compress(DATA) + b"junk", DATA, b"\x1f\x8bxxxxxxxxxxxx"],
)
def test_broken_gzip(place: Path, packed: bytes) -> None:
    (place / "x.csv.gz").write_bytes(packed)
    assert code("x.csv.gz") == "E106"


def test_a_wrong_checksum_of_gzip(place: Path) -> None:
    packed = bytearray(gzip.compress(DATA))
    packed[-8] ^= 1
    (place / "x.csv.gz").write_bytes(packed)
    assert code("x.csv.gz") == "E106"


@pytest.mark.parametrize(
    "members", [[DATA], [bytes(3 << 20)], [DATA, bytes(PIECE), DATA]], ids=["few", "many", "three"]
)
def test_gzip_is_cut_off_anywhere(place: Path, members: list[bytes]) -> None:
    packed = b"".join(map(gzip.compress, members))
    last = len(packed) - len(gzip.compress(members[-1]))
    for end in {*range(last + 2, len(packed), 97), *range(max(last + 2, len(packed) - 30), len(packed))}:
        (place / "x.csv.gz").write_bytes(packed[:end])
        with pytest.raises(CalibrateError, match=r"x\.csv\.gz: truncated gzip") as caught:
            open_input("x.csv.gz", Limits())
        assert (caught.value.code, caught.value.hint) == ("E106", "transfer or compress it again")


@pytest.mark.parametrize("size", [PIECE - 258, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 258])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_gzip_that_ends_with_a_piece(place: Path, size: int, level: int) -> None:
    (place / "x.csv.gz").write_bytes(gzip.compress(bytes(size), level))
    assert open_input("x.csv.gz", Limits()).content.size == size


def test_gzip_inside_gzip(place: Path) -> None:
    (place / "x.csv.gz").write_bytes(gzip.compress(gzip.compress(DATA)))
    with pytest.raises(CalibrateError, match=r"x\.csv\.gz: found gzip inside gzip") as caught:
        open_input("x.csv.gz", Limits())
    assert (caught.value.code, caught.value.hint) == ("E106", "unpack it: gunzip FILE")


def test_unpacked_bytes_are_counted(place: Path) -> None:
    (place / "bomb.csv.gz").write_bytes(gzip.compress(bytes(8 << 20)))
    assert code("bomb.csv.gz", Limits(max_bytes=1 << 20)) == "E114"
    assert open_input("bomb.csv.gz", Limits(max_bytes=8 << 20)).content.size == 8 << 20


def test_limits_grow_with_the_file_unless_they_are_set() -> None:
    assert Limits().unpacked(1) == 256 << 20
    assert Limits().unpacked(10 << 20) == 640 << 20
    assert Limits().unpacked(1 << 40) == 2 << 30
    assert limits_from({"CALIBRATE_MAX_BYTES": " 17 "}).unpacked(1 << 40) == 17
    assert limits_from({}) == Limits()
    assert limits_from({"CALIBRATE_MAX_COLUMNS": "7", "CALIBRATE_MAX_WAIT": "3"}) == Limits(None, 7, 3)


@pytest.mark.parametrize("text", ["x", "-1", "0", "1e9", "１", "9" * 30])
def test_a_limit_that_is_no_number(text: str) -> None:
    for name in ("CALIBRATE_MAX_BYTES", "CALIBRATE_MAX_COLUMNS", "CALIBRATE_MAX_WAIT"):
        with pytest.raises(CalibrateError, match=name):
            limits_from({name: text})


def test_a_pipe_is_read_to_its_end_and_no_further_than_allowed(place: Path) -> None:
    os.mkfifo("pipe")

    def feed(data: bytes) -> None:
        try:
            Path("pipe").write_bytes(data)
        except BrokenPipeError:
            return

    for data, limits in ((DATA, Limits()), (bytes(1 << 21), Limits(max_bytes=10))):
        writer = threading.Thread(target=feed, args=(data,))
        writer.start()
        if limits.max_bytes is None:
            assert open_input("pipe", limits).content.read(99, 0) == DATA
        else:
            assert code("pipe", limits) == "E114"
        writer.join()
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)


@pytest.mark.parametrize("data", [DATA, gzip.compress(DATA), b"x"], ids=["plain", "gzip", "one byte"])
def test_a_pipe_may_give_one_byte_at_a_time(place: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    (place / "x").write_bytes(data)
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, _: read(descriptor, 1))
    saved, descriptor = os.dup(0), os.open("x", os.O_RDONLY)
    try:
        os.dup2(descriptor, 0)
        opened = open_input("-", Limits())
    finally:
        os.dup2(saved, 0)
        os.close(saved)
        os.close(descriptor)
    assert opened.content.read(99, 0) == (DATA if data != b"x" else b"x")
    assert opened.digest == hashlib.sha256(data).hexdigest()
    assert opened.gzip is data.startswith(b"\x1f\x8b")


def test_standard_input_may_be_a_file_a_pipe_or_nothing(place: Path) -> None:
    saved = os.dup(0)
    try:
        for what in ("x.csv", os.devnull):
            descriptor = os.open(what, os.O_RDONLY)
            os.dup2(descriptor, 0)
            os.close(descriptor)
            if what == "x.csv":
                opened = open_input("-", Limits())
                assert (opened.content.read(99, 0), opened.suffix) == (DATA, "")
            else:
                assert code("-") == "E107"
        os.close(0)
        assert code("-") == "E102"
    finally:
        os.dup2(saved, 0)
        os.close(saved)


@pytest.mark.parametrize(
    ("path", "expected"), [("A.CSV", "csv"), ("x.npy.gz", "npy"), ("x.tar.gz", "tar"), ("x", ""), ("x.gz", "")]
)
def test_suffix(path: str, expected: str) -> None:
    assert suffix(path) == expected
