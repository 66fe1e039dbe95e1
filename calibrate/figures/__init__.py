"""Figures from a Result alone: laid out in points by pure functions, painted by the one file that knows Matplotlib."""

from __future__ import annotations

from collections.abc import Sequence

from calibrate.errors import CalibrateError
from calibrate.figures.classes import MOST, event_curves, per_class
from calibrate.figures.reliability import reliability
from calibrate.figures.sheet import Sheet
from calibrate.results import Result


def pictures(result: Result, kinds: Sequence[str] = ("png", "svg")) -> dict[str, bytes]:
    """File name -> content: `reliability.*`; `reliability_classes.*` where 2 to 20 classes stand beside a top label.

    Every figure is laid out once and painted in all `kinds`.
    """
    from calibrate.figures.paint import paint

    sheets = {"reliability": main_sheet(result)}
    if _has_top_label(result) and _several_events(result):
        sheets["reliability_classes"] = per_class(result)
    painted_sheets = ((name, paint(sheet, kinds)) for name, sheet in sheets.items())
    return {f"{name}.{kind}": content for name, found in painted_sheets for kind, content in found.items()}


def painted(result: Result, kind: str, *, per_class: bool = False) -> bytes:
    """One figure as "png" or "svg": the main one, or that of each class; E531 where the latter cannot be."""
    from calibrate.figures.paint import paint

    return paint(_class_sheet(result) if per_class else main_sheet(result), (kind,))[kind]


def main_sheet(result: Result) -> Sheet:
    """The figure that stands for the result: of the top label, or of the one event, or of every event.

    Several events without a top label (multi-label) have no curve in common, and errors of opposite signs would
    cancel in a pooled one: each has its own panel.
    """
    return per_class(result) if _several_events(result) and not _has_top_label(result) else reliability(result)


def _class_sheet(result: Result) -> Sheet:
    if _several_events(result):
        return per_class(result)
    if len(event_curves(result.before)) == 1 and not _has_top_label(result):
        return reliability(result)
    raise CalibrateError(
        "E531",
        f"found {len(event_curves(result.before))} curves of classes or events, expected 2 to {MOST}",
        "leave out --per-class: the diagram of the top label is drawn for any number of classes",
    )


def _several_events(result: Result) -> bool:
    return 2 <= len(event_curves(result.before)) <= MOST


def _has_top_label(result: Result) -> bool:
    return bool(result.before.curves) and result.before.curves[0].kind == "top-label"
