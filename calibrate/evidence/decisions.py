"""What decision thresholds do: how much they flag, how often that is right, and which decisions calibration changes.

A row is flagged where p >= t. Thresholds cut [0, 1] into cells; one pass leaves the sums of every cell, with and
without the event, and how many rows went from which cell to which: all else is sums of cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.exhibits import Flagged, Threshold, Thresholds
from calibrate.results import Estimate
from calibrate.sums import Sums
from calibrate.uncertainty.intervals import clopper_pearson, frequency_rows, wilson

USUAL = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)

TIE = 1e-12
"""A p so little below a threshold lies on it: what was read as 0.9 is 0.9 only to rounding once it has been a logit."""

WORDS = {
    "event": ("rows with p >= t among all", "mean p of the flagged rows", "events among the flagged rows",
              "flagged rows among the events", "no row is flagged", "no row has the event"),
    "top-label": ("rows with confidence >= t among all", "mean confidence of the accepted rows",
                  "right predictions among the accepted rows", "accepted rows among the right predictions",
                  "no row is accepted", "no prediction is right"),
}  # fmt: skip


def known_thresholds(thresholds: Sequence[float]) -> tuple[float, ...]:
    """Thresholds, ascending, each once. Raises `CalibrateError` E603 for what is not between 0 and 1.

    >>> known_thresholds([0.9, 0.5, 0.9])
    (0.5, 0.9)
    """
    for t in thresholds:
        if not 0 <= t <= 1:
            raise CalibrateError("E603", f"threshold: found {t}, expected a number from 0 to 1", "as in 0.5")
    return tuple(sorted({float(t) for t in thresholds}))


def cell_of(p: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """Number of thresholds that p reaches, of any shape: 0 where none."""
    return np.searchsorted(np.asarray(thresholds) - TIE, p, side="right")


def powers(w: np.ndarray | None, m: int) -> tuple[np.ndarray | None, ...]:
    """1 (for rows of positive weight), w, w^2, w^3 and w^4 of every row; None stands for 1."""
    if w is None:
        return (None,) * 5
    square = w * w
    return (w > 0).astype(np.float64), w, square, square * w, square * square


def cell_sums(cell: np.ndarray, happened: np.ndarray, p: np.ndarray, w: np.ndarray | None, n_cells: int) -> np.ndarray:
    """Sums of the rows in every cell; `cell`, `happened` and p (m, E), w (m,); (6, E, n_cells, 2) float64.

    First axis: 1, w, w^2, w^3, w^4, w p. Last axis: without and with the event.
    """
    n_events = cell.shape[1]
    place = ((cell + np.arange(n_events) * n_cells) * 2 + happened).reshape(-1)
    found = [_binned(place, power, n_events * n_cells * 2, n_events) for power in _different(powers(w, len(p)))]
    weighted = p if w is None else p * w[:, None]
    found = [*(found * 5 if w is None else found), np.bincount(place, weighted.reshape(-1), n_events * n_cells * 2)]
    return np.stack(found).reshape(6, n_events, n_cells, 2)


def move_sums(before: np.ndarray, after: np.ndarray, w: np.ndarray | None, n_cells: int) -> np.ndarray:
    """Sums of the rows that went from one cell to another; both (m, E); (4, E, n_cells, n_cells) of 1, w, w^2, w^3."""
    n_events = before.shape[1]
    place = ((before + np.arange(n_events) * n_cells) * n_cells + after).reshape(-1)
    length = n_events * n_cells * n_cells
    found = [_binned(place, power, length, n_events) for power in _different(powers(w, len(before)))]
    return np.stack(found * 4 if w is None else found[:4]).reshape(4, n_events, n_cells, n_cells)


def _different(found: tuple[np.ndarray | None, ...]) -> tuple[np.ndarray | None, ...]:
    """Without weights all powers are the same."""
    return found[:1] if found[0] is None else found


def _binned(place: np.ndarray, power: np.ndarray | None, length: int, n_events: int) -> np.ndarray:
    each = None if power is None else np.repeat(power, n_events)
    return np.bincount(place, each, length).astype(np.float64)


def thresholds_of(
    sums: Sums, sides: Sequence[str], kind: str, labels: Sequence[str], thresholds: Sequence[float], level: float
) -> tuple[Thresholds, ...]:
    """The thresholds of every event; `sums` holds `SIDE|cells` of every side and, of two, `moved`."""
    cells = [np.asarray(sums[f"{side}|cells"]) for side in sides]
    moved = np.asarray(sums["moved"]) if "moved" in sums else None

    def of_event(e: int) -> Iterator[Threshold]:
        whole = cells[0][:, e].sum(axis=(1, 2))
        for j, t in enumerate(thresholds):
            found = [_flagged(table[:, e], j, kind, level) for table in cells]
            if moved is None:
                yield Threshold(t, found[0])
                continue
            crossed = moved[:, e, : j + 1, j + 1 :].sum(axis=(1, 2)) + moved[:, e, j + 1 :, : j + 1].sum(axis=(1, 2))
            changed = frequency(whole, crossed, level, "wilson", "rows flagged on one side alone among all", "")
            yield Threshold(t, found[0], found[1], changed, round(float(crossed[0])))

    return tuple(Thresholds(kind, label, tuple(of_event(e))) for e, label in enumerate(labels))


def _flagged(table: np.ndarray, j: int, kind: str, level: float) -> Flagged:
    """What threshold number j flags; table (6, cells, 2)."""
    flagged, every = table[:, j + 1 :].sum(axis=1), table.sum(axis=1)
    rows, events = flagged.sum(axis=1), every[:, 1]
    share, mean, precision, sensitivity, none_flagged, no_event = WORDS[kind]
    expected = Estimate(None, definition=mean, reason=none_flagged)
    if rows[1] > 0:
        expected = Estimate(min(float(rows[5] / rows[1]), 1.0), definition=mean)
    return Flagged(
        rows=round(float(rows[0])),
        events=round(float(flagged[0, 1])),
        of_events=round(float(events[0])),
        share=frequency(every.sum(axis=1), rows, level, "wilson", share, ""),
        expected=expected,
        observed=frequency(rows, flagged[:, 1], level, "clopper-pearson", precision, none_flagged),
        sensitivity=frequency(events, flagged[:, 1], level, "clopper-pearson", sensitivity, no_event),
    )


def frequency(whole: np.ndarray, part: np.ndarray, level: float, method: str, definition: str, empty: str) -> Estimate:
    """Weight of the rows of a part over that of the whole, from sums of 1, w, w^2, w^3 (whole: and w^4).

    method  "wilson", or "clopper-pearson": covers at least its level. With unequal weights both take the number of
            equally weighted rows that would be as uncertain
    empty   why there is no value where the whole has no weight
    """
    if not whole[1] > 0:
        return Estimate(None, definition=definition, reason=empty)
    p, n = frequency_rows(moments(whole, part))
    ends = (wilson if method == "wilson" else clopper_pearson)(p, n, level)
    return Estimate(p, *ends, definition=definition, method=method, conservative=method != "wilson")


def moments(whole: np.ndarray, part: np.ndarray) -> Mapping[str, Any]:
    """The sums of `collectors.Moments` of a column that is 1 on the part and 0 on the rest of the whole."""
    x = {key: float(part[int(key[1])]) for key in ("x1", "x2", "x22", "x3", "x32", "x33")}
    return {**{f"w{k}": float(whole[k]) for k in range(1, 5)}, **x}
