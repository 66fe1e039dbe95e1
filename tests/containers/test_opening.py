"""Opening paths: what is no file is refused, what is compressed is unpacked and counted."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest

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
