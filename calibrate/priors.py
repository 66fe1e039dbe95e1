r"""Prior shift: calibrated probabilities where classes are as frequent as elsewhere; the rest of the world is the same.

If P(x | class) stays and only the frequencies of the classes change, from s to t, then p'_k is proportional to
p_k t_k / s_k. The target t is known, or estimated from rows without labels:

em      the t that makes these rows most likely, max sum_i log sum_k p_ik t_k / s_k: concave, one answer. Saerens,
        Latinne, Decaestecker 2002, doi:10.1162/089976602753284446. It believes the probabilities: calibrate first
bbse    t = A^-1 m, A[j, k] = P(predicted j | true k) of labelled rows, m the frequencies of predictions among the
        others. Lipton, Wang, Smola 2018, doi:10.48550/arXiv.1802.03916. It needs a model that tells classes apart, no
        calibration
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibrate.numerics import tiles
from calibrate.outcomes import known_labels
from calibrate.rows import Block
from calibrate.sums import Sums
from calibrate.uncertainty import quantiles

MOST = 2000
"""Passes at most; 10 to 100 are usual."""

GAIN, MOVE = 1e-9, 1e-12
"""Done where no target could raise the mean log-likelihood by more than GAIN, and a step moves no frequency by MOVE."""

WIDEST = 256
"""Classes up to which there are intervals, whose matrix grows with the square of their number."""


@dataclass(frozen=True, eq=False)
class Estimated:
    """Estimated class frequencies (K,) with the ends of their intervals, NaN where there is none, and sentences."""

    prior: np.ndarray
    low: np.ndarray
    high: np.ndarray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frequencies:
    """Collector: weight of every class (K,), or of every event (L,), and of all rows."""

    n_columns: int

    def __call__(self, block: Block) -> Sums:
        """The sums of one block."""
        labels = known_labels(block)
        w = np.ones(len(block)) if block.weights is None else block.weights
        if labels.ndim == 1:
            return {"weight": float(w.sum()), "counts": np.bincount(labels, w, minlength=self.n_columns)}
        return {"weight": float(w.sum()), "counts": w @ (labels != 0)}


def reweighted(p: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Probabilities (m, K) of classes for target frequencies (K,) instead of source ones; of a row that only classes of
    target 0 explain, the target itself.

    >>> reweighted(np.array([[0.8, 0.2]]), np.array([0.5, 0.5]), np.array([0.2, 0.8])).round(3).tolist()
    [[0.5, 0.5]]
    """
    ratio = np.divide(target, source, out=np.zeros(len(target)), where=source > 0)
    raised = p * (ratio / ratio.max())
    total = raised.sum(axis=1, keepdims=True)
    return np.where(total > 0, np.divide(raised, total, out=raised, where=total > 0), target)


def reweighted_events(p: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Probabilities (m, L) of events for target frequencies (L,) of each."""
    pairs = [np.stack([1 - of, of], axis=-1) for of in (p.T, source, target)]
    return np.stack([reweighted(*one)[:, 1] for one in zip(*pairs, strict=True)], axis=1)


def em(p: np.ndarray, source: np.ndarray, level: float = 0.95) -> Estimated:
    """The frequencies that make unlabelled rows of probabilities p (n, K) most likely, from source ones (K,).

    Steps of EM, accelerated (Varadhan and Roland 2008: SQUAREM), to a certificate that no other answer is better.
    Intervals from the information of the rows; that p itself was estimated is not in them. A class of source 0 stays 0.
    """
    ratio = np.divide(p, source, out=np.zeros(p.shape), where=source > 0)
    prior, passes = np.where(source > 0, source, 0.0), 0
    while passes < MOST:
        _, gain = _gains(ratio, prior)
        if gain.max() <= 1 + GAIN and np.abs(prior * (gain - 1)).max() <= MOVE:
            break
        prior = _accelerated(ratio, prior, gain)
        passes += 4
    notes = () if passes < MOST else (f"the search for the frequencies did not settle in {MOST} passes",)
    low, high = _wald(prior, _covariance(ratio, prior), level)
    if len(source) > WIDEST:
        notes = (*notes, f"no intervals of more than {WIDEST} classes")
    return Estimated(prior, low, high, notes)


def _gains(ratio: np.ndarray, prior: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean log-likelihood, and its gradient (K,): what a step of EM multiplies the frequencies by."""
    total, gain, n = 0.0, np.zeros(len(prior)), 0
    for rows in tiles(*ratio.shape):
        mixed = (ratio[rows] * prior).sum(axis=1)
        known = mixed > 0  # else a row that no class of a positive frequency explains
        total += float(np.log(mixed[known]).sum())
        gain += np.divide(ratio[rows], mixed[:, None], out=np.zeros(ratio[rows].shape), where=known[:, None]).sum(0)
        n += int(known.sum())
    return total / max(n, 1), gain / max(n, 1)


def _accelerated(ratio: np.ndarray, prior: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Two steps of EM, and where that is better the point to which they lead in the end."""
    one = prior * gain
    two = one * _gains(ratio, one)[1]
    step, turn = one - prior, two - 2 * one + prior
    size = float(np.sqrt(np.square(turn).sum()))
    if size == 0:
        return np.asarray(two / two.sum())
    length = max(1.0, float(np.sqrt(np.square(step).sum())) / size)
    far = np.maximum(prior + 2 * length * step + length**2 * turn, two / 10)
    far /= far.sum()
    better = _gains(ratio, far)[0] >= _gains(ratio, two)[0]
    return np.asarray(far if better else two / two.sum())


def _covariance(ratio: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Of the frequencies that are not at 0, which sum to 1; NaN of the others, and of too many classes."""
    found = np.full((len(prior), len(prior)), np.nan)
    inside = np.flatnonzero(prior > 1e-7)
    if len(inside) < 2 or len(prior) > WIDEST:
        return found
    information = np.zeros((len(inside), len(inside)))
    for rows in tiles(*ratio.shape):
        mixed = (ratio[rows] * prior).sum(axis=1)
        x = ratio[rows][mixed > 0][:, inside] / mixed[mixed > 0, None]
        information += x.T @ x
    # An orthonormal basis of the directions along which the sum stays.
    along = np.linalg.svd(np.ones((1, len(inside))))[2][1:].T
    inner = np.linalg.pinv(along.T @ information @ along, hermitian=True)
    found[np.ix_(inside, inside)] = along @ inner @ along.T
    return found


def bbse(
    true: np.ndarray, predicted: np.ndarray, predicted_target: np.ndarray, n_classes: int, level: float = 0.95
) -> Estimated:
    """The frequencies of the classes behind predictions (m,) on unlabelled rows, by the errors of predictions (n,) on
    rows whose classes (n,) are known.

    Negative estimates become 0. Intervals by the delta method, of both samples. Raises `ValueError` where a class has
    no labelled row, `numpy.linalg.LinAlgError` where predictions do not tell classes apart.
    """
    counts = np.bincount(true, minlength=n_classes).astype(float)
    if not counts.all():
        raise ValueError(f"class {int(np.argmin(counts))} has no labelled row")
    errors = np.zeros((n_classes, n_classes))
    np.add.at(errors, (predicted, true), 1.0)
    errors /= counts
    seen = np.bincount(predicted_target, minlength=n_classes) / len(predicted_target)
    inverse = np.linalg.inv(errors)
    raw = inverse @ seen
    spread = (np.diag(seen) - np.outer(seen, seen)) / len(predicted_target)
    for k in range(n_classes):
        column = errors[:, k]
        spread += raw[k] ** 2 * (np.diag(column) - np.outer(column, column)) / counts[k]
    low, high = _wald(raw, inverse @ spread @ inverse.T, level)
    prior = np.maximum(raw, 0.0)
    notes = ("negative estimates became 0",) if (raw < 0).any() else ()
    return Estimated(prior / prior.sum(), low, high, notes)


def _wald(prior: np.ndarray, covariance: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    half = quantiles.normal(quantiles.tail(level)) * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return np.clip(prior - half, 0.0, 1.0), np.clip(prior + half, 0.0, 1.0)
