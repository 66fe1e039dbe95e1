"""Reliability diagrams of every side and, where they are few, of every class, each with the table behind it."""

from __future__ import annotations

from collections.abc import Sequence

from calibrate.figures.panel import Bin, filled
from calibrate.reporting import drawing, words
from calibrate.reporting.blocks import Block, Cell, Drawing, Figure, Para, Ref, Section, Sub, Table, heads
from calibrate.reporting.document import Report
from calibrate.results import Curve, Estimate, Result
from calibrate.wording import between, number

KEY = (
    "A dot is a bin of predictions, its area in proportion to its rows, at its mean prediction and its observed "
    "frequency. Whiskers: pointwise {level} intervals. Grey: where {level} of samples of a calibrated model would lie. "
    "Dashed: perfect calibration; below it the model promises more than it delivers."
)
SMALL_KEY = "Orange, hollow: before; blue, filled: after, with its intervals. "


def section(report: Report) -> Section:
    """The figures and the tables of the top label, or of the one event."""
    result = report.result
    main, classes = figure(report), class_figure(report)
    blocks: list[Block] = [main] if main else []
    blocks += [_table(result, side, curves[0]) for side, curves in _drawn(result).items() if main]
    if classes:
        blocks += [Sub("By label" if result.task == "multilabel" else "By class"), classes]
        blocks.append(Para(("The tables behind these are in section ", Ref("annex"), "."), "aside"))
    elif len(result.classes) > words.MOST:
        blocks.append(
            Para(f"No diagrams by class: there are {len(result.classes):,} of them, more than {words.MOST}.", "aside")
        )
    if not blocks:
        blocks.append(Para("This result holds no bins, so there is nothing to draw."))
    return Section("diagrams", "Reliability diagrams", tuple(blocks))


def annex(report: Report) -> Section | None:
    """The tables behind the diagrams by class; None where there are none."""
    result = report.result
    if class_figure(report) is None:
        return None
    sides = list(_drawn(result))
    tables = [
        _class_table(_label(curves[0]), dict(zip(sides, curves, strict=True)))
        for curves in zip(*(_events(result, side) for side in sides), strict=True)
    ]
    about = Para("Empty bins are left out. Intervals, bands and full precision are in bins.csv.", "aside")
    return Section("annex", "Annex: tables behind the diagrams by class", (about, *tables))


def figure(report: Report) -> Figure | None:
    """Before and after side by side."""
    result = report.result
    first = {side: curves[0] for side, curves in _drawn(result).items()}
    if not first or (_several(result) and not _has_top(result)):
        return None
    drawings = [_panel(result, side, curve) for side, curve in first.items()]
    what = _of(next(iter(first.values())), result)
    caption = f"Reliability of {what}. {KEY.format(level=words.level(result.level))}"
    return Figure("reliability.svg", caption, tuple(drawings))


def class_figure(report: Report) -> Figure | None:
    """One small diagram per class or label, where they are 2 to 20."""
    result = report.result
    if not _several(result):
        return None
    sides = list(_drawn(result))
    columns = zip(*(_events(result, side) for side in sides), strict=True)
    drawings = [_small(result, i, dict(zip(sides, curves, strict=True))) for i, curves in enumerate(columns)]
    what = "each label" if result.task == "multilabel" else "each class against the rest"
    pair = SMALL_KEY if len(sides) > 1 else ""
    caption = f"Reliability of {what}. {pair}{KEY.format(level=words.level(result.level))}"
    return Figure("reliability_classes.svg", caption, tuple(drawings), small=True)


def _drawn(result: Result) -> dict[str, tuple[Curve, ...]]:
    """Side -> curves, of the sides that have any."""
    return {name: side.curves for name, side in result.sides.items() if side.curves}


def _events(result: Result, side: str) -> list[Curve]:
    return [curve for curve in result.sides[side].curves if curve.kind == "event"]


def _several(result: Result) -> bool:
    counts = {len(_events(result, side)) for side in _drawn(result)}
    return len(counts) == 1 and 2 <= counts.pop() <= words.MOST


def _has_top(result: Result) -> bool:
    return any(curves[0].kind == "top-label" for curves in _drawn(result).values())


def _of(curve: Curve, result: Result) -> str:
    if curve.kind == "top-label" or result.task == "top-label":
        return "the confidence of the predicted class"
    return f"the event {words.name(curve.label)}"


def _label(curve: Curve) -> str:
    return words.name(curve.label)


def _panel(result: Result, side: str, curve: Curve) -> Drawing:
    heading = _side(result, side)
    ece = next((e for key, e in result.sides[side].metrics.items() if key.partition(":")[0] == "ece"), None)
    beside = f"ECE {number(ece.value)} {between(ece)}".rstrip() if ece is not None else ""
    top = curve.kind == "top-label"
    axes = ("confidence", "accuracy") if top else ("predicted probability", "observed frequency")
    title = f"Reliability of {_of(curve, result)}, {heading}"
    description = f"{beside + '. ' if beside else ''}{_in_words(curve)}"
    svg = drawing.panel(curve, heading, beside, axes, (title, description), f"figure-{side}")
    return Drawing(svg, title, description)


def _small(result: Result, i: int, curves: dict[str, Curve]) -> Drawing:
    label = _label(next(iter(curves.values())))
    errors = [_part(result, side, i, len(result.classes)) for side in curves]
    known = [number(e.value) for e in errors if e is not None and e.value is not None]
    beside = "ECE " + " → ".join(known) if len(known) == len(curves) else ""
    sentences = [f"{_side(result, side)}: {_in_words(curve)}" for side, curve in curves.items()]
    title, description = f"Reliability of {label}", " ".join([*([beside + "."] if beside else []), *sentences])
    svg = drawing.small(list(curves.values()), label, beside, (title, description), f"class-{i}")
    return Drawing(svg, title, description)


def _part(result: Result, side: str, i: int, classes: int) -> Estimate | None:
    """The error of one class, from the metric that has it by class."""
    for name in ("classwise_ece", "ece"):
        estimate = result.sides[side].metrics.get(name)
        if estimate is not None and len(estimate.parts) == classes:
            return estimate.parts[i]
    return None


def _in_words(curve: Curve) -> str:
    bins = filled(curve)
    below = sum(b.observed < b.predicted for b in bins)
    rows = words.plural(sum(b.count for b in bins), "row")
    return f"{rows} in {words.plural(len(bins), 'bin')}; observed lies below predicted in {below} of them."


def _side(result: Result, side: str) -> str:
    if len(_drawn(result)) == 1:
        return "measured"
    return words.after_title(result.after_is) if side == "after" else side


def _table(result: Result, side: str, curve: Curve) -> Table:
    heading = heads(
        "bin", ">rows", ">predicted", ">observed", f">{words.level(result.level)} interval", ">if calibrated"
    )
    rows = tuple(
        (
            Cell(f"({b.lower:.3f}, {b.upper:.3f}]"),
            Cell(f"{b.count:,}"),
            Cell(words.fraction(b.predicted)),
            Cell(words.fraction(b.observed)),
            Cell(words.fractions(b.interval)),
            Cell(words.fractions(b.band)),
        )
        for b in filled(curve)
    )
    note = "Empty bins are left out. Intervals are pointwise: of twenty, one may miss by chance."
    return Table(f"Bins of {_of(curve, result)}, {_side(result, side)}", heading, rows, note)


def _class_table(label: str, curves: dict[str, Curve]) -> Table:
    pairs = [f">{side}: {what}" for side in curves for what in ("rows", "predicted", "observed")]
    sides = [{b.lower: b for b in filled(curve)} for curve in curves.values()]
    edges = sorted({(b.lower, b.upper) for side in sides for b in side.values()})
    rows = tuple(
        (Cell(f"({lower:.3f}, {upper:.3f}]"), *(cell for side in sides for cell in _cells(side.get(lower))))
        for lower, upper in edges
    )
    return Table(f"Bins of {label}", heads("bin", *pairs), rows)


def _cells(b: Bin | None) -> Sequence[Cell]:
    if b is None:
        return (Cell("0"), Cell(""), Cell(""))
    return (Cell(f"{b.count:,}"), Cell(words.fraction(b.predicted)), Cell(words.fraction(b.observed)))
