"""Weights of a mixture of three distributions, of least log loss: convex, on the simplex, its edges and corners too."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from calibrate.fitting.forms import counting
from calibrate.numerics import below_top, pick, tiles
from calibrate.outcomes import known_labels
from calibrate.rows import Block
from calibrate.sums import Sums


@dataclass(frozen=True)
class TrueClass:
    """Collector: per row the probability of the true class at a temperature and at 1, and the weight of the row."""

    temperature: float

    def __call__(self, block: Block) -> Sums:
        """The columns of one block, without rows of weight 0."""
        kept = counting(block)
        labels, found = known_labels(kept), np.empty((2, len(kept)))
        with np.errstate(over="ignore", under="ignore"):
            for rows in tiles(*kept.scores.shape):
                under, _ = below_top(kept.scores[rows])
                true = pick(under, labels[rows])
                np.subtract(true, _log_total(under.copy()), out=found[1, rows])
                under /= self.temperature
                np.subtract(true / self.temperature, _log_total(under), out=found[0, rows])
            np.exp(found, out=found)
        weights = np.ones(len(kept)) if kept.weights is None else kept.weights
        return {"tempered": (found[0],), "untouched": (found[1],), "weights": (weights,)}


def _log_total(under: np.ndarray) -> np.ndarray:
    """log sum exp of scores at most 0, in place."""
    np.exp(under, out=under)
    return np.asarray(np.log(under @ np.ones(under.shape[1])))


def mixture_weights(sums: Sums, k: int) -> np.ndarray:
    """The weights (3,) of the tempered, untouched and uniform probabilities, from what `TrueClass` left.

    The weights minimise -mean log(A w) + sum w over w >= 0: there the sum of the best is 1 without being asked for. A
    Newton step is the least of a parabola over w >= 0, which is found among the seven sets of weights that are not 0.
    """
    tempered, untouched, v = (np.concatenate(sums[key]) for key in ("tempered", "untouched", "weights"))  # type: ignore[arg-type]
    a = np.stack([tempered, untouched, np.full(len(v), 1.0 / k)])
    v = v / v.sum()
    w = np.full(3, 1.0 / 3.0)
    value = _value(a, v, w)
    for _ in range(100):
        mixed = w @ a
        slopes = 1.0 - a @ (v / mixed)
        scaled = a / mixed
        hessian = (scaled * v) @ scaled.T
        step = _least(w, slopes, hessian) - w
        gain = -float(slopes @ step)
        if gain <= 1e-15:
            break
        size = 1.0
        while size > 1e-12:
            trial = _value(a, v, w + size * step)
            if trial <= value - 1e-4 * size * gain + 1e-15:
                break
            size /= 2
        w, value = np.maximum(w + size * step, 0.0), trial
    return np.asarray(w / w.sum())


def _value(a: np.ndarray, v: np.ndarray, w: np.ndarray) -> float:
    mixed = w @ a
    return float("inf") if mixed.min() <= 0 else float(w.sum() - v @ np.log(mixed))


def _least(w: np.ndarray, slopes: np.ndarray, hessian: np.ndarray) -> np.ndarray:
    """The point u >= 0 of the least slopes.(u - w) + (u - w).hessian.(u - w) / 2."""
    aim, best, lowest = hessian @ w - slopes, w, 0.0
    for size in (1, 2, 3):
        for places in combinations(range(3), size):
            some = list(places)
            u = np.zeros(3)
            u[some] = np.linalg.lstsq(hessian[np.ix_(some, some)], aim[some], rcond=1e-14)[0]
            off = u - w
            value = float(slopes @ off + off @ hessian @ off / 2)
            if u.min() >= 0 and value < lowest:
                best, lowest = u, value
    return best
