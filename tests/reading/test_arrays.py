from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from calibrate.errors import CalibrateError
from calibrate.reading.arrays import table_of

SCORES = [[2.5, -1.0, 0.25], [-0.5, 1.5, 0.0], [0.125, 0.5, 3.0], [1.0, 2.0, -4.0]]
LABELS = [0, 1, 2, 1]
NAMES = ["cat", "dog", "fox"]
WORDS = ["cat", "dog", "fox", "dog"]


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        (SCORES, LABELS),
        (np.array(SCORES), np.array(LABELS)),
        (np.array(SCORES, order="F"), np.array(LABELS, np.uint8)),
        (np.array(SCORES, ">f8"), np.array(LABELS, ">i2")[:, None]),
        (np.array(SCORES, np.float16), np.eye(3)[LABELS]),
        (np.array(SCORES, np.longdouble), np.array(LABELS, float)),
        (np.array(SCORES)[::-1][::-1], LABELS),
        (pd.DataFrame(SCORES), pd.Series(LABELS)),
        (pd.DataFrame(SCORES, columns=NAMES), pd.Series(WORDS, name="y")),
        (pd.DataFrame(SCORES, columns=NAMES), pd.Series(WORDS, dtype="category")),
        (pd.DataFrame(SCORES, columns=NAMES), pd.DataFrame({"label": WORDS, "age": 1.5})),
        (pd.DataFrame(SCORES, columns=NAMES), pd.Series(LABELS, dtype="Int64")),
        (pd.DataFrame(SCORES, columns=NAMES).assign(label=WORDS), None),
        (pl.DataFrame(SCORES, schema=NAMES, orient="row"), pl.Series("y", WORDS)),
        (pl.DataFrame(SCORES, schema=NAMES, orient="row").with_columns(label=pl.Series(WORDS)), None),
        ({n: [row[j] for row in SCORES] for j, n in enumerate(NAMES)}, np.array(WORDS)),
        (pd.DataFrame(SCORES, columns=NAMES), np.array(WORDS, dtype=object)),
    ],
)
def test_every_kind_of_input(in_memory: Any, scores: Any, labels: Any) -> None:
    data = in_memory(scores, labels)
    block = data.rows.loads[0]()
    assert block.scores.tolist() == SCORES
    assert block.labels.tolist() == LABELS
    assert block.scores.flags.c_contiguous


def test_single_precision_is_not_copied(in_memory: Any) -> None:
    scores = np.array(SCORES, np.float32)
    block = in_memory(scores, LABELS).rows.loads[0]()
    assert block.scores.dtype == np.float32
    assert np.shares_memory(block.scores, scores)


def test_binary_series(in_memory: Any) -> None:
    data = in_memory(pd.Series([2.5, -1.0, 3.0], name="score"), pd.Series([True, False, True]))
    assert (data.task, data.classes) == ("binary", ("False", "True"))
    assert data.rows.loads[0]().labels.tolist() == [[1], [0], [1]]


def test_missing_labels_of_a_frame(in_memory: Any) -> None:
    frame = pd.DataFrame(SCORES, columns=NAMES)
    for labels in (
        pd.Series([0, 1, None, 2]),
        pd.Series([0, 1, None, 2], dtype="Int64"),
        pd.Series(["cat", "dog", None, "fox"]),
    ):
        with pytest.raises(CalibrateError, match=r"labels: row 3 \(index 2\).*missing") as caught:
            in_memory(frame, labels)
        assert caught.value.code == "E205"
        assert in_memory(frame, labels, drop_missing=True).rows.n == 3


@pytest.mark.parametrize("index", [[11, 4, 7, 2], ["a", "b", "c", "d"]])
def test_an_index_that_says_otherwise_than_the_order_is_obeyed(in_memory: Any, index: list[Any]) -> None:
    frame = pd.DataFrame(SCORES, columns=NAMES, index=index)
    labels = pd.Series(WORDS, index=index)
    for given in (labels, labels.iloc[::-1], labels.iloc[[2, 0, 3, 1]], labels.reset_index(drop=True), np.array(WORDS)):
        expected = [
            NAMES.index(w) for w in (labels if isinstance(given, pd.Series) and given.index[0] in index else given)
        ]
        assert in_memory(frame, given).rows.loads[0]().labels.tolist() == expected
    with pytest.raises(CalibrateError) as caught:
        in_memory(frame, labels.rename({index[0]: type(index[0])(99)}))
    assert caught.value.code == "E217"


def test_dates_may_stand_beside_scores(in_memory: Any) -> None:
    frame = pd.DataFrame(SCORES, columns=NAMES).assign(day=pd.Timestamp("2020-02-03"))
    data = in_memory(frame, WORDS, groups=("day",))
    assert data.groups["day"][0].startswith("2020-02-03")


def test_lazy_frames(in_memory: Any) -> None:
    frame = pl.DataFrame(SCORES, schema=NAMES, orient="row").lazy()
    assert in_memory(frame, WORDS).rows.n == 4


def test_groups_and_weights_of_a_frame(in_memory: Any) -> None:
    frame = pd.DataFrame(SCORES, columns=NAMES).assign(site=list("abab"), w=[1, 2, 3, 4])
    data = in_memory(frame, WORDS, groups=("site",), weight="w")
    assert data.groups["site"].tolist() == list("abab")
    assert data.rows.loads[0]().weights.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        (np.zeros((2, 2, 2)), "shape (2, 2, 2)"),
        (np.float64(3), "shape ()"),
        ([[1, 2], [3]], "no table"),
        (np.zeros(3, dtype=[("a", float)]), "dtype"),
        (np.ma.zeros(3, dtype=[("a", float)]), "dtype"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "datetime64"),
        (np.ones((2, 2), complex), "complex"),
        (np.array([{}, {}], dtype=object), "dict"),
        (pd.DataFrame([[1.5, 2.5]], columns=["a", "a"]), "'a' stands there twice"),
        ({"a": [1.5, 2.5], "b": [1.5]}, "different lengths"),
        ([], "no rows"),
        (np.zeros((3, 0)), "no"),
        (np.array([[True, False]]), "bool"),
        (["a", "b"], "text"),
    ],
)
def test_what_is_no_table_of_scores(in_memory: Any, scores: Any, words: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        in_memory(scores, need_labels=False)
    assert caught.value.code == "E211"
    assert words in caught.value.message


def test_places_are_rows_and_indices() -> None:
    assert table_of({"a": [1, 2]}, "scores").place(1, 0) == "row 2 (index 1), column 1 'a'"
    assert table_of([1, 2], "scores").place(1) == "row 2 (index 1)"


@pytest.mark.parametrize("more", [LABELS[:-1], [*LABELS, 0]])
def test_names_of_a_frame_are_never_a_row(in_memory: Any, more: list[int]) -> None:
    with pytest.raises(CalibrateError, match=rf"scores: found 4 rows of scores, labels: {len(more)} labels") as caught:
        in_memory(pd.DataFrame(SCORES, columns=NAMES), more)
    assert caught.value.code == "E216"


HIDDEN = np.zeros((4, 3), dtype=bool)
HIDDEN[2, 1] = True


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64])
def test_what_an_array_masks_is_never_read(in_memory: Any, kind: Any) -> None:
    whole = np.array(SCORES, dtype=kind)
    masked = np.ma.array(whole, mask=HIDDEN)
    rows_of = (
        (masked, "column 2"),
        (list(masked), "column 2"),
        ({f"c{j}": masked[:, j] for j in range(3)}, "column 2 'c1'"),
    )
    for scores, place in rows_of:
        with pytest.raises(CalibrateError, match=rf"row 3 \(index 2\), {place}: found 'NaN'") as caught:
            in_memory(scores, LABELS)
        assert caught.value.code == "E212"
        assert in_memory(scores, LABELS, drop_missing=True).rows.n == 3
    same = in_memory(np.ma.array(whole), np.ma.array(LABELS)).rows.loads[0]()
    assert np.array_equal(same.scores, whole) and same.labels.tolist() == LABELS


@pytest.mark.parametrize("labels", [LABELS, [0.0, 1.0, 2.0, 0.0], list("abca"), [True, False, True, True]])
def test_labels_that_are_masked_are_missing(in_memory: Any, labels: list[Any]) -> None:
    hidden = np.ma.array(labels, mask=[False, False, False, True])
    scores = np.array(SCORES)[:, :2] if labels[0] is True else SCORES
    classes = {"classes": ("a", "b", "c")} if labels[0] == "a" else {}
    with pytest.raises(CalibrateError, match=r"labels: row 4 \(index 3\), column 1: the label is missing") as caught:
        in_memory(scores, hidden, **classes)
    assert caught.value.code == "E205"
    assert in_memory(scores, hidden, drop_missing=True, **classes).rows.n == 3
