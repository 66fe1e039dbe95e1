r"""Sparsemax: the Euclidean projection of the scores onto the simplex, p_k = max(z_k - tau(z), 0); exact zeros.

tau is such that p sums to 1. Its Fenchel-Young loss is convex, zero as soon as the true class leads by 1, and obeys
d loss / dz = p - one_hot(y):

    loss(z, y) = -z_y + 1/2 sum_{k in S} (z_k^2 - tau^2) + 1/2,
    S = {k : z_k > tau}.

The NLL of a sparse probability is infinite wherever the true class has none, so fits use and verdicts name this loss.
Martins, Astudillo: From Softmax to Sparsemax. ICML 2016. https://doi.org/10.48550/arXiv.1602.02068
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.numerics import as_floats, below_top, pick, tiles
from calibrate.outcomes import RowDerivatives, RowOutcomes, known_labels, probability_outcomes
from calibrate.rows import Block


@dataclass(frozen=True)
class Sparsemax:
    """Sparsemax link: scores (m, K) to sparse probabilities (m, K) that sum to 1; labels are class numbers."""

    has_events: ClassVar[bool] = False
    log_loss: ClassVar[bool] = False

    def __call__(self, scores: np.ndarray, start: int = 0) -> np.ndarray:
        """sparsemax(z), float64."""
        z = as_floats(scores)
        p = np.empty(z.shape)
        for rows in tiles(*z.shape):
            p[rows], _ = _project(below_top(z[rows])[0])
        return p

    def loss(self, scores: np.ndarray, labels: np.ndarray, start: int = 0) -> np.ndarray:
        """Fenchel-Young loss of every row, float64."""
        return self.derivatives(Block(start, as_floats(scores), labels), 1.0).loss

    def derivatives(self, block: Block, b: float | np.ndarray, order: int = 3) -> RowDerivatives:
        """Loss of sparsemax(b z) and its derivatives in b; piecewise quadratic: the third one is 0.

        first = sum_k p_k z_k - z_y, second = sum_{k in S} (z_k - mean_S z)^2.
        """
        labels, z, b = known_labels(block), as_floats(block.scores), float(b)
        loss, first, second = np.empty((3, len(z)))
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in tiles(*z.shape):
                under, top = below_top(z[rows])
                scaled = b * under  # at b = 0 NaN for a masked class: in no support
                p, tau = _project(scaled)
                inside = p > 0
                under[~inside] = 0.0
                true = pick(z[rows], labels[rows]) - top
                by_b = np.where(true == -np.inf, -np.inf, b * true)
                scaled[~inside] = 0.0
                size = inside.sum(axis=1)
                loss[rows] = 0.5 + 0.5 * (np.square(scaled).sum(axis=1) - size * tau**2) - by_b
                first[rows] = np.einsum("ij,ij->i", p, under) - true
                under -= (under.sum(axis=1) / size)[:, None]
                second[rows] = np.einsum("ij,ij,ij->i", under, under, inside)
        # A lead of 1 leaves 0 up to rounding, which must not look like a reward.
        np.maximum(loss, 0.0, out=loss)
        return RowDerivatives(loss, first, second, np.zeros(len(z)))

    def outcomes(self, block: Block, event_bins: Sequence[int] = ()) -> RowOutcomes:
        """Outcomes of sparsemax(z); `loss` is the Fenchel-Young loss, `nll` infinite where the true class has p = 0."""
        labels = known_labels(block)
        loss = self.loss(block.scores, labels)
        p = self(block.scores)
        return probability_outcomes(block, p, as_floats(block.scores).argmax(axis=1), loss, event_bins)


def _project(under: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sparsemax and its threshold of scores (s, K) whose maximum is 0 in every row.

    From tau = -1, a lower bound, tau = (sum_S z - 1) / |S| with S = {z > tau} rises, S shrinks, and once S stays the
    projection is exact; a handful of rounds, and no sorting.
    """
    tau = np.full(len(under), -1.0)
    inside = under > tau[:, None]
    size = inside.sum(axis=1)
    while True:
        tau = (np.where(inside, under, 0.0).sum(axis=1) - 1.0) / size
        inside = under > tau[:, None]
        shrunk = inside.sum(axis=1)
        if np.array_equal(shrunk, size):
            break
        size = shrunk
    p = np.where(inside, under - tau[:, None], 0.0)
    return p, tau
