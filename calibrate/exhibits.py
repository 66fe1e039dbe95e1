"""Exhibits: what the evidence of an audit is made of, here and in reports: pure data, unrounded, nothing infinite."""

from __future__ import annotations

from dataclasses import dataclass

from calibrate.results import Estimate


@dataclass(frozen=True)
class Flagged:
    """What a threshold t does with the rows of one event: those with p >= t are flagged.

    Of the top label (multiclass) "flagged" reads "accepted", p is the confidence and the event is "the prediction is
    right". Rows of weight 0 are no rows.

    rows         flagged rows, `events` those of them whose event happened, `of_events` all rows whose event happened
    share        flagged rows among all, with Wilson's interval
    expected     precision that the model promises: mean p of the flagged rows
    observed     precision: events among the flagged rows, with the Clopper-Pearson interval
    sensitivity  flagged rows among the events, with the Clopper-Pearson interval
    """

    rows: int
    events: int
    of_events: int
    share: Estimate
    expected: Estimate
    observed: Estimate
    sensitivity: Estimate


@dataclass(frozen=True)
class Threshold:
    """One threshold, before and after calibration.

    changed       share of the rows that are flagged on one side alone, with Wilson's interval; None without an after
    changed_rows  how many they are
    """

    at: float
    before: Flagged
    after: Flagged | None = None
    changed: Estimate | None = None
    changed_rows: int | None = None


@dataclass(frozen=True)
class Thresholds:
    """The thresholds of one event, ascending.

    kind   "event" (p of the event) or "top-label" (confidence of the predicted class)
    label  the event; "" for the top label
    """

    kind: str
    label: str
    at: tuple[Threshold, ...]


@dataclass(frozen=True)
class EventTotals:
    """Observed against expected events of one class (against the rest) or event, and Cox's recalibration of it.

    observed, expected  sum of w y and of w p over all rows (of 1 without weights)
    ratio               O:E = observed / expected; 1 is perfect
    in_the_large        calibration-in-the-large: a of logit P(y = 1) = a + logit p; 0 is perfect
    intercept, slope    a and b of logit P(y = 1) = a + b logit p, jointly; 0 and 1 are perfect. This `intercept`
                        belongs to its slope and is another number than `in_the_large`
    clipped             rows whose p was moved to 1e-12 or 1 - 1e-12, so that it has a logit
    """

    label: str
    rows: int
    weight: float
    observed: float
    expected: float
    ratio: Estimate
    in_the_large: Estimate
    intercept: Estimate
    slope: Estimate
    clipped: int


@dataclass(frozen=True)
class Overlap:
    """How many rows of a sketch recur among other rows.

    found, of       of `of` sketched rows `found` recur: found / of is (exact) or estimates the share of the distinct
                    rows behind the sketch that recur
    exact           whether the sketch holds all its rows
    n               rows looked at (of positive weight)
    seen, sampled   the other way round: of `sampled` of them `seen` are rows of the sketch. Where that is exact, all
                    are sampled; else those in the part of the hashes that the sketch covers
    """

    found: int
    of: int
    exact: bool
    n: int
    seen: int
    sampled: int


@dataclass(frozen=True)
class Sketch:
    """How often rows of scores repeat, and enough of their hashes to recognise them in later data.

    n         rows (of positive weight); `distinct` different rows among them; `repeated` = n - distinct. Scores of one
              column, or of few digits, repeat legitimately
    columns   scores of a row
    smallest  the (at most 1024) smallest 64-bit hashes of the distinct rows, 16 hexadecimal digits each, ascending: a
              random sample of the distinct rows that every other data set would draw alike
    exact     whether these are all
    """

    n: int
    distinct: int
    repeated: int
    columns: int
    smallest: tuple[str, ...]
    exact: bool


@dataclass(frozen=True)
class Evidence:
    """What an audit wants to know beyond metrics.

    n, weight   rows of positive weight, and the sum of the weights
    thresholds  per event, or the one of the top label; none where there are more than 20 events
    totals      variant (before, after) -> per class or event; none where there are more than 20
    rows        repeated rows, and the sketch of all
    passes      passes over the rows
    notes       what is missing, and why
    """

    n: int
    weight: float
    level: float
    thresholds: tuple[Thresholds, ...]
    totals: dict[str, tuple[EventTotals, ...]]
    rows: Sketch
    passes: int
    notes: tuple[str, ...] = ()
