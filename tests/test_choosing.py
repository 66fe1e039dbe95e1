"""The choice of a calibrator: by rows that it did not see, never worse than nothing, and honest about itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate import evaluate, fit, registry
from calibrate.calibrators.temperature import Temperature
from calibrate.choosing import CrossFitted, Truth, auto, candidates, chosen, held_out, mixed, simplest, tried
from calibrate.errors import CalibrateError
from calibrate.folds import stratified
from calibrate.rows import from_arrays

SOFTMAX, SIGMOID = (registry.make("links", key) for key in ("softmax", "sigmoid"))


def world(temperature: float, m: int = 800, k: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(m, k)) * 2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return temperature * z, np.minimum((p.cumsum(axis=1) < rng.random((m, 1))).sum(axis=1), k - 1)


def test_none_is_always_first() -> None:
    for link in (SOFTMAX, SIGMOID, registry.make("links", "sparsemax")):
        assert candidates(link, 1000, 2)[:1] == ("none",)
        assert "temperature" in candidates(link, 1000, 2)
        assert "ensemble" not in candidates(link, 1000, 2)


def test_calibrated_scores_are_left_alone() -> None:
    found = auto(from_arrays(*world(1.0, 4000)), SOFTMAX)
    assert found.record.notes[0].startswith("auto chose none: held-out loss ")


def test_over_confident_scores_are_calibrated() -> None:
    z, y = world(3.0)
    found = auto(stratified(from_arrays(z, y), 3), SOFTMAX, folds=3)
    assert found.method != "none"
    assert len(found.folds) == 3
    assert found.record.objective_after < (found.record.objective_before or 0)


def test_held_out_losses_are_those_of_rows_that_were_not_seen() -> None:
    z, y = world(2.0, 300)
    rows = stratified(from_arrays(z, y), 4)
    trials = tried(("none", "temperature"), rows, SOFTMAX, 4)
    none, temperature = held_out(trials, rows, SOFTMAX)
    folds = np.concatenate([np.asarray(b.folds) for b in rows.blocks()])
    total = 0.0
    for fold in range(4):
        model = fit(z[folds != fold], y[folds != fold])
        p = model.apply(z[folds == fold])
        total -= np.log(p[np.arange(len(p)), y[folds == fold]]).sum()
    assert temperature == pytest.approx(total / len(z), rel=1e-9)
    assert none == pytest.approx(SOFTMAX.loss(z, y).mean())


def test_weights_are_those_of_the_least_held_out_loss() -> None:
    z, y = world(2.0, 300)
    rows = stratified(from_arrays(z, y), 3)
    trials = [
        t for t in tried(("none", "temperature", "structured_vector", "venn_abers"), rows, SOFTMAX, 3) if t.fitted
    ]
    steps = tuple(CrossFitted(t.fitted.folds) for t in trials if t.fitted)
    p = np.concatenate(rows.sum(Truth(SOFTMAX, steps))["p"])  # type: ignore[arg-type]
    assert held_out(trials, rows, SOFTMAX) == pytest.approx(-np.log(p).mean(axis=0))
    v = np.random.default_rng(0).exponential(size=300)
    w = mixed(p, v, 20_000)
    # On the simplex the least has equal slopes where weights are not 0, and no steeper ones elsewhere.
    slopes = (v / (p @ w)) @ p / v.sum()
    assert w.sum() == pytest.approx(1)
    assert slopes.max() <= 1 + 1e-3 and slopes[w > 1e-3] == pytest.approx(1, abs=1e-3)


def test_the_truth_of_events_is_the_probability_of_each_of_them() -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(60, 3)), rng.integers(0, 2, (60, 3))
    rows = stratified(from_arrays(z, y, np.arange(60.0)), 3)
    (trial,) = tried(("none",), rows, SIGMOID, 3)
    sums = rows.sum(Truth(SIGMOID, (CrossFitted(trial.fitted.folds),), 2))  # type: ignore[union-attr]
    p, w = (np.concatenate(sums[key]).ravel() for key in ("p", "weight"))  # type: ignore[arg-type]
    even = np.arange(2, 60, 2)  # row 0 has weight 0
    assert p == pytest.approx(np.where(y > 0, SIGMOID(z), 1 - SIGMOID(z))[even].ravel())
    assert w.tolist() == np.repeat(even, 3).tolist()


def test_what_is_worse_than_nothing_is_not_chosen() -> None:
    z, y = world(1.0, 200)
    rows = stratified(from_arrays(z, y), 3)
    choice = chosen(tried(("none", "temperature"), rows, SOFTMAX, 3), rows, SOFTMAX)
    assert choice.names == ("none",)
    assert choice.weights == (1.0,)


def test_an_average_is_better_held_out_than_its_members() -> None:
    z, y = world(3.0, 400, k=4)
    z[:, 0] += 1.5 * np.abs(z[:, 1])
    rows = stratified(from_arrays(z, y), 5)
    choice = chosen(tried(("none", "temperature", "spline", "structured_vector"), rows, SOFTMAX, 5), rows, SOFTMAX)
    assert len(choice.names) > 1
    assert sum(choice.weights) == pytest.approx(1)
    assert float(choice.sentence.split("held-out loss ")[1].split(";")[0]) < min(choice.losses.values())


def test_without_log_loss_ties_go_to_fewer_parameters() -> None:
    link = registry.make("links", "sparsemax")
    z, y = world(1.0, 300)
    rows = stratified(from_arrays(z / 2, y), 3)
    choice = chosen(tried(("none", "temperature"), rows, link, 3), rows, link)
    assert choice.losses[choice.names[0]] <= min(choice.losses.values()) * (1 + 1e-3)


def test_many_columns_leave_out_what_has_a_parameter_for_every_pair() -> None:
    assert {"matrix", "dirichlet"} <= set(candidates(SOFTMAX, 1000, 30))
    assert not {"matrix", "dirichlet"} & set(candidates(SOFTMAX, 1000, 31))


def test_the_after_of_auto_is_honest() -> None:
    rng = np.random.default_rng(5)
    z, y = rng.normal(size=(400, 5)) * 0.3, rng.integers(0, 5, 400)
    result = evaluate(3 * z, y, method="auto")
    assert result.after is not None
    fresh = rng.normal(size=(20_000, 5)) * 0.9, rng.integers(0, 5, 20_000)
    model = fit(3 * z, y, method="auto")
    p = model.apply(fresh[0])
    truth = -np.log(p[np.arange(len(p)), fresh[1]]).mean()
    found = result.after.metrics["nll"]
    assert found.low is not None and found.high is not None
    assert found.low - 0.03 <= truth <= found.high + 0.03


def test_auto_names_what_it_took_in_the_model() -> None:
    model = fit(*world(3.0), method="auto")
    assert model.method != "auto"
    assert registry.parse("calibrators", model.method).name in registry.names("calibrators")


@pytest.mark.parametrize("k", [2, 4])
def test_rare_classes_are_even_and_equal_rows_share_a_fold(k: int) -> None:
    z, y = world(1.0, 500, k)
    y[np.flatnonzero(y == k - 1)[23:]] = 0
    z = np.concatenate([z, z[:50]])
    y = np.concatenate([y, y[:50]])
    folds = np.concatenate([np.asarray(b.folds) for b in stratified(from_arrays(z, y), 5).blocks()])
    assert np.array_equal(folds[:50], folds[500:])
    for some in (y[:500] == k - 1, y[:500] != k - 1):
        count = np.bincount(folds[:500][some], minlength=5)
        assert count.max() - count.min() <= 1
    turn = np.random.default_rng(0).permutation(550)
    turned = np.concatenate([np.asarray(b.folds) for b in stratified(from_arrays(z[turn], y[turn]), 5).blocks()])
    assert np.array_equal(turned, folds[turn])


def test_rare_events_are_stratified_by_their_labels() -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(150, 2)), rng.integers(0, 2, (150, 2))
    folds = np.concatenate([np.asarray(b.folds) for b in stratified(from_arrays(z, y), 3).blocks()])
    for kind in ((0, 0), (0, 1), (1, 0), (1, 1)):
        count = np.bincount(folds[(y == kind).all(axis=1)], minlength=3)
        assert 30 < count.sum() < 50
        assert count.max() - count.min() <= 1


def test_a_fold_does_not_tell_how_often_a_class_is_in_the_others() -> None:
    """Were its share the same everywhere, what fits just that would be measured on what it knows."""
    z, y = world(1.0, 1000, 2)
    shares = []
    for seed in range(40):
        folds = np.concatenate([np.asarray(b.folds) for b in stratified(from_arrays(z, y), 5, seed).blocks()])
        shares += [y[folds == fold].mean() for fold in range(5)]
    # Of 200 rows without replacement from 1,000.
    assert np.std(shares) == pytest.approx(np.sqrt(y.var() / 200 * 0.8), rel=0.25)


def test_scores_that_many_rows_have_are_in_all_folds() -> None:
    rng = np.random.default_rng(2)
    z = np.round(rng.normal(size=400) * 2)[:, None]
    y = (rng.random(400) < 1 / (1 + np.exp(-z[:, 0]))).astype(np.int64)
    folds = np.concatenate([np.asarray(b.folds) for b in stratified(from_arrays(z, y[:, None]), 4).blocks()])
    for value in (-1.0, 0.0, 1.0):
        count = np.bincount(folds[z[:, 0] == value], minlength=4)
        assert count.max() - count.min() <= 1


def test_rows_that_were_sampled_anew_are_copies() -> None:
    """A few rows many times, each with its one label: in several folds every fit would be measured on its own rows."""
    z, y = world(1.0, 60)
    z, y = np.repeat(z, 10, axis=0), np.repeat(y, 10)
    folds = np.concatenate([np.asarray(b.folds) for b in stratified(from_arrays(z, y), 5).blocks()])
    assert np.array_equal(folds, np.repeat(folds[::10], 10))


def test_weights_of_an_ensemble() -> None:
    z, y = world(2.0, 300)
    entry = registry.load("calibrators", "ensemble")
    found: Any = entry.fit(from_arrays(z, y), SOFTMAX, members="none+temperature", weights="3+1")
    t: Any = fit(z, y).calibrator
    expected = 0.75 * SOFTMAX(z) + 0.25 * SOFTMAX(t.transform(z))
    assert SOFTMAX(found.calibrator.transform(z)) == pytest.approx(expected, rel=1e-12)
    for wrong in ("1", "1+0", "1+x", "1+inf"):
        with pytest.raises(CalibrateError, match="weights"):
            entry.fit(from_arrays(z, y), SOFTMAX, weights=wrong)


def test_the_method_of_auto_fitted_again_is_the_same_model() -> None:
    z, y = world(3.0, 400, k=4)
    z[:, 0] += 1.5 * np.abs(z[:, 1])
    model = fit(z, y, method="auto")
    assert model.method.startswith("ensemble:members=")
    assert fit(z, y, method=model.method).apply(z) == pytest.approx(model.apply(z), rel=1e-6)


def test_an_ensemble_is_the_mean_of_its_members() -> None:
    z, y = world(2.0, 300)
    found: Any = registry.load("calibrators", "ensemble").fit(from_arrays(z, y), SOFTMAX)
    t = fit(z, y).calibrator
    assert isinstance(t, Temperature)
    assert SOFTMAX(found.calibrator.transform(z)) == pytest.approx(
        (SOFTMAX(z) + SOFTMAX(t.transform(z))) / 2, rel=1e-12
    )


def test_the_simplest_within_one_standard_error_of_the_best() -> None:
    rng = np.random.default_rng(0)
    best = rng.exponential(size=400)
    near, far = best + rng.normal(0.01, 0.5, 400), best + rng.normal(0.2, 0.5, 400)
    losses, ones, nothing = np.stack([far, best, near], axis=1), np.ones(400), np.zeros(3)
    assert simplest(losses, ones, [0, 9, 1], nothing) == 2
    assert simplest(losses, ones, [0, 1, 9], nothing) == 1
    # What the fits of either side add to the error brings the simplest within reach.
    for penalties in ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]):
        assert simplest(losses, ones, [0, 9, 1], np.array(penalties)) == 0
    assert simplest(losses, ones, [0, 9, 1], np.array([0.0, 0.0, 1.0])) == 2
    apart = near - best
    assert apart.mean() <= apart.std() / 20 < (far - best).mean()
    # A row of weight 0 is none, and twice the weight is no smaller error.
    assert simplest(np.vstack([losses, [[0, 9, 9]]]), 2 * np.append(ones, 0.0), [0, 9, 1], nothing) == 2


def test_auto_says_where_compare_would_recommend_another() -> None:
    z, y = world(2.0, 500, k=4, seed=4)
    rows = stratified(from_arrays(z, y), 5)
    trials = tried(("none", "temperature", "structured_matrix", "vector"), rows, SOFTMAX, 5)
    choice = chosen(trials, rows, SOFTMAX)
    assert choice.names != ("temperature",)
    assert choice.sentence.endswith(
        "by these folds compare would recommend temperature, the simplest within one standard error of the best"
    )


def test_probabilities_that_are_0_in_floats_have_a_loss_all_the_same() -> None:
    z, y = world(1000.0)
    found = auto(stratified(from_arrays(z, y), 3), SOFTMAX, folds=3)
    assert np.isfinite(found.record.objective_after)
    assert found.record.objective_after < 1.2
