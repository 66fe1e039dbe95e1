"""Folds: equal rows together, tied ones apart, order and chunks without effect, and a fallback that says so."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from calibrate import registry
from calibrate.choosing import CrossFitted
from calibrate.folds import assign, held_out, stratified, with_folds
from calibrate.rows import Rows, from_arrays


def numbers(rows: Rows) -> np.ndarray:
    return np.concatenate([np.asarray(block.folds) for block in rows.blocks()])


@pytest.mark.parametrize("k", [1, 2, 10, 17, 1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_folds_are_even_and_belong_to_the_row(k: int, dtype: type) -> None:
    z = np.random.default_rng(k).normal(0, 3, (4000, k)).astype(dtype)
    found = assign(z, 0, 5, seed=1)
    assert np.bincount(found, minlength=5) / 4000 == pytest.approx(np.full(5, 0.2), abs=0.03)
    order = np.random.default_rng(0).permutation(4000)
    assert assign(z[order], 77, 5, seed=1).tolist() == found[order].tolist()
    assert assign(z.astype(np.float64), 0, 5, seed=1).tolist() == found.tolist()
    assert np.mean(assign(z, 0, 5, seed=2) == found) == pytest.approx(0.2, abs=0.03)


def test_whole_numbers_spread_too() -> None:
    z = np.random.default_rng(0).integers(0, 30, (4000, 3)).astype(float)
    assert np.bincount(assign(z, 0, 5, 0), minlength=5) / 4000 == pytest.approx(np.full(5, 0.2), abs=0.04)


def test_zeros_have_no_sign() -> None:
    assert assign(np.array([[0.0, 1.0]]), 0, 5, 0) == assign(np.array([[-0.0, 1.0]]), 0, 5, 0)


@pytest.mark.parametrize("cut", [1, 3, 7, 100])
@pytest.mark.parametrize("constant", [False, True])
def test_chunks_do_not_matter(cut: int, constant: bool) -> None:
    z = np.zeros((100, 2)) if constant else np.random.default_rng(0).normal(size=(100, 2))
    rows, note = with_folds(from_arrays(z), 5, seed=0)
    parts, _ = with_folds(from_arrays(z, rows_per_block=cut), 5, seed=0)
    assert numbers(parts).tolist() == numbers(rows).tolist()
    assert bool(note) == constant


def test_constant_scores_go_by_row_number_and_say_so() -> None:
    rows, note = with_folds(from_arrays(np.zeros((103, 2))), 5, seed=0)
    assert note == "5 folds by row number: by the scores a fold would hold 100 % of the rows"
    found = numbers(rows)
    for start in range(0, 100, 5):
        assert sorted(found[start : start + 5]) == [0, 1, 2, 3, 4]
    # Not the same in every run of five: labels that alternate must not end up one class a fold.
    assert len({tuple(found[start : start + 5]) for start in range(0, 100, 5)}) == 5


def test_steps_can_be_shipped() -> None:
    rows, _ = with_folds(from_arrays(np.random.default_rng(0).normal(size=(100, 2))), 5, seed=0)
    again = pickle.loads(pickle.dumps(rows.loads))
    assert np.concatenate([load().folds for load in again]).tolist() == numbers(rows).tolist()


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_held_out_share(fraction: float) -> None:
    z = np.random.default_rng(0).normal(size=(3000, 4))
    mask, note = held_out(from_arrays(z, rows_per_block=700), fraction, seed=0)
    assert (mask.mean(), note) == (pytest.approx(fraction, abs=0.03), "")
    assert held_out(from_arrays(z), fraction, seed=0)[0].tolist() == mask.tolist()


VALUES = np.linspace(0.02, 0.98, 50)
"""What a small forest may say."""
TRUTH = np.where(VALUES < 0.5, 0.15 + 0.1 * VALUES, 0.75 + 0.1 * VALUES)


def tied(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores (n, 1) of few values, labels (n, 1), and the number of each row's value."""
    rng = np.random.default_rng(seed)
    value = rng.integers(0, len(VALUES), n)
    labels = (rng.random(n) < TRUTH[value]).astype(np.int64)
    return np.log(VALUES / (1 - VALUES))[value][:, None], labels[:, None], value


Fold = Callable[[Rows], np.ndarray]
DEALERS: dict[str, Fold] = {
    "with_folds": lambda rows: numbers(with_folds(rows, 5, 0)[0]),
    "stratified": lambda rows: numbers(stratified(rows, 5, 0)),
    "held_out": lambda rows: held_out(rows, 0.2, 0)[0].astype(np.int64),
}


@pytest.mark.parametrize("dealer", DEALERS)
def test_each_score_of_many_rows_is_in_every_fold(dealer: str) -> None:
    z, y, value = tied(2000, 0)
    found = DEALERS[dealer](from_arrays(z, y))
    for number in range(len(VALUES)):
        counts = np.bincount(found[value == number], minlength=2)
        assert len(counts) == (2 if dealer == "held_out" else 5)
        if dealer == "held_out":
            assert counts[1] / counts.sum() == pytest.approx(0.2, abs=0.08)
        else:
            assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dealer", DEALERS)
def test_ties_are_dealt_whatever_the_blocks_and_the_order(dealer: str, weighted: bool) -> None:
    z, y, value = tied(800, 1)
    rng = np.random.default_rng(0)
    w = rng.integers(1, 4, 800).astype(float) if weighted else None
    found = DEALERS[dealer](from_arrays(z, y, w))
    assert DEALERS[dealer](from_arrays(z, y, w, rows_per_block=37)).tolist() == found.tolist()
    turn = rng.permutation(800)
    turned = DEALERS[dealer](from_arrays(z[turn], y[turn], None if w is None else w[turn]))
    kinds = [tuple(map(float, row)) for row in zip(value, y[:, 0], np.ones(800) if w is None else w, strict=True)]
    before = Counter(zip(kinds, found.tolist(), strict=True))
    assert Counter(zip([kinds[i] for i in turn], turned.tolist(), strict=True)) == before


@pytest.mark.parametrize("dealer", DEALERS)
def test_repeated_rows_stay_together(dealer: str) -> None:
    """Rows that stand there several times with their labels, as augmented ones: no fit sees what it is measured on."""
    rng = np.random.default_rng(3)
    z, y = np.repeat(rng.normal(size=(300, 1)), 7, axis=0), np.repeat(rng.integers(0, 2, (300, 1)), 7, axis=0)
    found = DEALERS[dealer](from_arrays(z, y))
    assert np.array_equal(found, np.repeat(found[::7], 7))
    assert len(set(found.tolist())) > 1


def test_the_folds_of_ties_are_said() -> None:
    z, y, _ = tied(2000, 0)
    said = "100 % of the rows share their scores with many of other labels: they are "
    assert with_folds(from_arrays(z, y), 5, 0)[1] == said + "dealt to the 5 folds one by one"
    assert held_out(from_arrays(z, y), 0.3, 0)[1] == said + "held out one by one"
    assert "other labels" not in with_folds(from_arrays(z, np.zeros_like(y)), 5, 0)[1]


@pytest.mark.parametrize("method", ["histogram", "isotonic"])
@pytest.mark.parametrize("dealer", ["with_folds", "stratified"])
def test_held_out_losses_of_ties_are_those_of_fresh_rows(dealer: str, method: str) -> None:
    """By their excess over that of the true probabilities: in folds of unseen scores it is many times larger; in folds
    that have the label frequencies of the others it is below 0, as on the rows that were fitted."""
    link, options = registry.make("links", "sigmoid"), {"bins": 50} if method == "histogram" else {}
    entry = registry.load("calibrators", method)
    log_odds = np.log(TRUTH / (1 - TRUTH))
    z = np.log(VALUES / (1 - VALUES))[:, None]
    seen, fresh = [], []
    for seed in range(12):
        scores, labels, value = tied(2000, seed)
        rows = from_arrays(scores, labels)
        rows = with_folds(rows, 5, 0)[0] if dealer == "with_folds" else stratified(rows, 5, 0)
        found = entry.fit(rows, link, folds=5, **options)
        (block,) = rows.blocks()
        after, best = CrossFitted(found.folds)(block).scores, log_odds[value][:, None]
        seen.append(float((link.loss(after, labels) - link.loss(best, labels)).mean()))
        made, zeros = found.calibrator.transform(z), np.zeros((50, 1), np.int64)
        without, with_event = (link.loss(made, y) - link.loss(log_odds[:, None], y) for y in (zeros, zeros + 1))
        fresh.append(float(((1 - TRUTH) * without.ravel() + TRUTH * with_event.ravel()).mean()))
    assert np.mean(seen) == pytest.approx(np.mean(fresh), abs=0.006)
    assert np.mean(fresh) > 0.001
