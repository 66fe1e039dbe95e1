"""Natural cubic splines against SciPy's, and their roughness against its integral."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.interpolate import CubicSpline

from calibrate.fitting import cubic

AT = np.array([-1.0, 0.2, 0.5, 2.0, 2.1])


@pytest.mark.parametrize("m", [2, 3, 4, 5])
def test_the_basis_is_natural_and_its_roughness_a_sum_of_squares(m: int) -> None:
    at = AT[:m]
    values, slopes = cubic.natural(at)
    c = np.random.default_rng(m).normal(size=m)
    known = CubicSpline(at, values @ c, bc_type="natural")
    x = np.linspace(at[0], at[-1], 101)
    assert cubic.value_at(at, values @ c, slopes @ c, x) == pytest.approx(known(x), abs=1e-9)
    assert cubic.basis(at, values, slopes, x) @ c == pytest.approx(known(x), abs=1e-9)
    rough = sum(quad(lambda t: float(known(t, 2)) ** 2, a, b)[0] for a, b in itertools.pairwise(at))
    assert rough == pytest.approx(float(np.sum(c[2:] ** 2)), abs=1e-9)


def test_outside_it_is_straight() -> None:
    value, slope = np.array([0.0, 1.0, 0.0]), np.array([2.0, 0.0, -3.0])
    x = np.array([-2.0, -1.0, 0.5, 1.5])
    assert cubic.value_at(AT[:3], value, slope, x) == pytest.approx([-2.0, 0.0, 0.0, -3.0])
    assert cubic.value_at(AT[:1], value[:1], slope[:1], x) == pytest.approx([-2.0, 0.0, 3.0, 5.0])
