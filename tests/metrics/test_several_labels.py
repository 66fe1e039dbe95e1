"""Several labels: each is measured as it would be alone, and few errors are allowed for, by law and by simulation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from calibrate.gates.judge import Subject, gate_of
from calibrate.gates.policy import Limit
from calibrate.results import Estimate
from calibrate.rows import Block
from calibrate.scoring import AFTER, BEFORE

METRICS = ("nll", "brier", "accuracy", "confidence_gap")


def sure(n: int, n_labels: int, seed: int, mean: float = 4.5) -> tuple[np.ndarray, np.ndarray]:
    """Logits of labels that are surely predicted, both ways, and labels drawn from them."""
    rng = np.random.default_rng(seed)
    z = np.where(rng.random((n, n_labels)) < 0.5, -1, 1) * rng.normal(mean, 1, (n, n_labels))
    return z, (rng.random(z.shape) < 1 / (1 + np.exp(-z))).astype(int)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", METRICS)
def test_every_label_is_measured_as_it_would_be_alone(name: str, seed: int, weighted: bool, estimate: Any) -> None:
    """No error in the first label, few in the second, many in the third."""
    z, y = sure(60, 3, seed)
    y[:, 0], z[:, 2] = z[:, 0] > 0, z[:, 2] / 4
    y[::4, 2] = 1 - y[::4, 2]
    w = np.random.default_rng(seed).exponential(size=60) if weighted else None
    parts = estimate(z, y, "multilabel", name, weights=w, rows_per_block=17).parts
    for j, part in enumerate(parts):
        alone = estimate(z[:, [j]], y[:, [j]], "binary", name, weights=w)
        ends = [pytest.approx(x, rel=1e-9, abs=1e-12) for x in (alone.value, alone.low, alone.high)]
        assert [part.value, part.low, part.high] == ends
        assert (part.method, part.notes) == (alone.method, alone.notes)


def truths(z: np.ndarray) -> dict[str, Any]:
    """What the metrics of scores 1.5 z are, where z are the true logits; of every label."""
    p, q = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(-1.5 * z))
    nll = p * np.logaddexp(0, -1.5 * z) + (1 - p) * np.logaddexp(0, 1.5 * z)
    rows = (nll, (q - p) ** 2 + p * (1 - p), np.maximum(p, 1 - p), q - p)
    return dict(zip(METRICS, (x.mean(axis=0) for x in rows), strict=True))


@pytest.mark.parametrize(("n", "together"), [(50, False), (50, True), (150, False)])
def test_intervals_of_labels_with_few_errors_hold_the_truth(n: int, together: bool, measured: Any) -> None:
    """Sure predictions both ways of three labels, about one error in a label, in a row all together or by themselves.

    Of 300 samples at most 8 % miss at an end: 5 % are promised, and chance adds 3 % in one of 10,000 runs. By Hall's
    interval alone 41 % of the labels' losses lay above, and 8 to 33 % of the accuracies below.
    """
    rng = np.random.default_rng(n)
    people, _ = sure(5000, 3, 1, 4.5 if n == 50 else 5.5)
    truth = truths(people)
    misses: dict[str, list[bool]] = {}
    for _ in range(300):
        z = people[rng.integers(0, len(people), n)]
        right = rng.random((n, 1 if together else 3)) < 1 / (1 + np.exp(-np.abs(z)))
        y = np.where(right, z > 0, z < 0).astype(int)
        found = measured(1.5 * z, y, "multilabel", *METRICS).variants[BEFORE].metrics
        for name, values in truth.items():
            whole = values.sum() if name in ("nll", "brier") else values.mean()
            for kind, one, value in (
                ("whole", found[name], whole),
                *(("label", part, v) for part, v in zip(found[name].parts, values, strict=True)),
            ):
                misses.setdefault(f"{kind} {name} below", []).append(value < one.low)
                misses.setdefault(f"{kind} {name} above", []).append(value > one.high)
    assert len(misses) == 16
    assert {key: rate for key, found in misses.items() if (rate := float(np.mean(found))) > 0.08} == {}


def test_a_gate_does_not_pass_for_want_of_errors(estimate: Any) -> None:
    z, _ = sure(40, 3, 0)
    found = estimate(z, (z > 0).astype(int), "multilabel", "accuracy")
    assert found.value == 1.0

    def verdict(one: Estimate, limit: Limit) -> str:
        return gate_of(limit, Subject(judged=one, n=40, plain=one, level=0.95), "safe").verdict

    assert verdict(found, Limit("accuracy", "min", 0.9999)) == "INCONCLUSIVE"
    assert verdict(found, Limit("accuracy", "min", 0.9)) == "PASS"
    for name in ("nll", "brier"):
        for part in estimate(z, (z > 0).astype(int), "multilabel", name).parts:
            assert verdict(part, Limit(name, "max", 2 * part.value)) == "INCONCLUSIVE"


class Raised:
    """Step: every score a little higher, which may change a prediction."""

    def __call__(self, block: Block) -> Block:
        return replace(block, scores=block.scores + 0.01)


class Halved:
    """Step: scores halved, which never changes a prediction."""

    keeps_top = True

    def __call__(self, block: Block) -> Block:
        return replace(block, scores=block.scores / 2)


def test_a_change_that_was_not_seen_may_still_come(measured: Any) -> None:
    z, y = sure(60, 2, 3)
    change = measured(z, y, "multilabel", "accuracy", after=Raised()).change["accuracy"]
    alone = measured(z[:, :1], y[:, :1], "binary", "accuracy", after=Raised()).change["accuracy"]
    assert (change.value, alone.value) == (0.0, 0.0)
    assert change.low < -0.05 and change.high > 0.05
    assert change.notes == alone.notes and change.notes
    never = measured(z, y, "multilabel", "accuracy", after=Halved())
    assert (never.change["accuracy"].low, never.change["accuracy"].high) == (0.0, 0.0)
    assert never.change["accuracy"].notes == ("no prediction changed",)
    assert never.variants[AFTER].metrics["accuracy"] == never.variants[BEFORE].metrics["accuracy"]


@pytest.mark.parametrize("wrong", [0, 2])
def test_an_error_of_a_label_that_cannot_be_may_cost_any_amount(wrong: int, estimate: Any) -> None:
    """Infinite logits, as step functions make them, all on the right side; other rows of the label may be wrong."""
    z, _ = sure(40, 2, 5)
    y = (z > 0).astype(int)
    z[10:, 0] *= np.inf
    y[:wrong, 0] = 1 - y[:wrong, 0]
    for name in ("nll", "brier"):
        part, other = estimate(z, y, "multilabel", name).parts
        alone = estimate(z[:, :1], y[:, :1], "binary", name)
        assert (part.high is None) == (alone.high is None) == (name == "nll" and not wrong)
        assert (part.reason, part.notes) == (alone.reason, alone.notes)
        assert other.high is not None and other.high > 10 * (other.value or 0.0)
