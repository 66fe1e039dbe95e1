r"""The softmax partition function Z(b) = sum_k exp(b z_k + g_k) by tiles: row losses, derivatives in b, outcomes.

With u = z and p = exp(b z + g) / Z, the loss of a row is log Z - b z_y - g_y and its derivatives in b are

    loss'   = E[u] - z_y,    loss''  = Var[u],    loss''' = E[(u - E u)^3],

from the power sums S_j = sum_k v_k^j exp(v_k), v = b (z - z_y), of one pass. Below the true class a row that is sure of
it keeps its slope, however small: below any other point E[u] - z_y cancels, and in float32 the many small slopes of a
good model are lost all to the same side. Rows in which exp(v) overflows (or in which a class is masked by -inf) show it
in their sums, and only those are done again below their maximum, in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from calibrate.numerics import NARROW, TILE, below_top, pick, tiles
from calibrate.outcomes import ClassBins, RowDerivatives, RowOutcomes, known_labels
from calibrate.rows import Block

Noise = Callable[[slice], np.ndarray]
"""What is added to the scores of some rows of the block, (s, K) float64; None: nothing."""

HUGEST = 1e25
"""Partition sums beyond are done again: exp has lost digits or, in float32, soon will. Below 1 there are none."""

SPAN = 1 << 12
"""Rows of many columns whose sums are finished together."""

HARMLESS = 300.0
"""Scores of at most this size: exp, its square and their sums over a row are ordinary float64 numbers."""


def row_losses(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """log Z - z_y of every row, in the precision of the scores: good to 4 eps max(1, loss)."""
    m, k = scores.shape
    losses = np.empty(m, dtype=scores.dtype)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for rows in _spans(m, k):
            sums, true = _sums(scores[rows], pick(scores[rows], labels[rows]), 1.0, 0)
            np.subtract(np.log(sums[0], out=sums[0]), true, out=losses[rows])
    return losses


def row_derivatives(
    scores: np.ndarray,
    labels: np.ndarray,
    b: float,
    order: int = 3,
    *,
    noise: Noise | None = None,
    noise_y: np.ndarray | None = None,
) -> RowDerivatives:
    """Loss and derivatives at b >= 0, in the precision of the scores; `noise_y` is the noise of the true classes.

    With u = z - z_y loss' is good to 8 eps E[|u| (1 + b |u|)], loss'' to 8 eps E[u^2 (1 + b |u|)]: a digit of each u.

    At b = 0 the loss is that of the limit b -> 0+: masked classes stay out. Of order 1, only the loss and the first
    derivative are computed (the others are 0), in two thirds of the time.
    """
    m, k = scores.shape
    loss, first = np.empty((2, m), dtype=scores.dtype)
    second, third = np.empty((2, m), scores.dtype) if order > 1 else np.zeros((2, m), scores.dtype)
    # Sums are of v = b z, a unit of b; at b = 0 they are of z itself.
    unit = scores.dtype.type(b if b > 0 else 1.0)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for rows in _spans(m, k):
            sums, true = _sums(scores[rows], pick(scores[rows], labels[rows]), b, order, noise=noise, start=rows.start)
            mean, *higher = np.divide(sums[1:], sums[0], out=sums[1:])
            np.log(sums[0], out=loss[rows])
            loss[rows] -= unit * true if b > 0 else np.where(true == -np.inf, -np.inf, 0.0)
            if higher:
                square, cube = higher
                doubled = mean * mean
                np.divide(cube - mean * (3 * square - 2 * doubled), unit**3, out=third[rows])
                np.divide(np.subtract(square, doubled, out=square), unit**2, out=second[rows])
            np.subtract(np.divide(mean, unit, out=mean), true, out=first[rows])
        if noise_y is not None:
            loss -= noise_y
    return RowDerivatives(loss, first, second, third)


def _spans(m: int, k: int) -> Iterator[slice]:
    """Rows taken together: a tile of few columns, several tiles of many; columns of this length stay in cache."""
    return tiles(m, k, elements=max(TILE, SPAN * k) if k > NARROW else TILE)


def _sums(
    scores: np.ndarray, true: np.ndarray, b: float, order: int, *, noise: Noise | None = None, start: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Power sums (order + 1, m) below some score of each row, and the true scores below the same: mostly 0."""
    if noise is not None or b == 0:
        every, top = _sums_below_top(scores, b, order, noise, start)
        return every, true - top
    sums, below = _sums_plain(scores, true, b, order), np.zeros_like(true)
    z = sums[0]
    if z.max() < HUGEST and np.isfinite(sums[-1].sum()):
        return sums, below
    again = np.flatnonzero(~((z < HUGEST) & np.isfinite(sums).all(axis=0)))
    for some in tiles(len(again), scores.shape[1], elements=1 << 19):
        rows = again[some]
        sums[:, rows], top = _sums_below_top(scores[rows], b, order, None, 0)
        below[rows] = true[rows] - top
    return sums, below


def _sums_plain(scores: np.ndarray, true: np.ndarray, b: float, order: int) -> np.ndarray:
    """Power sums below the true class: what has no answer this way is not finite or huge."""
    m, k = scores.shape
    sums = np.empty((order + 1, m), dtype=scores.dtype)
    factor, ones = scores.dtype.type(b), np.ones(k, dtype=scores.dtype)
    v_flat, e_flat = np.empty((2, min(m, max(1, TILE // k)) * k), dtype=scores.dtype)
    for rows in tiles(m, k):
        size = (rows.stop - rows.start) * k
        if k > NARROW:
            v, e = v_flat[:size].reshape(-1, k), e_flat[:size].reshape(-1, k)
            np.subtract(scores[rows], true[rows, None], out=v)
        else:
            v, e = v_flat[:size].reshape(k, -1), e_flat[:size].reshape(k, -1)
            np.subtract(scores[rows].T, true[rows], out=v)
        if factor != 1:
            v *= factor
        np.exp(v, out=e)
        _add_up(e, ones, sums[0, rows])
        for power in range(1, order):
            e *= v
            _add_up(e, ones, sums[power, rows])
        if order:
            _dot(v, e, k, sums[order, rows])
    return sums


def _add_up(e: np.ndarray, ones: np.ndarray, out: np.ndarray) -> None:
    """Sums over classes: along the long axis by a dot product, across a transposed tile by plain additions."""
    if len(ones) > NARROW:
        np.vecdot(e, ones, out=out)
    else:
        np.add.reduce(e, axis=0, out=out)


def _dot(left: np.ndarray, right: np.ndarray, k: int, out: np.ndarray) -> None:
    """Sums over classes of products, of a tile or a transposed one."""
    if k > NARROW:
        np.vecdot(left, right, out=out)
    else:
        np.einsum("ij,ij->j", left, right, out=out)


def _sums_below_top(
    scores: np.ndarray, b: float, order: int, noise: Noise | None, start: int
) -> tuple[np.ndarray, np.ndarray]:
    """Power sums of b (z - max z), of z - max z itself at b = 0; float64, masked classes left out; and max z."""
    m, k = scores.shape
    sums, tops = np.empty((order + 1, m)), np.empty(m)
    for rows in tiles(m, k):
        under, tops[rows] = below_top(scores[rows])
        masked = np.isneginf(under)
        under[masked] = 0.0
        v = under * b if b > 0 else under
        e = np.zeros_like(v) if b == 0 else v.copy()
        if noise is not None:
            e += noise(slice(start + rows.start, start + rows.stop))
        np.exp(e, out=e)
        e[masked] = 0.0
        sums[0, rows] = e.sum(axis=1)
        for power in range(1, order + 1):
            e *= v
            sums[power, rows] = e.sum(axis=1)
    return sums, tops


def softmax_outcomes(block: Block, bins: Sequence[int] = ()) -> RowOutcomes:
    """NLL, Brier, confidence, hits and class bins of softmax(scores) in one pass over cached tiles, in float64.

    The NLL is good to 4 eps times the largest of 1, itself and the row's largest |score| up to 300.
    """
    scores, labels, weights = block.scores, known_labels(block), block.weights
    m, k = scores.shape
    nll, brier, confidence, correct = columns = np.empty((4, m))
    class_bins = ClassBins(k, bins, weights is not None) if bins else None
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for rows in _spans(m, k):
            some = None if weights is None else weights[rows]
            true_p = _outcomes(scores[rows], labels[rows], some, columns[:, rows], class_bins)
            if class_bins is not None:
                class_bins.add_rows(true_p, labels[rows], some)
    found = class_bins.finish() if class_bins is not None else {}
    return RowOutcomes(nll, nll, brier, confidence, correct, labels, weights, None, found)


def _outcomes(
    scores: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray | None,
    columns: np.ndarray,
    class_bins: ClassBins | None,
) -> np.ndarray:
    """Fill `columns` (nll, brier, confidence, correct) of some rows; the probabilities of their true classes."""
    m, k = scores.shape
    total, square, peak, shift = np.empty(m), np.empty(m), np.empty(m), np.zeros(m)
    true = pick(scores, labels).astype(np.float64, copy=False)
    if k > NARROW:
        best = scores.argmax(axis=1)
        peak[:] = pick(scores, best)
        columns[3] = best == labels
    flat, ones = np.empty(min(m, max(1, TILE // k)) * k), np.ones(k)
    for rows in tiles(m, k):
        size = (rows.stop - rows.start) * k
        if k > NARROW:
            e = flat[:size].reshape(-1, k)
            np.copyto(e, scores[rows])
        else:
            e = flat[:size].reshape(k, -1)
            np.copyto(e, scores[rows].T)
            np.maximum.reduce(e, axis=0, out=peak[rows])
            columns[3, rows] = _hits(e, peak[rows], true[rows], labels[rows])
        if not -HARMLESS < peak[rows].min() <= peak[rows].max() < HARMLESS:
            shift[rows] = peak[rows]
            e -= shift[rows, None] if k > NARROW else shift[rows]
        np.exp(e, out=e)
        _add_up(e, ones, total[rows])
        _dot(e, e, k, square[rows])
        if class_bins is not None:
            _bin_tile(class_bins, e, total[rows], None if weights is None else weights[rows])
    true -= shift
    true_p: np.ndarray = np.exp(true) / total
    np.subtract(np.log(total), true, out=columns[0])
    np.add(np.maximum(square / (total * total) - true_p * true_p, 0.0), (1.0 - true_p) ** 2, out=columns[1])
    np.divide(np.exp(np.subtract(peak, shift, out=peak), out=peak), total, out=columns[2])
    return true_p


def _hits(z: np.ndarray, peak: np.ndarray, true: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Whether the true class is the first of the largest scores; z (K, s) transposed. argmax only if there are ties."""
    hits: np.ndarray = true == peak
    at_peak = z == peak
    if np.count_nonzero(at_peak) > len(peak):
        tied = np.flatnonzero(at_peak.sum(axis=0) > 1)
        hits[tied] = at_peak[:, tied].argmax(axis=0) == labels[tied]
    return hits


def _bin_tile(class_bins: ClassBins, e: np.ndarray, total: np.ndarray, weights: np.ndarray | None) -> None:
    """The tile's column sums of w p, and its probabilities above the lowest edge one by one."""
    wide = class_bins.n_classes > NARROW
    least = total * (class_bins.lowest * (1.0 - 1e-12))
    found = np.flatnonzero(e > (least[:, None] if wide else least))
    # Places come in order, so the leading index is a run of equal numbers: no division is needed to find it.
    ends = np.searchsorted(found, np.arange(1, len(e) + 1) * e.shape[1])
    lead = np.repeat(np.arange(len(e)), np.diff(ends, prepend=0))
    rest = found - lead * e.shape[1]
    row, column = (lead, rest) if wide else (rest, lead)
    p = e.reshape(-1)[found] / total[row]
    scale = 1.0 / total if weights is None else weights / total
    sums = scale @ e if wide else e @ scale
    class_bins.add_classes(sums, column, p, None if weights is None else weights[row])
