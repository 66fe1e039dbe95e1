"""Sums add, and only sums of the same collector do."""

import numpy as np
import pytest

from calibrate.sums import merge, total


def test_arrays_add_and_columns_concatenate() -> None:
    left = {"n": 2, "bins": np.array([1.0, 2.0]), "column": ("a",)}
    right = {"n": 3, "bins": np.array([0.5, 0.5]), "column": ("b", "c")}
    merged = merge(left, right)
    assert merged["n"] == 5
    assert merged["column"] == ("a", "b", "c")
    np.testing.assert_array_equal(merged["bins"], [1.5, 2.5])


def test_sums_of_different_collectors_are_refused() -> None:
    with pytest.raises(KeyError, match=r"different collectors: \['m', 'n'\]"):
        merge({"n": 1, "both": 1}, {"m": 1, "both": 1})


def test_total_adds_in_order() -> None:
    assert total(lambda word: {"words": (word,)}, "abc") == {"words": ("a", "b", "c")}
