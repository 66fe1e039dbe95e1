r"""Gumbel-softmax: softmax((z + g) / tau), g independent standard Gumbel noise; a relaxed sample of a class.

The largest of z + g is class k with probability softmax(z)_k; `hard` gives that class as a one-hot row. The noise is
a function of the seed and of the row's absolute number (Philox, advanced to the row), so it does not depend on how the
rows are cut into chunks. `calibrate transform --temperature T` is this link at tau = T. As a link of a calibrator the
noise stays as it is while scores are multiplied by b: p = softmax((b z + g) / tau).

loss(z, y) = tau log sum_k exp((z_k + g_k) / tau) - z_y - g_y, at tau = 1 the NLL; d loss / dz = p - one_hot(y).
Jang, Gu, Poole: Categorical Reparameterization with Gumbel-Softmax. ICLR 2017.
https://doi.org/10.48550/arXiv.1611.01144
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from calibrate import numerics, partition
from calibrate.errors import CalibrateError
from calibrate.outcomes import RowDerivatives, RowOutcomes, known_labels, probability_outcomes
from calibrate.rows import Block


@dataclass(frozen=True)
class GumbelSoftmax:
    """Gumbel-softmax link: scores (m, K) to a soft (or `hard`: one-hot) sample (m, K); labels are class numbers."""

    seed: int = 0
    temperature: float = 1.0
    hard: bool = False

    has_events: ClassVar[bool] = False
    log_loss: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse what is no temperature of a sample, and what no generator takes for a seed."""
        if not 0.0 < self.temperature < math.inf:
            found = f"gumbel_softmax:temperature: found {self.temperature:g}, expected a positive finite number"
            raise CalibrateError("E604", found, "as in gumbel-softmax:temperature=0.5")
        if not 0 <= self.seed < 2**64:
            raise CalibrateError("E602", f"gumbel_softmax:seed: found {self.seed}, expected 0 to 2^64 - 1")

    def __call__(self, scores: np.ndarray, start: int = 0) -> np.ndarray:
        """The sample of the rows from number `start` on, float64."""
        noisy = self._noisy(scores, start)
        if not self.hard:
            return numerics.softmax(noisy)
        p = np.zeros(noisy.shape)
        p[np.arange(len(p)), noisy.argmax(axis=1)] = 1.0
        return p

    def loss(self, scores: np.ndarray, labels: np.ndarray, start: int = 0) -> np.ndarray:
        """Loss of the soft sample, float64; also with `hard`, whose derivative passes straight through."""
        return self.temperature * partition.row_losses(self._noisy(scores, start), labels)

    def derivatives(self, block: Block, b: float | np.ndarray, order: int = 3) -> RowDerivatives:
        """Loss of softmax((b z + g) / tau) with the noise held fixed, and its derivatives in b; float64."""
        labels, tau = known_labels(block), self.temperature
        z, noise = block.scores.astype(np.float64, copy=False), self._noise(block.start, *block.scores.shape)
        if tau != 1.0:
            noise /= tau
        true = numerics.pick(noise, labels)
        found = partition.row_derivatives(z, labels, float(b) / tau, order, noise=noise.__getitem__, noise_y=true)
        return RowDerivatives(tau * found.loss, found.first, found.second / tau, found.third / tau**2)

    def outcomes(self, block: Block, event_bins: Sequence[int] = ()) -> RowOutcomes:
        """Outcomes of the sample; the predicted class is the one of the largest noisy score."""
        noisy = replace(block, scores=self._noisy(block.scores, block.start))
        found = partition.softmax_outcomes(noisy, () if self.hard else event_bins)
        loss = self.temperature * found.nll
        if not self.hard:
            return replace(found, loss=loss)
        p = self(block.scores, block.start)
        return probability_outcomes(block, p, p.argmax(axis=1), loss, event_bins)

    def _noisy(self, scores: np.ndarray, start: int) -> np.ndarray:
        """(z + g) / tau."""
        noisy = self._noise(start, *scores.shape)
        noisy += scores
        if self.temperature != 1.0:
            noisy /= self.temperature
        return noisy

    def _noise(self, start: int, m: int, k: int) -> np.ndarray:
        """Standard Gumbel noise -log(-log(1 - u)) of m rows from number `start` on, u uniform by Philox."""
        ahead, skipped = divmod(start * k, 4)
        # One step of Philox's counter makes four numbers.
        numbers = np.random.Generator(np.random.Philox(key=self.seed).advance(ahead))
        u = numbers.random(skipped + m * k)[skipped:]
        np.negative(u, out=u)
        np.log1p(u, out=u)
        # u = 0 (one draw in 2^53) would be an infinite score.
        np.minimum(u, -(2.0**-54), out=u)
        np.negative(np.log(np.negative(u, out=u), out=u), out=u)
        return u.reshape(m, k)
