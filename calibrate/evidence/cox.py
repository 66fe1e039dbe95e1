r"""Cox's recalibration: logit P(y = 1) = a + b logit p, fitted by maximum likelihood; many predictions in one pass.

Two problems of every column of logits: a alone with b = 1 (calibration-in-the-large), and a and b jointly (calibration
slope, with its own intercept). Both are concave; the answer is finite where both outcomes occur (and, jointly, where
the logits of events and of the others overlap), which is decided before the first step.

Cox 1958, doi:10.1093/biomet/45.3-4.562; Van Calster et al. 2019, doi:10.1186/s12916-019-1466-7; existence: Albert and
Anderson 1984, doi:10.1093/biomet/71.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibrate.fitting.damped_newton import Bends, Climbed, climb, inverses
from calibrate.numerics import tiles
from calibrate.rows import Block, Rows
from calibrate.sums import Sums

LOSS, G0, G1, H00, H01, H11, M00, M01, M11 = range(9)
"""Sums of a problem: w loss; gradient w (y - q) (1, z); information w q (1 - q) (1, z, z^2); w^2 (y - q)^2 (1, z, z^2).
q is the recalibrated probability and z the logit, less its mean."""

TILE = 1 << 16


@dataclass(frozen=True, eq=False)
class Problems:
    """Q recalibrations; arrays (Q,).

    column     of the logits (m, C) in the scores of a block, `outcome` of its labels (m, L) of 0 and 1
    joint      whether b is free
    centre     mean logit: the search goes over a + b centre and b, which hardly depend on each other
    reach      largest distance of a logit from it
    frequency  of the event, strictly between 0 and 1
    """

    column: np.ndarray
    outcome: np.ndarray
    joint: np.ndarray
    centre: np.ndarray
    reach: np.ndarray
    frequency: np.ndarray

    @property
    def free(self) -> np.ndarray:
        """Which parameters are fitted, (Q, 2)."""
        return np.stack([np.ones_like(self.joint), self.joint], axis=1)

    def at(self, which: np.ndarray, points: np.ndarray) -> Likelihood:
        """What is to be summed of problems `which` (q,) at points (q, 2)."""
        return Likelihood(self.column[which], self.outcome[which], self.centre[which], points)


@dataclass(frozen=True, eq=False)
class Likelihood:
    """Collect: the sums of q problems at points (q, 2) of a + b centre and b, as an array (9, q)."""

    column: np.ndarray
    outcome: np.ndarray
    centre: np.ndarray
    points: np.ndarray

    def __call__(self, block: Block) -> Sums:
        q = len(self.column)
        sums = np.zeros((9, q))
        for rows in tiles(len(block), q, TILE):
            w = None if block.weights is None else block.weights[rows]
            sums += self._tile(block.scores[rows], np.asarray(block.labels)[rows], w)
        return {"sums": sums}

    def _tile(self, logits: np.ndarray, labels: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """Rows lie along the last axis. Sums are numpy's pairwise ones: BLAS would depend on its threads."""
        z = logits.T[self.column] - self.centre[:, None]
        sign = 1.0 - 2.0 * labels.T[self.outcome]
        wrong = sign * (self.points[:, :1] + self.points[:, 1:] * z)
        small = np.exp(-np.abs(wrong))
        missed = np.where(wrong < 0, small, 1.0) / (1.0 + small)
        loss, gap, spread = np.maximum(wrong, 0.0) + np.log1p(small), -sign * missed, small / (1.0 + small) ** 2
        if w is not None:
            loss, gap, spread = w * loss, w * gap, w * spread
        square = gap * gap
        terms = (loss, gap, gap * z, spread, spread * z, spread * z * z, square, square * z, square * z * z)
        return np.stack([term.sum(axis=1) for term in terms])


def recalibrate(rows: Rows, problems: Problems) -> Climbed:
    """The maxima of all problems over rows of logits: points (Q, 2) of a + b centre and b, and their sums (9, Q).

    Two starts of the joint ones share the first pass: perfect calibration, and no use of p at all; the better is taken.
    """
    every, none = np.arange(len(problems.column)), np.zeros(len(problems.column))
    joint = np.flatnonzero(problems.joint)
    points = np.stack([problems.centre, none + 1.0], axis=1)
    f = problems.frequency[joint]
    blind = np.stack([np.log(f) - np.log1p(-f), none[joint]], axis=1)

    def found(which: np.ndarray, at: np.ndarray) -> np.ndarray:
        return np.asarray(rows.sum(problems.at(which, at))["sums"])

    first = found(np.concatenate([every, joint]), np.concatenate([points, blind]))
    sums, other = first[:, : len(every)], first[:, len(every) :]
    better = other[LOSS] < sums[LOSS, joint]
    points[joint[better]], sums[:, joint[better]] = blind[better], other[:, better]
    return climb(found, _bends, points, sums, np.stack([none + 1.0, problems.reach], axis=1), problems.free)


def _bends(sums: np.ndarray) -> Bends:
    information = sums[[H00, H01, H01, H11]].T.reshape(-1, 2, 2)
    return Bends(sums[LOSS], sums[[G0, G1]].T, information)


def standard_errors(found: Climbed, problems: Problems, weights: np.ndarray) -> np.ndarray:
    """Standard errors of a and b, (Q, 2); `weights` are the sums of 1, w, w^2 over all rows.

    The larger of two: from the inverse Fisher information H^-1 times sum w^2 / sum w (Kish 1965), and from the sandwich
    H^-1 (sum w^2 (y - q)^2 x x') H^-1 n / (n - k) of k parameters (White 1982, doi:10.2307/1912526), which holds where
    the model does not: a alone is fitted at b = 1 to data of another slope. n is (sum w)^2 / sum w^2; infinite where it
    is not above k.
    """
    w1, w2 = float(weights[1]), float(weights[2])
    inverse = inverses(_bends(found.sums).information, problems.free)
    plain = _of_parameters(inverse * (w2 / w1), problems.centre)
    k = np.where(problems.joint, 2.0, 1.0)
    spare = w1**2 / w2 - k
    meat = found.sums[[M00, M01, M01, M11]].T.reshape(-1, 2, 2)
    sandwich = _of_parameters(np.einsum("qij,qjk,qkl->qil", inverse, meat, inverse), problems.centre)
    factor = np.divide(spare + k, spare, out=np.full(len(k), np.inf), where=spare > 1e-9)
    with np.errstate(invalid="ignore"):  # 0 inf: b of a alone has no error
        return np.asarray(np.sqrt(np.fmax(plain, sandwich * factor[:, None])))


def _of_parameters(covariance: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Variances (Q, 2) of a and b from the covariances of a + b centre and b."""
    b = covariance[:, 1, 1]
    return np.stack([covariance[:, 0, 0] - 2 * centre * covariance[:, 0, 1] + centre**2 * b, b], axis=1)
