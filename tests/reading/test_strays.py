from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.errors import CalibrateError
from calibrate.reading.arrays import table_of
from calibrate.reading.labels import labels_of
from calibrate.reading.options import ReadOptions
from calibrate.reading.strays import Chosen, chosen
from calibrate.reading.unexplained import sums_to_one

F = [0.5, 1.5, -2.5]
I = [4, 5, 6]  # noqa: E741
T = ["x", "y", "x"]


def choose(columns: dict[str, Any], labels: Any = None, **options: Any) -> Chosen:
    table = table_of(columns, "scores")
    found = labels_of(table_of(labels, "labels"), 0) if labels is not None else None
    return chosen(table, range(len(columns)), ReadOptions(**options), found)


@pytest.mark.parametrize(
    ("columns", "labels", "options", "expected"),
    [
        ({"c0": F, "c1": F}, [0, 1, 1], {}, (0, 1)),
        ({"c0": F, "c1": F, "c2": F}, [0, 1, 1], {}, (0, 1, 2)),
        ({"c0": F, "c1": I}, [0, 1, 1], {}, (0, 1)),
        ({"c0": F, "c1": F, "note": T}, [0, 1, 1], {}, (0, 1)),
        ({"c0": F, "c1": F, "prediction": I}, [0, 1, 1], {}, (0, 1)),
        ({"cat": F, "dog": F}, ["dog", "cat", "cat"], {}, (0, 1)),
        ({"cat": F, "dog": F}, [0, 1, 1], {}, (0, 1)),
        ({"p_cat": F, "p_dog": F, "p_fox": F}, ["dog", "cat", "cat"], {}, (0, 1, 2)),
        ({"cat": F, "dog": F, "fox": F}, None, {}, (0, 1, 2)),
        ({"cat": [0.25, 0.5], "dog": [0.5, 0.25], "age": [0.25, 0.25]}, ["dog", "cat"], {}, (0, 1, 2)),
        ({"cat": F, "dog": F, "fox": F}, ["dog", "cat", "cat"], {"score_columns": ("*",)}, (0, 1, 2)),
        ({"cat": F, "dog": F, "age": F}, ["dog", "cat", "cat"], {"score_columns": ("dog", "cat")}, (1, 0)),
        ({"cat": F, "dog": F, "age": F}, ["dog", "cat", "cat"], {"score_columns": ("1-2",)}, (0, 1)),
        ({"cat": F, "dog": F, "age": F}, ["dog", "cat", "cat"], {"classes": ("dog", "cat")}, (1, 0)),
        ({"2": F, "1": F}, None, {"score_columns": ("1", "2")}, (1, 0)),
        ({"age": F}, [0, 1, 1], {}, (0,)),
    ],
)
def test_chosen(columns: dict[str, Any], labels: Any, options: dict[str, Any], expected: tuple[int, ...]) -> None:
    assert choose(columns, labels, **options).columns == expected


@pytest.mark.parametrize(
    ("columns", "labels", "options", "code", "words"),
    [
        ({"c0": F, "c1": F, "age": F}, [0, 1, 1], {}, "E210", "column 3 'age'"),
        ({"age": I, "c0": F, "c1": F, "c2": F}, [0, 1, 1], {}, "E210", "column 1 'age'"),
        ({"c0": F, "c1": F, "weights": F}, [0, 1, 1], {}, "E210", "by its name it is no class"),
        ({"cat": F, "dog": F, "fox": F}, ["dog", "cat", "cat"], {}, "E210", "column 3 'fox'"),
        ({"cat": F, "dog": F, "fox": F}, [0, 1, 1], {}, "E210", "column 3 'fox'"),
        ({"cat": F, "dog": F, "age": I}, None, {}, "E210", "column 3 'age'"),
        ({"cat": F, "dog": F, "lives": I}, None, {}, "E210", "column 3 'lives'"),
        ({"logit": F, "glucose": F}, [0, 1, 1], {}, "E210", "column 2 'glucose'"),
        (
            {"c0": F, "c1": T, "c2": F},
            [0, 1, 1],
            {},
            "E211",
            "column 2 'c1': found 'x', expected a number: a column of text",
        ),
        (
            {"c0": F, "c1": F, "x": ["1.5", "2.5", "a"], "c2": F},
            [0, 1, 1],
            {},
            "E211",
            "row 3 (index 2), column 3 'x': found 'a', expected a number",
        ),
        (
            {"c0": F, "c1": [True, False, True]},
            [0, 1, 1],
            {},
            "E211",
            "column 2 'c1': found 'True', expected a number: booleans (bool)",
        ),
        ({"a": T}, [0, 1, 1], {}, "E211", "column 1 'a': found 'x', expected a number: no column of scores, only text"),
        ({"c0": F, "c1": F}, [0, 1, 1], {"score_columns": ("c0", "c0")}, "E202", "twice"),
        ({"c0": F, "c1": F}, [0, 1, 1], {"score_columns": ("z*",)}, "E202", "'z*'"),
        ({"c0": F, "c1": F}, [0, 1, 1], {"score_columns": ("2-3",)}, "E202", "'2-3'"),
    ],
)
def test_refused(columns: dict[str, Any], labels: Any, options: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        choose(columns, labels, **options)
    assert caught.value.code == code
    assert words in caught.value.message


def test_top_label_needs_confidence_and_prediction() -> None:
    found = choose({"confidence": F, "pred": I}, [4, 5, 5])
    assert (found.columns, found.prediction, found.top_label) == ((0,), 1, True)
    assert not choose({"confidence": F}, [0, 1, 1]).top_label
    assert not choose({"margins": F, "pred": I}, [4, 5, 5]).top_label


def test_a_prediction_has_no_fractions() -> None:
    assert choose({"c0": F, "c1": F, "argmax": [1.0, 0.0, 1.0]}, [0, 1, 1]).columns == (0, 1)
    with pytest.raises(CalibrateError, match="argmax"):
        choose({"c0": F, "c1": F, "argmax": [1.5, 0.0, 1.0]}, [0, 1, 1])


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ([[0.25, 0.75]], True),
        (np.log([[0.25, 0.75]]), True),
        ([[0.25, 0.5]], False),
        ([[-1.0, 2.0]], False),
        ([[0.25, np.nan]], False),
        (np.empty((0, 2)), False),
    ],
)
def test_sums_to_one(head: Any, found: bool) -> None:
    assert sums_to_one(np.asarray(head)) is found


@pytest.mark.parametrize(
    ("cells", "hint"),
    [
        (["95.0%", "5.0%", "1.0%"], "divide by 100"),
        (["0,5", "0,25", "0,75"], "decimal commas are read where ;"),
        (["1,036.75", "2.5", "x"], "thousands separators out"),
        (["x", "y", "z"], "--score-columns"),
    ],
)
def test_cells_that_were_meant_as_numbers_are_told_how_to_be_written(cells: list[str], hint: str) -> None:
    for columns, options in (
        ({"p": cells}, {}),
        ({"p": cells}, {"score_columns": ("p",)}),
        ({"q": ["a"] * 3, "p": cells}, {}),
    ):
        with pytest.raises(CalibrateError) as caught:
            choose(columns, None, **options)
        assert caught.value.code == "E211"
        assert hint in caught.value.hint
