"""The small logistic fit against scikit-learn, its degrees of freedom, and data that have no finite maximum."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from calibrate.errors import CalibrateError
from calibrate.fitting import logistic
from calibrate.fitting.columns import Pooled
from calibrate.numerics import sigmoid


def test_coefficients_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2))
    w = rng.random(400) + 0.5
    y = rng.random(400) < 1 / (1 + np.exp(-(x @ [1.0, -2.0] + 0.5)))
    basis = np.column_stack([np.ones(400), x])
    found = logistic.fit(basis, w, w * y, np.diag([0.0, 3.0, 3.0]))
    known = LogisticRegression(C=1 / 3, tol=1e-12, max_iter=1000).fit(x, y, w)
    assert found.coefficients == pytest.approx([known.intercept_[0], *known.coef_[0]], abs=1e-6)
    assert 2.0 < found.freedom < 3.0
    assert logistic.fit(basis, w, w * y, np.zeros((3, 3))).freedom == pytest.approx(3.0)


@pytest.mark.parametrize("event", [[0.0, 0.0, 0.0], [2.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
def test_smoothed_targets_always_have_a_finite_answer(event: list[float]) -> None:
    rows = Pooled(np.array([-1.0, 0.0, 1.0]), np.array([2.0, 1.0, 1.0]), np.array(event), 0.5)
    basis = np.column_stack([np.ones(3), rows.at])
    found = logistic.fit(basis, rows.weight, logistic.smoothed(rows), np.zeros((2, 2)))
    assert np.all(np.abs(found.coefficients) < 20)
    p = 1 / (1 + np.exp(-basis @ found.coefficients))
    assert basis.T @ (rows.weight * p - logistic.smoothed(rows)) == pytest.approx(np.zeros(2), abs=1e-9)


def test_a_basis_of_lower_rank_has_an_answer() -> None:
    basis = np.ones((5, 2))
    found = logistic.fit(basis, np.ones(5), np.full(5, 0.25), np.zeros((2, 2)))
    assert found.coefficients.sum() == pytest.approx(np.log(0.25 / 0.75))
    assert found.freedom == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(20))
def test_weights_over_many_decades_have_an_answer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, weight = np.sort(rng.normal(size=20)) * 20, 10 ** rng.uniform(-12, 12, 20)
    rows = Pooled(x, weight, weight * rng.integers(0, 2, 20), 0.5)
    basis, target = np.column_stack([np.ones(20), x / 20, (x / 20) ** 2]), logistic.smoothed(rows)
    for strength in (1e5, 1.0, 1e-3):
        penalty = np.diag([0.0, 0.0, strength])
        c = logistic.fit(basis, weight, target, penalty).coefficients
        p = sigmoid(basis @ c)
        slope = basis.T @ (weight * p - target) + penalty @ c
        assert slope == pytest.approx(np.zeros(3), abs=1e-4 * np.sqrt(weight.sum()))


def test_what_does_not_settle_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logistic, "MOST", 1)
    with pytest.raises(CalibrateError) as refused:
        logistic.fit(np.array([[1.0], [5.0]]), np.ones(2), np.array([0.9, 0.2]), np.zeros((1, 1)))
    assert refused.value.code == "E306" and refused.value.hint
