"""Numbers and names as people read them: the words that tables, figures and sentences share."""

from __future__ import annotations

import math

from calibrate.results import Estimate

TITLES = {
    "nll": "NLL",
    "brier": "Brier score",
    "accuracy": "Accuracy",
    "ece": "ECE",
    "classwise_ece": "Classwise ECE",
    "mce": "MCE",
    "confidence_gap": "Confidence gap",
}
"""How a metric is called at the head of its row."""


def title(key: str) -> str:
    """The name of a metric by its key, options kept: `ece:bins=20` is `ECE:bins=20`.

    >>> title("ece:bins=20"), title("nll")
    ('ECE:bins=20', 'NLL')
    """
    name, colon, options = key.partition(":")
    return TITLES.get(name, name) + colon + options


def number(value: float | None, digits: int = 4) -> str:
    """Four significant digits or four decimals, whichever is shorter to read.

    >>> number(0.0123456), number(1234.5678), number(None), number(float("inf"))
    ('0.0123', '1235', 'n/a', 'inf')
    """
    if value is None:
        return "n/a"
    if not math.isfinite(value):
        return "inf" if value > 0 else "-inf" if value < 0 else "n/a"
    size = abs(value)
    if size >= 10**digits or 0 < size < 10**-digits:
        return f"{value:.{digits - 1}g}"
    decimals = digits - 1 - math.floor(math.log10(size)) if size >= 1 else digits
    return f"{value:.{decimals}f}"


def between(estimate: Estimate, sign: bool = False) -> str:
    """The interval of an estimate in brackets, or nothing."""
    if estimate.low is None or estimate.high is None:
        return ""
    low, high = (f"{'+' if sign and v > 0 else ''}{number(v)}" for v in (estimate.low, estimate.high))
    return f"[{low}, {high}]"
