"""Sparsemax: the exact projection, exact zeros, and its loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from calibrate.links.sparsemax import Sparsemax
from calibrate.rows import Block


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([0.0, 0.0], [0.5, 0.5]),
        ([1.0, 0.0], [1.0, 0.0]),
        ([0.5, 0.0], [0.75, 0.25]),
        ([3.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
        ([0.25, 0.25, -np.inf], [0.5, 0.5, 0.0]),
        ([1e300, -1e300, 1e300], [0.5, 0.0, 0.5]),
        ([-1e6, -1e6 + 0.5], [0.25, 0.75]),
    ],
)
def test_projections_by_hand(row: list[float], expected: list[float]) -> None:
    assert Sparsemax()(np.array([row]))[0].tolist() == expected


@given(arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 30)), elements=st.floats(-3, 3, width=32)))
def test_projection_meets_its_optimality_conditions(z: np.ndarray) -> None:
    p = Sparsemax()(z)
    assert (p >= 0).all()
    assert p.sum(axis=1) == pytest.approx(np.ones(len(z)), abs=1e-14)
    for row, prob in zip(z, p, strict=True):
        tau = (row - prob)[prob > 0]
        assert np.ptp(tau) < 1e-14
        assert (row[prob == 0] <= tau[0] + 1e-14).all()


def test_projection_by_sorting_agrees() -> None:
    """Algorithm 1 of the paper."""
    z = np.random.default_rng(0).normal(0, 1, (200, 40))
    ordered = -np.sort(-z, axis=1)
    support = (1 + np.arange(1, 41) * ordered > ordered.cumsum(axis=1)).sum(axis=1)
    tau = (ordered.cumsum(axis=1)[np.arange(200), support - 1] - 1) / support
    assert Sparsemax()(z) == pytest.approx(np.maximum(z - tau[:, None], 0), abs=1e-14)


def test_loss_is_zero_from_a_lead_of_one() -> None:
    z = np.array([[1.0, 0.0], [5.0, 0.0], [0.999, 0.0], [0.0, 1.0]])
    loss = Sparsemax().loss(z, np.zeros(4, dtype=int))
    assert loss.tolist() == [0.0, 0.0, pytest.approx(0.0005**2, rel=1e-9), 1.0]


def test_a_lead_of_nearly_1_is_no_reward() -> None:
    lead = 1 - np.linspace(0, 1e-7, 5001)
    loss = Sparsemax().loss(np.stack([np.zeros(5001), -lead], axis=1), np.zeros(5001, dtype=int))
    assert loss.min() == 0.0
    assert loss == pytest.approx(((1 - lead) / 2) ** 2, abs=4e-16)


def test_nll_is_infinite_where_the_true_class_has_no_probability() -> None:
    found = Sparsemax().outcomes(Block(0, np.array([[2.0, 0.0], [0.5, 0.0]]), np.array([1, 1])))
    assert found.nll.tolist() == [np.inf, -np.log(0.25)]
    assert found.loss.tolist() == [2.0, pytest.approx(0.5625)]
    assert not Sparsemax().log_loss


@pytest.mark.parametrize("b", [0.0, 0.5])
def test_a_masked_true_class_is_an_infinite_loss(b: float) -> None:
    found = Sparsemax().derivatives(Block(0, np.array([[0.0, -np.inf, 1.0]]), np.array([1])), b)
    assert (found.loss[0], found.first[0]) == (np.inf, np.inf)
