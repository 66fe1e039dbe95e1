"""What the entries of each registry look like: typing only, nothing here runs.

An entry is one file in the folder of its registry; the file's name is the entry's name, and the frozen
dataclass in it (named like the file, in CamelCase) holds the entry's options as fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, Protocol

import numpy as np

from calibrate.results import Estimate, Fitted, Result
from calibrate.rows import Block, Rows
from calibrate.sums import Sums

Task = Literal["multiclass", "binary", "multilabel", "top-label"]
"""multiclass: (n, K) scores, one class number a row. The others have events: (n, L) scores and labels of 0 and 1.
binary: L = 1, the event is the positive class; top-label: L = 1, the event is "the prediction is right"."""


class Derivatives(Protocol):
    """Loss of every row at inverse temperature b, and its derivatives in b; (m,), or (m, L) where a link has events."""

    @property
    def loss(self) -> np.ndarray: ...
    @property
    def first(self) -> np.ndarray: ...
    @property
    def second(self) -> np.ndarray: ...
    @property
    def third(self) -> np.ndarray: ...


class BinSums(Protocol):
    """Sums per bin of equal width on [0, 1], right-closed, 0 in the first bin; arrays (..., bins) of float64.

    count       rows of positive weight
    weight      sum of w (of 1 without weights: equal to count)
    predicted   sum of w p
    observed    sum of w y
    squares     sum of w^2 (without weights: equal to count)
    """

    @property
    def count(self) -> np.ndarray: ...
    @property
    def weight(self) -> np.ndarray: ...
    @property
    def predicted(self) -> np.ndarray: ...
    @property
    def observed(self) -> np.ndarray: ...
    @property
    def squares(self) -> np.ndarray: ...


class Outcomes(Protocol):
    """What the rows of one block came to under a link: float64 columns of length m.

    loss        the link's own loss (nll for softmax and sigmoid), summed over labels for events
    nll         -log p(true class), natural; inf where p is 0; summed over labels for events
    brier       sum over classes of (p - y)^2 for softmax-like links; for events the sum over labels of (p - y)^2
    confidence  probability of the predicted class (L = 1: max(p, 1 - p)); None for L > 1
    correct     1.0 where the predicted class is the true one (several labels: all of them)
    events      (m, L) probabilities of the events; None for softmax-like links
    event_nll   (m, L) nll of each label, not summed; None for softmax-like links
    labels      as in `Block`
    weights     as in `Block`
    event_bins  {number of bins: BinSums of shape (K or L, bins)}: of each class against the rest, or each event
    """

    @property
    def loss(self) -> np.ndarray: ...
    @property
    def nll(self) -> np.ndarray: ...
    @property
    def brier(self) -> np.ndarray: ...
    @property
    def confidence(self) -> np.ndarray | None: ...
    @property
    def correct(self) -> np.ndarray: ...
    @property
    def events(self) -> np.ndarray | None: ...
    @property
    def event_nll(self) -> np.ndarray | None: ...
    @property
    def labels(self) -> np.ndarray: ...
    @property
    def weights(self) -> np.ndarray | None: ...
    @property
    def event_bins(self) -> Mapping[int, BinSums]: ...


class Link(Protocol):
    """From scores to probabilities, with the loss that belongs to it: d loss / dz = link(z) - one_hot(y)."""

    has_events: ClassVar[bool]
    """True for the sigmoid: every column is an event of its own."""
    log_loss: ClassVar[bool]
    """Whether the loss is the NLL; else verdicts name the link's own loss."""

    def __call__(self, scores: np.ndarray, start: int = 0) -> np.ndarray:
        """Probabilities (m, K) of scores (m, K), whose first row has number `start` in the whole input."""
        ...

    def loss(self, scores: np.ndarray, labels: np.ndarray, start: int = 0) -> np.ndarray:
        """Loss of each row (m,), or of each row and label (m, L) where the link has events."""
        ...

    def derivatives(self, block: Block, b: float | np.ndarray, order: int = 3) -> Derivatives:
        """Loss at `link(b * scores)` and derivatives in b. `b` is a number, or (L,) for events.

        Of order 1, only loss and first derivative are needed; the others may be 0.
        """
        ...

    def outcomes(self, block: Block, event_bins: Sequence[int] = ()) -> Outcomes:
        """All that the metrics need of a block of final scores, in one fused pass."""
        ...


class Calibrator(Protocol):
    """Fitted parameters, complete from birth; there is no unfitted state."""

    keeps_top: ClassVar[bool]
    """Whether the predicted class never changes."""
    for_events: ClassVar[bool | None]
    """True: for links with events alone (one column, labels); False: for classes alone; None: for both.

    Further class attributes that an entry may have: `any_link` (True: for every link, not only softmax and sigmoid),
    `candidate` (False: `auto` leaves it out), `for_large` (False: `auto` leaves it out for very many scores) and
    `for_many` (False: ... for more than a few dozen columns)."""

    @property
    def n_parameters(self) -> int: ...

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """Calibrated scores (m, K) of scores (m, K); float64 in float64 out, float32 likewise."""
        ...


class FitCalibrator(Protocol):
    """The classmethod `fit` of a calibrator; with `folds` > 0 the blocks carry fold numbers 0 .. folds - 1 and the
    answer holds, beside the calibrator of all rows, one per fold fitted on the other folds (None: has no answer).
    `level` is that of the intervals of its parameters. The weights of the rows count rows (`fitting.weights`)."""

    def __call__(self, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95, **options: Any) -> Fitted: ...


class Collector(Protocol):
    """What several metrics may share: hashable, so that equal ones run once in a pass."""

    @property
    def event_bins(self) -> int:
        """Number of bins per class that it wants in `Outcomes.event_bins`; 0 for none."""
        ...

    def __call__(self, outcomes: Outcomes) -> Sums: ...


class Metric(Protocol):
    """Options in the fields; from sums to an estimate with its uncertainty."""

    better: ClassVar[Literal["lower", "higher", "zero"]]
    span: ClassVar[tuple[float, float]]
    """The least and the largest value that it can have, whatever the data."""

    def collectors(self, task: Task) -> tuple[Collector, ...]: ...

    def finish(self, task: Task, found: Mapping[Collector, Sums]) -> Estimate:
        """The estimate of one variant (before, after)."""
        ...

    def change(
        self, task: Task, before: Estimate, after: Estimate, found: Mapping[Collector, Sums], penalty: float
    ) -> Estimate:
        """after - before; `found` holds sums of row-wise differences; `penalty` is the squared standard error that
        cross-fitting adds."""
        ...


Renderer = Callable[[Result], str | bytes]
