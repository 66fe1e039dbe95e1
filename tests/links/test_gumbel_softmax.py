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
    assert not np.allclose(GumbelSoftmax(seed=2**64 - 1)(z), GumbelSoftmax(seed=2**63 - 1)(z))
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


def test_options_that_no_sample_can_have_are_said() -> None:
    with pytest.raises(CalibrateError, match="temperature: found -1, expected a positive finite number") as caught:
        GumbelSoftmax(temperature=-1.0)
    assert caught.value.hint == "as in gumbel-softmax:temperature=0.5"
    with pytest.raises(CalibrateError, match=r"seed: found -1, expected 0 to 2\^64 - 1") as caught:
        GumbelSoftmax(seed=-1)
    assert caught.value.hint == ""


@pytest.mark.parametrize(("tau", "shape"), [(1.0, (70_000, 3)), (0.5, (70_000, 3)), (2.0, (3000, 100))])
def test_the_noise_of_a_fit_is_that_of_the_sample(tau: float, shape: tuple[int, int]) -> None:
    """Several tiles; the derivative in b at 1 by differences of the loss."""
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=shape), rng.integers(0, shape[1], shape[0])
    link = GumbelSoftmax(seed=2, temperature=tau)
    found = link.derivatives(Block(5, z, y), 1.0)
    assert found.loss == pytest.approx(link.loss(z, y, 5), rel=1e-9, abs=1e-12)
    near = [link.derivatives(Block(5, z, y), 1.0 + h) for h in (-1e-4, 1e-4)]
    for key, slope in (("loss", "first"), ("first", "second"), ("second", "third")):
        by_differences = (getattr(near[1], key) - getattr(near[0], key)) / 2e-4
        assert getattr(found, slope) == pytest.approx(by_differences, abs=2e-5), slope


def test_outcomes_of_a_soft_sample() -> None:
    z, y = np.random.default_rng(0).normal(size=(50, 3)), np.arange(50) % 3
    link = GumbelSoftmax(seed=4, temperature=0.5)
    found, p = link.outcomes(Block(3, z, y), (10,)), link(z, 3)
    assert found.nll == pytest.approx(-np.log(p[np.arange(50), y]))
    assert found.loss == pytest.approx(0.5 * found.nll)
    assert found.confidence == pytest.approx(p.max(axis=1))
    assert found.event_bins[10].predicted.sum() == pytest.approx(50)
    hard = GumbelSoftmax(seed=4, temperature=0.5, hard=True)
    assert hard.outcomes(Block(3, z, y), (10,)).loss == pytest.approx(found.loss)
    assert hard.loss(z, y, 3) == pytest.approx(found.loss)
    assert (
        hard.outcomes(Block(3, z, y)).correct.tolist()
        == hard(z, 3)[np.arange(50), y].tolist()
        == found.correct.tolist()
    )
