"""What is to be known of rows of events before a calibrator is fitted to them, and what all such fits share after it.

An infinite logit on the right side is certain and right: it takes no part. On the wrong side no fit has a finite loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.record import record_of
from calibrate.fitting.refit import each_fold
from calibrate.fitting.strength import Auto, Strength
from calibrate.outcomes import known_labels
from calibrate.protocols import Link
from calibrate.results import Estimate, Fitted
from calibrate.rows import Block, Rows
from calibrate.sums import Sums
from calibrate.uncertainty import quantiles

METHOD = "Wald, larger of information and sandwich"


@dataclass(frozen=True, eq=False)
class Events:
    """Rows, and per label (L,) what their finite logits and their events are.

    rows       all of them
    n          those of positive weight
    counts     (2, L) weight without and with the event; `squares` (L,) the sum of w^2
    low, high  (2, L) smallest and largest finite logit without and with the event
    endless    (L,) infinite logits
    notes      sentences for the reader
    """

    rows: Rows
    n: int
    counts: np.ndarray
    squares: np.ndarray
    low: np.ndarray
    high: np.ndarray
    endless: np.ndarray
    notes: tuple[str, ...]

    @property
    def overlap(self) -> np.ndarray:
        """(L,) whether a line of finite slope is best: logits of both outcomes overlap, or all are equal."""
        one = (self.low == self.high).all(axis=0) & (self.low[0] == self.low[1])
        return np.asarray(one | ((self.high[0] > self.low[1]) & (self.high[1] > self.low[0])))


@dataclass(frozen=True)
class Survey:
    """Collector: what `Events` holds."""

    def __call__(self, block: Block) -> Sums:
        """The sums of one block."""
        event, z = known_labels(block) != 0, block.scores
        w = np.ones(len(block)) if block.weights is None else block.weights
        counts = w > 0
        finite = np.isfinite(z) & counts[:, None]
        endless = np.isinf(z) & counts[:, None]
        wrong = (endless & ((z > 0) != event)).any(axis=1)
        sides = [finite & ~event, finite & event]
        return {
            "rows": int(np.count_nonzero(counts)),
            "counts": np.stack([w @ side for side in sides]),
            "squares": np.square(w) @ finite,
            "endless": np.count_nonzero(endless, axis=0),
            "wrong": tuple(block.start + int(i) for i in np.flatnonzero(wrong)[:1]),
            "low": (np.stack([z.min(axis=0, where=side, initial=np.inf) for side in sides]),),
            "high": (np.stack([z.max(axis=0, where=side, initial=-np.inf) for side in sides]),),
        }


def survey(rows: Rows) -> Events:
    """Look before fitting. Raises `CalibrateError` E301 (no finite logit), E304 (one infinitely wrong), E307."""
    found: Sums = rows.sum(Survey()) if rows.n else {"rows": 0}
    if not found["rows"]:
        raise CalibrateError("E307", "found no row of positive weight, expected at least one", "are the weights all 0?")
    if found["wrong"]:
        raise CalibrateError(
            "E304",
            f"row {min(found['wrong']) + 1}: the true outcome has probability 0: its loss is infinite",  # type: ignore[arg-type]
            "--clip EPS moves probabilities away from 0 and 1, and says how many",
        )
    counts, endless = np.asarray(found["counts"]), np.asarray(found["endless"])
    total = counts.sum(axis=0)
    for j in np.flatnonzero(total == 0)[:1]:
        raise CalibrateError(
            "E301",
            f"{label(j, len(total))}every logit is infinite: nothing can be fitted",
            "--clip EPS moves probabilities away from 0 and 1, and says how many",
        )
    low, high = (
        end(np.stack(found[key]), axis=0).astype(np.float64)  # type: ignore[arg-type]
        for key, end in (("low", np.min), ("high", np.max))
    )
    return Events(
        rows,
        int(found["rows"]),  # type: ignore[arg-type]
        counts,
        np.asarray(found["squares"]),
        low,
        high,
        endless,
        _notes(counts, endless, low, high),
    )


def _notes(counts: np.ndarray, endless: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[str, ...]:
    said = []
    for j, (without, event) in enumerate(counts.T):
        which = label(j, counts.shape[1])
        if endless[j]:
            said.append(f"{which}{endless[j]:,} infinite logits are certain and right: they take no part in the fit")
        if not without or not event:
            said.append(f"{which}the event {'never' if without else 'always'} happens in these rows")
        if np.min(low[:, j]) == np.max(high[:, j]):
            said.append(f"{which}all scores are equal: every score gets the frequency of the event")
    return tuple(said)


def label(j: int | np.intp, of: int) -> str:
    """The beginning of a message about one of several labels."""
    return f"label {j}: " if of > 1 else ""


def not_separable(events: Events, hint: str) -> None:
    """Refuse events that are separated by a threshold. Raises `CalibrateError` E302."""
    for j in np.flatnonzero(~events.overlap)[:1]:
        which = label(j, len(events.overlap))
        if not events.counts[:, j].all():
            text = f"{which}all labels are the same, {int(events.counts[1, j] > 0)}: no finite offset is best"
        else:
            text = f"{which}separable: a threshold on the score tells all events apart, so no finite slope is best"
        raise CalibrateError("E302", text, hint)


def known_ridge(name: str, ridge: float | Auto, usual: float) -> Strength:
    """A ridge that can be one, around the `usual` one where it is `auto`. Raises `CalibrateError` E602."""
    if ridge != "auto" and not 0.0 <= ridge < np.inf:
        raise CalibrateError(
            "E602",
            f"{name}:ridge: found {ridge}, expected a finite number, 0 or more, or auto",
            f"as in {name}:ridge=0.1",
        )
    return Strength(ridge, usual, ("ridge",))


@dataclass(frozen=True, eq=False)
class Answer:
    """A fitted calibrator, and of its parameters by name values and standard errors, (L,) each."""

    calibrator: Any
    values: Mapping[str, tuple[np.ndarray, np.ndarray]]
    notes: tuple[str, ...]
    passes: int


def fitted_events(
    at: Callable[[float, Rows], Answer], rows: Rows, link: Link, folds: int, level: float, ridge: Strength
) -> Fitted:
    """What `Calibrator.fit` answers: all rows, the record of their fit, and the other rows of every fold.

    at   fits with a ridge; where `ridge` is `auto`, all rows and each fold choose their own
    """

    def best(some: Rows) -> float:
        return ridge.of(some, link, lambda part, value, _start: at(value, part).calibrator)

    chosen = best(rows)
    answer = at(chosen, rows)
    parameters = {
        name if len(value) == 1 else f"{name}[{j}]": _estimate(float(value[j]), float(error[j]), level)
        for name, (value, error) in answer.values.items()
        for j in range(len(value))
    } | ridge.shown(chosen)
    record = record_of(
        rows, link, answer.calibrator, passes=answer.passes, parameters=parameters, notes=answer.notes, level=level
    )
    others, reason = each_fold(lambda part: at(best(part), part).calibrator, rows, folds)
    return Fitted(answer.calibrator, record, others, reason)


def _estimate(value: float, error: float, level: float) -> Estimate:
    if error == 0.0:
        return Estimate(value, reason="held where it is, not fitted")
    if not np.isfinite(error):
        return Estimate(value, reason="too few rows for an interval")
    half = quantiles.normal(quantiles.tail(level)) * error
    return Estimate(value, value - half, value + half, method=METHOD)


def finite_parameters(values: Mapping[str, Sequence[float]]) -> None:
    """Refuse parameters that no float holds, or not one of each per label. Raises `CalibrateError` E305."""
    if len({len(those) for those in values.values()}) != 1:
        raise CalibrateError("E305", f"{', '.join(values)}: found different numbers of them, expected one per label")
    for name, those in values.items():
        if not np.all(np.isfinite(those)):
            raise CalibrateError(
                "E305",
                f"{name}: found a value that is not finite",
                "the magnitude of the scores is out of range: multiply all of them by the same number",
            )
