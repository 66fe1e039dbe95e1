"""Hostile .npy headers: nothing is evaluated, nothing is allocated by their word."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibrate.containers.content import MemoryBytes
from calibrate.containers.npy_header import read_header
from calibrate.errors import CalibrateError

GOOD = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"


def array(header: str | bytes, data: bytes = bytes(48), version: bytes = b"\x01\x00") -> bytes:
    text = header.encode("latin-1") if isinstance(header, str) else header
    length = len(text).to_bytes(2 if version == b"\x01\x00" else 4, "little")
    return b"\x93NUMPY" + version + length + text + data


@pytest.mark.parametrize(
    "header",
    [
        GOOD,
        GOOD + " " * 50 + "\n",
        GOOD.replace("'", '"'),
        GOOD.replace(", }", "}"),
        "{'shape': (2, 3), 'fortran_order': False, 'descr': '<f8'}",
        "{'descr':'<f8','fortran_order':False,'shape':(2,3)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 3L), }",
    ],
)
def test_spellings(header: str) -> None:
    found = read_header(MemoryBytes(array(header)), "x.npy")
    assert (found.dtype, found.fortran, found.shape) == (np.dtype("<f8"), False, (2, 3))


SHAPE = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }"
HOSTILE = {
    "code": SHAPE % "__import__('os').system('true')",
    "nested signs": "-" * 9000,
    "nested brackets": SHAPE % ("(" * 9000),
    "negative": SHAPE % "(-2, 3)",
    "huge": SHAPE % "(1000000000000, 3)",
    "overflow": SHAPE % "(4611686018427387904, 4)",
    "overflow to the right size": SHAPE % "(9223372036854775809, 6)",
    "number of many digits": SHAPE % f"({'9' * 5000},)",
    "no tuple": SHAPE % "3",
    "float": SHAPE % "(2.0, 3)",
    "missing key": "{'descr': '<f8', 'shape': (2, 3), }",
    "key twice": GOOD.replace("{", "{'descr': '<f4', "),
    "key too many": GOOD.replace("{", "{'more': '<f4', "),
    "order is a shape": GOOD.replace("False", "(2, 3)"),
    "unknown dtype": GOOD.replace("<f8", "wat"),
    "dtype with code": GOOD.replace("<f8", "f8,exec('x')"),
    "no end": GOOD[:-1],
    "empty": "",
    "zeros": "\0" * 60,
    "text behind": GOOD + "x",
    "newline inside": GOOD.replace("descr", "de\nscr"),
}


@pytest.mark.parametrize("header", HOSTILE.values(), ids=HOSTILE)
def test_hostile(header: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        read_header(MemoryBytes(array(header)), "x.npy")
    assert caught.value.code == "E106"
    assert len(caught.value.message) < 400
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("size", [0, 5, 6, 8, 9, 30, 60])
def test_cut_off(size: int) -> None:
    with pytest.raises(CalibrateError):
        read_header(MemoryBytes(array(GOOD)[:size]), "x.npy")


@pytest.mark.parametrize(("change", "words"), [(-1, "truncated"), (1, "1 extra"), (1000, "1,000 extra")])
def test_the_size_must_agree(change: int, words: str) -> None:
    with pytest.raises(CalibrateError, match=words):
        read_header(MemoryBytes(array(GOOD, bytes(48 + change))), "x.npy")


@pytest.mark.parametrize("version", [b"\x00\x00", b"\x04\x00", b"\x01\x01"])
def test_versions(version: bytes) -> None:
    with pytest.raises(CalibrateError, match="version"):
        read_header(MemoryBytes(array(GOOD, version=version)), "x.npy")


def test_a_header_longer_than_the_file_or_the_limit() -> None:
    for claimed in (1000, 1 << 31):
        data = b"\x93NUMPY\x02\x00" + claimed.to_bytes(4, "little") + GOOD.encode()
        with pytest.raises(CalibrateError, match="claims"):
            read_header(MemoryBytes(data), "x.npy")
    with pytest.raises(CalibrateError, match="claims"):
        read_header(MemoryBytes(array(GOOD + " " * 70000, version=b"\x02\x00")), "x.npy")


@given(st.text(alphabet="{}()[]'\":, -<f8descrshapefortan_oTuFl1230L.\n", max_size=120))
def test_law_any_header_is_read_or_refused(header: str) -> None:
    try:
        found = read_header(MemoryBytes(array(header)), "x.npy")
    except CalibrateError as error:
        assert error.code in {"E106", "E112"}
    else:
        assert np.prod(found.shape, dtype=object) * found.dtype.itemsize == 48


@pytest.mark.parametrize("dtype", ["<f3", "<x4", "<F8", "|T16", "<b8[ns]", "<i99999999999999999999"])
def test_types_that_are_none_of_numbers(dtype: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        read_header(MemoryBytes(array(GOOD.replace("<f8", dtype))), "x.npy")
    assert caught.value.code == "E112"
    assert caught.value.message == f"x.npy: found the dtype {dtype!r}, which is unknown here; expected numbers"
    assert "astype(float)" in caught.value.hint
