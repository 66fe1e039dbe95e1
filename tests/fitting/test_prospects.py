"""Prospects: what decides is the exact sign of two sums, in any unit."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.errors import CalibrateError
from calibrate.fitting.prospects import prospects
from calibrate.fitting.slopes import Problem
from calibrate.links.softmax import Softmax
from calibrate.rows import from_arrays

Z = np.array([[2.0, 0.0, -1.0], [0.0, 1.0, 0.5], [3.0, 1.0, 0.0], [1.0, 0.9, 0.0]])
Y = np.array([0, 1, 0, 1])


@pytest.mark.parametrize("unit", [1.0, 2.0**-1000, 2.0**1000])
def test_start_is_the_minimum_of_the_parabola_at_zero(unit: float) -> None:
    found = prospects(from_arrays(Z * unit, Y), Problem(Softmax()))
    slope = (Z.mean(axis=1) - Z[np.arange(4), Y]).sum()
    start = -slope / Z.var(axis=1).sum()
    assert np.ldexp(found.start, -found.exponents + int(np.log2(unit))) == pytest.approx(start)
    assert (found.units is None) == (unit == 1.0)
    assert found.notes == ()


def test_smallest_lead_of_a_wrong_class_decides() -> None:
    y = np.array([0, 1, 0, 0])
    with pytest.raises(CalibrateError, match="separable"):
        prospects(from_arrays(Z, y), Problem(Softmax()))
    ahead = Z.copy()
    ahead[3, 1] = np.nextafter(1.0, 2.0)
    assert prospects(from_arrays(ahead, y), Problem(Softmax())).start > 0


def test_slope_of_rounding_size_is_none() -> None:
    z = np.array([[0.1, 0.2, 0.3], [0.3, 0.1, 0.2], [0.2, 0.3, 0.1]])
    with pytest.raises(CalibrateError, match="no better"):
        prospects(from_arrays(z, np.array([0, 0, 0])), Problem(Softmax()))


def test_all_weights_zero() -> None:
    with pytest.raises(CalibrateError, match="no row of positive weight"):
        prospects(from_arrays(Z, Y, np.zeros(4)), Problem(Softmax()))
