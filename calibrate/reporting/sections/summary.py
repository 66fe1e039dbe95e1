"""Half a page in plain words: what the model said, what happened, and what follows; every number with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from calibrate.reporting import words
from calibrate.reporting.blocks import Block, Items, Line, Para, Ref, Section, Strong
from calibrate.reporting.document import Report
from calibrate.results import Curve, Estimate, Result
from calibrate.wording import number, title, warnings_of

ASKED = {"top-label": 0.9, "event": 0.5}
"""The prediction that the example sentence is about, as near as a bin comes to it."""


def section(report: Report) -> Section:
    """What to be warned of, the verdict, then what it rests on."""
    result = report.result
    blocks: tuple[Block, ...] = (
        Items(
            (
                *_warned(result),
                _judged(result),
                _measured(result),
                *_spoken(result, report.minimum_n),
                *_errors(result),
                _gates(result),
            )
        ),
        Para(("Every number holds for data like these only; read it with section ", Ref("limitations"), "."), "aside"),
    )
    return Section("summary", "Summary", blocks)


def lead(result: Result) -> str:
    """What the report says first."""
    warned = warnings_of(result)
    aside = f" Read the {'warning' if len(warned) == 1 else 'warnings'} in the summary with it." if warned else ""
    return verdict(result) + aside


def verdict(result: Result) -> str:
    """What became of calibration, in a sentence."""
    if result.verdict is not None:
        return _sentence(result.verdict.sentence)
    if result.reason:
        return _sentence(result.reason)
    return "The scores were measured as they came; no calibration was applied, so there is no verdict on one."


def _warned(result: Result) -> list[Line]:
    return [(Strong("Warning:"), f" {text}.") for text in warnings_of(result)]


def _sentence(text: str) -> str:
    capital = text[:1].upper() + text[1:]
    return capital if capital.endswith((".", "!", "?")) else capital + "."


def _measured(result: Result) -> Line:
    kinds = {"binary": "one binary event", "top-label": "the confidence of one prediction a row"}
    many = f"{len(result.classes):,} {'labels' if result.task == 'multilabel' else 'classes'}"
    weighted = f" (weights add up to {result.weight:,.6g})" if result.weighted else ""
    how = {
        "cross-fitted": "Numbers after calibration are cross-fitted: no row was calibrated by a fit that had seen it.",
        "holdout": "Numbers after calibration are of rows that were kept apart from the fit.",
        "in-sample": "Numbers after calibration are of the very rows that were fitted: they flatter.",
        "applied": "Numbers after calibration are of a saved model, applied to these rows.",
    }.get(result.after_is or "", "")
    text = f" on {words.plural(result.n, 'row')}{weighted}, {kinds.get(result.task, many)}; intervals are at "
    return (Strong("Measured:"), f"{text}{words.level(result.level)}. {how}".rstrip())


def _spoken(result: Result, minimum_n: int) -> list[Line]:
    """`when it said 90 % it was right 79 % of the time`, of every side, in the same bin where both have the rows."""
    curves = {side: curve for side, found in result.sides.items() if (curve := _telling(found.curves)) is not None}
    shared = _bin_near(list(curves.values()), minimum_n)
    lines: list[Line] = []
    for side, curve in curves.items():
        when = f"{side.capitalize()} calibration" if len(curves) > 1 else "As measured"
        place = shared if shared is not None else _bin_near([curve], minimum_n)
        if place is not None:
            lines.append((Strong(f"{when}:"), _said(curve, place)))
        else:
            lines.append(
                (Strong(f"{when}:"), f" no bin holds {minimum_n} rows: too few to say how often it kept its word.")
            )
    return lines


def _telling(curves: tuple[Curve, ...]) -> Curve | None:
    """The curve that stands for a side: the top label's, else that of the most frequent event."""
    if not curves or curves[0].kind == "top-label":
        return curves[0] if curves else None
    return max(curves, key=lambda c: sum(w * (o or 0.0) for w, o in zip(c.weight, c.observed, strict=True)))


def _bin_near(curves: Sequence[Curve], minimum_n: int) -> int | None:
    """The bin that every curve has enough rows in, nearest to the prediction that the sentence is to be about."""
    first = curves[0] if curves else None
    if first is None or any((c.lower, c.label) != (first.lower, first.label) for c in curves):
        return None
    wanted = ASKED.get(first.kind, 0.5)
    gaps = {
        i: abs(predicted - wanted)
        for i, predicted in enumerate(first.predicted)
        if predicted is not None and all(c.observed[i] is not None and c.count[i] >= minimum_n for c in curves)
    }
    return min(gaps, key=gaps.__getitem__) if gaps else None


def _said(curve: Curve, i: int) -> str:
    said, happened = words.percent(curve.predicted[i]), words.percent(curve.observed[i])
    ends = words.percent_range(curve.low[i], curve.high[i])
    rows = f"{words.plural(curve.count[i], 'row')} in the bin from {curve.lower[i]:.3f} to {curve.upper[i]:.3f}"
    if curve.kind == "top-label":
        return f" when it said {said} it was right {happened} of the time {ends} ({rows})."
    event = f" {words.name(curve.label, 40)!r}" if curve.label else ""
    return f" when it gave the event{event} {said} it happened {happened} of the time {ends} ({rows})."


def _errors(result: Result) -> list[Line]:
    lines: list[Line] = []
    for key, before in result.before.metrics.items():
        name = key.partition(":")[0]
        if name == "ece":
            lines.append(
                (Strong(f"{title(key)}:"), f" {_floor(before)}{_after(result, key)}. {_reading(result, key)}".rstrip())
            )
        elif name in ("nll", "brier") and result.after is not None:
            change = (result.change or {}).get(key)
            moved = f"; change {words.in_full(change, sign=True)}" if change is not None else ""
            after = f" before, {words.in_full(result.after.metrics.get(key))} after{moved}."
            lines.append((Strong(f"{title(key)}:"), f" {words.in_full(before)}{after}"))
    return lines


def _after(result: Result, key: str) -> str:
    if result.after is None:
        return ""
    return f" before, {_floor(result.after.metrics[key])} after" if key in result.after.metrics else " before"


def _floor(estimate: Estimate) -> str:
    floor = f" against a noise floor of {number(estimate.noise_floor)}" if estimate.noise_floor is not None else ""
    return words.in_full(estimate) + floor


def _reading(result: Result, key: str) -> str:
    """What the noise floor makes of the number that counts."""
    estimate = result.judged.metrics.get(key)
    if estimate is None or estimate.value is None or estimate.noise_floor_p95 is None:
        return ""
    side = "After calibration it" if result.after is not None else "It"
    chance = f"{number(estimate.noise_floor_p95)}, which a perfectly calibrated model exceeds in 5 % of samples"
    if estimate.value <= estimate.noise_floor_p95:
        return f"{side} is not above {chance}: no error is shown."
    return f"{side} is above {chance}: chance alone hardly explains it."


def _judged(result: Result) -> Line:
    details = [_sentence(text) for text in (result.verdict.details if result.verdict else ())]
    return (Strong("Verdict:"), " ", " ".join([verdict(result), *details]))


def _gates(result: Result) -> Line:
    if not result.gates or result.check is None:
        return (Strong("Gates:"), " none were asked for.")
    return (Strong("Gates:"), f" {result.check.sentence.rstrip('.')}; see section ", Ref("gates"), ".")
