"""Sigmoid: one event a column; infinite logits have a price only on the wrong side."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from calibrate.links.sigmoid import Sigmoid
from calibrate.rows import Block

INF = np.inf


@pytest.mark.parametrize(
    ("z", "y", "loss", "first"),
    [(INF, 1, 0.0, 0.0), (-INF, 0, 0.0, 0.0), (INF, 0, INF, INF), (-INF, 1, INF, INF), (1e300, 1, 0.0, 0.0)],
)
@pytest.mark.parametrize("b", [0.0, 0.5, 1.0])
def test_far_logits(z: float, y: int, loss: float, first: float, b: float) -> None:
    if np.isfinite(z) and b == 0:
        loss, first = np.log(2), -z / 2
    found = Sigmoid().derivatives(Block(0, np.array([[z]]), np.array([[y]])), b)
    assert (found.loss[0, 0], found.first[0, 0]) == (pytest.approx(loss), pytest.approx(first))


def test_against_scipy() -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(0, 20, (300, 2)), rng.integers(0, 2, (300, 2))
    found = Sigmoid().outcomes(Block(0, z, y), (10,))
    p = special.expit(z)
    assert found.events == pytest.approx(p, rel=1e-14)
    assert found.event_nll == pytest.approx(-special.log_expit(np.where(y, z, -z)), rel=1e-13)
    assert found.nll == pytest.approx(found.event_nll.sum(axis=1), rel=1e-15)
    assert found.brier == pytest.approx(np.square(p - y).sum(axis=1), abs=1e-14)
    assert found.confidence is None
    assert found.correct.tolist() == ((p > 0.5) == y).all(axis=1).astype(float).tolist()


def test_binary_confidence_and_the_tie() -> None:
    found = Sigmoid().outcomes(Block(0, np.array([[0.0], [-2.0]]), np.array([[0], [1]])))
    assert found.correct.tolist() == [1.0, 0.0]
    assert found.confidence is not None
    assert found.confidence.tolist() == [0.5, special.expit(2.0)]


def test_each_event_at_its_own_b() -> None:
    z, y = np.array([[1.0, -2.0]]), np.array([[1, 1]])
    found = Sigmoid().derivatives(Block(0, z, y), np.array([0.5, 2.0]))
    for j, b in enumerate((0.5, 2.0)):
        one = Sigmoid().derivatives(Block(0, z[:, j : j + 1], y[:, j : j + 1]), b)
        assert (found.loss[0, j], found.third[0, j]) == (one.loss[0, 0], one.third[0, 0])
