from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.errors import CalibrateError
from calibrate.reading.arrays import table_of
from calibrate.reading.labels import Labels, labels_of


def labels(values: Any, **options: Any) -> Labels:
    return labels_of(table_of({"y": values}, "labels"), 0, **options)


@pytest.mark.parametrize(
    ("values", "kind", "distinct"),
    [
        ([2, 0, 2], "whole", ("0", "2")),
        ([2.0, -1.0], "whole", ("-1", "2")),
        ([10**9, 0], "whole", ("0", "1000000000")),
        ([True, False], "bool", ("False", "True")),
        ([True, True], "bool", ("True",)),
        (["b", "a", "b"], "text", ("b", "a")),
        ([" b", "b "], "text", ("b",)),
    ],
)
def test_kinds(values: Any, kind: str, distinct: tuple[str, ...]) -> None:
    found = labels(values)
    assert (found.kind, found.distinct, found.missing) == (kind, distinct, None)


def test_whole_texts() -> None:
    found = labels(["2", "0.0", "1"]).taken_as_whole()
    assert found is not None
    assert (found.kind, found.values.tolist(), found.low, found.high) == ("whole", [2, 0, 1], 0, 2)
    assert labels(["2", "a"]).taken_as_whole() is None
    assert labels([2, 1]).taken_as_whole() is None


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        ([0, 1.5], "E204", "row 2 (index 1), column 1 'y': found label '1.5'"),
        ([0, np.inf], "E204", "found label 'inf'"),
        ([0.0, 1e300], "E204", "found label '1e+300'"),
        (np.array([0, 2**63], np.uint64), "E204", "found label '9223372036854775808'"),
        ([0, np.nan], "E205", "row 2 (index 1), column 1 'y': the label is missing"),
        (["a", ""], "E205", "row 2 (index 1), column 1 'y': the label is missing"),
        (["a", None], "E205", "missing"),
    ],
)
def test_refused(values: Any, code: str, words: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        labels(values)
    assert caught.value.code == code
    assert words in caught.value.message


def test_missing_labels_can_be_dropped() -> None:
    found = labels([2.0, np.nan, 1.0], drop_missing=True)
    assert found.missing is not None
    assert (found.missing.tolist(), found.distinct, found.low) == ([False, True, False], ("1", "2"), 1)
    found = labels(["NA", "b", "", "c", "b"], drop_missing=True)
    assert found.missing is not None
    assert (found.missing.tolist(), found.texts) == ([True, False, True, False, False], ("b", "c"))
    assert found.values[[1, 3, 4]].tolist() == [0, 1, 0]


def test_a_class_called_na_is_not_missing() -> None:
    found = labels(["NA", "b"], names=("NA", "b"), drop_missing=True)
    assert (found.missing, found.texts) == (None, ("NA", "b"))
