"""The scale of the scores, from what the pass saw, what the user says and what the model was fitted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from calibrate.errors import CalibrateError, named
from calibrate.reading.canonical import Canonical, How
from calibrate.reading.columns import label_of
from calibrate.reading.labels import Labels
from calibrate.reading.options import KnownModel, ReadOptions
from calibrate.reading.scale import ROUNDING, SUM_TOLERANCE, Seen
from calibrate.reading.words import is_logit, is_probability, whole
from calibrate.table import Decision, Table

MOSTLY = 0.5
"""Share of rows that sum to 1 (or 100) from which on the others are errors and the numbers no logits."""
MOST_DIGITS = 6
"""Decimals up to which numbers are looked upon as rounded."""
UNROUNDED = 1e-4
"""How far a number of so few decimals may be from its place, in units of the last one: float32 blurs it."""
IN_WORDS = {
    "logits": "logits",
    "probs": "probabilities",
    "log-probs": "log-probabilities",
    "sigmoid": "probabilities of independent events",
}


@dataclass(frozen=True)
class Scale:
    """What the scores are, how they become logits, and what to say about it."""

    name: str
    step: Canonical
    decisions: tuple[Decision, ...] = field(default=())


@dataclass(frozen=True, eq=False)
class Case:
    """What the conclusion is drawn from; `events`: every column is an event of its own."""

    table: Table
    columns: Sequence[int]
    events: bool
    multilabel: bool
    options: ReadOptions
    model: KnownModel | None
    seen: Seen
    n: int

    @property
    def file(self) -> str:
        """The file's name, for messages."""
        return named(self.table.source.name)

    def said(self) -> tuple[str, str] | None:
        """The scale that is given, and by what; None where it is open, as `sigmoid` leaves it."""
        if self.options.input not in ("auto", "sigmoid"):
            return self.options.input, f"--input {self.options.input}"
        if self.model is not None and self.options.input == "auto":
            return self.model.scale, "the model"
        return None

    def called(self, says: Callable[[str], bool]) -> bool:
        """Whether the name of every column says so."""
        return self.table.names is not None and all(says(self.table.names[j]) for j in self.columns)

    def holds_probabilities(self) -> bool:
        """Whether the values are probabilities, rounding allowed."""
        s = self.seen
        if not s.inside:
            return False
        if self.events:
            return s.strictly or s.high_only
        return s.first_off is None


def concluded(case: Case) -> Scale:
    """The scale. Raises E201, E213, E214 or E215."""
    said = case.said()
    name, why = (said[0], f"says {said[1]}") if said else _open(case)
    if said:
        _agree(case, name, said[1])
    if name in ("probs", "sigmoid") and case.seen.whole and not (said and case.n < 10):
        raise _predictions(case)
    if name == "logits" and case.options.clip is not None:
        raise CalibrateError(
            "E201",
            f"{case.file}: --clip is for probabilities; found logits",
            "--input probs if these are probabilities",
        )
    if case.multilabel and name == "probs":
        name = "sigmoid"
    tidy = name == "log-probs" or (name != "logits" and not case.seen.strictly)
    step = Canonical(_how(name, case.events), case.options.clip, tidy)
    value = IN_WORDS[name]
    return Scale(name, step, (Decision("scale", value, why, f"--input {name}"),))


def _how(name: str, events: bool) -> How:
    if name == "logits" or (name == "log-probs" and not events):
        return "as is"
    if name == "log-probs":
        return "log to logit"
    return "logit" if events else "log"


def _open(case: Case) -> tuple[str, str]:
    s = case.seen
    if case.holds_probabilities():
        if case.events and not s.whole and case.called(is_logit):
            return "logits", _SO_CALLED
        if case.events:
            return "probs", "every value lies in [0, 1]"
        far = f" (within {s.worst:.1g})" if s.worst > 1e-5 else ""
        return "probs", f"every value lies in [0, 1] and every row sums to 1{far}"
    if s.inside and s.strictly and not case.events and not case.called(is_logit):
        raise _neither(case)
    if not case.events and s.logs:
        return "log-probs", "no value is above 0 and the exponentials of each row sum to 1"
    _refuse_damaged_probabilities(case)
    return "logits", _SO_CALLED if s.inside else "values lie outside [0, 1]"


_SO_CALLED = "so the name says, though every value lies in [0, 1]"


def _refuse_damaged_probabilities(case: Case) -> None:
    """Raises E214 for numbers outside [0, 1] that by the other rows or by their name should be probabilities."""
    s = case.seen
    place, found, expected = case.table.place(0), "", ""
    if s.outside is not None:
        row, column, value = s.outside
        place, found = case.table.place(row, case.columns[column]), f"{value:.6g}"
        expected = "a probability in [0, 1]"
    elif s.first_off is not None:
        row, total = s.first_off
        place, found, expected = case.table.place(row), f"values that sum to {total:.6g}", "a sum of 1"
    sample = np.concatenate(s.sample)
    names = case.table.names
    if not case.events and _share_of_sum(sample, 1.0) > MOSTLY:
        why, hint = "most rows are probabilities, which sum to 1", "mend the row, or --input logits if these are logits"
    elif not case.events and _share_of_sum(sample, 100.0) > MOSTLY:
        why, hint = "rows sum to 100: percentages?", "divide them by 100, or --input logits if these are logits"
    elif s.outside and names is not None and is_probability(names[case.columns[s.outside[1]]]) and (sample >= 0).all():
        why, hint = "so its name says; percentages, or logits?", "--input logits, or divide percentages by 100"
    else:
        return
    raise CalibrateError("E214", f"{case.file}: {place}: found {found}, expected {expected}: {why}", hint)


def _share_of_sum(sample: np.ndarray, total: float) -> float:
    """Share of the rows that hold no number below 0 and sum to `total`, rounding allowed."""
    if not len(sample):
        return 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        off = np.abs(sample.sum(axis=1, dtype=np.float64) - total)
    return float(np.mean((sample.min(axis=1) >= -ROUNDING * total) & (off <= SUM_TOLERANCE * total)))


def _neither(case: Case) -> CalibrateError:
    row, total = case.seen.first_off or (case.seen.at, 1 + case.seen.worst)
    found = (
        f"{case.file}: {case.table.place(row)}: found values in [0, 1] that sum to {total:.6g}, expected a sum of 1 for"
    )
    if (rounded := _rounded(case)) is not None:
        return CalibrateError("E214", f"{found} probabilities: {rounded[0]}", rounded[1])
    return CalibrateError(
        "E214",
        f"{found} probabilities: logits, independent probabilities, or damaged rows?",
        "--input logits, or --input sigmoid for one event per column, or mend the rows",
    )


def _rounded(case: Case) -> tuple[str, str] | None:
    """What to say where values of few decimals miss the sum by no more than their rounding; None where they do not."""
    sample = np.concatenate(case.seen.sample).astype(np.float64)
    for digits in range(1, MOST_DIGITS + 1):
        units = sample * 10.0**digits
        if len(units) and np.abs(units - np.rint(units)).max() < UNROUNDED:
            if case.seen.worst > 0.5 * len(case.columns) * 10.0**-digits + ROUNDING:
                return None
            what = f"they look rounded to {digits} decimal{'s' if digits > 1 else ''}"
            return what, (
                "write them with more decimals, or divide every row by its sum before; only if these are no "
                "probabilities: --input logits, or --input sigmoid for one event per column"
            )
    return None


def _agree(case: Case, name: str, who: str) -> None:
    s = case.seen
    if name in ("probs", "sigmoid"):
        if s.outside is not None:
            raise _beyond(case, s.outside, "a probability in [0, 1]", who)
        if not case.events and s.first_off is not None:
            row, total = s.first_off
            what, hint = _rounded(case) or ("", "--input logits")
            raise CalibrateError(
                "E215",
                f"{case.file}: {case.table.place(row)}: the row sums to {total:.6g}, expected 1 for probabilities "
                f"(says {who}){what and f': {what}'}",
                hint,
            )
    if name == "log-probs" and s.above_zero is not None:
        raise _beyond(case, s.above_zero, "a log-probability, 0 at most", who)
    if name == "log-probs" and not s.logs and not case.events:
        raise CalibrateError(
            "E215",
            f"{case.file}: found rows whose exponentials do not sum to 1, expected log-probabilities (says {who})",
            "--input logits",
        )
    if name == "logits" and who == "the model" and s.inside and case.events and case.called(is_probability):
        place = label_of(case.table, case.columns[0])
        raise CalibrateError(
            "E215",
            f"{case.file}: {place}: every value lies in [0, 1]: found probabilities, as the name says, expected logits "
            f"(says {who})",
            _OF_THE_FIT,
        )
    if (
        name in ("logits", "log-probs")
        and who == "the model"
        and s.inside
        and not case.events
        and s.first_off is None
        and case.n > 2
    ):
        raise CalibrateError(
            "E215",
            f"{case.file}: every row lies in [0, 1] and sums to 1: found probabilities, expected {IN_WORDS[name]} "
            f"(says {who})",
            _OF_THE_FIT,
        )


_OF_THE_FIT = (
    "give the model what it was fitted on, or say --input probs, or --input logits if these are logits after all"
)


def _beyond(case: Case, where: tuple[int, int, float], expected: str, who: str) -> CalibrateError:
    row, column, value = where
    place = case.table.place(row, case.columns[column])
    message = f"{case.file}: {place}: found {value:.6g}, expected {expected} (says {who})"
    return CalibrateError("E215", message, "--input logits if these are logits")


def _predictions(case: Case) -> CalibrateError:
    what = "every row is one-hot" if not case.events else "every value is 0 or 1"
    return CalibrateError(
        "E213",
        f"{case.file}: {what}: these look like predictions, not scores",
        "calibration needs the scores before the decision: logits or probabilities",
    )


def refuse_predictions(table: Table, column: int, labels: Labels) -> None:
    """Raises E213 if one column of scores holds whole numbers only, all of them labels."""
    numbers = [v for t in labels.distinct if (v := whole(t)) is not None]
    if labels.kind == "bool":
        numbers = [0, 1]
    values = table.column(column)
    if len(numbers) < 2 or len(values) < 2 or not np.isin(values[:256], numbers).all():
        return
    if np.isin(values, numbers).all():
        found = ", ".join(f"{v:g}" for v in sorted(set(values.tolist()))[:6])
        raise CalibrateError(
            "E213",
            f"{named(table.source.name)}: its one column of numbers holds only labels ({found}): these look like "
            "predictions, not scores",
            "calibration needs the scores before the decision: logits or probabilities",
        )


def looks_like_logs(head: np.ndarray) -> bool:
    """Whether rows are log-probabilities: logsumexp is 0 within rounding."""
    if head.shape[1] < 2 or not len(head) or np.fmax.reduce(head, axis=None) > ROUNDING:
        return False
    finite = head[~np.isnan(head).any(axis=1)].astype(np.float64)
    if not len(finite):
        return False
    return bool(np.abs(np.exp(finite).sum(axis=1) - 1).max() < 1e-3)
