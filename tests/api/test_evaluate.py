"""Evaluate: honest on data that have an answer, plain about those that have none; the edges of folds and holdouts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import calibrate
from calibrate.api.evaluate import CrossFitted, Plan
from calibrate.calibrators.temperature import Temperature
from calibrate.errors import CalibrateError
from calibrate.folds import assign
from calibrate.rows import Block

METRICS = ("nll", "brier", "accuracy", "ece", "classwise_ece", "mce", "confidence_gap")


def world(n: int = 200, k: int = 3, seed: int = 0, spread: float = 2.0, t: float = 2.0) -> Any:
    """Scores of a model with true temperature t, and labels that hold every class where there is room."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, k)) * spread
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return z * t, np.minimum((p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1), k - 1)


Z, Y = world()
EVENTS = np.random.default_rng(1).normal(size=(200, 4)) * 3
HAPPENED = (np.random.default_rng(2).random((200, 4)) < 1 / (1 + np.exp(-EVENTS / 2))).astype(int)
NEVER = np.where(np.arange(4) == 2, 0, HAPPENED)
PER_LABEL = {"link": "sigmoid", "method": "temperature:per_label=true"}


@pytest.mark.parametrize(
    ("scores", "labels", "options"),
    [
        (Z, Y, {}),
        (Z, Y, {"folds": 0}),
        (Z, Y, {"folds": 2}),
        (Z, Y, {"folds": 100}),
        (*world(20, seed=4), {"folds": 100}),
        (*world(3, seed=3), {}),
        (*world(5, 20, seed=3), {}),
        (*world(30, 100, seed=3), {}),
        (np.repeat(Z, 4, axis=0), np.repeat(Y, 4), {}),
        (np.round(Z / 4), Y, {}),
        (Z, Y, {"level": 0.5}),
        (Z, Y, {"level": 0.999}),
        (Z, Y, {"holdout": 0.01}),
        (*world(1000, seed=4), {"holdout": 0.99}),
        (Z, Y, {"link": "sparsemax"}),
        (Z, Y, {"link": "gumbel-softmax:seed=3"}),
        (Z, Y, {"link": "gumbel-softmax:hard=true"}),
        (Z, Y, {"weights": np.full(200, 1e-300)}),
        (Z, Y, {"weights": np.full(200, 1e300)}),
        (Z, Y, {"weights": 10.0 ** np.linspace(-9, 9, 200)}),
        (Z, Y, {"weights": np.where(np.arange(200) < 1, 1.0, 1e-4)}),
        (Z[:, :1] - Z[:, 1:2], (Y == 0).astype(int), {}),
        (EVENTS, HAPPENED, {"link": "sigmoid"}),
        (EVENTS, HAPPENED, PER_LABEL),
        (EVENTS, NEVER, {"link": "sigmoid"}),
        (EVENTS, NEVER, PER_LABEL),
    ],
    ids=lambda x: "-".join(x) if isinstance(x, dict) else "",
)
def test_every_number_is_one_or_has_a_reason(scores: Any, labels: Any, options: Any, sound: Any) -> None:
    result = sound(calibrate.evaluate(scores, labels, **options))
    assert result.verdict is not None
    assert result.fit is not None
    assert result.fit.level == result.level == options.get("level", 0.95)


@pytest.mark.parametrize(
    ("scores", "labels", "options", "code"),
    [
        (Z, Z.argmax(axis=1), {}, "E302"),
        (Z, Z.argmin(axis=1), {}, "E303"),
        (Z, np.zeros(200, dtype=int), {}, "E303"),
        (np.full((50, 3), 1.5), np.arange(50) % 3, {}, "E301"),
        (np.where(np.eye(3)[Y] == 1, -np.inf, Z), Y, {}, "E304"),
        (-np.abs(EVENTS), NEVER * 0, PER_LABEL, "E302"),
        (Z, Y, {"folds": 1}, "E603"),
        (Z, Y, {"folds": 101}, "E603"),
        (Z, Y, {"holdout": 0.0}, "E603"),
        (Z, Y, {"holdout": 1.0}, "E603"),
        (Z, Y, {"holdout": np.nan}, "E603"),
        (Z[:20], Y[:20], {"holdout": 0.999}, "E603"),
        (Z[:3], Y[:3], {"holdout": 0.01}, "E603"),
        (Z, Y, {"level": 1.0}, "E603"),
        (Z, Y, {"level": 95.0}, "E603"),
        (Z, Y, {"metrics": "ece:level=0.9"}, "E602"),
    ],
)
def test_what_has_no_answer_is_refused(scores: Any, labels: Any, options: Any, code: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        calibrate.evaluate(scores, labels, **options)
    assert caught.value.code == code


def test_a_fold_without_an_answer_leaves_the_model_and_says_why(sound: Any) -> None:
    fold = assign(Z, 0, 5, 0)
    labels = Z.argmax(axis=1)
    labels[np.flatnonzero(fold == 3)[:3]] = Z.argmin(axis=1)[np.flatnonzero(fold == 3)[:3]]
    result = sound(calibrate.evaluate(Z, labels))
    assert result.fit is not None
    assert (result.after, result.change, result.after_is) == (None, None, None)
    assert result.reason == "too few errors: 1 of 5 folds have no finite answer on the other rows"
    assert result.verdict.sentence == f"cannot be judged: {result.reason}"


def test_a_holdout_without_errors_judges_nothing() -> None:
    """Where all rows that are measured are right, a high T looks harmful; the errors it is there for were not seen."""
    z, y = world(60, 10, spread=30.0, t=2.5)
    y = np.where(np.arange(60) < 3, y, z.argmax(axis=1))
    y[:3] = z[:3].argsort(axis=1)[:, -2]
    from calibrate.api.evaluate import evaluation
    from calibrate.api.load import load
    from calibrate.reading.options import ReadOptions

    data, held = (load(z[part], y[part], ReadOptions(classes=tuple("abcdefghij"), label_base=0)) for part in
                  (slice(0, 30), slice(30, 60)))  # fmt: skip
    result = evaluation(data, Plan("temperature", None), held)[1]
    assert result.after is not None
    assert result.after.metrics["accuracy"].value == 1.0
    assert result.verdict is not None
    assert result.verdict.kind == "indistinguishable"
    assert result.change is not None
    assert "no errors in the sample" in result.change["nll"].notes[0]


@pytest.mark.parametrize("weight", [1e-300, 1e-100, 3.0, 1e100, 1e300])
def test_weights_have_no_unit(weight: float) -> None:
    plain, heavy = calibrate.evaluate(Z, Y), calibrate.evaluate(Z, Y, weights=np.full(200, weight))
    for name in METRICS:
        for one, other in ((plain.before, heavy.before), (plain.after, heavy.after)):
            assert one is not None
            assert other is not None
            a, b = one.metrics[name], other.metrics[name]
            numbers = [x for x in (a.value, a.low, a.high) if x is not None]
            assert [x for x in (b.value, b.low, b.high) if x is not None] == pytest.approx(numbers, rel=1e-9, abs=1e-12)
    assert heavy.verdict == plain.verdict


@pytest.mark.parametrize("method", ["structured-vector", "isotonic", "venn-abers:multiclass=top-label", "auto"])
def test_the_sum_of_the_weights_decides_nothing(method: str) -> None:
    w = np.random.default_rng(3).uniform(0.5, 1.5, 200)
    one, other = (calibrate.evaluate(Z, Y, method=method, weights=w * unit) for unit in (1.0, 1 / w.sum()))
    assert one.after is not None and other.after is not None and one.fit is not None and other.fit is not None
    for name in ("nll", "brier"):
        assert other.after.metrics[name].value == pytest.approx(one.after.metrics[name].value, rel=1e-9)
    assert one.verdict is not None and other.verdict is not None
    assert other.verdict.kind == one.verdict.kind
    assert (one.fit.weight, other.fit.weight) == pytest.approx((w.sum(), 1.0), rel=1e-12)


def test_a_comparison_does_not_depend_on_the_sum_of_the_weights() -> None:
    w, methods = np.random.default_rng(3).uniform(0.5, 1.5, 200), "none,structured-vector,isotonic"
    one, other = (calibrate.compare(Z, Y, methods=methods, repeats=1, weights=w * unit) for unit in (1.0, 1 / w.sum()))
    assert [row.method for row in other.methods] == [row.method for row in one.methods]
    for a, b in zip(one.methods, other.methods, strict=True):
        assert b.metrics["nll"].value == pytest.approx(a.metrics["nll"].value, rel=1e-9)


def test_two_classes_are_one_event_of_the_difference() -> None:
    z, y = world(300, 2, seed=7)
    two, one = (calibrate.evaluate(s, y, metrics=METRICS) for s in (z, z[:, 1:] - z[:, :1]))
    assert two.fit is not None
    assert one.fit is not None
    t, s = (r.fit.parameters["temperature"] for r in (two, one))
    assert (t.value, t.low, t.high) == pytest.approx((s.value, s.low, s.high), rel=1e-12)
    for a, b in ((two.before, one.before),):
        pairs = {name: (a.metrics[name], b.metrics[name]) for name in ("nll", "brier", "accuracy", "classwise_ece")}
        for name, (x, w) in pairs.items():
            factor = 2.0 if name == "brier" else 1.0
            assert x.value == pytest.approx(factor * (w.value or 0.0), rel=1e-12), name
            if x.low is not None and x.high is not None:
                assert (x.low, x.high) == pytest.approx((factor * (w.low or 0), factor * (w.high or 0)), rel=1e-9)


def test_groups_of_one_row_and_of_no_weight(sound: Any) -> None:
    from calibrate.api.evaluate import evaluation
    from calibrate.api.load import load
    from calibrate.reading.options import ReadOptions

    group = np.where(np.arange(200) < 1, "one", np.where(np.arange(200) < 20, "none", "rest"))
    weights = np.where(group == "none", 0.0, 1.0)
    data = replace(load(Z, Y, ReadOptions(), weights=weights), groups={"g": group})
    result = sound(evaluation(data, Plan("temperature", None))[1])
    one, none = (result.groups["g"][name] for name in ("one", "none"))
    assert one.before.metrics["nll"].reason == "one row has no spread"
    assert none.before.metrics["nll"].reason == "no row of positive weight"
    assert none.verdict.sentence == "cannot be judged: no row of positive weight"


def test_every_row_is_calibrated_by_the_fold_that_never_saw_it() -> None:
    block = Block(0, np.ones((4, 2), dtype=np.float32), folds=np.array([1, 0, 1, 2]))
    found = CrossFitted((Temperature(1.0), Temperature(2.0), Temperature(4.0)))(block).scores
    assert found.tolist() == [[0.5] * 2, [1.0] * 2, [0.5] * 2, [0.25] * 2]
    assert found.dtype == np.float64


@pytest.mark.parametrize("link", ["softmax", "sparsemax", "gumbel-softmax:seed=1"])
def test_a_verdict_names_the_loss_it_goes_by(link: str) -> None:
    result = calibrate.evaluate(Z, Y, link=link)
    assert result.verdict is not None
    assert ("link's own loss" in result.verdict.sentence) == (link == "sparsemax")
    if link == "sparsemax":
        assert "true class probability 0" in result.before.metrics["nll"].reason
        assert result.before.metrics["nll"].value == np.inf
