"""Prior shift: Bayes' rule, estimates against an independent EM and simulation, intervals that cover, edges."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.priors import Frequencies, bbse, em, reweighted, reweighted_events
from calibrate.rows import from_arrays

SOURCE = np.array([0.5, 0.3, 0.2])
TARGET = np.array([0.1, 0.3, 0.6])
MEANS = np.array([[0.0, 0.0], [1.5, 0.0], [0.0, 1.5]])


def world(n: int, prior: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Posteriors at SOURCE of points from three normal classes of frequencies `prior`, and the classes."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, n, p=prior)
    x = rng.normal(size=(n, 2)) + MEANS[y]
    return posterior(x, SOURCE), y


def posterior(x: np.ndarray, prior: np.ndarray) -> np.ndarray:
    z = -0.5 * np.square(x[:, None] - MEANS).sum(axis=2) + np.log(prior)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def plain_em(p: np.ndarray, source: np.ndarray, steps: int) -> np.ndarray:
    """Saerens' algorithm as it is written."""
    prior = source.copy()
    for _ in range(steps):
        now = p * prior / source
        prior = (now / now.sum(axis=1, keepdims=True)).mean(axis=0)
    return prior


def test_reweighted_is_bayes_rule() -> None:
    x = np.random.default_rng(0).normal(size=(50, 2)) * 2
    assert reweighted(posterior(x, SOURCE), SOURCE, TARGET) == pytest.approx(posterior(x, TARGET), rel=1e-12)
    assert reweighted(posterior(x, SOURCE), SOURCE, SOURCE) == pytest.approx(posterior(x, SOURCE), rel=1e-14)


def test_an_event_is_one_of_two_classes() -> None:
    p = np.array([[0.2, 0.9], [0.0, 1.0]])
    source, target = np.array([0.3, 0.5]), np.array([0.6, 0.1])
    found = reweighted_events(p, source, target)
    for j in range(2):
        both = reweighted(np.stack([1 - p[:, j], p[:, j]], 1), *(np.array([1 - s[j], s[j]]) for s in (source, target)))
        assert found[:, j] == pytest.approx(both[:, 1], rel=1e-14)
    assert found[1].tolist() == [0.0, 1.0]


def test_what_only_impossible_classes_explain_gets_the_target() -> None:
    found = reweighted(np.array([[1.0, 0.0, 0.0]]), SOURCE, np.array([0.0, 0.4, 0.6]))
    assert found.tolist() == [[0.0, 0.4, 0.6]]


@pytest.mark.parametrize("target", [TARGET, SOURCE, np.array([0.9, 0.09, 0.01])])
def test_em_is_saerens_algorithm_at_its_end(target: np.ndarray) -> None:
    p, _ = world(2000, target, 1)
    found = em(p, SOURCE)
    assert found.prior == pytest.approx(plain_em(p, SOURCE, 5000), abs=1e-9)
    assert found.prior.sum() == pytest.approx(1, abs=1e-12)
    assert found.notes == ()


def test_em_finds_a_class_that_is_not_there() -> None:
    p, _ = world(3000, np.array([0.5, 0.5, 0.0]), 2)
    found = em(p, SOURCE)
    assert found.prior[2] < 0.03
    assert found.prior == pytest.approx(plain_em(p, SOURCE, 5000), abs=1e-4)


def test_a_class_that_was_never_fitted_stays_away() -> None:
    p, _ = world(500, TARGET, 3)
    more = np.column_stack([p, np.zeros(500)])
    found = em(more, np.append(SOURCE, 0.0))
    assert found.prior == pytest.approx(np.append(em(p, SOURCE).prior, 0.0), abs=1e-12)
    assert np.isnan(found.low[3])


def test_rows_without_information_keep_the_prior() -> None:
    assert em(np.tile(SOURCE, (10, 1)), SOURCE).prior == pytest.approx(SOURCE, abs=1e-12)


def test_many_classes_have_no_interval() -> None:
    k = 300
    p = np.random.default_rng(0).dirichlet(np.ones(k) * 0.1, 400)
    found = em(p, np.full(k, 1 / k))
    assert np.isnan(found.low).all() and "no intervals" in found.notes[-1]


def test_bbse_solves_the_confusion() -> None:
    p, y = world(4000, SOURCE, 4)
    q, _ = world(3000, TARGET, 5)
    found = bbse(y, p.argmax(axis=1), q.argmax(axis=1), 3)
    joint = np.zeros((3, 3))
    for guess, true in zip(p.argmax(axis=1), y, strict=True):
        joint[guess, true] += 1 / len(y)
    ratio = np.linalg.solve(joint, np.bincount(q.argmax(axis=1), minlength=3) / len(q))
    assert found.prior == pytest.approx(ratio * np.bincount(y) / len(y), rel=1e-10)
    assert np.all((found.low < TARGET) & (found.high > TARGET))


@pytest.mark.parametrize("way", ["em", "bbse"])
def test_the_intervals_cover(way: str) -> None:
    hits, runs = np.zeros(3), 150
    for seed in range(runs):
        q, _ = world(400, TARGET, 1000 + seed)
        if way == "em":
            found = em(q, SOURCE)
        else:
            p, y = world(600, SOURCE, 5000 + seed)
            found = bbse(y, p.argmax(axis=1), q.argmax(axis=1), 3)
        hits += (found.low <= TARGET) & (found.high >= TARGET)
    assert np.all(hits / runs > 0.9)


def test_bbse_that_cannot_say() -> None:
    y = np.array([0, 1, 2, 0])
    with pytest.raises(ValueError, match="class 2 has no labelled row"):
        bbse(y[:2], y[:2], y, 3)
    with pytest.raises(np.linalg.LinAlgError):
        bbse(y, np.zeros(4, dtype=int), y, 3)
    # Classes 0 and 1 are confused so much that more 2 than there can be are taken away from them.
    true, guess = np.repeat([0, 1], 10), np.repeat([0, 1, 1], [7, 3, 10])
    found = bbse(true, guess, np.zeros(20, dtype=int), 2)
    assert found.prior.tolist() == [1.0, 0.0] and found.notes == ("negative estimates became 0",)


def test_frequencies() -> None:
    z, w = np.zeros((4, 3)), np.array([1.0, 2.0, 0.0, 1.0])
    rows = from_arrays(z, np.array([0, 2, 1, 2]), w, rows_per_block=3)
    found = rows.sum(Frequencies(3))
    assert found["counts"].tolist() == [1.0, 0.0, 3.0] and found["weight"] == 4.0  # type: ignore[union-attr]
    events = from_arrays(z[:, :1], np.array([[0], [1], [1], [1]]))
    assert events.sum(Frequencies(1))["counts"].tolist() == [3.0]  # type: ignore[union-attr]
