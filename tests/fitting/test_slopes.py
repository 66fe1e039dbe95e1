"""Passes of a fit: sums by fold, subsamples, and what weights of 0 leave out."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from calibrate.fitting.slopes import (
    InUnits,
    Losses,
    Problem,
    Reach,
    SlopeSums,
    Thinned,
    in_float32,
    in_float64,
    subsample,
)
from calibrate.links.gumbel_softmax import GumbelSoftmax
from calibrate.links.sigmoid import Sigmoid
from calibrate.links.softmax import Softmax
from calibrate.rows import Block, from_arrays

RNG = np.random.default_rng(0)
Z, Y, W = RNG.normal(0, 2, (40, 3)), RNG.integers(0, 3, 40), RNG.integers(0, 3, 40).astype(float)
FOLDS = RNG.integers(0, 4, 40)


@pytest.mark.parametrize("weights", [None, W])
def test_slope_sums_by_fold(weights: np.ndarray | None) -> None:
    points = np.array([[0.5], [1.5]])
    sums = SlopeSums(Problem(Softmax(), 1, 4), points)(Block(0, Z, Y, weights, FOLDS))
    w = np.ones(40) if weights is None else weights
    for i, b in enumerate((0.5, 1.5)):
        rows = Softmax().derivatives(Block(0, Z, Y), b)
        for fold in range(4):
            mine = fold == FOLDS
            for key in ("loss", "first", "second", "third"):
                assert sums[key][i, fold, 0] == pytest.approx((w * getattr(rows, key))[mine].sum(), abs=1e-12)
        assert sums["square"][i, 0] == pytest.approx(np.square(w * rows.first).sum())
        assert sums["spread"][i, 0] == pytest.approx((w**2 * rows.second).sum())
    assert sums["weight"] == w.sum()


@pytest.mark.parametrize("columns", [1, 3])
def test_events_share_one_b_or_have_their_own(columns: int) -> None:
    y = (Z > 0).astype(int)
    points = np.full((1, columns), 0.7)
    sums = SlopeSums(Problem(Sigmoid(), columns), points)(Block(0, Z, y))
    rows = Sigmoid().derivatives(Block(0, Z, y), 0.7)
    expected = rows.first.sum(axis=0) if columns == 3 else rows.first.sum(keepdims=True)[0]
    assert sums["first"][0, 0] == pytest.approx(expected)
    squares = np.square(rows.first).sum(axis=0) if columns == 3 else np.square(rows.first.sum(axis=1)).sum()
    assert sums["square"][0] == pytest.approx(squares)


def test_reach_of_overflowing_differences() -> None:
    z = np.array([[1.7e308, -1.7e308], [0.0, -np.inf]])
    found = Reach(Problem(Softmax()))(Block(7, z, np.array([1, 1])))
    assert found["gap"][0].tolist() == [np.finfo(float).max]
    assert found["wrong"].tolist() == [[2.0]]
    assert found["impossible"] == (8,)


def test_rows_of_weight_zero_decide_nothing() -> None:
    z = np.array([[5.0, 0.0], [0.0, -np.inf], [0.0, 1.0]])
    block = Block(0, z, np.array([0, 1, 1]), np.array([0.0, 0.0, 2.0]))
    found = Reach(Problem(Softmax()))(block)
    assert (found["gap"][0].tolist(), found["impossible"], found["rows"], found["weight"]) == ([1.0], (), 1, 2.0)
    assert Losses(Problem(Softmax()))(block)["loss"] == pytest.approx(2 * np.log1p(np.exp(-1)))
    assert np.isfinite(SlopeSums(Problem(Softmax()), np.ones((1, 1)))(block)["first"]).all()


@pytest.mark.parametrize("cut", [3, 100, 5000])
def test_subsample_is_evenly_spread(cut: int) -> None:
    n = 5000
    z, y, w = np.arange(2.0 * n).reshape(n, 2), np.arange(n) % 2, np.arange(n) / n
    some = subsample(from_arrays(z, y, w, rows_per_block=cut), 100)
    block = next(some.blocks())
    assert 50 <= some.n <= 200
    rows = (block.scores[:, 0] / 2).astype(int)
    assert np.diff(rows).max() <= 4 * n / 100 + 4 * cut * (n // cut // 32)
    assert np.asarray(block.labels).tolist() == (rows % 2).tolist()
    assert np.asarray(block.weights).tolist() == (rows / n).tolist()


def test_steps_change_only_the_scores_and_can_be_shipped() -> None:
    rows = from_arrays(Z, Y, W)
    units = np.array([3, 0, -2])
    for step, expected in ((InUnits(units), Z / 2.0**units), (in_float32, Z.astype(np.float32)), (in_float64, Z)):
        again = pickle.loads(pickle.dumps(rows.map(step).loads))
        block = again[0]()
        assert block.scores.tolist() == expected.tolist()
        assert np.asarray(block.labels).tolist() == Y.tolist()


def test_losses_of_a_link_with_noise_go_by_the_number_of_the_row() -> None:
    link = GumbelSoftmax(seed=1)
    found = Losses(Problem(link))(Block(7, Z, Y, W))
    assert found["loss"] == pytest.approx((W * link.loss(Z, Y, 7)).sum())
    assert Losses(Problem(Sigmoid()))(Block(0, Z, (Z > 0).astype(int)))["loss"] == pytest.approx(
        Sigmoid().loss(Z, Z > 0).sum()
    )


def test_scores_that_float32_cannot_hold_warn_of_nothing() -> None:
    with np.errstate(all="raise"):
        found = in_float32(Block(0, np.array([[1e300, 1e-300]])))
    assert (found.scores.dtype, found.scores.tolist()) == (np.float32, [[np.inf, 0.0]])


@pytest.mark.parametrize("folds", [0, 4])
@pytest.mark.parametrize("weights", [None, W])
def test_reach_of_scores(folds: int, weights: np.ndarray | None) -> None:
    found = Reach(Problem(Softmax(), 1, folds))(Block(5, Z, Y, weights, FOLDS))
    kept = np.ones(40, dtype=bool) if weights is None else weights > 0
    z, y, fold = Z[kept], Y[kept], FOLDS[kept]
    wrong = z.max(axis=1) > z[np.arange(len(z)), y]
    assert found["gap"][0].tolist() == [np.ptp(z, axis=1).max()]
    by_fold = [[wrong[fold == k].sum()] for k in range(4)] if folds else [[wrong.sum()]]
    assert found["wrong"].tolist() == by_fold
    assert (found["impossible"], found["rows"], found["weight"]) == ((), len(z), 40.0 if weights is None else W.sum())
    assert found["classes"] == ((y.min(), y.max()),)


def test_reach_of_events() -> None:
    z = np.array([[3.0, -np.inf], [-1.0, 2.0], [np.inf, -5.0], [0.0, 1.0]])
    y = np.array([[1, 0], [1, 0], [1, 0], [0, 1]])
    for columns, gap, wrong in ((2, [3.0, 5.0], [1.0, 1.0]), (1, [5.0], [2.0])):
        found = Reach(Problem(Sigmoid(), columns))(Block(9, z, y))
        assert found["gap"][0].tolist() == gap
        assert found["wrong"].tolist() == [wrong]
        assert Reach(Problem(Sigmoid(), columns))(Block(9, z / 8, y))["gap"][0].tolist() == [x / 8 for x in gap]
        assert [side.tolist() for side in found["classes"][0]] == [[0, 0], [1, 1]]
        assert found["impossible"] == ()
    z[3, 0] = np.inf
    assert Reach(Problem(Sigmoid()))(Block(9, z, y))["impossible"] == (12,)
    z[1, 1] = np.inf
    weighted = Block(9, z, y, np.array([0.0, 0.5, 2.0, 1.0]))
    assert Reach(Problem(Sigmoid()))(weighted)["impossible"] == (10,)


@pytest.mark.parametrize(("folds", "rows"), [(0, 1), (3, 3)])
def test_reach_of_no_rows(folds: int, rows: int) -> None:
    block = Block(0, Z, Y, np.zeros(40), FOLDS)
    found = Reach(Problem(Softmax(), 1, folds))(block)
    assert found.pop("wrong").tolist() == [[0.0]] * rows  # type: ignore[union-attr]
    assert found == {"gap": (), "impossible": (), "classes": (), "rows": 0, "weight": 0.0}


@pytest.mark.parametrize("cut", [7, 100])
def test_thinned_rows_are_those_of_every_step(cut: int) -> None:
    rows = from_arrays(Z, Y, W, rows_per_block=cut)
    found = rows.sum(Thinned(3))
    for key, whole in (("scores", Z), ("labels", Y), ("weights", W)):
        assert np.concatenate(found[key]).tolist() == whole[::3].tolist()
    assert from_arrays(Z, Y).sum(Thinned(3))["weights"] == ()


def test_rows_in_which_all_classes_are_masked_are_impossible() -> None:
    found = Reach(Problem(Softmax()))(Block(0, np.array([[0.0, 1.0], [-np.inf, -np.inf]]), np.array([1, 0])))
    assert found["impossible"] == (1,)


@pytest.mark.parametrize("order", [1, 3])
def test_sums_of_float32_scores_are_float64(order: int) -> None:
    sums = SlopeSums(Problem(Softmax()), np.ones((2, 1)), order)(Block(0, Z.astype(np.float32), Y))
    higher = {"second", "third", "spread"} if order > 1 else set()
    assert set(sums) == {"loss", "first", "square", "weight"} | higher
    assert {np.asarray(value).dtype for value in sums.values()} == {np.dtype(np.float64)}


@pytest.mark.parametrize("wanted", [40, 100])
def test_a_subsample_of_no_fewer_rows_is_all_of_them(wanted: int) -> None:
    some = next(subsample(from_arrays(Z, Y, W, rows_per_block=9), wanted).blocks())
    assert (some.scores.tolist(), np.asarray(some.weights).tolist()) == (Z.tolist(), W.tolist())


@pytest.mark.parametrize("weights", [None, W])
def test_folds_that_a_block_lacks_have_sums_of_0(weights: np.ndarray | None) -> None:
    found = Problem(Softmax(), folds=4).by_fold(Block(0, Z, Y, weights, np.ones(40, dtype=int)), Z)
    w = np.ones(40) if weights is None else weights
    assert found == pytest.approx(np.array([[0.0] * 3, (w[:, None] * Z).sum(axis=0), [0.0] * 3, [0.0] * 3]))
