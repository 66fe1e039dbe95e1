from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.errors import CalibrateError

P = np.array([0.875, 0.25, 0.625, 0.75])
Z = np.array([[2.5, -1.0], [-0.5, 1.5], [0.5, 3.0], [1.0, 2.0]])
Y = np.array([0, 1, 1, 0])


def first(data: Any) -> Any:
    return data.rows.loads[0]()


def test_scores_and_labels_of_one_archive(reads: Any) -> None:
    data = reads({"labels": Y, "logits": Z, "probs": Z * 0, "test_idx": np.arange(2)})
    assert first(data).scores.tolist() == Z.tolist()
    assert first(data).labels.tolist() == Y.tolist()
    assert [(i.name, i.role) for i in data.inputs] == [("scores.npz", "scores and labels")]


def test_arrays_by_name(reads: Any) -> None:
    data = reads(
        {"outcome": Y, "a": Z, "b": Z * 2, "year": Y + 2020, "w": Y + 1.0},
        key="b",
        label_column="outcome",
        groups=("year",),
        weight="w",
    )
    block = first(data)
    assert block.scores.tolist() == (Z * 2).tolist()
    assert block.labels.tolist() == Y.tolist()
    assert block.weights.tolist() == (Y + 1).tolist()
    assert data.groups["year"].tolist() == ["2020", "2021", "2021", "2020"]


def test_top_label(reads: Any) -> None:
    data = reads({"confidence": P, "pred": np.array([3, 1, 2, 3]), "labels": np.array([3, 1, 0, 3])})
    assert data.task == "top-label"
    assert first(data).labels.ravel().tolist() == [1, 1, 0, 1]


def test_binary_and_multilabel(reads: Any) -> None:
    assert reads({"prob": P, "labels": Y, "season": Y}).task == "binary"
    data = reads({"logits": Z, "labels": np.array([[0, 1], [1, 1], [0, 0], [1, 0]])}, link="sigmoid")
    assert (data.task, first(data).labels.shape) == ("multilabel", (4, 2))


def test_ids_of_two_archives_are_joined(reads: Any) -> None:
    data = reads({"logits": Z, "id": np.array([7, 3, 5, 1])}, "id,label\n1,0\n3,1\n5,1\n7,0\n")
    assert first(data).labels.tolist() == [0, 1, 1, 0]
    assert data.ids == ("7", "3", "5", "1")


def test_labels_in_an_archive_are_left_alone_where_none_are_asked_for(reads: Any) -> None:
    assert not reads({"logits": Z, "labels": Y + 40}, need_labels=False).labels_known


def test_errors_name_row_and_array(reads: Any) -> None:
    bad = Z.copy()
    bad[2, 1] = np.nan
    with pytest.raises(CalibrateError, match=r"scores.npz: row 3, column 2 '1': found 'NaN'"):
        reads({"logits": bad, "id": np.arange(5, 9), "labels": Y})
    with pytest.raises(CalibrateError, match=r"scores.npz: found 4 rows of scores, .*scores.npz: 3 labels"):
        reads({"logits": Z, "labels": Y[:3]})


@pytest.mark.parametrize(
    ("id_", "dtype"), [(np.arange(7.0, 11), np.float64), (np.arange(4, dtype=np.float32), np.float32)]
)
def test_scores_out_of_several_arrays(reads: Any, id_: np.ndarray, dtype: type) -> None:
    """An array is no column by its name alone: whoever says so gets what the same columns of a CSV would give."""
    arrays = {"logits": Z.astype(dtype), "labels": np.array([0, 1, 2, 0]), "id": id_}
    data = reads(arrays, score_columns=("1", "id", "0"), label_base=0)
    assert first(data).scores.dtype == dtype
    assert first(data).scores.tolist() == np.column_stack([Z[:, 1], id_, Z[:, 0]]).tolist()
    assert data.classes == ("1", "id", "0")


@pytest.mark.parametrize("column", ["nope", "logits"])
def test_labels_that_are_no_other_array(reads: Any, column: str) -> None:
    with pytest.raises(CalibrateError, match=rf"scores\.npz: no column '{column}' \(--label-column\)") as caught:
        reads({"logits": Z, "labels": Y}, label_column=column)
    assert caught.value.code == "E202"


def test_the_first_array_of_labels_that_is_there_is_taken(reads: Any) -> None:
    assert first(reads({"logits": Z, "truth": Y}, label_column=("logits", "truth"))).labels.tolist() == Y.tolist()


def test_an_archive_without_labels(reads: Any) -> None:
    with pytest.raises(CalibrateError, match=r"scores\.npz: no labels") as caught:
        reads({"logits": Z, "year": Y})
    assert (caught.value.code, "--label-column NAME" in caught.value.hint) == ("E203", True)
    assert not reads({"logits": Z, "year": Y}, need_labels=None).labels_known


def test_arrays_have_no_header_that_could_be_a_row(reads: Any) -> None:
    with pytest.raises(CalibrateError, match=r"found 4 rows of scores, .*labels\.csv: 5 labels") as caught:
        reads({"logits": Z, "year": Y}, "label\n0\n1\n1\n0\n1\n", groups=("year",))
    assert caught.value.code == "E216"


def test_an_id_that_does_not_fit_is_left_alone(reads: Any) -> None:
    for ids in (np.arange(3), np.zeros((4, 2))):
        assert reads({"logits": Z, "labels": Y, "id": ids}).ids is None


@pytest.mark.parametrize(
    ("options", "flag"),
    [({"groups": ("year",)}, "--group"), ({"weight": "year"}, "--weight"), ({"id_column": "year"}, "--id-column")],
)
@pytest.mark.parametrize(("array", "words"), [(np.arange(3), "3 by 1 values"), (np.zeros((4, 2)), "4 by 2 values")])
def test_an_array_that_a_flag_names_has_a_value_for_each_row(
    reads: Any, options: dict[str, Any], flag: str, array: np.ndarray, words: str
) -> None:
    expected = rf"scores\.npz, array 'year' \({flag}\): found {words}, expected one for each of the 4 rows of scores"
    with pytest.raises(CalibrateError, match=expected) as caught:
        reads({"logits": Z, "labels": Y, "year": array}, **options)
    assert (caught.value.code, caught.value.hint) == ("E202", "name an array of as many values")


def test_a_column_of_the_labels_is_taken_where_the_array_does_not_fit(reads: Any) -> None:
    labels = "label,year\n0,2020\n1,2021\n1,2022\n0,2023\n"
    data = reads({"logits": Z, "year": np.arange(3)}, labels, groups=("year",))
    assert data.groups["year"].tolist() == ["2020", "2021", "2022", "2023"]


def test_a_file_is_named_once(reads: Any) -> None:
    with pytest.raises(CalibrateError) as caught:
        reads({"logits": Z, "labels": Y}, groups=("year",))
    assert (caught.value.code, caught.value.message.count("scores.npz")) == ("E202", 1)


@pytest.mark.parametrize("dtype", ["<U3", "|S3", object])
def test_ids_of_text_are_in_nobodys_way(reads: Any, dtype: Any) -> None:
    """Arrays of text are not read; that matters only where rows are to be joined, or somebody asks for them."""
    arrays = {"logits": Z, "image_id": np.array(["im1", "im2", "im3", "im4"], dtype)}
    data = reads({**arrays, "labels": Y})
    assert (data.ids, first(data).labels.tolist()) == (None, Y.tolist())
    assert reads(arrays, need_labels=False).ids is None
    for more, options in (("id,label\nim4,0\nim3,1\nim2,1\nim1,0\n", {}), (None, {"id_column": "image_id"})):
        with pytest.raises(CalibrateError, match=r"scores\.npz, array 'image_id': found the dtype") as caught:
            reads(arrays if more else {**arrays, "labels": Y}, more, **options)
        assert caught.value.code == "E112"
