"""Bins: every p against the edges themselves, and sums that agree with counting one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibrate.outcomes import ClassBins, bin_index, event_bin_sums, known_labels, probability_outcomes
from calibrate.rows import Block


def by_edges(p: float, bins: int) -> int:
    edges = np.linspace(0, 1, bins + 1)
    return next((i for i in range(bins) if edges[i] < p <= edges[i + 1]), 0)


@given(st.integers(1, 60), st.lists(st.floats(0, 1), max_size=20))
def test_bin_is_the_one_whose_edges_hold_p(bins: int, values: list[float]) -> None:
    edges = np.linspace(0, 1, bins + 1)
    beside = np.clip(np.concatenate([edges, np.nextafter(edges, 0), np.nextafter(edges, 1), values]), 0, 1)
    assert bin_index(beside, bins).tolist() == [by_edges(p, bins) for p in beside]


def naive(p: np.ndarray, y: np.ndarray, w: np.ndarray, bins: int) -> np.ndarray:
    sums = np.zeros((5, p.shape[1], bins))
    for i, row in enumerate(p):
        for j, value in enumerate(row):
            sums[:, j, by_edges(value, bins)] += (1, w[i], w[i] * value, w[i] * y[i, j], w[i] ** 2)
    return sums


def stacked(found: object) -> np.ndarray:
    return np.stack([getattr(found, key) for key in ("count", "weight", "predicted", "observed", "squares")])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("bins", [1, 2, 15])
def test_event_bins_count_like_one_by_one(bins: int, weighted: bool) -> None:
    rng = np.random.default_rng(bins)
    p, y = rng.random((50, 3)), rng.integers(0, 2, (50, 3))
    p[:4] = [[0.0, 0.5, 1.0]] * 4
    w = rng.random(50) if weighted else None
    found = event_bin_sums(p, y, w, bins)
    assert stacked(found) == pytest.approx(naive(p, y, np.ones(50) if w is None else w, bins), abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_class_bins_need_only_the_large_ones_singly(weighted: bool) -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(6, 0.3), 400)
    labels = rng.integers(0, 6, 400)
    w = rng.random(400) if weighted else None
    sums = ClassBins(6, (15, 4, 15), weighted)
    for rows in (slice(0, 150), slice(150, 400)):
        some = None if w is None else w[rows]
        row, column = np.nonzero(p[rows] > sums.lowest)
        total = p[rows].sum(axis=0) if some is None else some @ p[rows]
        sums.add_classes(total, column, p[rows][row, column], None if some is None else some[row])
        sums.add_rows(p[rows][np.arange(len(labels[rows])), labels[rows]], labels[rows], some)
    found = sums.finish()
    assert sorted(found) == [4, 15]
    for bins, one in found.items():
        expected = naive(p, np.eye(6)[labels], np.ones(400) if w is None else w, bins)
        assert stacked(one) == pytest.approx(expected, abs=1e-11)


def test_a_class_without_rows_in_the_first_bin_has_no_rounding_there() -> None:
    """The first bin's sums are what the others leave of the totals: of nothing, 1e-16 is left."""
    rng = np.random.default_rng(0)
    p, labels, w = rng.uniform(0.3, 0.7, (1000, 2)), rng.integers(0, 2, 1000), rng.exponential(size=1000)
    p[:, 1] = 1 - p[:, 0]
    sums = ClassBins(2, (10,), weighted=True)
    row, column = np.nonzero(p > sums.lowest)
    sums.add_classes(w @ p, column, p[row, column], w[row])
    sums.add_rows(p[np.arange(1000), labels], labels, w)
    assert stacked(sums.finish()[10])[:, :, :3].tolist() == np.zeros((5, 2, 3)).tolist()


def test_rows_of_no_weight_are_not_counted() -> None:
    p, y, w = np.array([[0.05], [0.05], [0.95]]), np.array([[0], [1], [1]]), np.array([0.0, 2.0, 0.0])
    assert event_bin_sums(p, y, w, 10).count.tolist() == [[1.0, *[0.0] * 9]]
    sums = ClassBins(1, (10,), weighted=True)
    sums.add_classes(w @ p, np.zeros(1, dtype=int), p[2], w[2:])
    sums.add_rows(p[:, 0], np.zeros(3, dtype=int), w)
    assert sums.finish()[10].count.tolist() == [[1.0, *[0.0] * 9]]


def test_outcomes_of_probabilities() -> None:
    p = np.array([[0.0, 0.25, 0.75], [1.0, 0.0, 0.0]])
    found = probability_outcomes(Block(0, p, np.array([1, 2])), p, p.argmax(axis=1), None, (2,))
    assert found.nll.tolist() == [-np.log(0.25), np.inf]
    assert found.loss is found.nll
    assert found.brier.tolist() == [2 * 0.75**2, 2.0]
    assert found.confidence is not None
    assert found.confidence.tolist() == [0.75, 1.0]
    assert found.correct.tolist() == [0.0, 0.0]
    assert found.event_bins[2].count.tolist() == [[1, 1], [2, 0], [1, 1]]


def test_labels_must_be_known() -> None:
    with pytest.raises(ValueError, match="without labels"):
        known_labels(Block(0, np.zeros((1, 2))))
