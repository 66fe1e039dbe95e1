"""The table behind a reliability diagram: per bin its rows, the mean prediction, the observed frequency."""

from __future__ import annotations

from rich.table import Table

from calibrate.errors import shown
from calibrate.page import printed, ruled
from calibrate.results import Curve, Result, Variant
from calibrate.wording import number

HEADS = ("bin", "rows", "predicted", "observed", "95 % interval", "if calibrated")


def render(result: Result, *, per_class: bool = False, color: bool = False, plain: bool = False) -> str:
    """One table per curve of the diagram, before and after; empty bins are left out. Intervals are pointwise."""
    after = {"after, " + (result.after_is or ""): result.after} if result.after else {}
    sides: dict[str, Variant | None] = {"before" if after else "measured": result.before, **after}
    tables = [
        _table(f"{name}: {_called(curve, result.task)}", curve, plain)
        for name, side in sides.items()
        if side
        for curve in side.curves
        if per_class == (curve.kind == "event") or result.task != "multiclass"
    ]
    return printed(tables, color=color)


def _called(curve: Curve, task: str) -> str:
    if curve.kind == "top-label" or task == "top-label":
        return "confidence of the predicted class"
    return f"{shown(curve.label)} against the rest" if task == "multiclass" else f"event {shown(curve.label)}"


def _table(title: str, curve: Curve, plain: bool) -> Table:
    table = ruled(title, plain)
    for head in HEADS:
        table.add_column(head, justify="right")
    for i, count in enumerate(curve.count):
        if count:
            ends = (f"({curve.lower[i]:.3f}, {curve.upper[i]:.3f}]", f"{count:,}")
            means = (number(curve.predicted[i]), number(curve.observed[i]))
            table.add_row(
                *ends, *means, _range(curve.low[i], curve.high[i]), _range(curve.band_low[i], curve.band_high[i])
            )
    return table


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"[{low:.3f}, {high:.3f}]"
