"""Pieces of text by polars: what it takes is right, what is unusual it leaves."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.containers.fast_csv import numbers, texts


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"1.5,2\n3,4.5\n", [[1.5, 2.0], [3.0, 4.5]]),
        (b"1.5,2\r\n3,4.5", [[1.5, 2.0], [3.0, 4.5]]),
        (b"-inf,2\n3,-Infinity\n", [[-np.inf, 2.0], [3.0, -np.inf]]),
        (b"1e-400,5e-324\n", [[0.0, 5e-324]]),
    ],
)
def test_taken(data: bytes, expected: list[list[float]]) -> None:
    found = numbers(data, data.count(b"\n"), ",", ".", ["float", "float"])
    assert found is not None
    assert found.flags.c_contiguous
    assert found.tolist() == expected


@pytest.mark.parametrize(
    "data",
    [
        b"1,\n",
        b"1\n2,3\n",
        b"1,2,3\n4\n",
        b"1,2\n\n",
        b"1,2\n\r\n",
        b"1,2\n\n3,4\n",
        b"1,inf\n",
        b"1,nan\n",
        b"1,1e999\n",
        b"1,-1e999\n",
        b"-inf,-1e999\n",
        b'1,"2"\n',
        b"1,x\n",
        b"1,2 \n",
        b"1,\xff\n",
        b"1,\x00\n",
        b"1,2\r3,4\n",
    ],
)
def test_left_to_the_strict_reader(data: bytes) -> None:
    assert numbers(data, data.count(b"\n"), ",", ".", ["float", "float"]) is None


def test_kinds() -> None:
    data = b"a,1,2.5\n,2,3.5\n"
    found = numbers(data, 2, ",", ".", ["text", "int", "float"])
    assert found is not None
    assert found.tolist() == [[1.0, 2.5], [2.0, 3.5]]
    assert numbers(data, 2, ",", ".", ["text", "int", "int"]) is None
    assert texts(data, 2, ",", ".", 3, 0) == ["a", ""]
    assert texts(data, 2, ",", ".", 3, 2) == ["2.5", "3.5"]
    only_text = numbers(b"a\nb\n", 2, ",", ".", ["text"])
    assert only_text is not None
    assert only_text.shape == (2, 0)


def test_decimal_commas_allow_no_points() -> None:
    found = numbers(b"1,5;2\n", 1, ";", ",", ["float", "float"])
    assert found is not None
    assert found.tolist() == [[1.5, 2.0]]
    assert numbers(b"1,5;2.5\n", 1, ";", ",", ["float", "float"]) is None


def test_texts_that_are_none_are_left_to_the_strict_reader() -> None:
    assert texts(b"1,\xff\n2,b\n", 2, ",", ".", 2, 1) is None
