from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.errors import CalibrateError

SCORES = "id,c0,c1,site,w\na,3.5,1,x,1\nb,0,2,y,0.5\nc,1,4,x,2\n"
LABELS = "id,label,ward,w2\nc,1,north,5\na,0,south,6\nb,1,north,7\n"


def test_columns_of_both_files_follow_the_scores(reads: Any) -> None:
    data = reads(SCORES, LABELS, groups=("site", "ward"), weight="w2", score_columns=("c*",))
    assert data.groups["site"].tolist() == ["x", "y", "x"]
    assert data.groups["ward"].tolist() == ["south", "north", "north"]
    assert np.asarray(data.rows.loads[0]().weights).tolist() == [6, 7, 5]
    assert data.ids == ("a", "b", "c")


def test_labels_beside_the_scores_yield_to_a_file_of_labels(reads: Any) -> None:
    data = reads("label,c0,c1\n0,3.5,1\n0,0,2\n", "label\n1\n0\n")
    assert data.rows.loads[0]().labels.tolist() == [1, 0]
    assert "labels in" in next(d.value for d in data.decisions if d.what == "not used")


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (["1", "-2", "1"], "row 2 (line 3), column 3 'w': found weight '-2'"),
        (["1", "x", "1"], "'x'"),
        (["x", "y", "z"], "row 1 (line 2), column 3 'w': found weight 'x', expected a finite number, 0 or more"),
        (["1", "y", "z"], "row 2 (line 3), column 3 'w': found weight 'y'"),
        (["0", "0", "0"], "every weight is 0"),
    ],
)
def test_weights(reads: Any, weights: list[str], words: str) -> None:
    rows = "\n".join(f"{a},{b},{w}" for a, b, w in zip([3.5, 0, 1], [1, 2, 4], weights, strict=True))
    with pytest.raises(CalibrateError) as caught:
        reads(f"c0,c1,w\n{rows}\n", "0\n1\n1\n", weight="w")
    assert caught.value.code == "E218"
    assert words in caught.value.message


def test_bad_weights_of_dropped_rows_do_not_count(reads: Any) -> None:
    data = reads("c0,c1,w\n3.5,1,1\nNA,2,-1\n1,4,2\n", "0\n1\n1\n", weight="w", drop_missing=True)
    assert np.asarray(data.rows.loads[0]().weights).tolist() == [1, 2]
