from __future__ import annotations

from typing import Any

import pytest

from calibrate.errors import CalibrateError
from calibrate.reading.arrays import table_of
from calibrate.reading.columns import find, labels_of_their_own, needed, sides
from calibrate.reading.options import ReadOptions

F = [0.5, 1.5, -2.5]
IDS = ["a", "b", "c"]


def table(**columns: Any) -> Any:
    return table_of(
        {name.replace("_", " ").strip() if name == "_" else name: values for name, values in columns.items()}, "t"
    )


@pytest.mark.parametrize(
    ("columns", "options", "ident", "loose", "rest"),
    [
        ({"id": [7, 8, 9], "c0": F}, {}, 0, False, (1,)),
        ({"c0": F, "imageId": IDS}, {}, 1, False, (0,)),
        ({"patient_id": [1, 1, 2], "scan_id": [4, 5, 6], "c0": F}, {}, 1, False, (2,)),
        ({"patient_id": [1, 1, 2], "c0": F}, {}, 0, False, (1,)),
        ({"id": [1.5, 2.5, 3.5], "c0": F}, {}, None, False, (0, 1)),
        ({"class_id": [0, 1, 2], "c0": F}, {}, None, False, (0, 1)),
        ({"": [0, 1, 2], "c0": F}, {}, None, False, (1,)),
        ({"": [1, 2, 3], "c0": F}, {}, None, False, (1,)),
        ({"": [0.0, 1.0, 2.0], "c0": F}, {}, None, False, (1,)),
        ({"": [5, 3, 9], "c0": F}, {}, 0, True, (1,)),
        ({"": IDS, "c0": F}, {}, 0, False, (1,)),
        ({"index": [0, 1, 2], "c0": F}, {}, None, False, (1,)),
        ({"index": [5, 3, 9], "c0": F}, {}, None, False, (0, 1)),
        ({"index": [2, 0, 1], "c0": F}, {}, 0, True, (1,)),
        ({"c0": F, "__index_level_0__": [5, 3, 9]}, {}, 1, True, (0,)),
        ({"c0": F, "__index_level_0__": [0, 1, 2]}, {}, None, False, (0,)),
        ({"": F, "c0": F}, {}, None, False, (0, 1)),
        ({"c0": F, "c1": F}, {"id_column": "2"}, 1, False, (0,)),
        ({"c0": F, "site": IDS, "w": F}, {"groups": ("site",), "weight": "3"}, None, False, (0,)),
        ({"id": [7, 8, 9], "c0": F}, {"score_columns": ("id",)}, None, False, (0, 1)),
    ],
)
def test_sides(
    columns: dict[str, Any], options: dict[str, Any], ident: int | None, loose: bool, rest: tuple[int, ...]
) -> None:
    found = sides(table_of(columns, "t"), ReadOptions(**options))
    assert (found.id, found.loose, found.rest) == (ident, loose, rest)


def test_the_id_that_both_files_have() -> None:
    left = table_of({"image_id": IDS, "study_id": IDS, "c0": F}, "t")
    assert sides(left, ReadOptions(), table_of({"study_id": IDS, "label": F}, "t")).id == 1
    assert sides(left, ReadOptions(), table_of({"label": F}, "t")).id == 0


def test_numbers_of_columns_mean_the_first_file() -> None:
    first, second = table_of({"c0": F, "c1": F}, "a"), table_of({"label": IDS, "c1": F}, "b")
    assert sides(second, ReadOptions(weight="1"), first, second=True).weight is None
    assert sides(second, ReadOptions(weight="c1"), first, second=True).weight == 1


@pytest.mark.parametrize(
    ("wanted", "found"), [("b", 1), ("1", 2), ("2", 1), ("4", None), ("0", None), ("²", None), ("", None)]
)
def test_find(wanted: str, found: int | None) -> None:
    assert find(table_of({"a": F, "b": F, "1": F}, "t"), wanted) == found


def test_needed_lists_what_there_is() -> None:
    with pytest.raises(
        CalibrateError, match=r"left and right: no column 'z' \(--group\); found 'a'; 2 columns without names"
    ) as caught:
        needed([table_of({"a": F}, "left"), table_of([[1, 2]], "right")], "z", "--group")
    assert caught.value.code == "E202"


@pytest.mark.parametrize(
    ("columns", "options", "labels", "ident"),
    [
        ({"anything": IDS}, {}, (0,), None),
        ({"id": IDS, "anything": [0, 1, 2]}, {}, (1,), 0),
        ({"label": [0, 1, 2], "age": F}, {}, (0,), None),
        ({"name of file": IDS, "label": ["x", "y", "x"]}, {}, (1,), 0),
        ({"a": IDS, "b": ["x", "y", "x"]}, {}, (1,), 0),
        ({"a": [0, 1, 0], "b": [1, 0, 1]}, {}, (0, 1), None),
        ({"a": [0, 1, 2], "b": F}, {"label_column": "a"}, (0,), None),
        ({"a": [0, 1, 2], "label": F, "y": [0, 1, 1]}, {}, (2,), None),
    ],
)
def test_labels_of_their_own(
    columns: dict[str, Any], options: dict[str, Any], labels: tuple[int, ...], ident: int | None
) -> None:
    found = table_of(columns, "t")
    given = ReadOptions(**options)
    assert labels_of_their_own(found, sides(found, given), given)[:2] == (labels, ident)


def test_columns_without_a_header_are_said_to_have_numbers() -> None:
    found = table_of([[0, 1, 2], [2, 0, 5], [1, 1, 7]], "t")
    with pytest.raises(CalibrateError) as caught:
        labels_of_their_own(found, sides(found, ReadOptions()), ReadOptions())
    assert (caught.value.code, "--label-column NAME, or its number from 1" in caught.value.hint) == ("E203", True)
