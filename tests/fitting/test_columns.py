"""What the columns are: predictions, events and weights of events, classes, pairs and top labels."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.fitting.columns import (
    Column,
    Pooled,
    Reduction,
    Scale,
    between,
    columns_of,
    impossible,
    predictions,
    top_of,
    unmasked,
)
from calibrate.rows import from_arrays


def columns(
    z: np.ndarray, y: np.ndarray, reduction: Reduction, w: np.ndarray | None = None, scale: Scale = "probability"
) -> tuple[Pooled, ...]:
    return tuple(c.pooled for c in columns_of(from_arrays(z, y, w, rows_per_block=3), reduction, scale))


def test_equal_predictions_are_one_entry_and_rows_of_no_weight_none() -> None:
    z = np.array([[1.0], [0.0], [1.0], [-1.0], [7.0]])
    y, w = np.array([[1], [0], [0], [1], [1]]), np.array([1.0, 2.0, 3.0, 1.0, 0.0])
    (found,) = columns(z, y, "events", w)
    assert found.at == pytest.approx(1 / (1 + np.exp([1.0, 0.0, -1.0])))
    assert found.weight.tolist() == [1.0, 2.0, 4.0]
    assert found.event.tolist() == [1.0, 0.0, 1.0]
    assert found.base == pytest.approx(2.5 / 8)


@pytest.mark.parametrize("digits", [1, 9])
def test_rows_without_weights_are_those_of_weight_1(digits: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random(200).round(digits), rng.random(200) < 0.3
    x[:100] *= 1 + 1e-16 * rng.integers(0, 9, 100)
    plain, weighted = (Column(x, y, w, 0.5).pooled for w in (None, np.ones(200)))
    assert np.array_equal(plain.at, weighted.at)
    assert np.array_equal(plain.weight, weighted.weight)
    assert np.array_equal(plain.event, weighted.event)
    assert plain.base == weighted.base


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


def test_columns_of_pairs() -> None:
    z = np.log(np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.6, 0.2, 0.2], [0.7, 0.2, 0.1]]))
    y, w = np.array([0, 1, 2, 0]), np.array([1.0, 2.0, 0.0, 4.0])
    first, second, third = columns(z, y, "one-vs-one", w)
    assert first.at == pytest.approx([1 / 9, 5 / 8, 7 / 9])
    assert first.weight.tolist() == [2.0, 1.0, 4.0] and first.event.tolist() == [0.0, 1.0, 4.0]
    assert second.at == pytest.approx([5 / 7, 7 / 8]) and second.event.tolist() == [1.0, 4.0]
    assert third.at == pytest.approx([8 / 9]) and third.base == pytest.approx(2.5 / 3)
    logits = columns(z, y, "one-vs-one", w, "logit")
    assert logits[1].at == pytest.approx(np.log([5 / 2, 7]))


def test_a_pair_without_rows_knows_nothing() -> None:
    _, _, empty = columns(np.zeros((2, 3)), np.zeros(2, dtype=int), "one-vs-one")
    assert (empty.at.tolist(), empty.weight.tolist(), empty.event.tolist(), empty.base) == ([0.5], [1.0], [0.5], 0.5)


def test_rows_where_a_class_is_masked_are_no_data_for_it() -> None:
    z = np.array([[1.0, -np.inf, 0.0], [0.0, 2.0, 1.0], [0.0, 1.0, -np.inf]])
    y = np.array([0, 1, 0])
    ovr = columns(z, y, "one-vs-rest")
    assert [c.weight.sum() for c in ovr] == [3, 2, 2]
    pairs = columns(z, y, "one-vs-one")
    assert [c.weight.sum() for c in pairs] == [2, 1, 1]
    assert impossible(from_arrays(z, y)) == 0
    assert impossible(from_arrays(z, np.array([1, 1, 0]))) == 1
    assert impossible(from_arrays(z, np.array([1, 1, 0]), np.array([0.0, 1.0, 1.0]))) == 0
    assert [c.weight.sum() for c in columns(unmasked(z), y, "one-vs-rest")] == [3, 3, 3]


def test_logits_of_classes_do_not_saturate_where_probabilities_do() -> None:
    z = np.array([[30.0, 0.0, -30.0], [35.0, 0.0, 0.0], [1e9, 0.0, -1e308], [2.0, 2.0, 1.0]])
    x = predictions(z, "one-vs-rest", "logit").T
    assert x[0] == pytest.approx([30.0, -30.0, -36.0])
    assert x[1] == pytest.approx([35 - np.log(2), -35, -35])
    assert x[2].tolist() == [36.0, -36.0, -36.0]
    assert x[3] == pytest.approx([-np.log1p(np.exp(-1))] * 2 + [-1 - np.log(2)])
    assert top_of(z, "logit")[1] == pytest.approx(x[:, 0])


def test_only_scores_of_minus_infinity_are_masked() -> None:
    z = np.array([[1.7e308, -1.7e308, -np.inf]])
    for reduction in ("one-vs-rest", "one-vs-one"):
        x = predictions(z, reduction, "probability")  # type: ignore[arg-type]
        assert np.isnan(x[:, 0]).tolist() == [False, False, True]
    assert between(x[0], x[1], "logit").tolist() == [36.0]
    assert np.isnan(between(x[0], x[2], "probability")).all()
