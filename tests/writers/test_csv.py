"""The text of probabilities: exact, the same whoever writes it and however it is cut."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibrate.spreadsheet import unguard
from calibrate.writers import csv as writer

NUMBERS = [
    (0.0, "0.0"),
    (-0.0, "-0.0"),
    (1.0, "1.0"),
    (0.1, "0.1"),
    (1e-5, "0.00001"),
    (1e-6, "1e-6"),
    (5e-324, "5e-324"),
    (1e15, "1000000000000000.0"),
    (1.5e16, "1.5e+16"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
]


def blocks(array: np.ndarray, step: int) -> Iterator[np.ndarray]:
    return (array[start : start + step] for start in range(0, len(array), step))


def text_of(array: np.ndarray, *, step: int = 1000, names: tuple[str, ...] = (), ids: list[str] | None = None) -> bytes:
    out = io.BytesIO()
    header = names or tuple(map(str, range(array.shape[1])))
    writer.write(out, blocks(array, step), names=header, ids=ids, id_name="id" if ids else None, n=len(array))
    return out.getvalue()


@pytest.fixture(params=["msgspec", "polars"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "polars":
        monkeypatch.setattr(writer, "LARGE", 0)


@pytest.mark.parametrize(("number", "text"), NUMBERS)
def test_numbers(path: None, number: float, text: str) -> None:
    assert text_of(np.array([[number]])) == f"0\n{text}\n".encode()


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("cat", "cat"),
        ("a,b", '"a,b"'),
        ('say "a"', '"say ""a"""'),
        ("two\nlines", '"two\nlines"'),
        ("=A1", "'=A1"),
        ("", '""'),
        (" x", '" x"'),
        ("x ", '"x "'),
        ("\ufeffx", '"\ufeffx"'),
        ("a;b", '"a;b"'),
        ("Ägypten 猫", "Ägypten 猫"),
        ("-1", "-1"),
    ],
)
def test_text_cells(path: None, name: str, cell: str) -> None:
    found = text_of(np.array([[0.5, 0.5]]), names=("a", name), ids=[name])
    assert found.decode() == f"id,a,{cell}\n{cell},0.5,0.5\n"


def test_nothing_but_a_header(path: None) -> None:
    assert text_of(np.empty((0, 2))) == b"0,1\n"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_only_finite_numbers(path: None, bad: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        text_of(np.array([[0.5], [bad]]))


def test_all_rows_are_owed() -> None:
    with pytest.raises(ValueError, match="1 rows of probabilities, expected 2"):
        writer.write(io.BytesIO(), iter([np.ones((1, 1))]), names=("a",), ids=None, id_name=None, n=2)


bits = st.integers(0, 2**64 - 1).map(lambda b: float(np.uint64(b).view(np.float64))).filter(math.isfinite)
numbers = st.one_of(
    bits, st.floats(0, 1), st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**18), 10**18).map(float)
)
texts = st.text(
    alphabet=st.one_of(st.sampled_from("',;\"\n\r\t =+-@1\ufeff\x0b\x85\u2028"), st.characters(codec="utf-8")),
    max_size=5,
)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(texts, numbers, numbers), min_size=1, max_size=30), st.integers(1, 40), st.integers(1, 40))
def test_the_same_bytes_by_either_way_and_any_blocks(
    rows: list[tuple[str, float, float]], step: int, other: int
) -> None:
    array = np.array([row[1:] for row in rows])
    ids = [row[0] for row in rows]
    small = text_of(array, step=step, ids=ids)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "LARGE", 0)
        assert text_of(array, step=other, ids=ids) == small
        assert text_of(array, step=other) == (plain := text_of(array))
    read = list(csv.reader(io.StringIO(small.decode(), newline="")))[1:]
    assert [unguard(row[0]) for row in read] == ids
    np.testing.assert_array_equal(np.array([row[1:] for row in read], dtype=float).view(np.int64), array.view(np.int64))
    assert len(plain.splitlines()) == len(rows) + 1


@settings(deadline=None, max_examples=50)
@given(st.lists(numbers, min_size=200, max_size=200))
def test_every_number_reads_back_with_the_fewest_digits(values: list[float]) -> None:
    lines = text_of(np.array(values)[:, None]).decode().split()[1:]
    for line, value in zip(lines, values, strict=True):
        assert float(line).hex() == value.hex()
        assert digits(line) == digits(repr(value))


def digits(text: str) -> str:
    return text.lstrip("-").partition("e")[0].replace(".", "").strip("0")
