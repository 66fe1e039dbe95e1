"""Gumbel-softmax: noise by row number, and the right law."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.errors import CalibrateError
from calibrate.links.gumbel_softmax import GumbelSoftmax
from calibrate.rows import Block


@pytest.mark.parametrize("k", [1, 3, 4, 10])
@pytest.mark.parametrize("start", [0, 1, 5, 10**12])
def test_noise_belongs_to_the_row(k: int, start: int) -> None:
    link, z = GumbelSoftmax(seed=7), np.zeros((20, k))
    whole = link(z, start)
    assert np.vstack([link(z[i : i + 1], start + i) for i in range(20)]).tolist() == whole.tolist()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"temperature": 0.0}, "E604"),
        ({"temperature": -1.0}, "E604"),
        ({"temperature": np.inf}, "E604"),
        ({"temperature": np.nan}, "E604"),
        ({"seed": -1}, "E602"),
        ({"seed": 2**64}, "E602"),
    ],
)
def test_options_that_no_sample_can_have(options: dict[str, float], code: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        GumbelSoftmax(**options)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_seeds_differ() -> None:
    z = np.zeros((5, 3))
    assert not np.allclose(GumbelSoftmax(seed=0)(z), GumbelSoftmax(seed=1)(z))


def test_hard_samples_come_with_the_probabilities_of_softmax() -> None:
    z = np.log([[0.1, 0.2, 0.7]]).repeat(40_000, axis=0)
    found = GumbelSoftmax(seed=1, hard=True)(z)
    assert found.sum(axis=1).tolist() == [1.0] * 40_000
    assert sorted(np.unique(found)) == [0.0, 1.0]
    assert found.mean(axis=0) == pytest.approx([0.1, 0.2, 0.7], abs=0.01)


def test_low_temperature_is_the_hard_sample() -> None:
    z = np.random.default_rng(0).normal(size=(100, 4))
    soft, hard = GumbelSoftmax(temperature=1e-6)(z), GumbelSoftmax(hard=True)(z)
    assert soft == pytest.approx(hard, abs=1e-9)


def test_noise_is_gumbel() -> None:
    p = GumbelSoftmax(seed=3)(np.zeros((200_000, 2)))
    difference = np.log(p[:, 0]) - np.log(p[:, 1])  # logistic: variance pi^2 / 3
    assert difference.mean() == pytest.approx(0.0, abs=0.02)
    assert difference.var() == pytest.approx(np.pi**2 / 3, rel=0.02)


def test_hard_outcomes_are_those_of_the_sample() -> None:
    z, y = np.random.default_rng(0).normal(size=(50, 3)), np.zeros(50, dtype=int)
    found = GumbelSoftmax(hard=True).outcomes(Block(0, z, y), (10,))
    right = GumbelSoftmax(hard=True)(z)[:, 0]
    assert found.correct.tolist() == right.tolist()
    assert found.nll.tolist() == np.where(right == 1, 0.0, np.inf).tolist()
    assert found.event_bins[10].count[:, [0, 9]].sum() == 150
