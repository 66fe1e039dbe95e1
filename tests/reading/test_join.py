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
        (("", 0, 1, 2), ("", 1, 1, 2, 1, 0, 0), [0, 1, 1]),
        (("photo", "a", "b", "c"), ("photo", "c", 1, "a", 0, "b", 1), [0, 1, 1]),
        (("photo", "a", "b", "c"), ("picture", "c", 1, "a", 0, "b", 1), [0, 1, 1]),
        (("photo", "a", "b", "c"), ("id", " c", 1, " a", 0, " b", 1), [0, 1, 1]),
        (("patient", 71, 72, 73), ("patient", 73, 1, 71, 0, 72, 1), [0, 1, 1]),
        (("", 0, 1, 2), ("id", 1, 1, 2, 1, 0, 0), [0, 1, 1]),
        (("", 0, 1, 2), ("idx", 1, 1, 2, 1, 0, 0), [0, 1, 1]),
        (("index", 0, 1, 2), ("", 1, 1, 2, 1, 0, 0), [0, 1, 1]),
        (("id", 0, 1, 2), ("", 1, 1, 2, 1, 0, 0), [0, 1, 1]),
        (("id", 1, 2, 3), ("idx", 2, 1, 3, 1, 1, 0), [0, 1, 1]),
        (("", 2, 0, 1), ("id", 0, 1, 1, 1, 2, 0), [0, 1, 1]),
        (("idx", 2, 0, 1), ("id", 0, 1, 1, 1, 2, 0), [0, 1, 1]),
        (("", "2.0", "0.0", "1.0"), ("id", 0, 1, 1, 1, 2, 0), [0, 1, 1]),
        (("id", 5, 7, 6), ("", 6, 1, 7, 1, 5, 0), [0, 1, 1]),
        (("photo", "x", "x", "y"), ("id", "c", 0, "a", 1, "b", 1), [0, 1, 1]),
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
        (("photo", "a", "b", "c"), ("photo", "c", 1, "a", 0, "d", 1), ("'b'", "1 of 3")),
        (
            ("", 9, 4, 7),
            ("", 3, 0, 9, 1, 2, 1),
            ("scores.csv: row 2 (line 3), column 1 '': found the id '4', expected one of",),
        ),
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


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        ("id,c0,c1\na,3.5,1\nb,0,2\nc,1,4\n", "label\n0\n1\n1\n"),
        ("c0,c1\n3.5,1\n0,2\n1,4\n", "id,label\na,0\nb,1\nc,1\n"),
    ],
)
def test_ids_in_one_file_only_are_said_to_be_unused(reads: Any, scores: str, labels: str) -> None:
    found = [d.value for d in reads(scores, labels).decisions if d.what == "join"]
    assert found == [f"by position (only {'scores' if 'id' in scores else 'labels'}.csv has ids)"]


def test_rows_without_a_header_are_joined_by_their_texts(reads: Any) -> None:
    data = reads("a,3.5,1\nb,0,2\nc,1,4\n", "c,1\na,0\nb,1\n")
    assert data.rows.loads[0]().labels.tolist() == [0, 1, 1]


def test_the_only_column_of_labels_is_no_id(reads: Any) -> None:
    data = reads("best,cat,dog,fox\nfox,0,1,3.5\ncat,2,1,0.5\ndog,1,2,0.5\n", "kind\nfox\ncat\ndog\n")
    assert data.rows.loads[0]().labels.tolist() == [2, 0, 1]


def test_an_id_column_and_a_data_frames_index_are_joined_not_taken_by_position(reads: Any) -> None:
    scores = SCORES.format("", 0, 1, 2)
    data = reads(scores, LABELS.format("id", 1, 1, 2, 1, 0, 0))
    said = [(d.value, d.why) for d in data.decisions if d.what == "join"]
    assert said == [("by id, rows of labels reordered", "column 1 '' and column 1 'id'")]


NO_IDS = ("c0,c1\n3.5,1\n0,2\n1,4\n", "label\n0\n1\n1\n")


@pytest.mark.parametrize("name", ["", "id", "idx", "index", "Unnamed: 0", "sample"])
@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("at", [0, 1])
def test_a_shuffled_index_beside_no_ids_is_never_taken_by_position(reads: Any, name: str, base: int, at: int) -> None:
    numbers = [base + 1, base + 2, base]
    left = SCORES.format(name, *numbers) if at == 0 else NO_IDS[0]
    labels = [numbers[0], 1, numbers[1], 1, numbers[2], 0]
    right = LABELS.format(name, *labels) if at else NO_IDS[1]
    with pytest.raises(CalibrateError) as caught:
        reads(left, right)
    assert caught.value.code == "E217"
    assert (
        f"row 1 (line 2), column 1 '{name}': found the row number {base + 1}, expected {base}" in caught.value.message
    )
    assert "--join number" in caught.value.hint and "--join position" in caught.value.hint
    by_number = [1, 1, 0] if at == 0 else [0, 1, 1]
    by_position = [0, 1, 1] if at == 0 else [1, 1, 0]
    for join, expected in (("number", by_number), ("position", by_position)):
        data = reads(left, right, join=join)
        assert data.rows.loads[0]().labels.tolist() == expected
        assert [d.flag for d in data.decisions if d.what == "join"] == ["--join"]


def test_row_numbers_by_another_name_are_known_by_their_values_where_there_are_many(reads: Any) -> None:
    order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
    scores = "".join(f"{1 - k % 2},{k % 2}.5\n" for k in range(10))
    labels = "frame,label\n" + "".join(f"{k},{k % 2}\n" for k in order)
    with pytest.raises(CalibrateError, match="column 1 'frame': found the row number 3") as caught:
        reads("a,b\n" + scores, labels)
    assert caught.value.code == "E217"
    numbered = ",a,b\n" + "".join(f"{k},{row}\n" for k, row in enumerate(scores.split()))
    assert reads(numbered, labels).rows.loads[0]().labels.tolist() == [0, 1] * 5
    assert reads("a,b\n" + scores, labels.replace("frame", "rank")).rows.n == 10


def test_row_numbers_that_are_not_the_same_in_both_files_are_said(reads: Any) -> None:
    data = reads(SCORES.format("", 9, 4, 7), LABELS.format("", 0, 0, 1, 1, 2, 1))
    assert [d.why for d in data.decisions if d.what == "join"] == ["the row numbers of the two files are not the same"]


def test_row_numbers_decide_only_where_there_are_any(reads: Any) -> None:
    with pytest.raises(CalibrateError, match="no column numbers the rows") as caught:
        reads(*NO_IDS, join="number")
    assert caught.value.code == "E201"
    with pytest.raises(CalibrateError, match="'rows' is unknown"):
        reads(*NO_IDS, join="rows")


@pytest.mark.parametrize(
    ("scores", "labels", "words"),
    [
        (("id", "a", "b", "c"), ("id", "c", 1, "a", 0), "id of scores.csv not in labels.csv: 'b'"),
        (("id", "a", "b", "c"), ("id", *"c1a0b1d1e0"), "2 ids of labels.csv not in scores.csv: 'd', 'e'"),
        (("", 0, 1, 2), ("", 2, 1, 0, 0), "id of scores.csv not in labels.csv: '1'"),
        (("id", "a", "b", "c"), ("id", "x", 1, "y", 0), ""),
        (("id", "a", "b", "b"), ("id", "a", 1, "b", 0), ""),
    ],
)
def test_ids_without_a_partner_are_named_where_the_counts_differ(
    reads: Any, scores: tuple[Any, ...], labels: tuple[Any, ...], words: str
) -> None:
    rows = "".join(f"{k},{y}\n" for k, y in zip(labels[1::2], labels[2::2], strict=True))
    with pytest.raises(CalibrateError) as caught:
        reads(SCORES.format(*scores), f"{labels[0]},label\n{rows}")
    assert caught.value.code == "E216"
    assert caught.value.message.endswith(f"expected as many of both: {words}" if words else "expected as many of both")
    assert ("remove these rows" in caught.value.hint) == bool(words)
