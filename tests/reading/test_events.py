from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.errors import CalibrateError
from calibrate.reading.arrays import table_of
from calibrate.reading.events import from_one_hot, indicators, is_right
from calibrate.reading.labels import Labels, labels_of

NAN = float("nan")


def matrix(columns: Any, names: tuple[str, ...] | None = None, drop: bool = False) -> tuple[Any, Any]:
    table = table_of(columns, "labels")
    found, missing, _ = indicators(table, range(len(table.kinds)), names, 2, drop_missing=drop)
    return found.tolist(), None if missing is None else missing.tolist()


@pytest.mark.parametrize(
    ("columns", "names", "drop", "expected"),
    [
        ([[0, 1], [1, 1]], None, False, ([[0, 1], [1, 1]], None)),
        ([[0.0, 1.0], [1.0, 1.0]], ("a", "b"), False, ([[0, 1], [1, 1]], None)),
        ({"b": [1, 1], "a": [0, 1]}, ("a", "b"), False, ([[0, 1], [1, 1]], None)),
        ({"a": ["True", "false"], "b": [True, False]}, None, False, ([[1, 1], [0, 0]], None)),
        ({"a": [0, 1], "b": [1.0, NAN]}, None, True, ([[0, 1], [1, 0]], [False, True])),
        ({"a": ["0", "NA"], "b": [1, 0]}, None, True, ([[0, 1], [0, 0]], [False, True])),
        ({"is_Dog": [1, 1], "is_cat": [0, 1]}, ("p_cat", "p_dog"), False, ([[0, 1], [1, 1]], None)),
        ({"y2": [1, 1], "y1": [0, 1]}, ("c1", "c2"), False, ([[0, 1], [1, 1]], None)),
        ({"y1": [0, 1], "y2": [1, 1]}, ("cat", "dog"), False, ([[0, 1], [1, 1]], None)),
    ],
)
def test_indicators(columns: Any, names: Any, drop: bool, expected: Any) -> None:
    assert matrix(columns, names, drop) == expected


@pytest.mark.parametrize(
    ("columns", "names", "code", "words"),
    [
        ([[0], [1]], None, "E209", "1 column of labels, the scores have 2"),
        ([[0, 2], [1, 1]], None, "E204", "row 1 (index 0), column 2: found label '2', expected 0 or 1"),
        ({"a": ["0", "yes"], "b": [1, 0]}, None, "E204", "row 2 (index 1), column 1 'a': found label 'yes'"),
        ({"a": ["0", ""], "b": [1, 0]}, None, "E205", "row 2"),
        ({"a": [0, NAN], "b": [1, 0]}, None, "E205", "row 2"),
        ({"a": [0, 1], "c": [1, 0]}, ("a", "b"), "E209", "'c' has no column of scores"),
        ({"kat": [0, 1], "hund": [1, 0]}, ("cat", "dog"), "E209", "'kat' has no column of scores"),
    ],
)
def test_no_indicators(columns: Any, names: Any, code: str, words: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        matrix(columns, names)
    assert caught.value.code == code
    assert words in caught.value.message


def test_one_hot() -> None:
    table = table_of([[0, 1], [1, 0]], "labels")
    assert from_one_hot(table, (0, 1), np.array([[0, 1], [1, 0]]), None).tolist() == [1, 0]
    empty = np.array([[0, 0], [1, 0]])
    assert from_one_hot(table, (0, 1), empty, np.array([True, False])).tolist() == [0, 0]
    with pytest.raises(CalibrateError, match=r"row 1 .*0 of 2") as caught:
        from_one_hot(table, (0, 1), empty, None)
    assert caught.value.code == "E209"


def labels(values: Any) -> Labels:
    return labels_of(table_of({"y": values}, "t"), 0)


@pytest.mark.parametrize(
    ("predicted", "true", "right"),
    [
        ([2, 0, 1], [2, 1, 1], [1, 0, 1]),
        ([2, 0, 1], [2.0, 1.0, 1.0], [1, 0, 1]),
        (["2", "0", "1"], [2, 1, 1], [1, 0, 1]),
        (["cat", "dog", "dog"], ["cat", "cow", "dog"], [1, 0, 1]),
        ([True, False], [True, True], [1, 0]),
        ([5, 9], [9, 9], [0, 1]),
    ],
)
def test_is_right(predicted: Any, true: Any, right: list[int]) -> None:
    assert is_right(labels(predicted), labels(true)).codes.tolist() == right
