"""Bayesian binning into quantiles against the paper's formulae in plain loops."""

from __future__ import annotations

from math import ceil, exp, lgamma, log
from typing import Any

import numpy as np
import pytest

from calibrate import registry
from calibrate.calibrators.bbq import Bbq
from calibrate.errors import CalibrateError
from calibrate.rows import from_arrays

SIGMOID = registry.make("links", "sigmoid")


def fit(p: np.ndarray, y: np.ndarray, w: np.ndarray | None = None, **options: Any) -> Bbq:
    found: Bbq = Bbq.fit(from_arrays(np.log(p / (1 - p))[:, None], y[:, None], w), SIGMOID, **options).calibrator
    return found


def apply(found: Bbq, p: np.ndarray) -> np.ndarray:
    return np.asarray(SIGMOID(found.transform(np.log(p / (1 - p))[:, None])))[:, 0]


def loops(p: np.ndarray, y: np.ndarray, at: np.ndarray, prior: float, score: str) -> np.ndarray:
    """The average at `at`, for n distinct predictions."""
    order = np.argsort(p)
    p, y, n = p[order], y[order], len(p)
    root = n ** (1 / 3)
    answers, scores = [], []
    for bins in range(max(1, int(root / 10)), min(ceil(n / 5), ceil(root * 10)) + 1):
        ends = [ceil(n * k / bins - 1e-9) for k in range(bins + 1)]
        edges = [0.0, *[(p[e - 1] + p[e]) / 2 for e in ends[1:-1]], 1.0]
        total, answer = 0.0, np.zeros(len(at))
        for b in range(bins):
            part = y[ends[b] : ends[b + 1]]
            m, k, middle = int(part.sum()), int(len(part) - part.sum()), (edges[b] + edges[b + 1]) / 2
            a, c = prior * middle / bins, prior * (1 - middle) / bins
            if score == "bdeu":
                total += lgamma(a + c) - lgamma(a + c + m + k) + lgamma(a + m) - lgamma(a) + lgamma(c + k) - lgamma(c)
            else:
                total += sum(v * log(v / (m + k)) for v in (m, k) if v) - 0.5 * log(n)
            answer[(at > edges[b]) & (at <= edges[b + 1])] = (a + m) / (a + c + m + k)
        answers.append(answer)
        scores.append(total)
    weights = np.array([exp(s - max(scores)) for s in scores])
    return np.asarray(weights @ np.array(answers) / weights.sum())


@pytest.mark.parametrize("score", ["bdeu", "bic"])
@pytest.mark.parametrize(("n", "prior"), [(40, 2.0), (500, 2.0), (500, 10.0), (1500, 2.0)])
def test_the_average_is_the_paper_s(n: int, prior: float, score: str) -> None:
    rng = np.random.default_rng(n)
    p = rng.random(n) * 0.98 + 0.01
    y = (rng.random(n) < p**2).astype(int)
    at = rng.random(300) * 0.98 + 0.01
    found = apply(fit(p, y, prior=prior, score=score), at)
    assert found == pytest.approx(loops(p, y, at, prior, score), abs=2e-4)
    assert np.abs(found - loops(p, y, at, prior, score)).mean() < 2e-5


def test_one_size_alone_is_a_histogram() -> None:
    p, y = np.array([0.1, 0.2, 0.4]), np.array([0, 1, 1])
    found = fit(p, y)
    assert found.edges == ((),)
    assert found.probability[0] == pytest.approx([(1 + 2) / (2 + 3)])
    assert found.n_parameters == 1


def test_probabilities_are_never_0_or_1_and_the_mean_is_nearly_kept() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(3000) ** 8 * 0.999 + 1e-12
    y = (rng.random(3000) < p).astype(int)
    q = apply(fit(p, y), p)
    assert np.all((q > 0) & (q < 1))
    assert q.mean() == pytest.approx(y.mean(), abs=0.005)


def test_weights_in_the_billions_do_not_ask_for_as_many_bins() -> None:
    p = np.linspace(0.01, 0.99, 50)
    y = (p > 0.5).astype(int)
    q = apply(fit(p, y, np.full(50, 1e12)), p)
    assert np.all(np.isfinite(q)) and q[0] < 1e-9 and q[-1] > 1 - 1e-9


@pytest.mark.parametrize("n", [40, 1000, 8000])
@pytest.mark.parametrize("factor", [1 - 1e-14, 1 + 1e-14])
def test_the_rounding_of_a_sum_of_weights_adds_no_size(n: int, factor: float) -> None:
    rng = np.random.default_rng(0)
    p = rng.random(n)
    y = (rng.random(n) < p).astype(int)
    q = [apply(fit(p, y, np.full(n, weight)), p) for weight in (1.0, factor)]
    assert q[1] == pytest.approx(q[0], abs=1e-9, rel=0)


def test_options_that_cannot_be_are_refused() -> None:
    with pytest.raises(CalibrateError, match="positive number") as refused:
        fit(np.array([0.5]), np.array([1]), prior=0.0)
    assert refused.value.code == "E602"
    with pytest.raises(CalibrateError, match="no probabilities"):
        Bbq("events", ((0.5,),), ((0.1,),))
