from __future__ import annotations

from typing import Any

import pytest

from calibrate.errors import CalibrateError

SCORES = "{},c0,c1\n{},3.5,1\n{},0,2\n{},1,4\n"
LABELS = "{},label\n{},{}\n{},{}\n{},{}\n"


def both(reads: Any, left: tuple[Any, ...], right: tuple[Any, ...]) -> list[int]:
    data = reads(SCORES.format(*left), LABELS.format(*right))
    found: list[int] = data.rows.loads[0]().labels.tolist()
    return found


@pytest.mark.parametrize(
    ("left", "right", "labels"),
    [
        (("id", "a", "b", "c"), ("id", "c", 1, "a", 0, "b", 1), [0, 1, 1]),
        (("id", 5, 7, 6), ("image_id", 6, 1, 7, 1, 5, 0), [0, 1, 1]),
        (("uuid", "a", "a", "b"), ("uuid", "a", 0, "a", 1, "b", 1), [0, 1, 1]),
        (("", 9, 4, 7), ("", 7, 1, 9, 0, 4, 1), [0, 1, 1]),
        (("", 9, 4, 7), ("", 0, 0, 1, 1, 2, 1), [0, 1, 1]),
        (("", 0, 1, 2), ("id", "x", 0, "y", 1, "z", 1), [0, 1, 1]),
        (("", 9, 4, 7), ("id", "x", 0, "y", 1, "z", 1), [0, 1, 1]),
    ],
)
def test_joined(reads: Any, left: tuple[Any, ...], right: tuple[Any, ...], labels: list[int]) -> None:
    assert both(reads, left, right) == labels


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        (
            ("id", "a", "b", "c"),
            ("id", "c", 1, "a", 0, "d", 1),
            ("scores.csv: row 2 (line 3), column 1 'id'", "'b'", "1 of 3"),
        ),
        (("id", "001", "002", "003"), ("id", 1, 1, 2, 0, 3, 1), ("'001'", "3 of 3")),
        (("id", "a", "b", "a"), ("id", "c", 1, "a", 0, "b", 1), ("scores.csv: row 3", "'a'", "row 1")),
        (("", 9, 4, 7), ("", 3, 0, 9, 1, 2, 1), ("id '4' has no label",)),
    ],
)
def test_refused(reads: Any, left: tuple[Any, ...], right: tuple[Any, ...], words: tuple[str, ...]) -> None:
    with pytest.raises(CalibrateError) as caught:
        both(reads, left, right)
    assert caught.value.code == "E217"
    assert not [w for w in words if w not in caught.value.message], caught.value.message


def test_said(reads: Any) -> None:
    data = reads(SCORES.format("id", "a", "b", "c"), LABELS.format("id", "c", 1, "a", 0, "b", 1))
    assert [d.value for d in data.decisions if d.what == "join"] == ["by id, rows of labels reordered"]
    assert [d.flag for d in data.decisions if d.what == "join"] == ["--id-column"]
