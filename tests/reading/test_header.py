from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.containers.container import open_table
from calibrate.errors import CalibrateError
from calibrate.reading.header import agreed

GOOD = "3.5,1,0.5\n0,2,1\n1,0,4\n5,1,2\n"
TRUTH = "0\n1\n2\n0\n"


@pytest.mark.parametrize(
    ("scores", "labels", "first"),
    [
        (GOOD, "0\n" + TRUTH, [3.5, 1, 0.5]),
        ("0,1,2\n" + GOOD.replace("3.5", "4").replace("0.5", "0"), TRUTH, [4, 1, 0]),
        ("0,1,2\n" + GOOD, TRUTH, [3.5, 1, 0.5]),
        ("0,1,2\n" + GOOD, "2\n" + TRUTH, [0, 1, 2]),
        ("0,1,2\n" + GOOD, "0\n" + TRUTH, [3.5, 1, 0.5]),
        ("0,1,2\n" + GOOD.replace("3.5", "4").replace("0.5", "0"), "0\n" + TRUTH, [4, 1, 0]),
        ("a,b,c\n" + GOOD, "a\nb\nc\na\n", [3.5, 1, 0.5]),
        ("a,b\n3.5,1\n0.5,2\n", "a\nb\n", [3.5, 1]),
    ],
)
def test_the_other_file_decides(reads: Any, scores: str, labels: str, first: list[float]) -> None:
    data = reads(scores, labels)
    block = data.rows.loads[0]()
    assert block.scores[0].tolist() == first
    assert block.scores.argmax(axis=1).tolist() == block.labels.tolist()


def test_a_header_that_makes_the_labels_wrong_is_none(reads: Any) -> None:
    """A label too many at the end, and a first label 0: taken for a header, all labels would be shifted."""
    with pytest.raises(CalibrateError, match="5 rows against 4") as caught:
        reads(GOOD, TRUTH + "1\n")
    assert caught.value.code == "E216"


def test_a_named_header_is_never_a_label(reads: Any) -> None:
    with pytest.raises(CalibrateError, match=r"4 rows of scores.*3 labels") as caught:
        reads(GOOD, "label\n0\n1\n2\n")
    assert caught.value.code == "E216"


def test_rows_are_counted_as_the_file_shows_them(reads: Any) -> None:
    with pytest.raises(CalibrateError, match=r"row 2 \(line 3\), column 1 '0': found label '7'"):
        reads(GOOD, "0\n0\n7\n2\n0\n")
    with pytest.raises(CalibrateError, match=r"row 3 \(line 4\), column 2 '1': found 'x'"):
        reads("0,1,2\n4,1,0\n0,2,1\n1,x,4\n5,1,2\n", TRUTH)


def test_columns_of_a_headed_table(reads: Any) -> None:
    rows = "0,1,2\n4,1,0\n0,2,1\n1,0,4\n5,1,2\n"
    data = reads(rows, "0\n2\n2\n0\n", weight="1")
    assert data.classes == ("0", "2")
    assert np.asarray(data.rows.loads[0]().weights).tolist() == [1, 2, 0, 1]


def test_two_changes_that_would_both_make_the_counts_agree_are_none(reads: Any) -> None:
    """The first label is a class, and may have no header above it; the first scores count the columns."""
    with pytest.raises(CalibrateError, match=r"4 rows of scores.*3 labels") as caught:
        reads("0,1,2\n4,1,0\n0,2,1\n1,0,4\n", "cat\ndog\nfox\ndog\n", classes=("cat", "dog", "fox"))
    assert caught.value.code == "E216"


def test_numbers_that_do_not_count_are_no_header(reads: Any) -> None:
    with pytest.raises(CalibrateError, match=r"5 rows of scores.*4 labels") as caught:
        reads("0.0,1.0,2.0\n4,1,0\n0,2,1\n1,0,4\n5,1,2\n", TRUTH)
    assert caught.value.code == "E216"


def test_a_headed_table_is_a_table(tmp_path: Any) -> None:
    (tmp_path / "z.csv").write_text("0,1,2\n4,1,0\n0,2,1\n1,0,4\n5,1,2\n")
    (tmp_path / "y.csv").write_text(TRUTH)
    plain = open_table(str(tmp_path / "z.csv"))
    found = agreed(plain, open_table(str(tmp_path / "y.csv"))).scores
    assert (found.names, found.n, found.headerless()) == (("0", "1", "2"), 4, plain)
    assert found.numbers([0]).dtype == np.float64
    assert found.numbers([0]).read(0, 9).tolist() == [[4], [0], [1], [5]]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 2, 3]])
def test_texts_as_labels_below_the_header_that_a_data_frame_writes(reads: Any, order: list[int]) -> None:
    scores = ",cat,dog\n" + "".join(
        f"{i},{row}\n" for i, row in zip(sorted(order), [".9,.1", ".2,.8", ".4,.6"], strict=True)
    )
    truth = dict(zip(sorted(order), ["cat", "dog", "cat"], strict=True))
    labels = ",label\n" + "".join(f"{i},{truth[i]}\n" for i in order)
    assert reads(scores, labels).rows.loads[0]().labels.tolist() == [0, 1, 0]
    assert reads(scores, labels, label_column="label").rows.n == 3
