"""Forms of scores: their units do not hang on masks, and a finite mask is as good as -inf."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.calibrators.bias_corrected_temperature import BiasCorrectedTemperature
from calibrate.calibrators.dirichlet import Dirichlet
from calibrate.calibrators.matrix import Matrix
from calibrate.calibrators.vector import Vector
from calibrate.fitting.forms import FARTHEST, formed, look
from calibrate.links.softmax import Softmax
from calibrate.rows import Rows, from_arrays

N, K = 700, 5
MASKS = [-1e9, -65504e3, -3.4e38, -1.7e308]


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, labels, and where a class other than the true one is masked."""
    rng = np.random.default_rng(7)
    z = rng.normal(size=(N, K)) * 2
    y = (0.7 * z + np.arange(K) / 5 + rng.gumbel(size=z.shape)).argmax(axis=1)
    hidden = rng.random((N, K)) < 0.2
    hidden[np.arange(N), y] = False
    return z, y, hidden


def masked(data: tuple[np.ndarray, np.ndarray, np.ndarray], mask: float) -> Rows:
    z, y, hidden = data
    return from_arrays(np.where(hidden, mask, z), y)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("method", [Vector, BiasCorrectedTemperature])
def test_a_finite_mask_gives_what_an_infinite_one_gives(
    data: tuple[np.ndarray, np.ndarray, np.ndarray], method: type[Vector], mask: float
) -> None:
    exact, found = (method.fit(masked(data, m), Softmax()).calibrator for m in (-np.inf, mask))
    z, _, hidden = data
    wanted = Softmax()(exact.transform(np.where(hidden, -np.inf, z)))
    assert Softmax()(found.transform(np.where(hidden, mask, z))) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("method", [Matrix, Dirichlet])
def test_a_matrix_of_masked_scores_is_better_than_a_slope_for_each(
    data: tuple[np.ndarray, np.ndarray, np.ndarray], method: type[Matrix], mask: float
) -> None:
    z, y, hidden = data
    shown = np.where(hidden, mask, z)

    def loss(entry: type[Matrix] | type[Vector]) -> float:
        p = Softmax()(entry.fit(masked(data, mask), Softmax()).calibrator.transform(shown))
        assert (p[hidden] < 1e-12).all()
        return float(-np.log(p[np.arange(N), y]).mean())

    assert loss(method) < loss(Vector)


@pytest.mark.parametrize(("power", "exponent"), [(0, 0), (3, 0), (100, 332), (-100, -333)])
def test_the_unit_is_that_of_the_leads(
    data: tuple[np.ndarray, np.ndarray, np.ndarray], power: int, exponent: int
) -> None:
    z, y, hidden = data
    for mask in (-np.inf, -1.7e308):
        seen = look(from_arrays(np.where(hidden, mask, z * 10.0**power), y))
        assert abs(seen.exponent - exponent) <= 2
        assert seen.masked == np.isinf(mask)


def test_ties_have_no_lead_and_the_largest_gap_stands_in() -> None:
    z = np.array([[3.0, 3.0, -1e9], [1.0, 1.0, 0.0]])
    assert look(from_arrays(z, np.array([0, 1]))).exponent == np.frexp(1e9)[1]


def test_what_is_too_far_is_the_farthest_and_a_mask_stays_one() -> None:
    x = formed(np.array([[0.0, -1e300, -np.inf], [0.0, 0.0, -5.0]]), "log-softmax")
    assert x[0].tolist() == [0.0, -FARTHEST, -np.inf]
    assert x[1] == pytest.approx(np.array([0.0, 0.0, -5.0]) - np.log(2 + np.exp(-5)))
