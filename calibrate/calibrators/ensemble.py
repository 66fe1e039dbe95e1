"""Ensemble: the average of the calibrated probabilities of several calibrators.

p = sum_i w_i p_i, where p_i is what member i makes of the scores, w_i >= 0 and sum_i w_i = 1. By
`members=temperature+vector,weights=0.7+0.3`, without `weights` all the same; `--method auto` finds members and weights
by rows that the members did not see. Averages of good calibrators are seldom worse than the best and often better:
their errors differ. Every member is fitted on its own. Lakshminarayanan et al. 2017, arXiv:1612.01474; Caruana et al.
2004, doi:10.1145/1015330.1015432.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from calibrate import registry
from calibrate.errors import CalibrateError
from calibrate.fitting.record import record_of
from calibrate.numerics import log_softmax, softplus
from calibrate.parameters import calibrator_of, plain_calibrator
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Rows


@dataclass(frozen=True)
class Ensemble:
    """Members as plain data (name and parameters), their weights; `events`: every column is an event of its own."""

    members: tuple[dict[str, Any], ...]
    weights: tuple[float, ...]
    events: bool

    keeps_top: ClassVar[bool] = False
    for_events: ClassVar[bool | None] = None
    candidate: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse an ensemble of nothing, or of members that are none."""
        if not self.members:
            raise CalibrateError("E305", "ensemble: found no member, expected one or more")
        if len(self.weights) != len(self.members) or not all(0 < w < np.inf for w in self.weights):
            raise CalibrateError(
                "E305", f"ensemble: found weights {self.weights}, expected {len(self.members)} positive numbers"
            )
        _ = self.calibrators

    @cached_property
    def calibrators(self) -> tuple[Calibrator, ...]:
        """The members."""
        return tuple(map(calibrator_of, self.members))

    @property
    def n_parameters(self) -> int:
        """Those of all members."""
        return sum(member.n_parameters for member in self.calibrators)

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """Log of the mean probability (events: its log odds), (m, K) of scores (m, K)."""
        changed = [member.transform(scores) for member in self.calibrators]
        if not self.events:
            return self._mean(np.stack([log_softmax(z) for z in changed]))
        happens, fails = (self._mean(np.stack([-softplus(sign * z) for z in changed])) for sign in (-1, 1))
        return np.asarray(happens - fails)

    @classmethod
    def fit(
        cls,
        rows: Rows,
        link: Link,
        *,
        folds: int = 0,
        level: float = 0.95,
        members: str = "none+temperature",
        weights: str = "",
    ) -> Fitted:
        """The ensemble of freshly fitted members.

        members   names with + between them
        weights   their weights with + between them, divided by their sum; all the same unless given

        Raises `CalibrateError` E601 for an unknown member, E602 for none, an ensemble in itself or weights that are
        not as many positive numbers, and theirs.
        """
        names = [registry.parse("calibrators", name).name for name in members.split("+")]
        if "ensemble" in names:
            raise CalibrateError("E602", f"ensemble:members: found {members!r}, expected other calibrators", "")
        shares = _shares(weights, len(names))
        found = [registry.load("calibrators", name).fit(rows, link, folds=folds, level=level) for name in names]
        whole = cls.of(names, [one.calibrator for one in found], shares, events=link.has_events)
        each = [[one.folds[fold] for one in found] for fold in range(folds)]
        apart = tuple(None if None in some else cls.of(names, some, shares, events=link.has_events) for some in each)
        reason = next((one.reason for one in found if one.reason), "")
        passes = sum(one.record.passes for one in found)
        return Fitted(whole, record_of(rows, link, whole, passes=passes, level=level), apart, reason)

    @classmethod
    def of(
        cls, names: Sequence[str], calibrators: Sequence[Any], weights: Sequence[float], *, events: bool
    ) -> Ensemble:
        """The ensemble of fitted calibrators."""
        pairs = zip(names, calibrators, strict=True)
        return cls(tuple(plain_calibrator(name, calibrator) for name, calibrator in pairs), tuple(weights), events)

    def _mean(self, logs: np.ndarray) -> np.ndarray:
        """Log of the weighted mean over the first axis of what `logs` are the logarithms of."""
        w = np.array(self.weights) / sum(self.weights)
        top = logs.max(axis=0)
        safe = np.where(np.isfinite(top), top, 0.0)
        with np.errstate(divide="ignore"):
            return np.asarray(safe + np.log((w[:, None, None] * np.exp(logs - safe)).sum(axis=0)))


def _shares(text: str, count: int) -> tuple[float, ...]:
    """Weights of sum 1 from `0.7+0.3`, or the same for all."""
    try:
        found = [float(part) for part in text.split("+")] if text else [1.0] * count
    except ValueError:
        found = []
    if len(found) != count or not all(0 < w < np.inf for w in found):
        raise CalibrateError("E602", f"ensemble:weights: found {text!r}, expected {count} positive numbers", "")
    return tuple(w / sum(found) for w in found)
