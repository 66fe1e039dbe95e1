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
