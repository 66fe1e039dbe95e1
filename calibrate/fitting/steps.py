"""Functions that are constant on bins: where bins are cut, what their rows sum to, and how they are evaluated.

Edges are inner ones: m of them make m + 1 bins, right-closed, and every prediction is in one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibrate.fitting.columns import Pooled
from calibrate.fitting.univariate import Tables, Univariate, expect_tables

FEW = 40
"""Edges that are counted one after the other for all x at once; a search for each x pays beyond."""


@dataclass(frozen=True)
class Steps(Univariate):
    """Base of the methods of bins: a `probability` for each bin between the inner `edges`, right-closed.

    reduction   what the functions are of: events, or the option `multiclass`
    """

    edges: Tables
    probability: Tables

    def __post_init__(self) -> None:
        """Refuse what is no function."""
        expect_tables(self.edges, self.probability, 1)

    @property
    def n_parameters(self) -> int:
        """Bins of all functions."""
        return sum(map(len, self.probability))

    def _one(self, j: int, x: np.ndarray) -> np.ndarray:
        edges, probability = self._tables
        return value_at(edges[j], probability[j], x)


def mass_cuts(rows: Pooled, bins: int) -> np.ndarray:
    """The first entry of every bin but the first, of at most `bins` with equal weight; equal predictions share one.

    A bin ends with the least prediction that has k/bins of the weight below or at it, so that a weight of 2 is the
    same as a row twice.
    """
    below = np.cumsum(rows.weight)
    wanted = below[-1] * np.arange(1, bins) / bins
    cuts = np.unique(np.searchsorted(below, wanted * (1 - 1e-12))) + 1
    return cuts[cuts < len(below)]


def between(at: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Edges half way between the entries on both sides of a cut: rounding moves no row over them."""
    return np.asarray(at[cuts - 1] + (at[cuts] - at[cuts - 1]) / 2)


def sums(values: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Sums of the values (u,) in each bin that begins at 0 or at a cut."""
    return np.asarray(np.add.reduceat(values, np.concatenate(([0], cuts))))


def value_at(edges: np.ndarray, values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The value of the bin of each x.

    >>> value_at(np.array([0.5]), np.array([1.0, 2.0]), np.array([0.5, 0.6]))
    array([1., 2.])
    """
    return np.asarray(values.take(bin_of(edges, x)))


def bin_of(edges: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The number of the bin of each x."""
    if len(edges) > FEW:
        return np.searchsorted(edges, x, side="left")
    number = np.zeros(len(x), dtype=np.uint8)
    for edge in edges:
        number += x > edge
    return number
