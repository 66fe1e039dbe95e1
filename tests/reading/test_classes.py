from __future__ import annotations

from typing import Any

import pytest

from calibrate.errors import CalibrateError
from calibrate.reading.arrays import table_of
from calibrate.reading.classes import coded, stripped
from calibrate.reading.labels import labels_of
from calibrate.reading.options import ReadOptions
from calibrate.reading.positive import coded_events

PETS = ("cat", "dog", "fox")


def codes(values: Any, names: tuple[str, ...] | None, k: int, **options: Any) -> tuple[list[int], tuple[str, ...]]:
    drop = options.pop("drop_missing", False)
    found = coded(labels_of(table_of({"y": values}, "labels"), 0, drop_missing=drop), names, k, ReadOptions(**options))
    return found.codes.tolist(), found.classes


@pytest.mark.parametrize(
    ("values", "names", "k", "options", "expected"),
    [
        ([0, 2, 1], None, 3, {}, ([0, 2, 1], ("0", "1", "2"))),
        ([0, 2, 1], PETS, 3, {}, ([0, 2, 1], PETS)),
        (["2", "0", "1"], PETS, 3, {}, ([2, 0, 1], PETS)),
        ([1, 3, 2], PETS, 3, {"label_base": 1}, ([0, 2, 1], PETS)),
        ([1, 2, 1], PETS, 3, {"label_base": 0}, ([1, 2, 1], PETS)),
        ([3, 1, 2], ("2", "3", "1"), 3, {}, ([1, 2, 0], ("2", "3", "1"))),
        ([3, 1, 2], ("2.0", "3.0", "1.0"), 3, {}, ([1, 2, 0], ("2.0", "3.0", "1.0"))),
        (["fox", "cat"], PETS, 3, {}, ([2, 0], PETS)),
        (["fox", "cat"], ("p(cat)", "p(dog)", "p(fox)"), 3, {}, ([2, 0], PETS)),
        ([True, False], None, 2, {}, ([1, 0], ("False", "True"))),
        ([True, False], ("TRUE", "FALSE"), 2, {}, ([0, 1], ("TRUE", "FALSE"))),
        (["true", "False"], None, 2, {}, ([1, 0], ("False", "True"))),
        ([-1, 1], None, 2, {}, ([0, 1], ("-1", "1"))),
        ([0, 1], ("c1", "c2"), 2, {}, ([0, 1], ("c1", "c2"))),
        ([2.0, float("nan"), 1.0], None, 3, {"drop_missing": True, "label_base": 1}, ([1, 0, 0], ("1", "2", "3"))),
        ([12.0, float("nan"), 11.0], ("11", "12"), 2, {"drop_missing": True}, ([1, 0, 0], ("11", "12"))),
    ],
)
def test_coded(values: Any, names: Any, k: int, options: dict[str, Any], expected: Any) -> None:
    assert codes(values, names, k, **options) == expected


@pytest.mark.parametrize(
    ("values", "names", "k", "code", "words"),
    [
        (
            [0, 3],
            None,
            3,
            "E204",
            "row 2 (index 1), column 1 'y': found label '3', expected a whole number from 0 to 2",
        ),
        ([1, 3], None, 3, "E206", "labels run from 1 to 3 with 3 columns"),
        ([1, 2], ("c1", "c2", "c3"), 3, "E206", "'c1' to 'c3'"),
        ([0, 2], ("1", "2", "3"), 3, "E204", "found label '0', expected the name of a column: '1', '2', '3'"),
        ([0, 2], ("c0", "c2", "c1"), 3, "E207", "column 2 is 'c2'"),
        (["cat", "cat", "cow"], PETS, 3, "E204", "found label 'cow'"),
        (["1", "1", "cow"], None, 3, "E204", "found label 'cow'"),
        (["cat", "dog"], None, 3, "E207", "the columns of scores have none"),
        (["cow", "hen"], PETS, 3, "E207", "'cow', 'hen'"),
        ([True, False], PETS, 3, "E204", "true and false"),
    ],
)
def test_refused(values: Any, names: Any, k: int, code: str, words: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        codes(values, names, k)
    assert caught.value.code == code
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("values", "names", "options", "words"),
    [
        ([0, -1, 2], None, {}, "-1 often marks rows that nobody labelled"),
        ([1, -1, 2], None, {"label_base": 1}, "-1 often marks rows that nobody labelled"),
        ([5, -1, 6], ("5", "6", "7"), {}, "-1 often marks rows that nobody labelled"),
        (["cat", "dog", "-1"], PETS, {}, "-1 often marks rows that nobody labelled"),
        ([0, 3, -1], None, {}, "--label-base 1 if"),
        ([0, 1, 2], None, {"label_base": 1}, ""),
        ([5, 8], ("5", "6", "7"), {}, "--label-base 0 takes"),
    ],
)
def test_a_label_of_minus_1_is_no_question_of_the_base(
    values: Any, names: Any, options: dict[str, Any], words: str
) -> None:
    labels = labels_of(table_of({"y": values}, "labels"), 0)
    with pytest.raises(CalibrateError) as caught:
        coded(labels, names, 3, ReadOptions(**options))
    assert caught.value.code == "E204"
    assert words in caught.value.hint if words else caught.value.hint == ""


@pytest.mark.parametrize(
    ("names", "labels", "bare"),
    [
        (("cat_score", "dog_score"), ["dog"], ("cat", "dog")),
        (("cat", "dog"), ["dog"], None),
        (("p_cat", "dog"), ["cat"], None),
        (("c1", "c2"), ["1"], None),
        (("p_cat", "p_dog"), [], None),
        (("p_cat", "p_"), ["cat"], None),
    ],
)
def test_stripped(names: tuple[str, ...], labels: list[str], bare: tuple[str, ...] | None) -> None:
    assert stripped(names, labels) == bare


@pytest.mark.parametrize(
    ("values", "options", "column", "known", "expected"),
    [
        ([0, 1], {}, None, None, ([0, 1], ("0", "1"))),
        ([0, 0], {}, None, None, ([0, 0], ("0", "1"))),
        ([1.0, 0.0], {}, None, None, ([1, 0], ("0", "1"))),
        ([-1, 1], {}, None, None, ([0, 1], ("-1", "1"))),
        ([2, 1], {"label_base": 1}, None, None, ([1, 0], ("1", "2"))),
        ([5, 7], {"positive": "5"}, None, None, ([1, 0], ("7", "5"))),
        ([5.0, 7.0], {"positive": "5.0"}, None, None, ([1, 0], ("7", "5"))),
        ([True, False], {}, None, None, ([1, 0], ("False", "True"))),
        ([True, False], {"positive": "false"}, None, None, ([0, 1], ("True", "False"))),
        (["ham", "spam"], {"positive": "ham"}, None, None, ([1, 0], ("spam", "ham"))),
        (["ham", "spam"], {}, "spam", None, ([0, 1], ("ham", "spam"))),
        (["ham", "spam"], {}, None, ("spam", "ham"), ([1, 0], ("spam", "ham"))),
        (["ham", "ham"], {"positive": "spam"}, None, None, ([0, 0], ("ham", "spam"))),
        ([1, 0], {}, None, ("no", "yes"), ([1, 0], ("no", "yes"))),
    ],
)
def test_events(values: Any, options: dict[str, Any], column: str | None, known: Any, expected: Any) -> None:
    labels = labels_of(table_of({"y": values}, "labels"), 0)
    found = coded_events(labels, ReadOptions(**options), column, known, "scores")
    assert (found.codes.tolist(), found.classes) == expected


@pytest.mark.parametrize(
    ("values", "options", "code", "words"),
    [
        ([0, 1, 2], {}, "E204", "row 3 (index 2), column 1 'y': label '2' beside '0' and '1'"),
        (["a", "b", "c"], {"positive": "c"}, "E204", "3 classes"),
        (["ham", "spam"], {}, "E208", "'ham', 'spam'"),
        (["ham", "spam"], {"positive": "eggs"}, "E208", "no label is 'eggs'"),
        ([1, 2], {}, "E208", "'1', '2'"),
        (["ham"], {}, "E208", "'ham'"),
    ],
)
def test_events_refused(values: Any, options: dict[str, Any], code: str, words: str) -> None:
    labels = labels_of(table_of({"y": values}, "labels"), 0)
    with pytest.raises(CalibrateError) as caught:
        coded_events(labels, ReadOptions(**options), None, None, "scores")
    assert caught.value.code == code
    assert words in caught.value.message


def test_a_third_label_of_minus_1_marks_rows_without_a_label() -> None:
    labels = labels_of(table_of({"y": [0, 1, -1]}, "labels"), 0)
    with pytest.raises(CalibrateError, match="found one column of scores") as caught:
        coded_events(labels, ReadOptions(), None, None, "scores")
    assert "-1 often marks rows that nobody labelled" in caught.value.hint
