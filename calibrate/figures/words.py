"""What a figure says in words: titles, corners, captions, and the text for those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

from calibrate.errors import shown
from calibrate.figures.panel import filled
from calibrate.results import Curve, Estimate, Result, Variant

AFTER = {
    "cross-fitted": "after, cross-fitted",
    "holdout": "after, on the holdout rows",
    "in-sample": "after, in-sample: optimistic",
    "applied": "after, saved model applied",
}
UNKNOWN = "ECE not available"


def variants(result: Result) -> list[tuple[str, Variant]]:
    """The sides to show, each with its heading; no heading where there is but one."""
    if result.after is None:
        return [("", result.before)]
    heading = AFTER.get(result.after_is or "", "after")
    return [("before", result.before), (heading, result.after)]


def title(result: Result, curve: Curve | None) -> str:
    """What is shown, of which event or how many classes."""
    if curve is None:
        return "Reliability diagram"
    if curve.kind == "top-label":
        return (
            f"Reliability of the top label, {len(result.classes)} classes"
            if result.classes
            else ("Reliability of the top label")
        )
    return f"Reliability of the event: {shown(curve.label)}" if curve.label else "Reliability of the event"


def names(result: Result, curve: Curve | None) -> str:
    """The classes among which the top label was chosen; as many as may fit on a line."""
    if curve is None or curve.kind != "top-label":
        return ""
    return ", ".join(shown(name, 30) for name in result.classes[:40])


def axes(curve: Curve | None) -> tuple[str, str]:
    """Names of the two axes."""
    if curve is not None and curve.kind == "top-label":
        return "confidence", "accuracy"
    return "predicted probability", "observed frequency"


def number(value: float) -> str:
    """Four decimals, or two digits where these would hide the number.

    >>> number(0.02714), number(0.0000271), number(0.0)
    ('0.0271', '2.7e-05', '0.0000')
    """
    return f"{value:.2g}" if 0 < abs(value) < 0.0005 else f"{value:.4f}"


def ece(variant: Variant) -> Estimate | None:
    """The calibration error that belongs to the picture: `ece`, or the first of its kin with options."""
    named = sorted(name for name in variant.metrics if name == "ece" or name.startswith("ece:"))
    return variant.metrics[named[0]] if named else None


def corner(variant: Variant, curve: Curve | None) -> list[str]:
    """ECE with its interval, its noise floor, and the two means that the curve compares."""
    found = ece(variant)
    lines = [error(found)]
    if found is not None and found.noise_floor is not None:
        top = f", 95 % point {number(found.noise_floor_p95)}" if found.noise_floor_p95 is not None else ""
        lines.append(f"noise floor {number(found.noise_floor)}{top}")
    if curve is None:
        return [*lines, "no bins in this result"]
    means = _means(curve)
    if means is not None:
        pair = ("accuracy", "confidence") if curve.kind == "top-label" else ("observed", "predicted")
        lines.append(f"{pair[0]} {means[0]:.4f}, {pair[1]} {means[1]:.4f}")
    return lines


def overall(result: Result) -> str:
    """The calibration error of all classes or events together, of every side."""
    sides = []
    for heading, variant in variants(result):
        found, of = variant.metrics.get("classwise_ece"), "classwise "
        if found is None:
            found, of = ece(variant), "mean "
        floor = "" if found is None or found.noise_floor is None else f", noise floor {number(found.noise_floor)}"
        if found is not None and found.value is not None:
            sides.append(f"{heading}{': ' if heading else ''}{of}{error(found)}{floor}")
    return "; ".join(sides)


def error(found: Estimate | None) -> str:
    """ECE and its interval on one line."""
    if found is None or found.value is None:
        return UNKNOWN
    ends = f" [{number(found.low)}, {number(found.high)}]" if found.low is not None and found.high is not None else ""
    return f"ECE {number(found.value)}{ends}"


def _means(curve: Curve) -> tuple[float, float] | None:
    weight = sum(curve.weight)
    if not weight > 0:
        return None
    cells = list(zip(curve.weight, curve.observed, curve.predicted, strict=True))
    return sum(w * (o or 0.0) for w, o, _ in cells) / weight, sum(w * (p or 0.0) for w, _, p in cells) / weight


def caption(result: Result) -> str:
    """Rows, temperature, and why a side is missing."""
    rows = "row" if result.n == 1 else "rows"
    parts = [f"n = {result.n:,} {rows}"]
    if result.weighted:
        parts.append(f"total weight {result.weight:,.6g}")
    return "; ".join(filter(None, [*parts, fitted(result), shown(result.reason, 200)]))


def fitted(result: Result) -> str:
    """The fitted temperature with its interval; of many their range; else the method; "" without one."""
    parameters = result.fit.parameters if result.fit is not None else {}
    found = [one for name, one in parameters.items() if name.partition("[")[0] == "temperature"]
    values = [one.value for one in found if one.value is not None]
    if not values:
        return f"method {shown(result.method)}" if result.method else ""
    if len(values) > 1:
        return f"temperatures T = {min(values):.4g} to {max(values):.4g}"
    ends = f" [{found[0].low:.4g}, {found[0].high:.4g}]" if None not in (found[0].low, found[0].high) else ""
    return f"temperature T = {values[0]:.4g}{ends}"


def described(result: Result, sides: Sequence[tuple[str, Variant]], curves: Sequence[Sequence[Curve]]) -> str:
    """The figure in sentences; `curves` holds those drawn of every side."""
    sentences = [f"{caption(result)}."]
    for (heading, variant), drawn in zip(sides, curves, strict=True):
        side = f"{heading[:1].upper()}{heading[1:]}: " if heading else ""
        sentences.append(f"{side}{error(ece(variant))}.")
        for curve in drawn:
            bins = filled(curve)
            below = sum(b.observed < b.predicted for b in bins)
            name = f"{shown(curve.label)}: o" if len(drawn) > 1 else "O"
            sentences.append(f"{name}bserved lies below predicted in {below} of {len(bins)} bins that hold rows.")
    if result.verdict is not None:
        sentences.append(shown(result.verdict.sentence, 300))
    return " ".join(sentences)
