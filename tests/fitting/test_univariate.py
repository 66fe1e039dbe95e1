"""The wrapper around functions of one prediction: what the columns are, and how rows of classes are put together."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate import registry
from calibrate.errors import CalibrateError
from calibrate.fitting import univariate
from calibrate.fitting.univariate import recalibrated
from calibrate.rows import from_arrays

SOFTMAX, SIGMOID = registry.make("links", "softmax"), registry.make("links", "sigmoid")


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
    assert certain == pytest.approx(np.array([[0.9, 0.0, 0.1]]))
    alone = SOFTMAX(recalibrated(np.array([[0.0, -np.inf, -np.inf]]), "confidence", 1, lambda j, x: x * 0.9))
    assert alone.tolist() == [[1.0, 0.0, 0.0]]


def test_pairs_are_coupled() -> None:
    z = np.log(np.array([[0.5, 0.3, 0.2], [0.05, 0.05, 0.9]]))
    for scale in ("probability", "logit"):

        def same(j: int, x: np.ndarray, scale: str = scale) -> np.ndarray:
            return x if scale == "probability" else np.asarray(SIGMOID(x))

        assert SOFTMAX(recalibrated(z, "one-vs-one", 3, same, scale)) == pytest.approx(np.exp(z))  # type: ignore[arg-type]
    surer = SOFTMAX(recalibrated(z, "one-vs-one", 3, lambda j, x: x**2 / (x**2 + (1 - x) ** 2)))
    assert surer == pytest.approx(SOFTMAX(2 * z))


def test_a_masked_class_keeps_probability_0_and_is_not_asked() -> None:
    z = np.array([[0.0, -np.inf, 1.0], [0.0, 1.0, -np.inf], [0.0, 1.0, 2.0]])
    for reduction, scale in (("one-vs-rest", "probability"), ("one-vs-rest", "logit"), ("one-vs-one", "logit")):
        p = SOFTMAX(recalibrated(z, reduction, 3, lambda j, x: np.full(len(x), 0.25), scale))  # type: ignore[arg-type]
        assert np.array_equal(p == 0, np.isneginf(z))
    assert SOFTMAX(recalibrated(z, "one-vs-rest", 3, lambda j, x: 0 * x)) == pytest.approx(SOFTMAX(z))


def test_a_sigmoid_that_rounds_to_1_leaves_the_other_class_a_little() -> None:
    far = np.array([[90.0, 0.0, 0.0]])
    p = SOFTMAX(recalibrated(far, "one-vs-one", 3, lambda j, x: np.ones(1), "logit"))
    assert 0 < p[0, 1] < 1e-15
    assert SOFTMAX(recalibrated(far, "one-vs-one", 3, lambda j, x: np.ones(1)))[0, 1] == 0.0


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
        registry.load("calibrators", "isotonic").fit(from_arrays(np.eye(2), np.arange(2), np.zeros(2)), SOFTMAX)
    for reduction, found in (("one-vs-rest", 3), ("confidence", 2), ("one-vs-one", 2)):
        with pytest.raises(CalibrateError, match=f"{found} functions for 2 columns") as refused:
            recalibrated(np.eye(2), reduction, found, lambda j, x: x)  # type: ignore[arg-type]
        assert refused.value.code == "E403"


def test_pairs_of_too_many_classes_are_refused() -> None:
    rows = from_arrays(np.eye(33), np.arange(33))
    with pytest.raises(CalibrateError, match="33 classes make 528 pairs, expected at most 32") as refused:
        registry.load("calibrators", "histogram").fit(rows, SOFTMAX, multiclass="one-vs-one")
    assert refused.value.code == "E308" and "one-vs-rest" in refused.value.hint


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
