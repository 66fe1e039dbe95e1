r"""Sigmoid: p_j = 1 / (1 + exp(-z_j)) of every column, with binary cross-entropy; for one column (binary) and several.

Every column is an event of its own: labels are 0 and 1 of shape (m, L), L = 1 for a binary model. Per event
loss(z, y) = log(1 + exp(-s)), s = z for y = 1 and -z for y = 0 (natural logarithm; 0 is perfect), and
d loss / dz = p - y. A logit of +inf or -inf on the right side has loss 0 at every temperature, on the wrong one inf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibrate.numerics import as_floats, sigmoid, softplus, tiles
from calibrate.outcomes import RowDerivatives, RowOutcomes, event_bin_sums, known_labels
from calibrate.rows import Block


@dataclass(frozen=True)
class Sigmoid:
    """Sigmoid link: scores (m, L) to the probabilities (m, L) of L events; labels (m, L) of 0 and 1."""

    has_events: ClassVar[bool] = True
    log_loss: ClassVar[bool] = True

    def __call__(self, scores: np.ndarray, start: int = 0) -> np.ndarray:
        """sigmoid(z), float64."""
        return sigmoid(scores)

    def loss(self, scores: np.ndarray, labels: np.ndarray, start: int = 0) -> np.ndarray:
        """Cross-entropy of every row and event (m, L), float64."""
        return softplus(np.where(np.asarray(labels) != 0, -scores, scores))

    def derivatives(self, block: Block, b: float | np.ndarray, order: int = 3) -> RowDerivatives:
        """Loss of sigmoid(b z) and its derivatives in b, (m, L) each; `b` a number or one per event (L,)."""
        labels, z = known_labels(block), as_floats(block.scores)
        slopes = np.asarray(b, dtype=np.float64)
        loss, first, second, third = np.empty((4, *z.shape))
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in tiles(*z.shape):
                s = np.where(labels[rows] != 0, -z[rows], z[rows]).astype(np.float64)
                # An infinite logit has the same loss at every b > 0, and so also in the limit b -> 0+.
                raised = np.where(np.isinf(s), s, slopes * s)
                p = sigmoid(raised)
                loss[rows] = softplus(raised)
                s[p == 0.0] = 0.0
                np.multiply(p, s, out=first[rows])
                np.multiply(first[rows], s * (1.0 - p), out=second[rows])
                np.multiply(second[rows], s * (1.0 - 2.0 * p), out=third[rows])
        return RowDerivatives(loss, first, second, third)

    def outcomes(self, block: Block, event_bins: Sequence[int] = ()) -> RowOutcomes:
        """Outcomes of sigmoid(z): an event is predicted where z > 0; a row is right where all its events are."""
        labels, z = known_labels(block), as_floats(block.scores)
        p = np.empty(z.shape)
        event_nll = np.empty(z.shape)
        nll, brier, correct = np.empty((3, len(z)))
        for rows in tiles(*z.shape):
            y = labels[rows] != 0
            s = np.where(y, -z[rows], z[rows])
            p[rows] = sigmoid(z[rows])
            event_nll[rows] = softplus(s)
            nll[rows] = event_nll[rows].sum(axis=1)
            brier[rows] = np.square(sigmoid(s)).sum(axis=1)
            correct[rows] = ((z[rows] > 0) == y).all(axis=1)
        confidence = sigmoid(np.abs(z[:, 0])) if z.shape[1] == 1 else None
        bins = {b: event_bin_sums(p, labels, block.weights, b) for b in dict.fromkeys(event_bins)}
        return RowOutcomes(nll, nll, brier, confidence, correct, labels, block.weights, p, bins, event_nll)
