"""Numbers and names as people read them: the words that tables, figures and sentences share."""

from __future__ import annotations

import math

from calibrate.errors import shown
from calibrate.exhibits import Overlap, Sketch
from calibrate.results import Estimate, Gate, Result

TITLES = {
    "nll": "NLL",
    "brier": "Brier score",
    "accuracy": "Accuracy",
    "ece": "ECE",
    "classwise_ece": "Classwise ECE",
    "mce": "MCE",
    "confidence_gap": "Confidence gap",
    "link_loss": "Link's own loss",
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


def apart(found: float, limit: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see that they differ; `number`'s where that is enough.

    >>> apart(0.03000001, 0.03), apart(0.5, 0.5)
    (('0.03000001', '0.03000000'), ('0.5000', '0.5000'))
    """
    for digits in range(4, 18):
        texts = number(found, digits), number(limit, digits)
        if texts[0] != texts[1] or found == limit:
            return texts
    return repr(found), repr(limit)


def asked(gate: Gate) -> str:
    """A gate as people read it: "ECE <= 0.03", "NLL worse by <= 2 %", with the group or class that it is about."""
    name, limit = title(gate.metric), plain_number(gate.limit)
    text = {
        "max": f"{name} <= {limit}",
        "min": f"{name} >= {limit}",
        "max_increase": f"{name} worse by <= {limit}",
        "max_increase_rel": f"{name} worse by <= {plain_number(100 * gate.limit)} %",
        "noise": f"{name} within noise",
    }[gate.rule]
    if gate.group is not None:
        return f"{text}, {shown(gate.group[0])} = {shown(gate.group[1]) or '(empty)'}"
    return text if gate.label is None else f"{text}, class {shown(gate.label)}"


def plain_number(value: float) -> str:
    """A limit as it was asked for: the shortest digits that read back exactly.

    >>> plain_number(0.03), plain_number(2.0), plain_number(100 * 0.07)
    ('0.03', '2', '7')
    """
    return f"{value:.12g}"


def measured_rows(result: Result) -> str:
    """`measured on 2,000 rows, 10 classes`, with the sum of the weights where rows have some."""
    kind = {"binary": "binary events", "multilabel": f"{len(result.classes)} labels", "top-label": "top labels"}
    weighted = f", weights add up to {result.weight:g}" if result.weighted else ""
    return f"measured on {result.n:,} rows, {kind.get(result.task, f'{len(result.classes)} classes')}{weighted}"


AFTER_IS = {"cross-fitted": "After, cross-fitted", "holdout": "After, on holdout", "in-sample": "After, IN-SAMPLE",
            "compared": "New"}  # fmt: skip


def sides_of(result: Result) -> list[tuple[str, dict[str, Estimate]]]:
    """Heads and metrics of the columns of a table: before, after and change, as far as there are any."""
    first = {"compared": "Old"}.get(result.after_is or "", "Measured" if result.after is None else "Before")
    sides = [(first, result.before.metrics)]
    if result.after is not None:
        sides.append((AFTER_IS.get(result.after_is or "", "After"), result.after.metrics))
    return sides if result.change is None else [*sides, ("Change", result.change)]


def side_judged(result: Result) -> str:
    """What gates are about: the scores as they came or calibrated, and what increases are measured from."""
    check = result.check
    side = {"cross-fitted": "calibrated, cross-fitted", "holdout": "calibrated, on the holdout",
            "in-sample": "calibrated, IN-SAMPLE: flattering", "applied": "calibrated by the model"}  # fmt: skip
    what = "the scores as they came" if result.after is None else f"the scores {side.get(result.after_is or '', '')}"
    if check is None or not check.against:
        return what
    how = {
        "identical": "same scores, labels and model: nothing can have changed",
        "paired": "the same rows, paired",
        "before": "the same rows, paired",
        "unpaired": "known by its result alone, unpaired",
    }
    return f"{what}; against {shown(check.against, 255)} ({how[check.comparison]})"


def outcome(gate: Gate, inconclusive: str = "fail") -> str:
    """What a verdict that is no PASS means for the run, and whether chance was left out: "warns", "no guarantee".

    inconclusive   what the run makes of gates that the data do not decide: fail, warn or pass
    """
    words = []
    if gate.verdict != "PASS" and not gate.stops:
        words.append("warns" if warns(gate, inconclusive) else "let pass")
    if not gate.guaranteed and gate.rule != "noise":
        words.append("no guarantee")
    return ", ".join(words)


def warns(gate: Gate, inconclusive: str) -> bool:
    """Whether a gate is a warning: it failed at level warn, or is undecided where that is to be one."""
    if gate.verdict == "INCONCLUSIVE":
        return gate.level == "error" and inconclusive == "warn"
    return gate.level == "warn" and gate.verdict in ("FAIL", "ERROR")


WARNING = "WARNING: "
"""How a note begins that nobody may overlook."""
SEEN = 0.01
"""Share of rows known from the fit from which on it is said."""


def noted(note: str) -> str:
    """A note as a line: `note: ...`, a warning by its own word.

    >>> noted("no interval"), noted("WARNING: few rows")
    ('note: no interval', 'WARNING: few rows')
    """
    return note if note.startswith(WARNING) else f"note: {note}"


def warnings_of(result: Result) -> tuple[str, ...]:
    """The notes of a result that are warnings, without the word."""
    return tuple(note.removeprefix(WARNING) for note in result.notes if note.startswith(WARNING))


def rows_seen(found: Overlap, fitted: Sketch, whose: str = "the model") -> str:
    """The sentence on rows that are measured and were fitted; empty where they are fewer than 1 %.

    A warning, but where the fitted rows themselves repeat so often that other rows would be taken for them as well: of
    those at most 2 * repeated / n have the scores of another one.
    """
    share = found.seen / found.sampled if found.sampled else 0.0
    if share < SEEN:
        return ""
    counted = f"{found.seen:,} of {found.sampled:,}{'' if found.exact else ' in a sample by hash'}"
    text = f"{100 * share:.0f} % of the rows measured ({counted}) have the scores of rows that {whose} was fitted on"
    if share <= 2 * fitted.repeated / max(1, fitted.n):
        return f"{text}; scores so coarse may be those of other rows as well"
    return f"{WARNING}{text}: in-sample, its numbers flatter, and verdicts and gates on them say little of new rows"
