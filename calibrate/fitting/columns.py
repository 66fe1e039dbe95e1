r"""The columns that functions of one prediction are fitted to: events, classes against the rest, pairs, top labels.

A score of -inf is a masked class: its rows are no data for the functions of the class, of which they ask nothing. Where
it is not, `unmasked` scores have the least finite number in its place.
A column without any row is one row that knows nothing: it answers its guess.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.numerics import below_top, pick, sigmoid
from calibrate.outcomes import known_labels
from calibrate.rows import Block, Rows
from calibrate.sums import Sums

Multiclass = Literal["one-vs-rest", "one-vs-one", "top-label", "confidence"]
Reduction = Literal["events", "one-vs-rest", "one-vs-one", "top-label", "confidence"]
Scale = Literal["probability", "logit"]

FARTHEST = 36.0
"""Logits are held within +-36, beyond which 1 - p is below the rounding of 1."""

SAME = 1e-14
"""Predictions that differ by no more, relatively, are equal but for rounding."""


@dataclass(frozen=True, eq=False)
class Pooled:
    """The rows of one column by ascending prediction; equal predictions are one entry, rows of weight 0 none.

    at      (u,) predictions, strictly ascending
    weight  (u,) sum of w
    event   (u,) sum of w y
    base    rate of the event, moved off 0 and 1 by one more row that knows nothing
    """

    at: np.ndarray
    weight: np.ndarray
    event: np.ndarray
    base: float


@dataclass(frozen=True, eq=False)
class Column:
    """The rows of one column in the order of the input: what needs no order is spared the sorting.

    x      (m,) predictions
    y      (m,) bool, the events
    w      (m,) weights above 0, or None for all 1
    guess  what a row that knows nothing says of the event
    """

    x: np.ndarray
    y: np.ndarray
    w: np.ndarray | None
    guess: float

    @cached_property
    def base(self) -> float:
        """`Pooled.base`."""
        if self.w is None:
            return float((np.count_nonzero(self.y) + self.guess) / (len(self.y) + 1.0))
        return float((min(self.w[self.y].sum(), self.w.sum()) + self.guess) / (self.w.sum() + 1.0))

    @cached_property
    def pooled(self) -> Pooled:
        """The rows in order."""
        x, y, w = self.x, self.y, self.w
        if not len(x):
            return Pooled(np.array([0.5]), np.ones(1), np.array([self.guess]), self.guess)
        if w is None:  # sorting values alone takes a third of the time of sorting rows
            x = np.sort(x)
            first = _first_of_each(x)
            at, weight = x[first], np.diff(first, append=len(x)).astype(np.float64)
            event = np.bincount(np.searchsorted(at, self.x[y], side="right") - 1, minlength=len(at)).astype(np.float64)
            return Pooled(at, weight, event, self.base)
        order = np.argsort(x)
        x, w = x[order], w[order]
        first = _first_of_each(x)
        weight, event = np.add.reduceat(w, first), np.add.reduceat(w * y[order], first)
        return Pooled(x[first], weight, np.minimum(event, weight), self.base)


def unmasked(scores: np.ndarray) -> np.ndarray:
    """Scores (m, K) with the least finite number for -inf: a probability of 0."""
    return np.asarray(np.maximum(scores, np.finfo(scores.dtype).min))


@dataclass(frozen=True)
class Unmasked:
    """Step: the same of a block."""

    def __call__(self, block: Block) -> Block:
        """The same rows."""
        return replace(block, scores=unmasked(block.scores))


def impossible(rows: Rows) -> int:
    """Rows of positive weight whose true class has a score of -inf."""
    return int(rows.sum(_impossible)["rows"])  # type: ignore[arg-type]


def _impossible(block: Block) -> Sums:
    wrong = np.isneginf(pick(np.ascontiguousarray(block.scores), known_labels(block)))
    return {"rows": int(np.count_nonzero(wrong if block.weights is None else wrong & (block.weights > 0)))}


@dataclass(frozen=True)
class Predictions:
    """Collector: predictions, labels and weights of every row, as tuples of arrays: nothing less will do.

    Predictions are (columns, m). Of pairs they are the scores; of top labels their confidence, with whether they are
    right, and which class they are.
    """

    reduction: Reduction
    scale: Scale

    def __call__(self, block: Block) -> Sums:
        """The rows of positive weight of one block."""
        y, z = known_labels(block), block.scores.astype(np.float64, copy=False)
        w = np.ones(len(block)) if block.weights is None else np.asarray(block.weights, dtype=np.float64)
        if not w.all():
            y, z, w = y[w > 0], z[w > 0], w[w > 0]
        sums: Sums = {"w": (w,), "top": ()}
        if self.reduction in {"top-label", "confidence"}:
            top, confidence, _ = top_of(z, self.scale)
            return {**sums, "x": (confidence[None],), "y": (top == y,), "top": (top,)}
        return {**sums, "x": (predictions(z, self.reduction, self.scale),), "y": (y,)}


def columns_of(rows: Rows, reduction: Reduction, scale: Scale) -> tuple[Column, ...]:
    """The columns of a reduction. A class that is never predicted has the column of all.

    Raises `CalibrateError` E307 where no row counts.
    """
    found = rows.sum(Predictions(reduction, scale))
    w = np.concatenate(found["w"])  # type: ignore[arg-type]
    if not len(w):
        raise CalibrateError("E307", "found no row of positive weight, expected at least one", "are the weights all 0?")
    x, y = np.concatenate(found["x"], axis=1), np.concatenate(found["y"])  # type: ignore[arg-type]
    top = np.concatenate(found["top"]) if found["top"] else y  # type: ignore[arg-type]
    weights, columns = None if np.all(w == 1.0) else w, range(rows.n_columns)
    if reduction == "events":
        return tuple(Column(x[j], y[:, j] != 0, weights, 0.5) for j in columns)
    if reduction == "one-vs-rest":
        return tuple(_of_known(x[k], y == k, weights, 1.0 / rows.n_columns) for k in columns)
    if reduction == "one-vs-one":
        return _pairs(x, y, weights, scale)
    whole = Column(x[0], y, weights, 0.5)
    if reduction == "confidence":
        return (whole,)
    own = [top == k for k in columns]
    return tuple(_part(whole, which) if which.any() else whole for which in own)


def predictions(z: np.ndarray, reduction: Reduction, scale: Scale) -> np.ndarray:
    """Probabilities, or logits, of events or of each class against the rest; (m, K) to (K, m); NaN where masked.

    Of pairs the scores below the highest, from which `between` makes the predictions of each.
    """
    # All that runs over classes runs over whole rows of the transposed, which are long.
    x = np.array(z.T, order="C")
    if reduction == "events":
        return sigmoid(x) if scale == "probability" else np.asarray(np.clip(x, -FARTHEST, FARTHEST))
    masked = np.isneginf(x) if np.isneginf(x.min(initial=0.0)) else None
    with np.errstate(over="ignore", invalid="ignore"):
        x -= x.max(axis=0)
    if reduction == "one-vs-one":
        np.maximum(x, -np.finfo(np.float64).max, out=x)
    elif scale == "probability":
        np.exp(x, out=x)
        x /= x.sum(axis=0)
    else:
        x = _logits(x)
    if masked is not None:
        x[masked] = np.nan
    return x


def between(first: np.ndarray, second: np.ndarray, scale: Scale) -> np.ndarray:
    """The probability p_i / (p_i + p_j), or its logit, of the scores of two classes; NaN where one is masked."""
    with np.errstate(over="ignore"):
        x = first - second
    return sigmoid(x) if scale == "probability" else np.asarray(np.clip(x, -FARTHEST, FARTHEST))


def top_of(z: np.ndarray, scale: Scale) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predicted class, its probability (or logit), and the probabilities (m, K) of the others, 0 for itself."""
    top, row = z.argmax(axis=1), np.arange(len(z))
    others, _ = below_top(z)
    np.exp(others, out=others)
    others /= others.sum(axis=1)[:, None]
    confidence = others[row, top]
    others[row, top] = 0.0
    if scale == "logit":
        with np.errstate(divide="ignore"):
            ratio = np.log(confidence) - np.log(others.sum(axis=1))
        confidence = np.clip(ratio, -FARTHEST, FARTHEST)
    return top, confidence, others


def _logits(under: np.ndarray) -> np.ndarray:
    """Logits of each class of scores (K, m) below the highest, which is taken from the others: 1 - p would be 0."""
    top, row = under.argmax(axis=0), np.arange(under.shape[1])
    e = np.exp(under)
    total = e.sum(axis=0)
    log_p = under - np.log(total)
    with np.errstate(divide="ignore"):
        x: np.ndarray = log_p - np.log1p(-e / total)
        e[top, row] = 0.0
        x[top, row] = log_p[top, row] - np.log(e.sum(axis=0) / total)
    x.clip(-FARTHEST, FARTHEST, out=x)
    return x


def _pairs(z: np.ndarray, y: np.ndarray, w: np.ndarray | None, scale: Scale) -> tuple[Column, ...]:
    """For every pair i < j the rows of both classes, i being the event."""
    own = [np.flatnonzero(y == k) for k in range(len(z))]
    found = []
    for i, j in combinations(range(len(z)), 2):
        which = np.concatenate([own[i], own[j]])
        x, event = between(z[i, which], z[j, which], scale), np.arange(len(which)) < len(own[i])
        found.append(_of_known(x, event, None if w is None else w[which], 0.5))
    return tuple(found)


def _of_known(x: np.ndarray, y: np.ndarray, w: np.ndarray | None, guess: float) -> Column:
    """The column of the rows that are not masked."""
    whole, known = Column(x, y, w, guess), ~np.isnan(x)
    return whole if known.all() else _part(whole, known)


def _part(column: Column, which: np.ndarray) -> Column:
    return Column(column.x[which], column.y[which], None if column.w is None else column.w[which], column.guess)


def _first_of_each(x: np.ndarray) -> np.ndarray:
    """The first of each run of equal predictions."""
    return np.flatnonzero(np.concatenate(([True], np.diff(x) > SAME * np.abs(x[1:]))))
