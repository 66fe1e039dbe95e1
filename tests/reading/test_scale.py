"""The pass over the scores: what it counts, and what it stops at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.errors import CalibrateError
from calibrate.reading.arrays import table_of
from calibrate.reading.scale import Look, Seen
from calibrate.rows import block_rows


def look(scores: Any, truth: Any = None, **more: Any) -> Seen:
    table = table_of(np.asarray(scores), "scores")
    columns = range(len(table.kinds))
    given: dict[str, Any] = {"ranged": True, "events": False, "drop_missing": False, **more}
    return Look(table, columns, None if truth is None else np.asarray(truth), **given).over(table.numbers(columns))


def test_probabilities_are_counted() -> None:
    seen = look([[0.0, 1.0], [0.25, 0.75], [1.0, 0.0], [0.5, 0.502]], [0, 0, 0, 1])
    assert (seen.inside, seen.strictly, seen.whole) == (True, True, False)
    assert (seen.zeros, seen.ones, seen.zero_true) == (2, 2, 1)
    assert seen.worst == pytest.approx(0.002)
    assert seen.first_off is None


def test_events_at_zero_and_one() -> None:
    seen = look([[0.0], [1.0], [0.0], [1.0]], [[0], [1], [1], [0]], events=True)
    assert (seen.zero_true, seen.whole) == (2, True)


def test_the_first_row_that_does_not_sum_to_one() -> None:
    seen = look([[0.5, 0.5], [0.5, 0.25], [0.0, 0.5]])
    assert seen.first_off == (1, 0.75)
    assert (seen.at, seen.worst) == (2, 0.5)


@pytest.mark.parametrize("value", [1.5, -0.5, -1e-5, 1 + 1e-5, -np.inf])
@pytest.mark.parametrize("row", [0, 70_000])
def test_a_single_value_outside(value: float, row: int) -> None:
    scores = np.full((100_000, 20), 0.05)
    scores[row, 3] = value
    seen = look(scores)
    assert not seen.inside
    assert seen.outside == (row, 3, value)


def test_rounding_of_a_softmax_is_inside() -> None:
    seen = look([[1.0000001, 0.0], [0.5, 0.5]])
    assert (seen.inside, seen.strictly, seen.high_only) == (True, False, True)
    seen = look([[1.0, -1e-9], [0.5, 0.5]])
    assert (seen.inside, seen.strictly, seen.high_only) == (True, False, False)


@pytest.mark.parametrize(("value", "text"), [(np.nan, "'NaN'"), (np.inf, "'inf'")])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_not_finite(value: float, text: str, dtype: type) -> None:
    scores = np.full((3_000, 700), 2, dtype=dtype)
    scores[2_999, 1] = value
    scores[2_998, 2] = -np.inf
    with pytest.raises(CalibrateError, match=rf"row 3000 \(index 2999\), column 2: found {text}") as caught:
        look(scores)
    assert caught.value.code == "E212"
    seen = look(scores, drop_missing=True)
    assert seen.dropped == 1
    assert seen.keep is not None
    assert np.flatnonzero(~seen.keep).tolist() == [2_999]


def test_sums_that_overflow_are_no_infinities() -> None:
    assert look(np.full((4, 3), 3e38, np.float32)).dropped == 0
    assert look(np.full((4, 3), [1.7e308, -1.7e308, 1.7e308])).masked == 0


def test_masked_classes() -> None:
    seen = look([[-np.inf, 1.0], [2.0, -np.inf], [1.0, 2.0]], [1, 1, 0])
    assert (seen.masked, seen.masked_true) == (2, 1)


def test_rows_without_a_label_do_not_count() -> None:
    seen = look([[0.0, 1.0], [0.5, 0.75]], [1, 0], keep=np.array([True, False]))
    assert (seen.first_off, seen.zeros, seen.dropped) == (None, 1, 1)


def test_the_sample_is_of_kept_rows() -> None:
    scores = np.arange(40_000.0)[:, None] + [0, 1]
    scores[4, 0] = np.nan
    seen = look(scores, drop_missing=True)
    at = np.concatenate(seen.sampled)
    assert len(at) >= 8192
    assert 4 not in at
    assert np.array_equal(np.concatenate(seen.sample), scores[at])


def test_log_probabilities_are_never_above_zero() -> None:
    logs = [[-1.0, -0.5], [0.0, -2.0], [-1.0, 0.25], [0.5, 0.0]]
    assert look(logs, logs=True).above_zero == (2, 1, 0.25)
    assert look(logs[:2], logs=True).above_zero is None
    assert look(logs).above_zero is None
    seen = look([[0.0], [-np.inf], [-1.0]], [[0], [1], [0]], logs=True, events=True)
    assert seen.masked_true == 2


def test_a_block_of_which_nothing_is_left() -> None:
    rows = block_rows(2)
    scores = np.tile([[0.25, 0.75]], (3 * rows, 1))
    scores[rows : 2 * rows] = np.nan
    seen = look(scores, drop_missing=True)
    assert (seen.inside, seen.dropped, seen.first_off) == (True, rows, None)
    assert seen.keep is not None and seen.keep.sum() == 2 * rows
