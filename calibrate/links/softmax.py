r"""Softmax: p_k = exp(z_k) / sum_j exp(z_j), with log loss; the link of networks trained by cross-entropy.

loss(z, y) = log sum_k exp(z_k) - z_y (natural logarithm; lower is better, 0 is perfect), d loss / dz = p - one_hot(y).
Stable at any magnitude; a score of -inf is a masked class of probability 0, infinite loss where it is the true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate import numerics, partition
from calibrate.outcomes import RowDerivatives, RowOutcomes, known_labels
from calibrate.rows import Block


@dataclass(frozen=True)
class Softmax:
    """Softmax link: scores (m, K) to probabilities (m, K) that sum to 1; labels are class numbers."""

    has_events: ClassVar[bool] = False
    log_loss: ClassVar[bool] = True

    def __call__(self, scores: np.ndarray, start: int = 0) -> np.ndarray:
        """softmax(z), float64."""
        return numerics.softmax(scores)

    def loss(self, scores: np.ndarray, labels: np.ndarray, start: int = 0) -> np.ndarray:
        """log sum exp(z) - z_y of every row, in the precision of the scores."""
        return partition.row_losses(numerics.as_floats(scores), labels)

    def derivatives(self, block: Block, b: float | np.ndarray, order: int = 3) -> RowDerivatives:
        """Loss of softmax(b z) and its derivatives in b, in the precision of the scores."""
        return partition.row_derivatives(block.scores, known_labels(block), float(b), order)

    def outcomes(self, block: Block, event_bins: Sequence[int] = ()) -> RowOutcomes:
        """Outcomes of softmax(z), in float64 whatever the scores are: a printed NLL is good to 1e-10."""
        return partition.softmax_outcomes(block, event_bins)
