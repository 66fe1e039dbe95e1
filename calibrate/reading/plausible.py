"""Does it look right? Hints at misaligned rows, a wrong label base, training data, repeated rows; and nothing more.

All of it is read off the rows that the one pass kept as a sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibrate.errors import CalibrateError, named
from calibrate.protocols import Task
from calibrate.reading.words import listed
from calibrate.table import Table

FEW = 30
"""Rows below which neither chance nor perfection means anything."""
REPEATED = 0.01
"""Share of repeated rows from which on it is said."""

_ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], dtype=np.uint64)
"""Multipliers of a hash of four columns."""


@dataclass(frozen=True, eq=False)
class Sampled:
    """Canonical scores (m, K) of sampled rows and their truth ((m,), or (m, L) for events), of `n` rows in all."""

    scores: np.ndarray
    truth: np.ndarray
    n: int

    def rows(self) -> str:
        """What was looked at, in words."""
        return f"the {self.n} rows" if len(self.scores) == self.n else f"{len(self.scores)} sampled rows"


def agreement(sampled: Sampled, truth: np.ndarray) -> int:
    """Rows (events: cells) in which the predicted class is that of `truth`."""
    if truth.ndim == 1:
        return int(np.count_nonzero(sampled.scores.argmax(axis=1) == truth))
    return int(np.count_nonzero((sampled.scores > 0) == (truth == 1)))


def base_is_one(sampled: Sampled) -> bool:
    """Whether labels without a 0 agree better with the predictions when counted from 1."""
    return agreement(sampled, sampled.truth - 1) > agreement(sampled, sampled.truth)


def refuse_shifted(sampled: Sampled, others: np.ndarray, scores: Table, labels: Table) -> None:
    """Raises E216 where labels shifted by a row, `others`, agree with the predictions as well.

    Then no header explains the row that one file has too many.
    """
    if agreement(sampled, others) >= agreement(sampled, sampled.truth):
        raise CalibrateError(
            "E216",
            f"{named(scores.source.name)} and {named(labels.source.name)}: {scores.n + 1} rows against {scores.n}; "
            "the first row could be a header, but labels and scores do not agree better then",
            "which row has no partner? Remove it, or give both files a header of names",
        )


def refuse_base(table: Table, low: int, high: int, k: int) -> CalibrateError:
    """E206: the numbers allow both bases, and the predictions speak for 1."""
    return CalibrateError(
        "E206",
        f"{named(table.source.name)}: labels run from {low} to {high} of {k} columns; counted from 1 they agree "
        "better with the scores than from 0",
        "--label-base 1 if the first class is 1, --label-base 0 if it is not",
    )


def notes(sampled: Sampled, task: Task, classes: tuple[str, ...]) -> list[str]:
    """Sentences of warning; none where everything looks right."""
    if len(sampled.scores) < FEW:
        return []
    if task == "multiclass":
        return _of_classes(sampled, len(classes))
    if task == "multilabel":
        return _of_events(sampled)
    return _of_one_event(sampled, task)


def _of_classes(sampled: Sampled, k: int) -> list[str]:
    m = len(sampled.scores)
    right = agreement(sampled, sampled.truth)
    chance, spread = m / k, np.sqrt(m / k * (1 - 1 / k))
    if right == m and np.ptp(sampled.truth) > 0:
        return [
            f"WARNING: every prediction is right in {sampled.rows()}: training data? No finite temperature may exist"
        ]
    if right < chance - 3 * spread:
        return [
            f"WARNING: accuracy {right / m:.3f} in {sampled.rows()} is below chance ({1 / k:.3f}): misaligned rows, "
            "class order or label base?"
        ]
    if right < chance + 2 * spread:
        return [
            f"WARNING: accuracy {right / m:.3f} in {sampled.rows()} is near chance ({1 / k:.3f}): misaligned rows, "
            "class order or label base?"
        ]
    return []


def _of_events(sampled: Sampled) -> list[str]:
    share = agreement(sampled, sampled.truth) / sampled.truth.size
    if share < 0.5:
        return [
            f"WARNING: {100 * share:.0f} % of the labels are predicted in {sampled.rows()}: misaligned rows, or "
            "columns in another order?"
        ]
    return []


def _of_one_event(sampled: Sampled, task: Task) -> list[str]:
    z, y = sampled.scores[:, 0], sampled.truth[:, 0]
    if not 0 < y.sum() < len(y):
        return []
    share = _ranked_above(z, y)
    if share == 1:
        return [
            f"WARNING: the scores separate the two classes perfectly in {sampled.rows()}: training data? No finite "
            "temperature may exist"
        ]
    spread = np.sqrt((len(y) + 1) / (12.0 * y.sum() * (len(y) - y.sum())))
    what = "predictions that are right" if task == "top-label" else "the positive class"
    if share < 0.5 + 2 * spread:
        where = "below" if share < 0.5 - 3 * spread else "near"
        asks = (
            "misaligned rows?"
            if task == "top-label"
            else "misaligned rows, or is the other class the positive one (--positive)?"
        )
        return [f"WARNING: AUC {share:.3f} of {what} in {sampled.rows()} is {where} chance (0.5): {asks}"]
    return []


def _ranked_above(z: np.ndarray, y: np.ndarray) -> float:
    """AUC: the share of pairs in which the event has the higher score, ties half."""
    ordered, ours = np.sort(z), z[y == 1]
    ranks = (np.searchsorted(ordered, ours, "left") + np.searchsorted(ordered, ours, "right") + 1) / 2
    positives = len(ours)
    total = float(ranks.sum()) - positives * (positives + 1) / 2
    return total / (positives * (len(y) - positives))


def never_seen(counts: np.ndarray, classes: tuple[str, ...], *, exclusive: bool = True) -> list[str]:
    """A note on classes without a label, a warning where only one has any; `counts` labels per class.

    exclusive   of classes one is true in a row; of several labels any number
    """
    seen = [name for name, count in zip(classes, counts.tolist(), strict=True) if count]
    if exclusive and len(seen) == 1 < len(classes):
        return [
            f"WARNING: every label is {listed(seen, 1)}: of rows of one class nothing can be learnt about the others; "
            "a fit and its numbers hold for such rows alone"
        ]
    absent = [name for name, count in zip(classes, counts.tolist(), strict=True) if not count]
    if not absent:
        return []
    what = "class" if len(absent) == 1 else f"{len(absent)} classes"
    return [f"{what} never seen among the labels: {listed(absent, 5)} (--score-columns leaves out what is no class)"]


def repeated(head: np.ndarray, n: int) -> list[str]:
    """A note on rows of `head`, the first of `n`, that stand there before: equal in every column.

    Nothing is said of one or two columns, or of whole numbers: there equal rows are no surprise.
    """
    m, k = head.shape
    if k < 3 or m < FEW:
        return []
    some = head[:, np.linspace(0, k - 1, min(k, 4)).astype(int)].astype(np.float64)
    if not (some != np.floor(some)).any():
        return []
    keys = (some.view(np.uint64) * _ODD[: some.shape[1]]).sum(axis=1)
    in_order = np.sort(keys)
    if not (in_order[1:] == in_order[:-1]).any():
        return []
    order = np.argsort(keys, kind="stable")
    after, before = order[1:], order[:-1]
    same = keys[after] == keys[before]
    count = int(np.count_nonzero((head[after[same]] == head[before[same]]).all(axis=1)))
    if count < REPEATED * m:
        return []
    return [f"WARNING: {count} of {f'the first {m}' if m < n else m} rows of scores repeat an earlier row exactly"]
