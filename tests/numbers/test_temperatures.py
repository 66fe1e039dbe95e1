"""T within 1e-12 of a 50-digit reference for logits of every magnitude, and a coded error where there is no answer.

Excluded is what rounding of the logits themselves would move as far: a `condition` of the reference beyond 1,000.
Beyond it T is good to the condition times 2e-16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calibrate.calibrators import temperature as module
from calibrate.calibrators.temperature import Temperature
from calibrate.errors import CalibrateError
from calibrate.links.softmax import Softmax
from calibrate.rows import from_arrays

EPS = float(np.finfo(np.float64).eps)
WELL, GOOD = 1e3, 1e-12
"""A condition up to which T is good to so much, whatever the logits."""

BestExactly = Callable[[np.ndarray, np.ndarray], Any]


def world(seed: int, m: int, k: int, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose class is right but for a share `noise`; the first rows are right and wrong, so that T exists."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 3, (m, k))
    y = np.where(rng.random(m) >= noise, z.argmax(axis=1), rng.integers(0, k, m))
    y[0], y[1] = z[0].argmax(), z[1].argmin()
    return z, y


def solved(z: np.ndarray, y: np.ndarray) -> float:
    t = Temperature.fit(from_arrays(z, y), Softmax()).calibrator.temperature
    assert isinstance(t, float)
    return t


def error(t: float, best: Any) -> float:
    with mpmath.workdps(60):
        return float(abs(mpmath.mpf(t) / best.temperature - 1))


def check(z: np.ndarray, y: np.ndarray, best_exactly: BestExactly, *, within: float = GOOD) -> None:
    best = best_exactly(z, y)
    found = error(solved(z, y), best)
    assert found <= max(within, EPS * best.condition)
    assert best.condition <= WELL


Z, Y = world(0, 40, 4)
RIGHT = Z.argmax(axis=1) == Y


def edited(change: Callable[[np.ndarray], None]) -> np.ndarray:
    z = Z.copy()
    change(z)
    return z


def beside(value: float) -> Callable[[np.ndarray], None]:
    """A class that is not the true one has this score in every third row."""

    def change(z: np.ndarray) -> None:
        rows = np.arange(0, len(z), 3)
        z[rows, (Y[rows] + 1) % 4] = value

    return change


def times(row: int, factor: float) -> Callable[[np.ndarray], None]:
    def change(z: np.ndarray) -> None:
        z[row] *= factor

    return change


def nearly_separable(gap: float) -> tuple[np.ndarray, np.ndarray]:
    """One error, by `gap` alone: b is about log(1 / gap), and its slope is all there is against tiny ones."""
    return np.vstack([Z[RIGHT], [[0.0, gap, -1.0, -1.0]]]), np.append(Y[RIGHT], 0)


SPREAD = 10.0 ** np.random.default_rng(3).normal(0, 20, (40, 1))
NAMED: dict[str, tuple[np.ndarray, np.ndarray]] = {
    "two rows": (np.array([[2.0, 0.0], [1.0, 0.0]]), np.array([0, 1])),
    "two to one": (np.array([[1.0, 0.0]] * 3), np.array([0, 0, 1])),
    "offset 1e15": (np.round(Z * 8) / 8 + 1e15, Y),
    "offset -300": (Z - 300.0, Y),
    "every row its own offset": (np.round(Z * 64) / 64 + np.arange(40)[:, None] * 1e9, Y),
    "near ties": (1.0 + np.round(Z * 64) * EPS, Y),
    **{f"masked by {v:g}": (edited(beside(v)), Y) for v in (-1e4, -1e9, -3.4028234663852886e38, -1.7e308, -np.inf)},
    **{f"one right row times {f:g}": (edited(times(int(np.flatnonzero(RIGHT)[1]), f)), Y) for f in (1e3, 1e50, 1e300)},
    "rows of all magnitudes": (Z * SPREAD, Y),
    **{f"separable but for {g:g}": nearly_separable(g) for g in (1e-3, 1e-12, 1e-100, 1e-300)},
    **{f"1e{e}": (Z * 10.0**e, Y) for e in (-307, -100, -13, 13, 100, 300, 307)},
    **{f"1e{e}, float32": ((Z * 10.0**e).astype(np.float32), Y) for e in (-36, -20, 0, 20, 36)},
    "many classes": world(3, 30, 50),
}


@pytest.mark.parametrize("name", NAMED)
def test_named_sets(name: str, best_exactly: BestExactly) -> None:
    check(*NAMED[name], best_exactly)


@given(
    seed=st.integers(0, 10**6), m=st.integers(3, 24), k=st.integers(2, 6), power=st.integers(-100, 100),
    noise=st.floats(0.05, 0.6), tail=st.sampled_from([0.0, 1.0, 5.0]),
)  # fmt: skip
@settings(max_examples=60)
def test_any_scale(seed: int, m: int, k: int, power: int, noise: float, tail: float, best_exactly: BestExactly) -> None:
    """`tail`: rows differ by so many powers of ten. Skipped: what has no answer, and what is badly conditioned."""
    z, y = world(seed, m, k, noise)
    z = z * 10.0 ** (power + np.random.default_rng(seed).normal(0, tail, (m, 1)))
    try:
        t = solved(z, y)
    except CalibrateError as none:
        assert none.code in {"E302", "E303"}
        assume(False)
    best = best_exactly(z, y)
    assert error(t, best) <= max(GOOD, EPS * best.condition) if best.condition > WELL else error(t, best) <= GOOD


@pytest.mark.slow
@pytest.mark.parametrize(("m", "k"), [(200, 10), (200, 2), (60, 50)])
@pytest.mark.parametrize("power", range(-100, 101, 20))
def test_larger_sets_of_every_scale(m: int, k: int, power: int, best_exactly: BestExactly) -> None:
    z, y = world(abs(power) + k, m, k)
    check(z * 10.0**power, y, best_exactly)


@pytest.mark.parametrize("noise", [0.003, 0.05, 0.4])
@pytest.mark.parametrize("power", [-20, 0, 20])
def test_float32_computed_in_float32(
    noise: float, power: int, monkeypatch: pytest.MonkeyPatch, best_exactly: BestExactly
) -> None:
    """As of very large inputs: 1e-7, also where nearly all rows are sure."""
    monkeypatch.setattr(module, "LARGE", 100)
    z, y = world(5, 400, 3, noise)
    z = (z * (2.0 if noise < 0.01 else 1.0) * 10.0**power).astype(np.float32)
    best = best_exactly(z, y)
    assert best.condition <= WELL
    assert error(solved(z, y), best) <= 1e-7


@pytest.mark.parametrize("lead", [1e-3, 1e-6, 1e-9])
def test_badly_conditioned_is_no_worse_than_its_condition(lead: float, best_exactly: BestExactly) -> None:
    """As good as random: the slope at 0 is a difference of numbers alike in all but the last digits."""
    z, y = np.array([[1.0 + lead, 0.0], [1.0, 0.0]] * 20), np.array([0, 1] * 20)
    best = best_exactly(z, y)
    assert best.condition > WELL
    assert error(solved(z, y), best) <= EPS * best.condition


CATASTROPHES = [
    ("the largest floats, both signs", [[1.7e308, -1.7e308]] * 5 + [[1e307, 0.0]], [0] * 5 + [1], "finite"),
    ("the largest floats, T beyond them", [[1.7e308, 0.0]] * 7, [0, 1, 0, 1, 0, 1, 0], "E305"),
    ("subnormal scores", [[5e-322, 0.0], [5e-322, 0.0], [4e-322, 0.0]], [0, 0, 1], "finite"),
    ("subnormal, T below them", [[5e-324, 0.0]] * 5, [0, 0, 0, 0, 1], "finite"),
    (
        "an error of one subnormal number",
        nearly_separable(5e-324)[0].tolist(),
        nearly_separable(5e-324)[1].tolist(),
        "E306",
    ),
    ("all equal", [[2.5, 2.5]] * 3, [0, 1, 0], "E301"),
    ("all equal and huge", [[1.7e308, 1.7e308]] * 3, [0, 1, 0], "E301"),
    ("-inf elsewhere", [[2.0, 0.0, -np.inf], [1.0, 0.0, -np.inf], [3.0, 0.0, -np.inf]], [0, 1, 0], "finite"),
    ("-inf is the true class", [[2.0, 0.0, -np.inf], [1.0, 0.0, 0.0]], [2, 1], "E304"),
    ("all others -inf", [[2.0, -np.inf], [1.0, -np.inf]], [0, 0], "E301"),
    ("separable", [[2.0, 0.0], [0.0, 1e-300]], [0, 1], "E302"),
    ("worse than uniform", [[2.0, 0.0], [0.0, 1.0]], [1, 0], "E303"),
    ("one wrong row of 1e308", [[1e308, 0.0], [0.0, 1.0], [0.0, 2.0]], [1, 1, 1], "E303"),
]
"""What one does with it: an exact temperature, or the error that says why there is none."""


@pytest.mark.parametrize(
    ("z", "y", "answer"), [case[1:] for case in CATASTROPHES], ids=[case[0] for case in CATASTROPHES]
)
def test_catastrophes(z: list[list[float]], y: list[int], answer: str, best_exactly: BestExactly) -> None:
    scores, labels = np.array(z), np.array(y)
    if answer != "finite":
        with pytest.raises(CalibrateError) as caught:
            solved(scores, labels)
        assert caught.value.code == answer
        if answer == "E305":
            assert best_exactly(scores, labels).temperature > np.finfo(float).max
        return
    best, t = best_exactly(scores, labels), solved(scores, labels)
    assert error(t, best) <= max(GOOD, 5e-324 / t)
