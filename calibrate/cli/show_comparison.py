"""A comparison of methods as people see it: a table of 80 columns, Markdown, a figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from textwrap import fill

from rich.text import Text

from calibrate.comparing import Compared, Comparison
from calibrate.errors import CalibrateError, shown
from calibrate.markup import escaped
from calibrate.page import printed, ruled
from calibrate.results import Estimate
from calibrate.verdict import COVERED_PARAMETERS
from calibrate.wording import between, number, title

NAME = 17
"""Characters of a method's name on one line."""
ROUNDING = 1e-12


def render(found: Comparison, *, color: bool = False, plain: bool = False) -> str:
    """The table, best first, and the recommendation."""
    head = Text(
        f"held-out numbers of {found.n:,} rows, {found.folds} folds, {found.repeats} repeats; "
        f"intervals at {100 * found.level:g} %; differences to {called(found.reference)}, paired"
    )
    table = ruled("", plain)
    table.add_column("method", overflow="fold", ratio=1)
    for name in ("NLL", "difference", "Brier", "ECE", "par."):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.methods:
        table.add_row(*_cells(row, found))
    notes = [f"{called(row.method)}: {row.reason}" for row in found.methods if row.reason]
    notes += [sentence for sentence in (words(found), limits(found)) if sentence]
    dim = [Text(f"note: {note}", style="dim") for note in notes]
    return printed([head, table, *dim, Text(found.sentence, style="bold green")], color=color)


def words(found: Comparison) -> str:
    """Which methods are shown to be better or worse than the reference; "" where there is nothing to compare with."""
    kinds = {kind: [called(row.method) for row in found.methods if row.shown == kind] for kind in ("better", "worse")}
    known = [row for row in found.methods if row.difference and row.difference[found.deciding].low is not None]
    if not any(row.method != found.reference for row in known):
        return ""
    told = [f"{kind} than {called(found.reference)}: {', '.join(names)}" for kind, names in kinds.items() if names]
    nobody = f"no method is shown to be better or worse than {called(found.reference)}"
    return f"{'; '.join(told) or nobody} (all methods allowed for, Holm)"


def limits(found: Comparison) -> str:
    """Which intervals may be too short; "" where none is known to be."""
    many = [called(row.method) for row in found.methods if any(e.notes for e in row.difference.values())]
    if not many:
        return ""
    return f"with more than {COVERED_PARAMETERS} parameters intervals may cover less than they say: {', '.join(many)}"


def called(method: str) -> str:
    """A method as the command line has it."""
    return shown(method.replace("_", "-"))


def _cells(row: Compared, found: Comparison) -> tuple[Text | str, ...]:
    star = row.method == found.recommended
    words = fill(called(row.method) + (" *" if star else ""), NAME, break_on_hyphens=True)
    name = Text(words, style="bold green" if star else "bold")
    parameters = "" if row.n_parameters is None else f"{row.n_parameters:,}"
    loss, apart = row.metrics.get(found.deciding), row.difference.get(found.deciding)
    brier, ece = row.metrics.get("brier"), row.metrics.get("ece")
    if apart is not None and abs(apart.value or 0.0) < ROUNDING:
        apart = None
    difference = "" if row.method == found.reference or apart is None else f"{_signed(apart)}\n{between(apart, True)}"
    floor = "" if ece is None else f"\nfloor {number(ece.noise_floor)}"
    return name, _value(loss), difference, _value(brier), _value(ece) + floor, parameters


def _signed(estimate: Estimate) -> str:
    return ("+" if estimate.value is not None and estimate.value > 0 else "") + number(estimate.value)


def _value(estimate: Estimate | None) -> str:
    return "" if estimate is None else number(estimate.value)


def markdown(found: Comparison) -> str:
    """The table as Markdown, with every interval."""
    heads = ["method", title("nll"), f"difference to {called(found.reference)}", title("brier"), "difference",
             title("ece"), "noise floor", "parameters", "seconds"]  # fmt: skip
    lines = [f"**{escaped(found.sentence)}**", "", f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
    lines += [f"| {' | '.join(_row(row, found.deciding))} |" for row in found.methods]
    about = f"{found.n:,} rows, {found.folds} folds, {found.repeats} repeats, intervals at {100 * found.level:g} %"
    said = [f"\n{escaped(sentence)}." for sentence in (words(found), limits(found)) if sentence]
    why = [_why(row) for row in found.methods if row.reason]
    return "\n".join([*lines, "", f"Held-out numbers; {about}.", *said, *why]) + "\n"


def _why(row: Compared) -> str:
    return f"\n{escaped(called(row.method))}: {escaped(row.reason)}"


def _row(row: Compared, key: str) -> list[str]:
    def cell(estimate: Estimate | None, sign: bool = False) -> str:
        return "" if estimate is None else f"{number(estimate.value)} {between(estimate, sign)}".rstrip()

    ece = row.metrics.get("ece")
    floor = "" if ece is None else number(ece.noise_floor)
    counts = ["" if row.n_parameters is None else str(row.n_parameters), f"{row.seconds:.2g}" if row.seconds else ""]
    metrics, apart = row.metrics, row.difference
    cells = [
        cell(metrics.get(key)),
        cell(apart.get(key), True),
        cell(metrics.get("brier")),
        cell(apart.get("brier"), True),
    ]
    return [escaped(called(row.method)), *cells, cell(ece), floor, *counts]


def painter(output: str) -> Callable[[Comparison], bytes]:
    """What draws the figure that the extension of a file names. Raises `CalibrateError` E510 for another."""
    extension = PurePath(output).suffix.removeprefix(".")
    if extension not in ("png", "svg"):
        raise CalibrateError(
            "E510", f"{shown(output)}: expected a name that ends in .png or .svg", "as in -o methods.png"
        )
    from calibrate.figures.comparison import differences
    from calibrate.figures.paint import paint

    def paint_it(found: Comparison) -> bytes:
        sheet = differences(bars(found), found.sentence, found.level, called(found.reference))
        return paint(sheet, (extension,))[extension]

    return paint_it


def bars(found: Comparison) -> tuple[tuple[str, float, float, float], ...]:
    """Name, difference and its ends of every method that has them, best first."""
    rows = ((row, row.difference.get(found.deciding)) for row in found.methods)
    return tuple(
        (called(row.method), e.value, e.low, e.high)
        for row, e in rows
        if e is not None and e.value is not None and e.low is not None and e.high is not None
    )
