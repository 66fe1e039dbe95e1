"""Numbers, shares and names as the report words them; unrounded data come in, text goes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isinf

from calibrate.errors import shown
from calibrate.reporting.blocks import Cell
from calibrate.results import Estimate
from calibrate.wording import between, number

NOTHING = "not provided"
MOST = 20
"""Rows of a table of classes or groups; longer ones are cut, and say so."""

AFTER = {
    "cross-fitted": "after, cross-fitted",
    "holdout": "after, on holdout",
    "in-sample": "after, IN-SAMPLE",
    "applied": "after, saved model applied",
}


def percent(value: float | None) -> str:
    """A share in per cent: one decimal, more only where these would say 0 or 100.

    >>> percent(0.7934), percent(0.99973), percent(1.0), percent(None)
    ('79.3 %', '99.97 %', '100.0 %', 'n/a')
    """
    if value is None:
        return "n/a"
    for decimals in range(1, 7):
        text = f"{100 * value:.{decimals}f}"
        if float(text) not in (0.0, 100.0) or value in (0.0, 1.0):
            return f"{text} %"
    return f"{100 * value:.3g} %"


def percents(estimate: Estimate | None) -> str:
    """A share with its interval on one line: `79.3 % [75.1 %, 83.0 %]`; without a value the reason."""
    if estimate is None or estimate.value is None:
        return missing(estimate)
    ends = percent_range(estimate.low, estimate.high)
    return f"{percent(estimate.value)} {ends}".rstrip()


def percent_range(low: float | None, high: float | None) -> str:
    """An interval of shares in brackets, or nothing."""
    return "" if low is None or high is None else f"[{percent(low)}, {percent(high)}]"


def fraction(value: float | None) -> str:
    """A share as four decimals; more only where these would say 0.

    >>> fraction(0.25), fraction(1.0), fraction(0.00001), fraction(None)
    ('0.2500', '1.0000', '1e-05', 'n/a')
    """
    if value is None:
        return "n/a"
    return f"{value:.2g}" if 0 < value < 0.00005 else f"{value:.4f}"


def fractions(ends: tuple[float, float] | None) -> str:
    """An interval of shares as decimals, or nothing."""
    return "" if ends is None else f"[{ends[0]:.4f}, {ends[1]:.4f}]"


def interval(low: float | None, high: float | None) -> str:
    """An interval of plain numbers, or nothing."""
    return "" if low is None or high is None else f"[{number(low)}, {number(high)}]"


def infinite(estimate: Estimate) -> bool:
    """Whether the value is no number to reckon with, and the reason belongs beside it."""
    return estimate.value is not None and isinf(estimate.value)


def missing(estimate: Estimate | None, *, sign: bool = False) -> str:
    """`n/a` or `inf`, and why."""
    said = "n/a" if estimate is None else signed(estimate.value, sign)
    return said if estimate is None or not estimate.reason else f"{said}: {estimate.reason}"


def in_full(estimate: Estimate | None, *, sign: bool = False) -> str:
    """A number with its interval on one line; without a finite one the reason."""
    if estimate is None or estimate.value is None or infinite(estimate):
        return missing(estimate, sign=sign)
    return f"{signed(estimate.value, sign)} {between(estimate, sign)}".rstrip()


def signed(value: float | None, sign: bool = True) -> str:
    """A number, with a plus where it is positive and a sign is wanted."""
    return ("+" if sign and value is not None and value > 0 else "") + number(value)


def measured(estimate: Estimate | None, *, sign: bool = False) -> Cell:
    """A cell of the number, its interval, what is known about its bias, and its noise floor beneath."""
    if estimate is None:
        return Cell("")
    if estimate.value is None:
        return Cell("n/a", (estimate.reason,) if estimate.reason else ())
    below = [between(estimate, sign)]
    if estimate.low is not None and estimate.high is not None and estimate.debiased is not None:
        inside = estimate.low <= estimate.value <= estimate.high
        below += [] if inside else [f"debiased {number(estimate.debiased)}"]
    below += [f"noise floor {number(estimate.noise_floor)}"] if estimate.noise_floor is not None else []
    below += [f"95 % point {number(estimate.noise_floor_p95)}"] if estimate.noise_floor_p95 is not None else []
    below += [estimate.reason] if infinite(estimate) else []
    return Cell(signed(estimate.value, sign), tuple(filter(None, below)))


def share(estimate: Estimate | None) -> Cell:
    """A cell of a share in per cent and its interval."""
    if estimate is None:
        return Cell("n/a")
    if estimate.value is None:
        return Cell("n/a", (estimate.reason,) if estimate.reason else ())
    return Cell(percent(estimate.value), tuple(filter(None, (percent_range(estimate.low, estimate.high),))))


def count(value: float | None) -> str:
    """A number of rows; of weights with decimals where they have some.

    >>> count(12345), count(12.5), count(None)
    ('12,345', '12.5', 'n/a')
    """
    if value is None:
        return "n/a"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def expected(values: Sequence[float]) -> list[str]:
    """Expected numbers of rows, a column of them: the same decimals in all, two, or four where all are below 1.

    >>> expected([1026.5, 936.11, 0.0]), expected([0.125])
    (['1,026.50', '936.11', '0.00'], ['0.1250'])
    """
    decimals = 2 if max(values, default=0.0) >= 1 else 4
    return [f"{value:,.{decimals}f}" for value in values]


def name(text: object, longest: int = 40) -> str:
    """A name from a user's file on one safe line; the empty one is said."""
    return shown(text, longest) or "(empty)"


def names(texts: Iterable[str], most: int = MOST) -> str:
    """Several names with commas between them, and how many more there are."""
    listed = [name(text) for text in texts]
    more = f", ... ({len(listed):,} in all)" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def plural(number_of: int, one: str, many: str = "") -> str:
    """`1 row`, `2,000 rows`.

    >>> plural(1, "row"), plural(2000, "row"), plural(0, "class", "classes")
    ('1 row', '2,000 rows', '0 classes')
    """
    return f"{number_of:,} {one if number_of == 1 else many or one + 's'}"


def after_title(after_is: str | None) -> str:
    """How the numbers after calibration were obtained, as a head of a column."""
    return AFTER.get(after_is or "", "after")


def level(value: float) -> str:
    """`95 %` of 0.95."""
    return f"{100 * value:g} %"
