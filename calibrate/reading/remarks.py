"""What to say of scores once their scale is known: zeros, saturation, rounded sums, values that fit another scale."""

from __future__ import annotations

from calibrate.reading.columns import label_of
from calibrate.reading.conclude import Case
from calibrate.reading.plausible import FEW
from calibrate.reading.scale import SUM_TOLERANCE
from calibrate.reading.words import is_logit

MANY = 20
"""Rows from which on it is no chance that all values of one column lie in [0, 1]."""
SATURATED = 0.01
"""Share of rows with a probability of exactly 1 from which on it is said loudly."""


def remarks(case: Case, name: str) -> list[str]:
    """Notes on scores that were read as `name`; what begins with WARNING may make every number wrong."""
    s, notes = case.seen, []
    first = f" (first in {case.table.place(s.first_zero)})" if s.first_zero is not None else ""
    if name in ("probs", "sigmoid"):
        if s.zeros and case.options.clip is None and not case.events:
            notes.append(f"probabilities of exactly 0: {s.zeros}, of the true class: {s.zero_true}{first}")
        elif s.zero_true and case.options.clip is None:
            notes.append(f"probabilities of exactly 0 or 1 on the wrong side: {s.zero_true}{first}")
        certain = s.ones + s.zeros if case.events else s.ones
        if certain > SATURATED * case.n:
            of = f"{certain} of {case.n} rows hold a probability of exactly {'0 or ' if case.events else ''}1"
            notes.append(
                f"WARNING: {of}: rounded, or saturated in float32? The logits behind them cannot be recovered: "
                "calibrate logits if you have them"
            )
        if not case.events and s.worst > 1e-3:
            notes.append(f"rows sum to 1 only within {s.worst:.1g} (rounded?; accepted up to {SUM_TOLERANCE:g})")
    elif name == "logits" and s.inside and (case.events or case.said() is None):
        notes += _inside(case)
    elif s.masked:
        notes.append(
            f"{s.masked} scores are -inf (masked classes)"
            + (f", {s.masked_true} of them of the true class{first}" if s.masked_true else "")
        )
    elif case.events and not case.multilabel and name == "logits" and case.said() is None:
        least = min((float(part.min()) for part in s.sample if len(part)), default=-1.0)
        if least >= 0 and case.n >= FEW:
            notes.append("WARNING: no logit is below 0, so every event is likelier than not: are these percentages?")
    return notes


def _inside(case: Case) -> list[str]:
    """A note on logits of which none lies outside [0, 1]."""
    if case.said() is None:
        named_so = f"read as logits, as the name of {label_of(case.table, case.columns[0])} says"
        return [f"every value lies in [0, 1]: {named_so} (--input probs if these are probabilities)"]
    if case.n < MANY or case.called(is_logit):
        return []
    return [
        "WARNING: every value lies in [0, 1], and the model was fitted on logits: are these probabilities? "
        "(--input probs or --input logits says so)"
    ]
