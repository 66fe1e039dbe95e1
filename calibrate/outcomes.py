"""What a link leaves of a block: the concrete columns behind `protocols.Derivatives`, `Outcomes` and `BinSums`.

Bins are of equal width on [0, 1] and right-closed, 0 in the first: bin i holds edge_i < p <= edge_{i+1}, compared
with the edges `np.linspace(0, 1, bins + 1)` as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from calibrate.numerics import pick
from calibrate.rows import Block

HELD = 1 << 13
"""Probabilities that wait to be binned together."""


@dataclass(frozen=True, eq=False)
class RowDerivatives:
    """Loss of every row and its first three derivatives in b = 1 / T; (m,), or (m, L) for events."""

    loss: np.ndarray
    first: np.ndarray
    second: np.ndarray
    third: np.ndarray


@dataclass(frozen=True, eq=False)
class EventBins:
    """Per class or event and bin: rows, and sums of w, w p, w y and w^2; (K, bins) each. See `protocols.BinSums`."""

    count: np.ndarray
    weight: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray
    squares: np.ndarray


@dataclass(frozen=True, eq=False)
class RowOutcomes:
    """Columns of length m, float64; see `protocols.Outcomes`."""

    loss: np.ndarray
    nll: np.ndarray
    brier: np.ndarray
    confidence: np.ndarray | None
    correct: np.ndarray
    labels: np.ndarray
    weights: np.ndarray | None
    events: np.ndarray | None = None
    event_bins: Mapping[int, EventBins] = field(default_factory=dict)
    event_nll: np.ndarray | None = None


def known_labels(block: Block) -> np.ndarray:
    """The labels of a block that must have them."""
    if block.labels is None:
        raise ValueError("a block without labels has no loss")
    return block.labels


def bin_index(p: np.ndarray, bins: int) -> np.ndarray:
    """Number of the bin of every p in [0, 1], of one axis.

    >>> bin_index(np.array([0.0, 0.1, 0.2, 0.30000000000000004, 1.0]), 10)
    array([0, 0, 1, 2, 9])

    (np.linspace(0, 1, 11)[3] is 0.30000000000000004, hence bin 2.)
    """
    scaled = p * bins
    index: np.ndarray = np.ceil(scaled).astype(np.intp)
    index -= 1
    # The product is rounded: beside an edge it may be one bin off, and the edges themselves decide.
    scaled -= np.rint(scaled)
    beside = np.flatnonzero(np.abs(scaled, out=scaled) < 1e-9)
    if beside.size:
        edges = np.linspace(0.0, 1.0, bins + 1)
        index[beside] = np.maximum(np.searchsorted(edges, p[beside], side="left") - 1, 0)
    return index


class ClassBins:
    """Adds up `EventBins` of K classes over tiles of rows, without looking at most probabilities singly.

    Nearly all of K probabilities lie in the first bin. Its sums are the totals minus those of the other bins, so only
    probabilities above the lowest edge are ever binned one by one.
    """

    def __init__(self, n_classes: int, bins: Sequence[int], weighted: bool) -> None:
        """`bins` are the numbers of bins that are wanted, `weighted` says whether rows have weights."""
        self.bins = tuple(dict.fromkeys(bins))
        self.lowest = 1.0 / max(self.bins)
        self.n_classes = n_classes
        self.weighted = weighted
        self._rows = 0.0
        self._weight = 0.0
        self._squares = 0.0
        self._total = np.zeros(n_classes)
        self._sums = {b: np.zeros((5, n_classes * b)) for b in self.bins}
        self._held: list[tuple[np.ndarray, ...]] = []
        self._n_held = 0

    def add_rows(self, true_p: np.ndarray, labels: np.ndarray, weights: np.ndarray | None) -> None:
        """The probability of every row's true class."""
        self._rows += float(len(true_p) if weights is None else np.count_nonzero(weights))
        self._weight += float(len(true_p) if weights is None else weights.sum())
        self._squares += float(len(true_p) if weights is None else np.square(weights).sum())
        for bins, sums in self._sums.items():
            cells = labels * bins + bin_index(true_p, bins)
            sums[3] += np.bincount(cells, weights, minlength=len(sums[3]))

    def add_classes(self, total: np.ndarray, classes: np.ndarray, p: np.ndarray, weights: np.ndarray | None) -> None:
        """Sums of w p per class, and class, p and w of all p above `lowest` (others may be among them)."""
        self._total += total
        self._held.append((classes, p) if weights is None else (classes, p, weights))
        self._n_held += len(p)
        # Binning pays when many wait together, but not more than stay in cache.
        if self._n_held > HELD:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        one, *others = self._held
        classes, p, *w = (np.concatenate(column) for column in zip(*self._held, strict=True)) if others else one
        self._held, self._n_held = [], 0
        for bins, sums in self._sums.items():
            cells, n = classes * bins + bin_index(p, bins), len(sums[0])
            sums[0] += np.bincount(cells, w[0] > 0 if w else None, minlength=n)
            if w:
                sums[1] += np.bincount(cells, w[0], minlength=n)
                sums[4] += np.bincount(cells, np.square(w[0]), minlength=n)
            sums[2] += np.bincount(cells, p * w[0] if w else p, minlength=n)

    def finish(self) -> dict[int, EventBins]:
        """The sums of every number of bins that was asked for."""
        self._flush()
        return {bins: self._finished(*sums.reshape(5, -1, bins)) for bins, sums in self._sums.items()}

    def _finished(
        self, count: np.ndarray, weight: np.ndarray, predicted: np.ndarray, observed: np.ndarray, squares: np.ndarray
    ) -> EventBins:
        count[:, 0] = self._rows - count[:, 1:].sum(axis=1)
        wholes = ((predicted, self._total), (weight, self._weight), (squares, self._squares))
        for sums, whole in wholes if self.weighted else wholes[:1]:
            # Where no row is left there is nothing but rounding.
            sums[:, 0] = np.where(count[:, 0] > 0, np.maximum(whole - sums[:, 1:].sum(axis=1), 0.0), 0.0)
        if not self.weighted:
            weight = squares = count
        return EventBins(count, weight, predicted, observed, squares)


def event_bin_sums(p: np.ndarray, labels: np.ndarray, weights: np.ndarray | None, bins: int) -> EventBins:
    """Bin sums of events: p and labels (m, L), weights (m,)."""
    n_events = p.shape[1]
    cells = (bin_index(p.reshape(-1), bins).reshape(p.shape) + np.arange(n_events) * bins).reshape(-1)
    w = None if weights is None else np.broadcast_to(weights[:, None], p.shape).reshape(-1)

    def sums(values: np.ndarray | None) -> np.ndarray:
        flat = np.bincount(cells, values, minlength=n_events * bins)
        return flat.astype(np.float64, copy=False).reshape(n_events, bins)

    p, y = p.reshape(-1), labels.reshape(-1).astype(np.float64)
    if w is None:
        count = sums(None)
        return EventBins(count, count, sums(p), sums(y), count)
    return EventBins(sums(w > 0), sums(w), sums(w * p), sums(w * y), sums(w * w))


def probability_outcomes(
    block: Block, p: np.ndarray, top: np.ndarray, loss: np.ndarray | None, bins: Sequence[int]
) -> RowOutcomes:
    """Outcomes of a block whose probabilities are at hand: p (m, K); `top` (m,) the predicted classes.

    `loss` is the link's own; None where it is the NLL.
    """
    labels = known_labels(block)
    true_p = pick(p, labels)
    with np.errstate(divide="ignore"):
        nll = -np.log(true_p)
    brier = np.einsum("ij,ij->i", p, p) - true_p**2 + (1.0 - true_p) ** 2
    event_bins: dict[int, EventBins] = {}
    if bins:
        one_hot = np.zeros(p.shape, dtype=np.int8)
        one_hot[np.arange(len(labels)), labels] = 1
        event_bins = {b: event_bin_sums(p, one_hot, block.weights, b) for b in dict.fromkeys(bins)}
    correct = (top == labels).astype(np.float64)
    own = nll if loss is None else loss
    return RowOutcomes(own, nll, brier, pick(p, top), correct, labels, block.weights, None, event_bins)
