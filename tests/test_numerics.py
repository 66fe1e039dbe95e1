"""Stable arithmetic: extremes first, then mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from calibrate.numerics import (
    as_floats,
    below_top,
    in_sound_unit,
    log_softmax,
    logsumexp,
    pick,
    sigmoid,
    softmax,
    softplus,
    tiles,
)

INF = np.inf


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([0.0, 0.0], [0.5, 0.5]),
        ([1e300, -1e300], [1.0, 0.0]),
        ([1.7e308, -1.7e308, 1.7e308], [0.5, 0.0, 0.5]),
        ([-INF, 3.0, 3.0], [0.0, 0.5, 0.5]),
        ([-INF, -1e308], [0.0, 1.0]),
        ([5e-324, 0.0], [0.5, 0.5]),
        ([-5000.0, -5000.0], [0.5, 0.5]),
    ],
)
def test_softmax_of_extremes(row: list[float], expected: list[float]) -> None:
    assert softmax(np.array([row]))[0].tolist() == expected


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (np.float16, np.float64),
        (np.float32, np.float32),
        (">f4", np.float32),
        (np.float64, np.float64),
        (">f8", np.float64),
        (np.longdouble, np.float64),
        (np.uint8, np.float64),
        (np.int64, np.float64),
    ],
)
def test_precision_of_containers(dtype: str, expected: type) -> None:
    found = as_floats(np.ones((2, 2), dtype=dtype))
    assert found.dtype == expected
    assert found.dtype.isnative


def test_row_without_finite_score_has_no_answer() -> None:
    with np.errstate(invalid="ignore"):
        assert np.isnan(softmax(np.full((1, 3), -INF))).all()


def test_what_lies_below_the_top_is_float64_and_warns_of_nothing() -> None:
    scores = np.array([[-INF, -INF], [3e38, -3e38], [1.0, 0.5]], dtype=np.float32)
    under, top = below_top(scores)
    assert under.dtype == top.dtype == np.float64
    assert np.isnan(under[0]).all()
    assert under[1].tolist() == [0.0, 2 * float(scores[1, 1])]
    assert (under[2].tolist(), top[2]) == ([0.0, -0.5], 1.0)


@pytest.mark.parametrize(
    ("largest", "unit"), [(1.0, 0), (2.0**63, 0), (2.0**64, 65), (2.0**-65, 0), (2.0**-66, -65), (1e300, 997)]
)
def test_weights_out_of_the_usual_range_change_their_unit(largest: float, unit: int) -> None:
    weights = np.array([largest, largest / 3])
    assert in_sound_unit(weights).tolist() == np.ldexp(weights, -unit).tolist()
    assert (in_sound_unit(weights) is weights) == (unit == 0)


def test_no_weights_have_no_unit() -> None:
    assert in_sound_unit(np.empty(0)).tolist() == []


def test_many_classes() -> None:
    p = softmax(np.zeros((2, 100_000), dtype=np.float32))
    assert p.sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-14)
    assert p[0, 7] == pytest.approx(1e-5, rel=1e-15)


@pytest.mark.parametrize(("n", "k"), [(0, 3), (1, 1), (10, 3), (7, 1000), (3, 10**6)])
def test_tiles_cover_every_row_once(n: int, k: int) -> None:
    assert [i for some in tiles(n, k, elements=2000) for i in range(n)[some]] == list(range(n))


def test_pick_takes_one_score_a_row() -> None:
    z = np.arange(12.0).reshape(4, 3)
    assert pick(z, np.array([2, 0, 1, 2])).tolist() == [2.0, 3.0, 7.0, 11.0]
    assert pick(z[:, ::-1], np.array([2, 0, 1, 2])).tolist() == [0.0, 5.0, 7.0, 9.0]


def test_against_mpmath() -> None:
    rng = np.random.default_rng(1)
    with mpmath.workdps(50):
        for row in rng.normal(0, 20, (20, 5)):
            exact = mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(float(v))) for v in row))
            assert logsumexp(row[None])[0] == pytest.approx(float(exact), rel=2e-15)
            shifted = [float(mpmath.mpf(float(v)) - exact) for v in row]
            assert log_softmax(row[None])[0] == pytest.approx(shifted, rel=1e-14, abs=1e-14)
            for v in row:
                one = mpmath.mpf(float(v))
                assert sigmoid(np.array([v]))[0] == pytest.approx(float(1 / (1 + mpmath.exp(-one))), rel=1e-15)
                assert softplus(np.array([v]))[0] == pytest.approx(float(mpmath.log1p(mpmath.exp(one))), rel=1e-15)


def test_ends_of_sigmoid_and_softplus() -> None:
    ends = np.array([-INF, -1e300, 1e300, INF])
    assert sigmoid(ends).tolist() == [0.0, 0.0, 1.0, 1.0]
    assert softplus(ends).tolist() == [0.0, 0.0, 1e300, INF]
