r"""Calibrators of one variable: a function of one prediction, made to fit several events or classes in one place.

A method brings its rule for one column, from rows sorted by their prediction to a function; what the columns are is
said here. Events: every label. Classes, by the option `multiclass`:

    one-vs-rest   every class against the others, each its own function; the row is divided by its sum
    top-label     the probability of the predicted class, a function per predicted class; the others share the rest
                  in their old ratios (Gupta, Ramdas: Top-label calibration and multiclass-to-binary reductions,
                  ICLR 2022, https://doi.org/10.48550/arXiv.2107.08353)
    confidence    the same with one function for all classes

A row whose functions are all 0 keeps its probabilities as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.record import counted, record_of
from calibrate.fitting.refit import each_fold
from calibrate.numerics import log_softmax, sigmoid
from calibrate.outcomes import known_labels
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Block, Rows
from calibrate.sums import Sums

Multiclass = Literal["one-vs-rest", "top-label", "confidence"]
Reduction = Literal["events", "one-vs-rest", "top-label", "confidence"]
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


def fit_univariate(
    rows: Rows,
    link: Link,
    make: Callable[[Reduction, tuple[Pooled, ...]], Calibrator],
    *,
    multiclass: Multiclass,
    scale: Scale = "probability",
    folds: int = 0,
    level: float = 0.95,
) -> Fitted:
    """What `make` makes of the columns of all rows, and of the rows without each fold.

    Raises `CalibrateError` E307 where no row counts, E308 under a link that is no softmax or sigmoid.
    """
    _expect_probabilities(link)
    reduction: Reduction = "events" if link.has_events else multiclass
    counted(rows)

    def fit(part: Rows) -> Calibrator:
        return make(reduction, _columns(part, reduction, scale))

    one = fit(rows)
    others, reason = each_fold(fit, rows, folds)
    return Fitted(one, record_of(rows, link, one, passes=1, level=level), others, reason)


def recalibrated(
    scores: np.ndarray,
    reduction: Reduction,
    functions: int,
    function: Callable[[int, np.ndarray], np.ndarray],
    scale: Scale = "probability",
) -> np.ndarray:
    """Scores (m, K) whose link is what `function` makes of column j, for j < `functions`.

    Raises `CalibrateError` E403 where there are not as many columns as functions.
    """
    columns = scores.shape[1]
    if functions != (1 if reduction == "confidence" else columns):
        raise CalibrateError(
            "E403", f"{functions} functions for {columns} columns of scores", "the model was fitted on other columns"
        )
    z = scores.astype(np.float64, copy=False)
    p = evaluated(z, reduction, function, scale)
    if reduction == "events":
        found = logit(p)
    else:
        found = _shared_out(p, z) if reduction == "one-vs-rest" else _top_changed(z, p[:, 0])
    return found.astype(scores.dtype, copy=False)


def evaluated(
    z: np.ndarray, reduction: Reduction, function: Callable[[int, np.ndarray], np.ndarray], scale: Scale = "probability"
) -> np.ndarray:
    """What the functions answer before anything is normalised: (m, K), of top labels (m, 1)."""
    if reduction in {"events", "one-vs-rest"}:
        x = np.ascontiguousarray(_predictions(z, reduction, scale).T)
        return np.stack([function(j, column) for j, column in enumerate(x)], axis=1)
    top, confidence, _ = _top(z, scale)
    if reduction == "confidence":
        return function(0, confidence)[:, None]
    changed = np.empty((len(z), 1))
    for k in np.unique(top):
        changed[top == k, 0] = function(int(k), confidence[top == k])
    return changed


def logit(p: np.ndarray) -> np.ndarray:
    """log p / (1 - p); -inf at 0 and inf at 1."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p) - np.log1p(-p))


@dataclass(frozen=True)
class _Predictions:
    """Collector: predictions, labels and weights of every row, as tuples of arrays: nothing less will do.

    Of top labels: their confidence, whether they are right, and which class they are.
    """

    reduction: Reduction
    scale: Scale

    def __call__(self, block: Block) -> Sums:
        y, z = known_labels(block), block.scores.astype(np.float64, copy=False)
        w = np.ones(len(block)) if block.weights is None else np.asarray(block.weights, dtype=np.float64)
        if self.reduction in {"top-label", "confidence"}:
            top, confidence, _ = _top(z, self.scale)
            return {"x": (confidence,), "y": ((top == y).astype(np.float64),), "w": (w,), "top": (top,)}
        return {"x": (_predictions(z, self.reduction, self.scale),), "y": (y,), "w": (w,), "top": ()}


def _columns(rows: Rows, reduction: Reduction, scale: Scale) -> tuple[Pooled, ...]:
    """The columns of a reduction. A class that is never predicted has the function of all."""
    found = rows.sum(_Predictions(reduction, scale))
    x, y, w = (np.concatenate(found[key]) for key in ("x", "y", "w"))  # type: ignore[arg-type]
    if not w.any():
        raise CalibrateError("E307", "found no row of positive weight, expected at least one", "are the weights all 0?")
    weights = None if np.all(w == 1.0) else w
    columns = range(rows.n_columns)
    if reduction == "events":
        return tuple(_pooled(x[:, j], y[:, j] != 0, weights, 0.5) for j in columns)
    if reduction == "one-vs-rest":
        return tuple(_pooled(x[:, k], y == k, weights, 1.0 / rows.n_columns) for k in columns)
    whole = _pooled(x, y, weights, 0.5)
    if reduction == "confidence":
        return (whole,)
    top = np.concatenate(found["top"])  # type: ignore[arg-type]
    own = [(top == k) & (w > 0) for k in columns]
    return tuple(_pooled(x[which], y[which], w[which], 0.5) if which.any() else whole for which in own)


def _pooled(x: np.ndarray, y: np.ndarray, w: np.ndarray | None, guess: float) -> Pooled:
    if w is not None and not w.all():
        x, y, w = x[w > 0], y[w > 0], w[w > 0]
    order = np.argsort(x)
    x = x[order]
    first = np.flatnonzero(np.concatenate(([True], np.diff(x) > SAME * np.abs(x[1:]))))
    if w is None:
        weight = np.diff(first, append=len(x)).astype(np.float64)
        event = np.add.reduceat(y[order].astype(np.float64), first)
    else:
        weight, event = np.add.reduceat(w[order], first), np.add.reduceat((w * y)[order], first)
    event = np.minimum(event, weight)
    return Pooled(x[first], weight, event, float((event.sum() + guess) / (weight.sum() + 1.0)))


def _predictions(z: np.ndarray, reduction: Reduction, scale: Scale) -> np.ndarray:
    """Probabilities, or logits, of events or of each class against the rest; (m, K) to (m, K)."""
    if reduction == "events":
        return sigmoid(z) if scale == "probability" else np.asarray(np.clip(z, -FARTHEST, FARTHEST))
    log_p = log_softmax(z)
    p: np.ndarray = np.exp(log_p)
    if scale == "probability":
        return p
    top, confidence, _ = _top(z, "logit")
    with np.errstate(divide="ignore"):
        x: np.ndarray = np.clip(log_p - np.log1p(-p), -FARTHEST, FARTHEST)
    x[np.arange(len(z)), top] = confidence
    return x


def _top(z: np.ndarray, scale: Scale) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predicted class, its probability (or logit), and the probabilities (m, K) of the others, 0 for itself."""
    top, row = z.argmax(axis=1), np.arange(len(z))
    others = np.exp(log_softmax(z))
    confidence = others[row, top]
    others[row, top] = 0.0
    if scale == "logit":
        with np.errstate(divide="ignore"):
            ratio = np.log(confidence) - np.log(others.sum(axis=1))
        confidence = np.clip(ratio, -FARTHEST, FARTHEST)
    return top, confidence, others


def _top_changed(z: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """Log probabilities where the predicted class has a new one, and the others what is left in their old ratios."""
    top, _, others = _top(z, "probability")
    rest = others.sum(axis=1)
    nothing = rest == 0.0
    others[nothing] = 1.0
    others[np.arange(len(z)), top] = 0.0
    rest[nothing] = z.shape[1] - 1
    p = others / rest[:, None] * (1.0 - changed)[:, None]
    p[np.arange(len(z)), top] = changed
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p))


def _shared_out(p: np.ndarray, z: np.ndarray) -> np.ndarray:
    """log of rows divided by their sums; rows of zeros keep the probabilities that z gives them."""
    total = p.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: np.ndarray = np.log(p / total[:, None])
    empty = total == 0.0
    if empty.any():
        found[empty] = log_softmax(z[empty])
    return found


def _expect_probabilities(link: Link) -> None:
    """Refuse links that do not give back a probability of its logarithm."""
    p = np.array([[0.2, 0.8]])
    if not np.allclose(link(logit(p) if link.has_events else np.log(p)), p, rtol=0, atol=1e-9):
        raise CalibrateError(
            "E308",
            f"this method makes probabilities, and the {type(link).__name__.lower()} link would change them again",
            "use the link softmax or sigmoid",
        )


def standard(rows: Pooled) -> tuple[float, float]:
    """Mean and standard deviation of the predictions; of equal ones 1, so that it can divide."""
    total = float(rows.weight.sum())
    centre = float(rows.weight @ rows.at) / total
    spread = float(np.sqrt(rows.weight @ np.square(rows.at - centre) / total))
    return centre, spread if spread > 0 else 1.0


def expect_at_least(option: str, value: int, least: int) -> None:
    """Refuse an option that is too small."""
    if value < least:
        raise CalibrateError("E602", f"{option}: found {value}, expected at least {least}", f"the least is {least}")


def expect_tables(at: tuple[tuple[float, ...], ...], values: tuple[tuple[float, ...], ...], more: int) -> None:
    """Refuse what is no function: ascending places, and `more` values than places, all of them probabilities."""
    sound = len(at) == len(values) and all(
        len(p) == len(x) + more
        and len(p) > 0
        and bool(np.all(np.isfinite(x)) and np.all(np.diff(x) > 0))
        and all(0.0 <= v <= 1.0 for v in p)
        for x, p in zip(at, values, strict=True)
    )
    if not sound:
        raise CalibrateError("E401", "a calibrated function has places that do not ascend, or no probabilities")


def arrays(tables: tuple[tuple[float, ...], ...]) -> tuple[np.ndarray, ...]:
    """Nested tuples as arrays."""
    return tuple(np.array(table, dtype=np.float64) for table in tables)


def tuples(tables: Any) -> tuple[tuple[float, ...], ...]:
    """Arrays as nested tuples."""
    return tuple(tuple(table.tolist()) for table in tables)
