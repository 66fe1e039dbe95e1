"""Isotonic regression by pooling adjacent violators, vectorised: the blocks in which the best fit that rises is flat.

Whole runs that do not rise are pooled at once, all over the data, until all rise: a dozen rounds on usual data.
Where it takes more, a stack finishes in linear time what few blocks are left.
"""

from __future__ import annotations

import numpy as np

ROUNDS = 40
"""Rounds before the stack takes over."""

RISE = 1 + 1e-12
"""A mean that is not this much larger than the one before is equal to it but for the rounding of sums of weights.

Whether equal blocks are one says how many rows `laplace` adds, so it must not hang on the unit of the weights."""


def blocks(event: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The first entry of each block of the non-decreasing least-squares fit to event / weight; its means increase.

    >>> blocks(np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4))
    array([0, 1, 3])
    """
    starts = np.arange(len(event))
    for _ in range(ROUNDS):
        mean = event / weight
        flat = mean[1:] <= mean[:-1] * RISE
        if not flat.any():
            return starts
        first = np.flatnonzero(np.concatenate(([True], ~flat)))
        event, weight, starts = np.add.reduceat(event, first), np.add.reduceat(weight, first), starts[first]
    return starts[_stacked(event.tolist(), weight.tolist())]


def _stacked(event: list[float], weight: list[float]) -> list[int]:
    """The same, one entry after the other."""
    firsts: list[int] = []
    sums: list[float] = []
    weights: list[float] = []
    for i, (s, w) in enumerate(zip(event, weight, strict=True)):
        first = i
        while firsts and sums[-1] / weights[-1] * RISE >= s / w:
            s, w, first = s + sums.pop(), w + weights.pop(), firsts.pop()  # noqa: PLW2901 - the block grows
        firsts.append(first)
        sums.append(s)
        weights.append(w)
    return firsts
