"""Differences of intervals alone: MOVER against the textbook, and by simulation against known truth."""

from __future__ import annotations

from dataclasses import replace
from math import inf, sqrt

import numpy as np
import pytest

from calibrate.results import Estimate
from calibrate.uncertainty.differences import added, less_share, scaled, size
from calibrate.uncertainty.intervals import wilson


def of(value: float, low: float, high: float, method: str = "hall-t", **more: float) -> Estimate:
    return Estimate(value, low, high, method=method, **more)  # type: ignore[arg-type]


def test_newcombes_example() -> None:
    # Newcombe 1998, Statistics in Medicine 17:873-890, table II (a): 56/70 against 48/80, method 10.
    a, b = (of(k / n, *wilson(k / n, n, 0.95), method="wilson") for k, n in ((56, 70), (48, 80)))
    found = added(a, scaled(b, -1.0))
    assert (found.low, found.high) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


def test_of_symmetric_intervals_it_is_the_root_of_the_squares() -> None:
    found = added(of(1.0, 0.7, 1.3), scaled(of(0.5, 0.1, 0.9), -1.0))
    assert found.value == 0.5
    assert found.low == pytest.approx(0.5 - sqrt(0.3**2 + 0.4**2))
    assert found.high == pytest.approx(0.5 + sqrt(0.3**2 + 0.4**2))


def test_a_negative_factor_turns_the_ends() -> None:
    found = scaled(of(1.0, 0.5, 2.0), -2.0)
    assert (found.value, found.low, found.high) == (-2.0, -4.0, -1.0)
    assert str(scaled(of(0.0, 0.0, 0.0), -1.0).value) == "0.0"


def test_calibration_errors_by_their_ends() -> None:
    a, b = (of(v, v - 0.01, v + 0.02, "inversion", debiased=v - 0.001) for v in (0.05, 0.03))
    found = added(a, scaled(b, -1.0))
    assert (found.low, found.high, found.debiased) == (pytest.approx(-0.01), pytest.approx(0.05), pytest.approx(0.02))
    assert found.conservative


@pytest.mark.parametrize(
    ("low", "high", "ends"), [(-0.3, -0.1, (0.1, 0.3)), (-0.1, 0.3, (0.0, 0.3)), (0.1, 0.2, (0.1, 0.2))]
)
def test_sizes(low: float, high: float, ends: tuple[float, float]) -> None:
    found = size(of((low + high) / 2, low, high))
    assert (found.value, found.low, found.high) == (abs(low + high) / 2, *ends)


def test_infinite_sides() -> None:
    finite, infinite = of(1.0, 0.5, 2.0), Estimate(inf, reason="infinite: 1 row")
    assert added(infinite, scaled(finite, -1.0)).value == inf
    assert added(finite, scaled(infinite, -1.0)).value == -inf
    assert added(infinite, scaled(infinite, -1.0)).value is None
    assert added(Estimate(None, reason="why"), finite).reason == "why"


def test_a_share_of_the_old_value_is_taken_off() -> None:
    change, old = of(0.1, 0.0, 0.2), of(1.0, 0.9, 1.1)
    assert less_share(change, old, 0.0) is change
    found = less_share(change, old, 0.1)
    assert (found.value, found.low, found.high) == (0.0, pytest.approx(-0.11), pytest.approx(0.11))


@pytest.mark.slow
def test_accuracies_of_independent_samples_are_covered() -> None:
    rng = np.random.default_rng(0)
    for p, q, n, m in ((0.95, 0.9, 200, 1000), (0.99, 0.99, 100, 100), (0.6, 0.7, 50, 200)):
        inside = []
        for _ in range(2000):
            a, b = rng.binomial(n, p) / n, rng.binomial(m, q) / m
            ends = [of(x, *wilson(x, rows, 0.95), method="wilson") for x, rows in ((a, n), (b, m))]
            found = added(ends[0], scaled(ends[1], -1.0))
            assert found.low is not None and found.high is not None
            inside.append(found.low <= p - q <= found.high)
        assert np.mean(inside) >= 0.93


FULL = Estimate(1.0, 0.5, 2.0, 0.75, definition="as said", method="inversion", conservative=True, reason="why",
                notes=("a note",))  # fmt: skip
LOW, HIGH = replace(FULL, low=None), replace(FULL, high=None)


@pytest.mark.parametrize(
    ("factor", "numbers"),
    [(2.0, (2.0, 1.0, 4.0, 1.5)), (0.5, (0.5, 0.25, 1.0, 0.375)), (-2.0, (-2.0, -4.0, -1.0, -1.5))],
)
def test_a_factor_changes_the_numbers_and_nothing_else(factor: float, numbers: tuple[float, ...]) -> None:
    value, low, high, debiased = numbers
    assert scaled(FULL, factor) == replace(FULL, value=value, low=low, high=high, debiased=debiased)


def test_the_size_of_what_has_no_interval() -> None:
    assert size(replace(FULL, value=-1.0, low=None)) == replace(FULL, low=None)
    assert size(replace(FULL, value=-1.0, high=None)) == replace(FULL, high=None)
    assert size(Estimate(None, reason="why")) == Estimate(None, reason="why")
    assert size(FULL) == replace(FULL, method="absolute")


@pytest.mark.parametrize("method", ["hall-t", "inversion"])
@pytest.mark.parametrize("gone", ["low", "high"])
@pytest.mark.parametrize("side", [0, 1])
def test_a_sum_without_one_of_the_ends_has_none(method: str, gone: str, side: int) -> None:
    pair = [of(1.0, 0.5, 2.0, method), of(2.0, 1.5, 2.5, method)]
    pair = [replace(one, definition=f"side {i}", reason="") for i, one in enumerate(pair)]
    pair[side] = replace(pair[side], **{gone: None, "reason": f"of {side}"})  # type: ignore[arg-type]
    expected = Estimate(3.0, definition="side 0", method=method, reason=f"of {side}")
    assert added(*pair) == expected
    assert less_share(pair[0], scaled(pair[1], -1.0), 1.0) == expected


def test_sums_say_what_they_are() -> None:
    a, b = of(1.0, 0.7, 1.3), of(2.0, 1.6, 2.4)
    found = added(replace(a, definition="as said"), b)
    assert found == Estimate(3.0, found.low, found.high, definition="as said", method="unpaired, mover")
    assert (found.low, found.high) == pytest.approx((2.5, 3.5))
    assert added(FULL, FULL) == Estimate(
        2.0, 1.0, 4.0, 1.5, definition="as said", method="unpaired, difference of ends", conservative=True
    )
    assert added(FULL, a).method == added(a, FULL).method == "unpaired, difference of ends"
    assert added(FULL, a).debiased is None and added(a, FULL).debiased is None
    assert less_share(FULL, FULL, 0.5) == Estimate(
        0.5, -0.5, 1.75, definition="as said", method="inversion, difference of ends", conservative=True
    )


def test_sums_that_nobody_knows_say_why() -> None:
    nothing, infinite = Estimate(None, definition="of nothing"), Estimate(inf, definition="of much")
    assert added(nothing, FULL) == Estimate(None, definition="of nothing", reason="why")
    assert added(nothing, nothing).reason == "not known on both sides"
    assert added(infinite, of(1.0, 0.5, 2.0)) == Estimate(inf, definition="of much", reason="infinite on one side")
    against = added(infinite, scaled(infinite, -1.0))
    assert against == Estimate(None, definition="of much", reason="infinite on both sides")
    for change, old in ((nothing, FULL), (FULL, nothing), (FULL, replace(infinite, reason="why"))):
        assert less_share(change, old, 0.1) == Estimate(None, definition=change.definition, reason="why")
