"""Refusals and special cases of reading that no other table of cases reaches, each from a whole file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibrate.api.load import load
from calibrate.errors import CalibrateError
from calibrate.reading.dataset import read as read_dataset
from calibrate.reading.options import ReadOptions


def files(folder: Path, scores: str, labels: str | None) -> tuple[str, str | None]:
    (folder / "z.csv").write_text(scores)
    if labels is None:
        return str(folder / "z.csv"), None
    (folder / "y.csv").write_text(labels)
    return str(folder / "z.csv"), str(folder / "y.csv")


THREE = "a,b,c\n" + "1.5,0.5,-2.5\n-0.5,3.5,1.5\n0.25,-1.5,2.5\n2.5,1.5,-0.5\n"


@pytest.mark.parametrize(
    ("scores", "labels", "options", "code", "word"),
    [
        (THREE, "0.5,0.25,0.25\n0.5,0.25,0.25\n0.1,0.2,0.7\n0.1,0.2,0.7\n", {}, "E203", "swapped"),
        (THREE, "a,b,c,a\n", {}, "E203", "transposed"),
        (THREE, "label\n", {}, "E107", "no rows below"),
        ("p\n0.5\n0.25\n1.5\n", "0\n1\n1\n", {"input": "probs"}, "E215", "1.5"),
        (THREE, "a\nb\nc\na\n", {"weight": "w"}, "E202", "w"),
        (THREE, "a\nb\nc\na\n", {"id_column": "i"}, "E202", "i"),
        (THREE, "a\nb\nc\na\n", {"groups": ("g",)}, "E202", "g"),
    ],
)
def test_what_is_refused(
    scores: str, labels: str, options: dict[str, Any], code: str, word: str, tmp_path: Path
) -> None:
    with pytest.raises(CalibrateError) as caught:
        load(*files(tmp_path, scores, labels), ReadOptions(**options))
    assert caught.value.code == code
    assert word in f"{caught.value.message} {caught.value.hint}"


def test_standard_input_cannot_be_both() -> None:
    with pytest.raises(CalibrateError, match="named for scores and labels") as caught:
        read_dataset("-", "-")
    assert caught.value.code == "E201"


def test_a_strange_label_beside_a_missing_one(tmp_path: Path) -> None:
    given = files(tmp_path, THREE, "0\n7\nNA\n2\n")
    with pytest.raises(CalibrateError, match="7"):
        load(*given, ReadOptions(drop_missing=True))
    numbers = np.array([10.0, 7.0, np.nan, 30.0])
    with pytest.raises(CalibrateError, match="7"):
        load(np.eye(4, 3) * 2.5, numbers, ReadOptions(drop_missing=True, classes=("10", "20", "30")))


def test_nothing_is_left_where_every_row_lacks_something() -> None:
    with pytest.raises(CalibrateError, match="no rows are left") as caught:
        load(np.array([[np.nan, 1.5], [2.5, np.nan]]), np.array([0, 1]), ReadOptions(drop_missing=True))
    assert caught.value.code == "E211"


def test_one_event_that_is_always_true_is_not_ranked() -> None:
    data = load(np.array([0.5, -1.5, 2.5, 3.5]), np.array([1, 1, 1, 1]), ReadOptions(classes=("no", "yes")))
    assert data.rows.n == 4
    assert not [note for note in data.notes if "accuracy" in note]


def test_objects_in_memory() -> None:
    scores = np.array([[1.5, -0.5], [0.25, 2.0], [None, 1.0]], dtype=object)
    data = load(scores, np.array([True, False, True], dtype=object), ReadOptions(drop_missing=True))
    assert (data.rows.n, data.dropped) == (2, 1)


def test_many_columns_of_probabilities_are_summed_the_other_way() -> None:
    k = 200
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(k), 300)
    data = load(p, rng.integers(0, k, 300), ReadOptions())
    assert data.scale == "probs"


@pytest.mark.parametrize("link", [None, "/nowhere/at/all.csv"])
def test_a_symbolic_link_to_nothing(link: str | None, tmp_path: Path) -> None:
    (tmp_path / "z.csv").symlink_to(link or tmp_path / "gone.csv")
    with pytest.raises(CalibrateError, match="symbolic link") as caught:
        load(str(tmp_path / "z.csv"), None, ReadOptions())
    assert caught.value.code == "E101"


def test_memory_that_is_not_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from calibrate.containers import container

    def failing(error: type[Exception]) -> None:
        def recognised(opened: Any) -> Any:
            raise error(5, "Input/output error") if error is OSError else error

        monkeypatch.setattr(container, "recognised", recognised)

    (tmp_path / "z.csv").write_text(THREE)
    for error, code, word in ((MemoryError, "E114", "memory"), (OSError, "E102", "input/output error")):
        failing(error)
        with pytest.raises(CalibrateError, match=word) as caught:
            load(str(tmp_path / "z.csv"), None, ReadOptions())
        assert caught.value.code == code
