"""Columns picked from numbers, places in words, digests on demand."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from calibrate.table import Matrix, Source, pick, place

X = np.arange(20.0).reshape(4, 5)


@pytest.mark.parametrize("columns", [(0,), (1, 2, 3), (3, 1), (4, 4), (0, 1, 2, 3, 4)])
def test_picked_columns(columns: tuple[int, ...]) -> None:
    numbers = pickle.loads(pickle.dumps(pick(Matrix(X), columns)))
    assert numbers.shape == (4, len(columns))
    assert numbers.dtype == np.float64
    block = numbers.read(1, 3)
    assert block.flags.c_contiguous
    assert block.tolist() == X[1:3][:, columns].tolist()


def test_all_columns_are_the_numbers_themselves() -> None:
    numbers = Matrix(X)
    assert pick(numbers, range(5)) is numbers


def test_places() -> None:
    assert place(10, 1, ("c0", "c1"), 12) == "row 11 (line 12), column 2 'c1'"
    assert place(10, 1, None) == "row 11, column 2"
    assert place(10, None, ("a",)) == "row 11"
    assert place(0, 0, ("\x1b[31m\n",)) == "row 1, column 1 '\\x1b[31m\\n'"


def test_a_digest_is_computed_when_asked_for_and_once() -> None:
    asked: list[int] = []

    def digest() -> str:
        asked.append(1)
        return "abc"

    source = Source("x", "npy", digest, 3)
    assert asked == []
    assert (source.sha256, source.sha256, len(asked)) == ("abc", "abc", 1)
    assert Source("x", "csv", "def", 3).sha256 == "def"
