"""Cox's recalibration against independent solvers, the textbook's standard errors, and simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import optimize
from sklearn.linear_model import LogisticRegression

from calibrate.evidence.cox import Problems, recalibrate, standard_errors
from calibrate.evidence.gather import evidence
from calibrate.fitting.damped_newton import Climbed
from calibrate.links.sigmoid import Sigmoid
from calibrate.rows import Rows, from_arrays
from calibrate.scoring import BEFORE, Unchanged


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def world(n: int, a: float, b: float, spread: float = 2.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n) * spread - 1
    return z, (rng.random(n) < sigmoid(a + b * z)).astype(np.int64)


def solved(z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None) -> tuple[Problems, Climbed]:
    """Both problems of one column."""
    every = np.ones(len(z)) if w is None else w
    centre = np.average(z, weights=every)
    twice = np.ones(2)
    zero = np.zeros(2, dtype=int)
    problems = Problems(
        zero, zero, np.array([False, True]), centre * twice, np.abs(z - centre).max() * twice,
        np.average(y, weights=every) * twice,
    )  # fmt: skip
    return problems, recalibrate(from_arrays(z[:, None], y[:, None], w), problems)


def parameters(problems: Problems, found: Climbed) -> list[tuple[float, float]]:
    assert found.settled.all()
    return [(a - c * b, b) for (a, b), c in zip(found.points.tolist(), problems.centre.tolist(), strict=True)]


WORLDS = [
    (50, 0.5, 0.4, 2.0), (500, 0.0, 1.0, 2.0), (5000, -1.0, 3.0, 0.3), (500, 0.3, 0.05, 20.0), (2000, -4.0, 1.0, 1.0),
    (300, 0.0, -0.8, 2.0), (1000, 60.0, 60.0, 0.01),
]  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", WORLDS)
def test_against_other_solvers(case: tuple[int, float, float, float], weighted: bool) -> None:
    z, y = world(*case)
    w = np.random.default_rng(1).exponential(size=len(z)) if weighted else None
    problems, found = solved(z, y, w)
    (a, fixed), (intercept, slope) = parameters(problems, found)
    assert fixed == 1.0
    assert found.passes <= 12
    centre = z.mean()
    other = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    other.fit((z - centre)[:, None], y, w)
    assert (intercept + slope * centre, slope) == pytest.approx((other.intercept_[0], other.coef_[0, 0]), rel=1e-7)
    every = np.ones(len(z)) if w is None else w
    root = optimize.brentq(lambda t: float((every * (y - sigmoid(t + z))).sum()), -60, 60, xtol=1e-13, rtol=1e-14)
    assert a == pytest.approx(root, rel=1e-9, abs=1e-10)
    for t, s in ((a, 1.0), (intercept, slope)):
        gap = every * (y - sigmoid(t + s * z))
        assert gap.sum() == pytest.approx(0, abs=1e-9 * every.sum())
        assert s == 1.0 or (gap * z).sum() == pytest.approx(0, abs=1e-8 * every.sum())


def textbook(z: np.ndarray, y: np.ndarray, w: np.ndarray, a: float, b: float, k: int) -> tuple[Any, Any]:
    """Variances from the Fisher information and from the sandwich, of the first k of (a, b)."""
    x = np.stack([np.ones(len(z)), z], axis=1)[:, :k]
    q = sigmoid(a + b * z)
    inverse = np.linalg.inv((x * (w * q * (1 - q))[:, None]).T @ x)
    meat = (x * ((w * (y - q)) ** 2)[:, None]).T @ x
    n = w.sum() ** 2 / (w**2).sum()
    fisher = inverse * ((w**2).sum() / w.sum())
    return np.diag(fisher), np.diag(inverse @ meat @ inverse) * n / (n - k)


@pytest.mark.parametrize("weights", ["none", "equal", "any"])
@pytest.mark.parametrize("case", WORLDS)
def test_standard_errors_are_the_larger_of_fisher_and_sandwich(case: Any, weights: str) -> None:
    z, y = world(*case)
    w = {"none": np.ones(len(z)), "equal": np.full(len(z), 0.25),
         "any": np.random.default_rng(1).exponential(size=len(z))}[weights]  # fmt: skip
    problems, found = solved(z, y, None if weights == "none" else w)
    errors = standard_errors(found, problems, np.array([len(z), w.sum(), (w**2).sum()]))
    for k, (a, b), seen in zip((1, 2), parameters(problems, found), errors, strict=True):
        fisher, sandwich = textbook(z, y, w, a, b, k)
        assert seen[:k] == pytest.approx(np.sqrt(np.maximum(fisher, sandwich)), rel=1e-6)


def test_of_data_that_follow_the_model_both_errors_agree() -> None:
    """Then the interval is that of the textbook but for chance: the information is what there is."""
    z, y = world(200_000, 0.2, 0.9)
    problems, found = solved(z, y)
    errors = standard_errors(found, problems, np.full(3, float(len(z))))
    fisher, _ = textbook(z, y, np.ones(len(z)), *parameters(problems, found)[1], 2)
    assert errors[1] == pytest.approx(np.sqrt(fisher), rel=0.01)


def test_one_row_with_all_the_weight_has_no_error() -> None:
    z, y = world(30, 0.0, 1.0)
    w = np.full(30, 1e-9)
    w[0] = 1.0
    problems, found = solved(z, y, w)
    errors = standard_errors(found, problems, np.array([30, w.sum(), (w**2).sum()]))
    assert np.isinf(errors[1]).all()


@pytest.mark.parametrize("size", [1, 13, 100])
def test_blocks_do_not_matter(size: int) -> None:
    z, y = world(400, 0.5, 0.6)
    (problems, whole), rows = solved(z, y), from_arrays(z[:, None], y[:, None], rows_per_block=size)
    parts = recalibrate(rows, problems)
    assert parts.points == pytest.approx(whole.points, rel=1e-12, abs=1e-12)
    assert parts.sums == pytest.approx(whole.sums, rel=1e-10, abs=1e-9)
    assert parts.passes == whole.passes


def saturated(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Nearly every prediction is sure, and Newton's own steps would lead anywhere."""
    rng = np.random.default_rng(0)
    z = np.where(rng.random(1000) < 0.5, 27.6, -27.6)
    y = (z > 0) ^ (rng.random(1000) < {"few wrong": 0.003, "third wrong": 0.33, "one side": 0.0}[kind])
    if kind == "one side":
        y[:200] = True
    return z + rng.normal(size=1000) * 1e-3, y.astype(np.int64)


@pytest.mark.parametrize("kind", ["few wrong", "third wrong", "one side"])
def test_sure_predictions_have_an_answer(kind: str) -> None:
    z, y = saturated(kind)
    problems, found = solved(z, y)
    (a, _), (intercept, slope) = parameters(problems, found)
    assert found.passes < 40
    assert (y - sigmoid(a + z)).sum() == pytest.approx(0, abs=1e-6)
    gap = y - sigmoid(intercept + slope * z)
    assert (gap.sum(), (gap * z).sum()) == pytest.approx((0, 0), abs=1e-6)


def test_every_problem_that_has_an_answer_is_solved() -> None:
    """Few rows on any scale, which nearly separate the outcomes or hardly differ."""
    rng, solved_ones = np.random.default_rng(0), 0
    for _ in range(400):
        n, scale = int(rng.integers(3, 40)), 10 ** rng.uniform(-3, 3)
        z = np.clip(scale * rng.normal(size=n) + rng.normal() * 10 ** rng.uniform(-2, 2), -27.6, 27.6)
        y = (rng.random(n) < rng.uniform(0.05, 0.95)).astype(np.int64)
        events, others = z[y == 1], z[y == 0]
        if not (len(events) and len(others) and others.max() > events.min() and events.max() > others.min()):
            continue
        problems, found = solved(z, y)
        solved_ones += 1
        assert found.settled.all() and found.passes <= 25
        (_, _), (a, b) = parameters(problems, found)
        gap = y - sigmoid(found.points[1, 0] + b * (z - problems.centre[1]))
        assert np.isfinite(a)
        assert (gap.sum(), (gap * z).sum()) == pytest.approx((0, 0), abs=1e-7)
    assert solved_ones > 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "a", "b", "weighted"),
    [(500, 0.0, 1.0, False), (500, 0.3, 0.7, False), (500, 0.3, 0.7, True), (500, -0.5, 1.3, False)],
)
def test_intervals_cover(n: int, a: float, b: float, weighted: bool) -> None:
    """20 events of a row are 20 samples: 2,000 in all."""
    rng, hits = np.random.default_rng(2), {"in_the_large": 0, "intercept": 0, "slope": 0}
    truth = {"in_the_large": in_the_large(a, b), "intercept": a, "slope": b}
    for _ in range(100):
        z = rng.normal(size=(n, 20)) * 2 - 1
        y = (rng.random(z.shape) < sigmoid(a + b * z)).astype(np.int64)
        source = from_arrays(z, y, rng.exponential(size=n) if weighted else None)
        for total in evidence(source, Sigmoid(), {BEFORE: Unchanged()}, task="multilabel", names=()).totals[BEFORE]:
            for name, value in truth.items():
                estimate = getattr(total, name)
                hits[name] += estimate.low <= value <= estimate.high
    assert all(hit >= 0.93 * 2000 for hit in hits.values()), hits


def in_the_large(a: float, b: float) -> float:
    """Of the population: a of slope 1 with as many events, by quadrature."""
    x = np.linspace(-8, 8, 20_001)
    density = np.exp(-x * x / 2)
    z = 2 * x - 1
    return float(optimize.brentq(lambda t: float((density * (sigmoid(a + b * z) - sigmoid(t + z))).sum()), -10, 10))


def test_many_problems_are_solved_in_the_same_passes() -> None:
    made: list[int] = []
    worlds = [world(300, a, b, seed=i) for i, (a, b) in enumerate([(0, 1), (2, 0.2), (-1, 2), (0, -1)])]
    z, y = (np.stack(columns, axis=1) for columns in zip(*worlds, strict=True))
    steps = {BEFORE: Unchanged()}

    def execute(collect: Any, loads: Any) -> Any:
        made.append(1)
        return Rows(loads, (0,), 300, 4).sum(collect)

    source = from_arrays(z, y, execute=execute)
    together = evidence(source, Sigmoid(), steps, task="multilabel", names=()).totals[BEFORE]
    assert len(made) < 15
    for j, total in enumerate(together):
        alone = evidence(from_arrays(z[:, [j]], y[:, [j]]), Sigmoid(), steps, task="binary", names=()).totals[BEFORE][0]
        for name in ("in_the_large", "intercept", "slope"):
            assert getattr(total, name).value == pytest.approx(getattr(alone, name).value, rel=1e-12, abs=1e-12)
