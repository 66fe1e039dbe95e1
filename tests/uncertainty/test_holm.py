"""Holm's rule: as a single interval where there is one difference, stricter where there are more, never twice."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.results import Estimate
from calibrate.uncertainty.holm import shown
from calibrate.uncertainty.quantiles import normal


def of(z: float, half: float = 1.959964) -> Estimate:
    """A difference that is z standard errors from 0."""
    return Estimate(z, z - half, z + half)


@pytest.mark.parametrize(
    ("zs", "expected"),
    [
        ((-2.0,), ["better"]),
        ((1.9,), [""]),
        ((-2.0, 2.0), ["", ""]),  # neither reaches 2.24
        ((-2.3, 2.0), ["better", "worse"]),  # the first is beyond 2.24, the second beyond 1.96
        ((2.0, -2.3), ["worse", "better"]),
        ((2.0, 2.3, -2.2), ["", "", ""]),  # 2.39 is needed
        ((2.0, 2.5, -2.3), ["worse", "worse", "better"]),
        ((1.0, 2.5, -2.2), ["", "worse", ""]),  # 2.24 is needed: it stops there
        ((), []),
    ],
)
def test_steps(zs: tuple[float, ...], expected: list[str]) -> None:
    assert shown([of(z) for z in zs], 0.95) == expected


def test_what_has_no_interval_is_not_shown() -> None:
    nothing = [Estimate(None), Estimate(-1.0), Estimate(0.0, 0.0, 0.0), Estimate(float("inf"), 1.0, 2.0)]
    assert shown([*nothing, of(-3.0)], 0.95) == ["", "", "", "", "better"]


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_one_difference_goes_by_its_interval_at_any_level(level: float) -> None:
    reach = normal(0.5 + level / 2)
    assert shown([of(-reach * 1.001, reach)], level) == ["better"]
    assert shown([of(reach * 0.999, reach)], level) == [""]


def test_the_end_on_the_side_of_0_counts() -> None:
    assert shown([Estimate(-1.0, -5.0, -0.1)], 0.95) == ["better"]
    assert shown([Estimate(1.0, -0.1, 1.1)], 0.95) == [""]


def test_any_of_many_is_shown_by_chance_in_few_samples() -> None:
    rng = np.random.default_rng(0)
    wrong = sum(any(shown([of(float(z)) for z in rng.normal(size=8)], 0.95)) for _ in range(2000))
    assert 0.03 < wrong / 2000 < 0.065  # 1 - 0.99375^8 = 4.9 %
