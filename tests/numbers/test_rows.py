"""Log probabilities, losses, gradients and slopes of single rows within documented bounds of a 50-digit reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibrate.links.sigmoid import Sigmoid
from calibrate.links.softmax import Softmax
from calibrate.numerics import log_softmax, sigmoid, softmax, softplus
from calibrate.partition import row_derivatives, row_losses, softmax_outcomes
from calibrate.rows import Block

EPS, SINGLE = float(np.finfo(np.float64).eps), float(np.finfo(np.float32).eps)
TINY = 5e-324
"""No answer is nearer to 0 than a float can say."""

RowExactly = Callable[..., dict[str, Any]]
RNG = np.random.default_rng(11)

NAMED: dict[str, list[float]] = {
    "ordinary": RNG.normal(0, 5, 10).tolist(),
    "50 classes": RNG.normal(0, 5, 50).tolist(),
    "all equal": [3.7] * 7,
    "equal and huge": [1.7e308] * 3,
    "a tie but for the last bit": [1.0, 1.0 + EPS, 1.0 - EPS / 2],
    "sure": [0.0, -40.0, -300.0],
    "surer than a float": [0.0, -800.0, -1e5],
    "wrong by far": [-1e5, 0.0, -3.0],
    "differences that cancel": [1e15, 1e15 + 1, 1e15 - 2],
    "below, offset": [-400.0, -401.5, -399.25],
    "near the largest exponent": [709.5, 710.5, -709.9],
    "the whole range": [-1.7e308, 0.0, 1.7e308],
    "half the range": [-8e307, 0.0, 8e307],
    "subnormal": [TINY, 0.0, -TINY],
    "smallest normal": [2.3e-308, -2.3e-308, 1e-310],
    "masked": [-np.inf, 1.5, -0.5, -np.inf],
    "one class left": [-np.inf, -1e308],
}


def within(found: float, exact: Any, bound: float, tiny: float = TINY) -> bool:
    """|found - exact| <= bound, or nearly the smallest float; beyond the range of floats: infinite of the same sign."""
    if mpmath.isinf(exact) or abs(exact) > np.finfo(float).max:
        return bool(np.isinf(found) and (found > 0) == (exact > 0))
    if not np.isfinite(found):
        return False
    with mpmath.workdps(60):
        return bool(abs(mpmath.mpf(float(found)) - exact) <= bound + tiny)


def check(row: np.ndarray, label: int, exactly: RowExactly) -> None:
    """All that is computed of one row, against the bounds that stand in the docstrings."""
    exact = exactly(row, label)
    z, y = row[None], np.array([label])
    size = [max(1.0, float(abs(x))) if abs(x) < 1e308 else 1e308 for x in exact["logs"]]
    for k, (log, p) in enumerate(zip(log_softmax(z)[0], softmax(z)[0], strict=True)):
        assert within(log, exact["logs"][k], 4 * EPS * size[k])
        assert within(p, exact["p"][k], 4 * EPS * min(1.0, float(exact["p"][k]) * size[k]))
        assert within(p - (k == label), exact["p"][k] - (k == label), 4 * EPS)
    nll = softmax_outcomes(Block(0, z, y)).nll[0]
    reach = min(300.0, float(np.abs(row[np.isfinite(row)].astype(float)).max()))
    assert within(nll, exact["loss"], 4 * EPS * max(size[label], reach))
    eps = SINGLE if row.dtype == np.float32 else EPS
    assert (
        within(float(row_losses(z, y)[0]), exact["loss"], 4 * eps * size[label])
        or exact["loss"] > np.finfo(row.dtype).max
    )
    found = row_derivatives(z, y, 1.0)
    largest = float(np.sqrt(np.finfo(row.dtype).max))
    for j, key in enumerate(("first", "second")):
        bound = exact["sizes"][j]
        if bound < largest:
            tiny = 4 * float(np.finfo(row.dtype).smallest_subnormal)
            assert within(float(getattr(found, key)[0]), exact[key], 8 * eps * float(bound), tiny), key


@pytest.mark.parametrize("name", NAMED)
def test_named_rows(name: str, row_exactly: RowExactly) -> None:
    row = np.array(NAMED[name])
    for label in np.flatnonzero(np.isfinite(row))[:4]:
        check(row, int(label), row_exactly)


@pytest.mark.parametrize("name", [name for name in NAMED if np.abs(NAMED[name]).max() < 1e30 or "mask" in name])
def test_named_rows_of_float32(name: str, row_exactly: RowExactly) -> None:
    row = np.array(NAMED[name]).astype(np.float32)
    for label in np.flatnonzero(np.isfinite(row))[:4]:
        check(row, int(label), row_exactly)


ANY = st.one_of(
    st.floats(-1.7e308, 1.7e308),
    st.floats(-30, 30),
    st.floats(-1e-300, 1e-300),
    st.sampled_from([0.0, 1.0, 1.0 + EPS, 1e308, -1e308, TINY, 700.0, -700.0, -np.inf]),
)
"""Scores of any magnitude, side by side."""


@settings(max_examples=300)
@given(row=st.lists(ANY, min_size=2, max_size=50), first=st.floats(-1e3, 1e3), data=st.data())
def test_rows_of_anything(row: list[float], first: float, data: st.DataObject, row_exactly: RowExactly) -> None:
    scores = np.array([first, *row])
    label = data.draw(st.sampled_from(np.flatnonzero(np.isfinite(scores)).tolist()))
    check(scores, label, row_exactly)


@settings(max_examples=300)
@given(
    seed=st.integers(0, 10**6), k=st.integers(2, 50), power=st.integers(-100, 100),
    offset=st.sampled_from([0.0, 1.0, -300.0, 1e8]), single=st.booleans(),
)  # fmt: skip
def test_rows_of_any_scale(seed: int, k: int, power: int, offset: float, single: bool, row_exactly: RowExactly) -> None:
    """Within its range also of float32."""
    rng = np.random.default_rng(seed)
    power = min(max(power, -44), 29) if single else power
    row = (rng.normal(0, 3, k) + offset) * 10.0**power
    check(row.astype(np.float32 if single else np.float64), int(rng.integers(k)), row_exactly)


@pytest.mark.parametrize("score", [0.0, TINY, 1e-17, 1.0, 20.0, 36.7, 40.0, 300.0, 709.0, 745.0, 800.0, 1e5, 1e308])
@pytest.mark.parametrize("sign", [1, -1])
def test_events(score: float, sign: int) -> None:
    """Both sides of the sigmoid are good to 4 eps of themselves, down to the smallest float."""
    z = sign * score
    with mpmath.workdps(50):
        x = mpmath.mpf(z)
        p, log_p = 1 / (1 + mpmath.exp(-x)), -mpmath.log1p(mpmath.exp(-x))
        rest = mpmath.exp(-x) if x > 200 else mpmath.mpf(0)  # log1p at 50 digits loses what is below them
        log_p = -rest if x > 200 else log_p
    assert within(float(sigmoid(np.array(z))), p, 4 * EPS * float(p))
    assert within(-float(softplus(np.array(-z))), log_p, 4 * EPS * float(abs(log_p)))
    for label in (0, 1):
        found = Sigmoid().derivatives(Block(0, np.array([[z]]), np.array([[label]])), 1.0)
        with mpmath.workdps(50):
            wrong = 1 - p if label else p
            wrong = rest if label and x > 200 else wrong
            slope = wrong * (x if label == 0 else -x)
        assert within(float(found.first[0, 0]), slope, 4 * EPS * float(abs(slope)), TINY * (1 + score))


def test_the_gradient_of_the_link_is_the_probability_less_the_truth(row_exactly: RowExactly) -> None:
    """Against the quotient of differences of the exact loss, 20 digits wide."""
    row = RNG.normal(0, 4, 6)
    gradient = Softmax()(row[None])[0] - np.eye(6)[2]
    with mpmath.workdps(50):
        step = mpmath.mpf(10) ** -20
        for k in range(6):
            moved = [mpmath.mpf(v) + (step if i == k else 0) for i, v in enumerate(row.tolist())]
            total = [
                mpmath.log(mpmath.fsum(map(mpmath.exp, z))) - z[2] for z in (moved, list(map(mpmath.mpf, row.tolist())))
            ]
            assert within(gradient[k], (total[0] - total[1]) / step, 4 * EPS + 1e-19)
