"""Collectors: what metrics need of a block, as sums. Hashable, so that what several metrics share runs once a pass.

Row columns are `nll`, `brier`, `loss`, `correct`, `gap` (confidence minus correct), (m,), and the same per label:
`event_nll`, `event_brier`, `event_correct`, `event_gap` (probability minus event), `event` itself, (m, L).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, runtime_checkable

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.outcomes import bin_index
from calibrate.protocols import Outcomes
from calibrate.sums import Sums

Column = Literal[
    "nll", "brier", "loss", "correct", "gap", "event_nll", "event_brier", "event_correct", "event_gap", "event"
]


@runtime_checkable
class Paired(Protocol):
    """A collector that can also collect row-wise differences between two variants."""

    def difference(self, before: Outcomes, after: Outcomes) -> Sums:
        """The sums of after - before."""
        ...


def column(outcomes: Outcomes, name: Column) -> np.ndarray:
    """A row column by name: (m,), or (m, L) for those of events."""
    if name == "gap" and outcomes.confidence is not None:
        return np.asarray(outcomes.confidence - outcomes.correct)
    if name == "event":
        return outcomes.labels.astype(np.float64)
    if name not in {"event_brier", "event_correct", "event_gap"}:
        return np.asarray(getattr(outcomes, name))
    p, y = np.asarray(outcomes.events), outcomes.labels
    if name == "event_correct":
        return outcomes.correct[:, None] if p.shape[1] == 1 else ((p > 0.5) == (y > 0.5)).astype(np.float64)
    gap = np.asarray(p - y)
    return gap * gap if name == "event_brier" else gap


@dataclass(frozen=True)
class Moments:
    """Sums of x, x^2 and x^3 of a row column (numbers; arrays (L,) for columns per label), for Hall's interval.

    n, w1, w2, w3, w4     rows of positive weight; sum of w, w^2, w^3, w^4
    x1; x2, x22           sum of w x; sum of w^2 x, w^2 x^2
    x3, x32, x33          sum of w^3 x, w^3 x^2, w^3 x^3
    """

    column: Column
    of_rows: bool = False
    """Take the mean over labels of a column per label first."""
    event_bins: ClassVar[int] = 0

    def __call__(self, outcomes: Outcomes) -> Sums:
        return _moments(self._values(outcomes), outcomes.weights)

    def difference(self, before: Outcomes, after: Outcomes) -> Sums:
        with np.errstate(invalid="ignore"):  # inf - inf: two infinite losses have no difference
            return _moments(self._values(after) - self._values(before), after.weights)

    def _values(self, outcomes: Outcomes) -> np.ndarray:
        x = column(outcomes, self.column)
        return np.asarray(x.mean(axis=1)) if self.of_rows else x


def _moments(x: np.ndarray, w: np.ndarray | None) -> Sums:
    # Sums are numpy's pairwise ones: a BLAS product would depend on the number of threads.
    with np.errstate(over="ignore", invalid="ignore"):
        if w is None:
            square = x * x
            first, second = x.sum(axis=0), square.sum(axis=0)
            third = np.multiply(square, x, out=square).sum(axis=0)
            n = float(len(x))
            sums = (n, n, n, n, n, first, first, second, first, second, third)
        else:
            x = np.where(w.reshape(-1, *[1] * (x.ndim - 1)) > 0, x, 0.0)  # a row of no weight may be infinite
            wx = x * w.reshape(-1, *[1] * (x.ndim - 1))
            sums = (float(np.count_nonzero(w)), w.sum(), *_powers(w), *_weighted(w, wx))
    return dict(zip(("n", "w1", "w2", "w3", "w4", "x1", "x2", "x22", "x3", "x32", "x33"), sums, strict=True))


def _powers(w: np.ndarray) -> tuple[np.ndarray, ...]:
    square = w * w
    return tuple(np.asarray(s.sum()) for s in (square, square * w, square * square))


def _weighted(w: np.ndarray, wx: np.ndarray) -> tuple[np.ndarray, ...]:
    if wx.ndim > 1:
        w = w[:, None]
    square = wx * wx
    second, cube = w * wx, square * wx
    sums = (wx, second, square, w * second, w * square, cube)
    return tuple(np.asarray(s.sum(axis=0)) for s in sums)


@dataclass(frozen=True)
class Errors:
    """Rows whose prediction is wrong: how many, their weight, and their weighted sum of a row column.

    Of a difference: the rows that were wrong before.

    event       the prediction is wrong where the event did not happen (top-label files)
    runner_up   for a pass over rows whose label was replaced by the class that came second, so that every row is
                wrong: what errors would have cost where there were few. `doubt` is the sum of w d, `doubtful` of w d x,
                d the probability of that error (of a difference: after). Of a difference also the same of either side
                by itself, `lost_...` after and `gained_...` before with its sign turned: what a row costs that only
                the other side gets right
    """

    column: Column
    event: bool = False
    runner_up: bool = False
    event_bins: ClassVar[int] = 0

    def __call__(self, outcomes: Outcomes) -> Sums:
        return self._sums(outcomes, column(outcomes, self.column), outcomes.nll)

    def difference(self, before: Outcomes, after: Outcomes) -> Sums:
        with np.errstate(invalid="ignore"):  # inf - inf
            left, right = column(before, self.column), column(after, self.column)
            sums = self._sums(before, right - left, after.nll)
            if self.runner_up:
                for kind, part in (("lost", self._sums(after, right, after.nll)),
                                   ("gained", self._sums(before, -left, before.nll))):  # fmt: skip
                    sums |= {f"{kind}_{key}": value for key, value in part.items()}
            return sums

    def _sums(self, outcomes: Outcomes, x: np.ndarray, nll: np.ndarray) -> Sums:
        wrong = np.flatnonzero((outcomes.labels[:, 0] if self.event else outcomes.correct) == 0)
        w = np.ones(len(wrong)) if outcomes.weights is None else outcomes.weights[wrong]
        wx = np.where(w > 0, x[wrong], 0.0) * w
        sums: Sums = {"n": int(np.count_nonzero(w)), "weight": float(w.sum()), "loss": float(wx.sum())}
        if not self.runner_up:
            return sums
        doubt = np.exp(-nll[wrong])
        # What cannot be (0 probability) is no doubt, even where it would cost infinitely much.
        doubtful = np.where(doubt > 0, wx, 0.0) * doubt
        return {**sums, "doubt": float((w * doubt).sum()), "doubtful": float(doubtful.sum())}


@dataclass(frozen=True)
class LabelErrors:
    """Per label (L,) the rows in which it is wrongly predicted: how many, their weight, weighted sums of its losses.

    fewer_than   of a label that is wrong in as many rows of a block only these are counted, for nobody asks for more;
                 None, of every label: for a pass over labels that were all replaced by what is not predicted, to know
                 what errors would have cost where there were few
    """

    fewer_than: int | None
    event_bins: ClassVar[int] = 0

    def __call__(self, outcomes: Outcomes) -> Sums:
        p, w = np.asarray(outcomes.events), outcomes.weights
        wrong = (p > 0.5) != (outcomes.labels > 0.5)
        if w is not None:
            wrong &= w[:, None] > 0
        n = np.count_nonzero(wrong, axis=0)
        few = np.flatnonzero(n < (len(p) + 1 if self.fewer_than is None else self.fewer_than))
        rows, at = np.nonzero(wrong[:, few])
        labels = few[at]
        nll, gap = np.asarray(outcomes.event_nll)[rows, labels], p[rows, labels] - outcomes.labels[rows, labels]
        each = np.ones(len(rows)) if w is None else w[rows]
        columns = {"weight": each, "event_nll": each * nll, "event_brier": each * (gap * gap)}
        return {"n": n, **{key: np.bincount(labels, x, minlength=len(n)) for key, x in columns.items()}}


@dataclass(frozen=True)
class Switches:
    """Of a difference: the rows that only one side gets right, how many, their weight, and the weighted sum of it.

    `lost_...`: right before and wrong after; `gained_...`: the other way round. Left out where neither side can change
    the predicted class: that no such row was seen means something only where there could be one.
    """

    column: Column
    of_rows: bool = False
    """Take the mean over labels of a column per label first; it says by its sign what was lost (below 0) and gained."""
    event_bins: ClassVar[int] = 0

    def __call__(self, outcomes: Outcomes) -> Sums:
        return {}

    def difference(self, before: Outcomes, after: Outcomes) -> Sums:
        with np.errstate(invalid="ignore"):  # inf - inf
            x = column(after, self.column) - column(before, self.column)
        gain = after.correct - before.correct
        if self.of_rows:
            x = gain = x.mean(axis=1)
        sums: Sums = {}
        for kind, sign in (("lost", -1), ("gained", 1)):
            rows = np.flatnonzero(sign * gain > 0)
            w = np.ones(len(rows)) if after.weights is None else after.weights[rows]
            wx = np.where(w > 0, x[rows], 0.0) * w
            sums |= {f"{kind}_n": int(np.count_nonzero(w)), f"{kind}_weight": float(w.sum()),
                     f"{kind}_loss": float(wx.sum())}  # fmt: skip
        return sums


@dataclass(frozen=True)
class Infinite:
    """Number of rows whose NLL is infinite: the true class had probability 0."""

    event_bins: ClassVar[int] = 0

    def __call__(self, outcomes: Outcomes) -> Sums:
        infinite = np.isinf(outcomes.nll)
        if outcomes.weights is not None:
            infinite &= outcomes.weights > 0
        return {"rows": int(np.count_nonzero(infinite))}


@dataclass(frozen=True)
class TopBins:
    """Bin sums (bins,) of confidence against correctness; the names are those of `protocols.BinSums`."""

    bins: int
    event_bins: ClassVar[int] = 0

    def __call__(self, outcomes: Outcomes) -> Sums:
        p = np.asarray(outcomes.confidence)
        return _bin_sums(bin_index(p, self.bins), p, outcomes.correct, outcomes.weights, self.bins)


@dataclass(frozen=True)
class EventBins:
    """Bin sums (K or L, bins) of each class against the rest, or of each event, as the link left them."""

    bins: int

    @property
    def event_bins(self) -> int:
        """The link makes the sums in its own pass."""
        return self.bins

    def __call__(self, outcomes: Outcomes) -> Sums:
        found = outcomes.event_bins[self.bins]
        return {
            "count": found.count,
            "weight": found.weight,
            "predicted": found.predicted,
            "observed": found.observed,
            "squares": found.squares,
        }


@dataclass(frozen=True)
class RawColumn:
    """Predictions, outcomes and weights of every row, as tuples of arrays: for what no sums can give, like equal mass.

    With `events` those of every label, (m, L), else confidence and correctness, (m, 1).
    """

    events: bool
    event_bins: ClassVar[int] = 0

    def __call__(self, outcomes: Outcomes) -> Sums:
        if self.events:
            p, y = np.asarray(outcomes.events), outcomes.labels.astype(np.float64)
        else:
            p, y = np.asarray(outcomes.confidence)[:, None], outcomes.correct[:, None]
        w = np.ones(len(p)) if outcomes.weights is None else outcomes.weights
        return {"predicted": (p.copy(),), "observed": (y.copy(),), "weight": (w.copy(),)}


MOST_BINS = 100_000


def known_bins(metric: str, bins: int) -> None:
    """Raise `CalibrateError` E602 for a number of bins that no metric can have."""
    if not 1 <= bins <= MOST_BINS:
        text = f"{metric}:bins: found {bins}, expected 1 to {MOST_BINS:,}"
        raise CalibrateError("E602", text, "15 are usual")


def edges(bins: int) -> np.ndarray:
    """Edges of bins of equal width on [0, 1], (bins + 1,); each bin is right-closed, the first holds 0 as well."""
    return np.linspace(0.0, 1.0, bins + 1)


def equal_mass(p: np.ndarray, y: np.ndarray, w: np.ndarray, bins: int) -> Sums:
    """Bin sums (bins,) with edges at the k/bins quantiles of p.

    A quantile is the least value that has that share of the weight below or at it.

    Right-closed; equal predictions share a bin, so that the order of the rows does not matter (bins can then be
    empty), and a weight of 2 is the same as a row that stands there twice.
    """
    order = np.argsort(p, kind="stable")
    below = np.cumsum(w[order])
    wanted = below[-1] * np.arange(1, bins) / bins
    cuts = p[order][np.searchsorted(below, wanted * (1 - 1e-12))]
    return _bin_sums(np.searchsorted(cuts, p, side="left"), p, y, w, bins)


def _bin_sums(number: np.ndarray, p: np.ndarray, y: np.ndarray, w: np.ndarray | None, bins: int) -> Sums:
    count = np.bincount(number, None if w is None else w > 0, minlength=bins).astype(np.float64)
    weight: np.ndarray = count
    squares: np.ndarray = count
    if w is not None:
        weight, squares = np.bincount(number, w, bins), np.bincount(number, w * w, bins)
        p, y = p * w, y * w
    predicted, observed = np.bincount(number, p, bins), np.bincount(number, y, bins)
    return {"count": count, "weight": weight, "predicted": predicted, "observed": observed, "squares": squares}
