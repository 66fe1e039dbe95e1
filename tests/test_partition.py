"""Partition sums: the plain path, the careful one, and that they meet."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from calibrate.partition import row_derivatives, row_losses, softmax_outcomes
from calibrate.rows import Block

KEYS = ("loss", "first", "second", "third")


def exact(row: np.ndarray, label: int, b: float) -> list[float]:
    """Loss and derivatives of one row, to 50 digits."""
    with mpmath.workdps(50):
        z = [mpmath.mpf(float(v)) for v in row if v != -np.inf]
        e = [mpmath.exp(b * v) for v in z]
        total, true = mpmath.fsum(e), mpmath.mpf(float(row[label]))
        mean = mpmath.fsum(v * w for v, w in zip(z, e, strict=True)) / total
        moments = [mpmath.fsum((v - mean) ** j * w for v, w in zip(z, e, strict=True)) / total for j in (2, 3)]
        return [float(x) for x in (mpmath.log(total) - b * true, mean - true, *moments)]


@pytest.mark.parametrize("k", [2, 10, 64, 65, 300])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("offset", [0.0, 50.0, -400.0])
def test_against_mpmath(k: int, dtype: Any, offset: float) -> None:
    rng = np.random.default_rng(k)
    z, y = (rng.normal(0, 2, (6, k)) + offset).astype(dtype), rng.integers(0, k, 6)
    b = 0.5
    found = row_derivatives(z, y, b)
    # Power sums are not centred: moment j is good to eps times the largest |z|^j that goes the plain way.
    eps, size = 20 * float(np.finfo(dtype).eps), 8.0 + max(offset, 0.0)
    for i in range(6):
        for j, expected in enumerate(exact(z[i], y[i], b)):
            assert float(getattr(found, KEYS[j])[i]) == pytest.approx(expected, abs=eps * size ** max(j, 1)), KEYS[j]
    losses = row_losses(z, y)
    assert losses == pytest.approx([exact(z[i], y[i], 1.0)[0] for i in range(6)], abs=eps * size)
    assert found.loss.dtype == losses.dtype == dtype


@pytest.mark.parametrize("k", [10, 100])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_that_need_care_leave_the_others_alone(k: int, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(0, 2, (30, k)).astype(dtype), np.zeros(30, dtype=int)
    plain = row_derivatives(z, y, 0.7)
    hard = z.copy()
    hard[3, 1], hard[7], hard[11] = -np.inf, hard[7] + dtype(3000), hard[11] - dtype(3000)
    hard[20] *= dtype(1e30)
    found = row_derivatives(hard, y, 0.7)
    easy = np.setdiff1d(np.arange(30), [3, 7, 11, 20])
    for key in KEYS:
        assert getattr(found, key)[easy].tolist() == getattr(plain, key)[easy].tolist()
        assert getattr(found, key)[[7, 11]] == pytest.approx(getattr(plain, key)[[7, 11]], rel=2e-2, abs=2e-3)
        assert np.isfinite(getattr(found, key)[[3, 7, 11]]).all()
    masked = row_derivatives(np.delete(z[3:4], 1, axis=1), y[:1], 0.7)
    assert found.first[3] == pytest.approx(masked.first[0], rel=1e-5)


def test_true_class_masked_is_an_infinite_loss() -> None:
    z = np.array([[0.0, -np.inf, 1.0]])
    for b in (0.0, 0.5):
        found = row_derivatives(z, np.array([1]), b)
        assert found.loss[0] == np.inf
        assert found.first[0] == np.inf
    assert softmax_outcomes(Block(0, z, np.array([1]))).nll[0] == np.inf


def test_at_zero_the_unmasked_classes_are_alike() -> None:
    found = row_derivatives(np.array([[0.0, -np.inf, 3.0]]), np.array([0]), 0.0)
    assert [float(getattr(found, key)[0]) for key in KEYS] == pytest.approx([np.log(2), 1.5, 2.25, 0.0])


def test_ties_go_to_the_lowest_index() -> None:
    z = np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0], [3.0, 3.0, 3.0]])
    for y, expected in (([0, 1, 0], [1, 1, 1]), ([1, 2, 2], [0, 0, 0])):
        for wide in (z, np.hstack([z, np.full((3, 70), -5.0)])):
            assert softmax_outcomes(Block(0, wide, np.array(y))).correct.tolist() == expected


@pytest.mark.parametrize("k", [10, 200])
def test_nll_of_float32_scores_is_that_of_float64(k: int) -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(0, 3, (2000, k)).astype(np.float32), rng.integers(0, k, 2000)
    wide = z.astype(np.float64)
    expected = np.log(np.exp(wide).sum(axis=1)) - wide[np.arange(2000), y]
    assert softmax_outcomes(Block(0, z, y)).nll == pytest.approx(expected, rel=1e-13)


def test_magnitudes_that_overflow_are_no_nan() -> None:
    z = np.array([[1.7e308, -1.7e308], [-1.7e308, 1.7e308], [1.7e308, 1.7e308]])
    found = softmax_outcomes(Block(0, z, np.array([0, 0, 1])), (10,))
    assert found.nll.tolist() == [0.0, np.inf, pytest.approx(np.log(2))]
    assert found.brier.tolist() == [0.0, 2.0, 0.5]
    assert found.confidence is not None
    assert found.confidence.tolist() == [1.0, 1.0, 0.5]
    assert found.event_bins[10].count.sum() == 6


@pytest.mark.parametrize("k", [10, 100])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_that_are_sure_of_their_class_keep_their_slope(k: int, dtype: Any) -> None:
    """Of a good model thousands of such slopes, all of one sign, balance a few errors: none may be lost to rounding."""
    rng = np.random.default_rng(k)
    z, y = rng.normal(0, 1, (50, k)).astype(dtype), rng.integers(0, k, 50)
    z[np.arange(50), y] += np.linspace(15, 30, 50).astype(dtype)
    found = row_derivatives(z, y, 1.3)
    for i in range(50):
        _, slope, curvature, _ = exact(z[i], y[i], float(dtype(1.3)))
        within = 60 * float(np.finfo(dtype).eps)  # the error of a difference, times what exp makes of it
        assert float(found.first[i]) == pytest.approx(slope, rel=within)
        assert float(found.second[i]) == pytest.approx(curvature, rel=within)


@pytest.mark.parametrize("k", [3, 70])
def test_rows_without_any_finite_score_have_no_answer_and_warn_of_nothing(k: int) -> None:
    z = np.zeros((3, k))
    z[1] = -np.inf
    losses = row_losses(z, np.zeros(3, dtype=int))
    found = softmax_outcomes(Block(0, z, np.zeros(3, dtype=int)))
    for each in (losses, found.nll, row_derivatives(z, np.zeros(3, dtype=int), 1.0).loss):
        assert np.isnan(each).tolist() == [False, True, False]
        assert each[[0, 2]] == pytest.approx(np.log(k))


@pytest.mark.parametrize("k", [3, 70])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_of_order_1_only_the_loss_and_the_first_derivative_are_there(k: int, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(20, k)).astype(dtype), rng.integers(0, k, 20)
    whole, part = (row_derivatives(z, y, 0.7, order) for order in (3, 1))
    for key in KEYS:
        assert getattr(part, key).dtype == getattr(whole, key).dtype == dtype
        expected = getattr(whole, key).tolist() if key in {"loss", "first"} else [0.0] * 20
        assert getattr(part, key).tolist() == pytest.approx(expected, rel=1e-6 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("k", [2, 70])
@pytest.mark.parametrize("weights", [None, np.array([2.0, 0.5, 1.0])])
def test_probabilities_beside_the_lowest_edge_are_in_their_bins(k: int, weights: Any) -> None:
    p = 0.1 * (1 + np.array([-5e-13, 5e-13, 0.5]))
    z = np.full((3, k), -60.0)
    z[:, 0], z[:, 1] = np.log(p / (1 - p)), 0.0
    found = softmax_outcomes(Block(0, z, np.array([0, 1, 0]), weights), (10,)).event_bins[10]
    w, y = np.ones(3) if weights is None else weights, np.array([0, 1, 0])
    again = softmax_outcomes(Block(0, z, y, weights))
    assert again.labels is y and again.weights is weights and again.event_bins == {}
    assert found.count[0].tolist() == [1, 2] + [0] * 8
    assert found.weight[0] == pytest.approx([w[0], w[1] + w[2]] + [0] * 8)
    assert found.predicted[0] == pytest.approx([w[0] * p[0], w[1] * p[1] + w[2] * p[2]] + [0] * 8)
    assert found.observed[0] == pytest.approx([w[0], w[2]] + [0] * 8)
    assert found.squares[0] == pytest.approx([w[0] ** 2, w[1] ** 2 + w[2] ** 2] + [0] * 8)


@pytest.mark.parametrize("k", [3, 70])
def test_a_caller_who_has_numpy_raise_is_not_told_of_what_underflows(k: int) -> None:
    z, y = np.zeros((2, k)), np.zeros(2, dtype=int)
    z[:, 1] = -740.0, -2000.0
    with np.errstate(all="raise"):
        found = row_losses(z, y), row_derivatives(z, y, 1.0).loss, softmax_outcomes(Block(0, z, y), (10,)).nll
    assert all(losses == pytest.approx(np.log(k - 1), abs=1e-15) for losses in found)


@pytest.mark.parametrize(("m", "k"), [(4100, 64), (1400, 100), (4200, 65)])
def test_noise_belongs_to_its_row_in_every_tile(m: int, k: int) -> None:
    """Of b z + g at b = 1 the loss is that of z + g, the true class's noise taken off."""
    rng = np.random.default_rng(0)
    z, g, y = rng.normal(size=(m, k)), rng.gumbel(size=(m, k)), rng.integers(0, k, m)
    found = row_derivatives(z, y, 1.0, noise=g.__getitem__, noise_y=g[np.arange(m), y])
    assert found.loss == pytest.approx(row_losses(z + g, y), abs=1e-12)


@pytest.mark.parametrize("k", [5, 70])
def test_a_unit_of_the_scores_is_one_of_b(k: int) -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(20, k)), rng.integers(0, k, 20)
    found, one = row_derivatives(z, y, 2.0), row_derivatives(2 * z, y, 1.0)
    for power, key in enumerate(KEYS):
        assert 2**power * getattr(found, key) == pytest.approx(getattr(one, key), rel=1e-9, abs=1e-12)
