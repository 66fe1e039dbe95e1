"""Differences of estimates of which only the intervals are left: a saved result holds no rows.

    MOVER, independent a and b:  a - b  in  [d - sqrt((a - l_a)^2 + (u_b - b)^2), d + sqrt((u_a - a)^2 + (b - l_b)^2)]

It takes over the asymmetry of either interval (Zou and Donner 2008, doi:10.1002/sim.3095; for frequencies Newcombe's
hybrid score interval, 1998). Made for samples drawn independently; of the same rows, whose losses go together, it is
wider than it need be. Where an interval is no normal one (calibration errors) the ends are subtracted: conservative.
"""

from __future__ import annotations

from dataclasses import replace
from math import hypot, isfinite, isnan

from calibrate.results import Estimate

_OF_MEANS = ("hall-t", "wilson")


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """`factor` times a number; its ends change places where the factor is negative."""
    value, debiased, *ends = (
        None if x is None else factor * x + 0.0  # no negative zero
        for x in (estimate.value, estimate.debiased, estimate.low, estimate.high)
    )
    low, high = ends if factor >= 0 else reversed(ends)
    return Estimate(
        value, low, high, debiased, definition=estimate.definition, method=estimate.method,
        conservative=estimate.conservative, reason=estimate.reason, notes=estimate.notes,
    )  # fmt: skip


def size(estimate: Estimate) -> Estimate:
    """The absolute value; the interval that of all absolute values in it."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return replace(scaled(estimate, 1.0), value=None if estimate.value is None else abs(estimate.value))
    low, high = abs(estimate.low), abs(estimate.high)
    inner = 0.0 if estimate.low <= 0 <= estimate.high else min(low, high)
    return replace(scaled(estimate, 1.0), value=abs(estimate.value), low=inner, high=max(low, high), method="absolute")


def added(a: Estimate, b: Estimate) -> Estimate:
    """a + b of independent samples: MOVER for means and frequencies, else the ends added."""
    if a.value is None or b.value is None:
        return Estimate(None, definition=a.definition, reason=a.reason or b.reason or "not known on both sides")
    if not (isfinite(a.value) and isfinite(b.value)):
        return _infinite(a.value, b.value, a)
    value = a.value + b.value
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return Estimate(value, definition=a.definition, method=a.method, reason=a.reason or b.reason)
    if a.method.startswith(_OF_MEANS) and b.method.startswith(_OF_MEANS):
        low = value - hypot(a.value - a.low, b.value - b.low)
        high = value + hypot(a.high - a.value, b.high - b.value)
        return Estimate(value, low, high, definition=a.definition, method="unpaired, mover")
    debiased = None if a.debiased is None or b.debiased is None else a.debiased + b.debiased
    return Estimate(
        value, a.low + b.low, a.high + b.high, debiased,
        definition=a.definition, method="unpaired, difference of ends", conservative=True,
    )  # fmt: skip


def _infinite(a: float, b: float, like: Estimate) -> Estimate:
    """A sum in which something is infinite: known where only one side is, or both alike."""
    both = a + b
    if isnan(both):
        return Estimate(None, definition=like.definition, reason="infinite on both sides")
    return Estimate(both, definition=like.definition, reason="infinite on one side")


def less_share(change: Estimate, old: Estimate, share: float) -> Estimate:
    """change - share * old, by the ends of both, whatever their dependence: conservative."""
    if share == 0:
        return change
    part = scaled(old, -share)
    if change.value is None or part.value is None or not isfinite(part.value):
        return Estimate(None, definition=change.definition, reason=change.reason or old.reason)
    value = change.value + part.value
    if change.low is None or change.high is None or part.low is None or part.high is None:
        return Estimate(value, definition=change.definition, method=change.method, reason=change.reason or old.reason)
    return Estimate(
        value, change.low + part.low, change.high + part.high,
        definition=change.definition, method=f"{change.method}, difference of ends", conservative=True,
    )  # fmt: skip
