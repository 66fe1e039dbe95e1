"""Softmax against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from calibrate.links.softmax import Softmax
from calibrate.rows import Block


@pytest.mark.parametrize("k", [2, 50, 400])
def test_against_scipy(k: int) -> None:
    rng = np.random.default_rng(k)
    z, y = rng.normal(0, 10, (100, k)), rng.integers(0, k, 100)
    p = special.softmax(z, axis=1)
    nll = -special.log_softmax(z, axis=1)[np.arange(100), y]
    assert Softmax()(z) == pytest.approx(p, rel=1e-13, abs=1e-300)
    assert Softmax().loss(z, y) == pytest.approx(nll, rel=1e-12, abs=1e-13)
    found = Softmax().outcomes(Block(0, z, y))
    assert found.nll == pytest.approx(nll, rel=1e-12, abs=1e-13)
    assert found.confidence == pytest.approx(p.max(axis=1), rel=1e-13)


def test_half_precision_and_whole_numbers_do_not_wrap() -> None:
    z = np.array([[0, 200, 255]], dtype=np.uint8)
    assert Softmax().loss(z, np.array([0]))[0] == pytest.approx(255.0)
    half = np.array([[60000.0, -60000.0]], dtype=np.float16)
    assert Softmax().loss(half, np.array([1]))[0] == np.float64(half[0, 0]) * 2
