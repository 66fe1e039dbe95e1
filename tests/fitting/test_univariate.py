"""The wrapper around functions of one prediction: what the columns are, and how rows of classes are put together."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate import registry
from calibrate.errors import CalibrateError
from calibrate.fitting import univariate
from calibrate.fitting.univariate import Pooled, recalibrated
from calibrate.rows import from_arrays

SOFTMAX, SIGMOID = registry.make("links", "softmax"), registry.make("links", "sigmoid")


def columns(
    z: np.ndarray, y: np.ndarray, reduction: univariate.Reduction, w: np.ndarray | None = None
) -> tuple[Pooled, ...]:
    return univariate._columns(from_arrays(z, y, w, rows_per_block=3), reduction, "probability")


def test_equal_predictions_are_one_entry_and_rows_of_no_weight_none() -> None:
    z = np.array([[1.0], [0.0], [1.0], [-1.0], [7.0]])
    y, w = np.array([[1], [0], [0], [1], [1]]), np.array([1.0, 2.0, 3.0, 1.0, 0.0])
    (found,) = columns(z, y, "events", w)
    assert found.at == pytest.approx(1 / (1 + np.exp([1.0, 0.0, -1.0])))
    assert found.weight.tolist() == [1.0, 2.0, 4.0]
    assert found.event.tolist() == [1.0, 0.0, 1.0]
    assert found.base == pytest.approx(2.5 / 8)


def test_columns_of_classes() -> None:
    z = np.log(np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.6, 0.2, 0.2], [0.7, 0.2, 0.1]]))
    y = np.array([0, 1, 2, 0])
    ovr = columns(z, y, "one-vs-rest")
    assert [c.event.sum() for c in ovr] == [2, 1, 1]
    assert ovr[2].at == pytest.approx([0.1, 0.2])
    assert ovr[2].weight.tolist() == [2, 2]
    (confidence,) = columns(z, y, "confidence")
    assert confidence.at == pytest.approx([0.5, 0.6, 0.7, 0.8])
    assert confidence.event.tolist() == [1, 0, 1, 1]
    first, second, never = columns(z, y, "top-label")
    assert first.at == pytest.approx([0.5, 0.6, 0.7])
    assert second.at == pytest.approx([0.8])
    assert never.at.tolist() == confidence.at.tolist()


def test_logits_of_classes_do_not_saturate_where_probabilities_do() -> None:
    z = np.array([[30.0, 0.0, -30.0], [35.0, 0.0, 0.0], [1e9, 0.0, -np.inf]])
    x = univariate._predictions(z, "one-vs-rest", "logit")
    assert x[0] == pytest.approx([30.0, -30.0, -36.0])
    assert x[1] == pytest.approx([35 - np.log(2), -35, -35])
    assert x[2].tolist() == [36.0, -36.0, -36.0]


def test_rows_are_divided_by_their_sum_and_empty_ones_stay() -> None:
    z = np.log(np.array([[0.2, 0.8], [0.6, 0.4]]))
    p = SOFTMAX(recalibrated(z, "one-vs-rest", 2, lambda j, x: np.where(x < 0.5, 0.0, x / 2)))
    assert p == pytest.approx(np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert SOFTMAX(recalibrated(z, "one-vs-rest", 2, lambda j, x: 0 * x)) == pytest.approx(np.exp(z))


def test_the_others_share_the_rest_in_their_old_ratios() -> None:
    z = np.log(np.array([[0.5, 0.3, 0.2], [0.05, 0.05, 0.9]]))
    p = SOFTMAX(recalibrated(z, "confidence", 1, lambda j, x: x / 2))
    assert p == pytest.approx(np.array([[0.25, 0.45, 0.3], [0.275, 0.275, 0.45]]))
    by_class = SOFTMAX(recalibrated(z, "top-label", 3, lambda j, x: np.full(len(x), j / 4)))
    assert by_class == pytest.approx(np.array([[0.0, 0.6, 0.4], [0.25, 0.25, 0.5]]))
    certain = SOFTMAX(recalibrated(np.array([[0.0, -np.inf, -1e9]]), "confidence", 1, lambda j, x: x * 0.9))
    assert certain == pytest.approx(np.array([[0.9, 0.05, 0.05]]))


def test_events_of_probability_0_and_1_have_infinite_logits() -> None:
    z = recalibrated(np.array([[-1.0], [0.0], [1.0]]), "events", 1, lambda j, x: np.array([0.0, 0.5, 1.0]))
    assert z.ravel().tolist() == [-np.inf, 0.0, np.inf]
    single = recalibrated(np.float32([[1.0]]), "events", 1, lambda j, x: x)
    assert single.dtype == np.float32
    assert float(single[0, 0]) == pytest.approx(1.0, rel=1e-6)


def test_links_that_would_change_the_probabilities_are_refused() -> None:
    for key in ("sparsemax", "gumbel_softmax"):
        rows = from_arrays(np.eye(3), np.arange(3))
        with pytest.raises(CalibrateError, match="would change them again") as refused:
            registry.load("calibrators", "isotonic").fit(rows, registry.make("links", key))
        assert refused.value.code == "E308" and refused.value.hint


def test_no_row_and_another_number_of_columns_are_refused() -> None:
    with pytest.raises(CalibrateError, match="no row of positive weight"):
        columns(np.eye(2), np.arange(2), "one-vs-rest", np.zeros(2))
    with pytest.raises(CalibrateError, match="3 functions for 2 columns"):
        recalibrated(np.eye(2), "one-vs-rest", 3, lambda j, x: x)


@pytest.mark.parametrize(
    ("at", "values"),
    [
        (((0.1, 0.1),), ((0.2, 0.3),)),
        (((0.1, 0.2),), ((0.2, 1.3),)),
        (((0.1, float("nan")),), ((0.2, 0.3),)),
        (((0.1,),), ((0.2, 0.3),)),
        (((0.1,),), ()),
        (((),), ((),)),
    ],
)
def test_tables_that_are_no_function_are_refused(
    at: tuple[tuple[float, ...], ...], values: tuple[tuple[float, ...], ...]
) -> None:
    with pytest.raises(CalibrateError) as refused:
        univariate.expect_tables(at, values, 0)
    assert refused.value.code == "E401"
