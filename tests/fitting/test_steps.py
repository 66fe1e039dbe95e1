"""Cuts into bins of equal weight, and functions constant on bins."""

from __future__ import annotations

import numpy as np
import pytest

from calibrate.fitting import steps
from calibrate.fitting.columns import Pooled


def pooled(at: list[float], weight: list[float]) -> Pooled:
    w = np.array(weight, dtype=float)
    return Pooled(np.array(at), w, np.zeros(len(w)), 0.5)


@pytest.mark.parametrize(
    ("weight", "bins", "cuts"),
    [
        ([1, 1, 1, 1], 2, [2]),
        ([1, 1, 1, 1], 4, [1, 2, 3]),
        ([2, 1, 1], 2, [1]),
        ([1, 5, 1], 3, [2]),
        ([1, 1, 5], 3, []),
        ([1], 7, []),
        ([1, 1, 1], 1, []),
    ],
)
def test_cuts(weight: list[float], bins: int, cuts: list[int]) -> None:
    found = steps.mass_cuts(pooled([0.1, 0.2, 0.4, 0.8][: len(weight)], weight), bins)
    assert found.tolist() == cuts


def test_edges_lie_between_the_entries_and_bins_are_right_closed() -> None:
    at, cuts = np.array([0.1, 0.2, 0.4]), np.array([1, 2])
    edges = steps.between(at, cuts)
    assert edges == pytest.approx([0.15, 0.3])
    assert steps.sums(np.array([1.0, 2.0, 4.0]), cuts[1:]).tolist() == [3.0, 4.0]
    values = steps.value_at(edges, np.array([1.0, 2.0, 3.0]), np.array([0.0, edges[0], 0.2, edges[1], 0.31, 9.0]))
    assert values.tolist() == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]


def test_few_and_many_edges_number_bins_alike() -> None:
    x = np.random.default_rng(0).random(500).round(2)
    for m in (1, steps.FEW, steps.FEW + 1):
        edges = np.linspace(0.1, 0.9, m)
        assert steps.bin_of(edges, x).tolist() == np.searchsorted(edges, x).tolist()
