"""What increases are measured from: a saved result, the old scores or model on the same rows, or no calibration.

An increase is by how much a metric got worse: new - old where lower is better, old - new where higher is, and of the
distance from 0 where 0 is best. Relative: new - (1 + r) old, or (1 - r) old - new, against 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isclose
from typing import Any

from calibrate import __version__, registry
from calibrate.errors import CalibrateError
from calibrate.results import Estimate, Result
from calibrate.uncertainty.differences import added, less_share, scaled, size

AGAIN = "make it again with: calibrate score SCORES LABELS --json > baseline.json"


@dataclass(frozen=True)
class Comparison:
    """Where increases come from.

    how      identical (same scores, labels and model: nothing can have changed), paired (both on the same rows),
             unpaired (of the baseline only its result is known) or before (paired, with the scores not calibrated)
    name     of the baseline, for people
    old      the result of the baseline; None where `paired` holds both sides
    paired   a result whose `before` is the baseline, whose `after` is what is judged, and whose `change` is paired
    """

    how: str
    name: str
    old: Result | None = None
    paired: Result | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Worsening:
    """By how much a metric got worse, and both sides of it."""

    judged: Estimate
    old: float | None
    new: float | None


def part(result: Result, group: tuple[str, str] | None) -> Result | None:
    """The result of a group, or the whole; None where the result has no such group."""
    return result if group is None else result.groups.get(group[0], {}).get(group[1])


def worsening(
    better: str, new: Estimate, old: Estimate, change: Estimate | None, share: float | None, *, identical: bool
) -> Worsening:
    """By how much `new` is worse than `old`; relative to `old` by `share`, None for the plain difference.

    change   new - old on the same rows, with its paired interval; None: the samples are taken as independent
    """
    r = share or 0.0
    if identical:
        basis = size(old) if better == "zero" else old
        exact = scaled(basis, -r).value if r and old.value is not None else 0.0
        judged = Estimate(exact, exact, exact, definition=new.definition, method="identical")
    elif better == "zero":
        judged = added(size(new), scaled(size(old), -1.0 - r))
    elif change is not None:
        judged = less_share(change if better == "lower" else scaled(change, -1.0), old, r)
    elif better == "lower":
        judged = added(new, scaled(old, -1.0 - r))
    else:
        judged = added(scaled(old, 1.0 - r), scaled(new, -1.0))
    return Worsening(judged, old.value, new.value)


def better_of(key: str) -> str:
    """The direction of a metric: lower, higher or zero."""
    return str(registry.load("metrics", key.partition(":")[0]).better)


def refuse_other(result: Result, baseline: Result, name: str, keys: Iterable[str], columns: Iterable[str]) -> None:
    """Raise `CalibrateError` E623 where a gated metric is missing in the baseline, or means something else there."""
    _same_version(baseline, name)
    for what, ours, theirs in (
        ("task", result.task, baseline.task),
        ("classes", result.classes, baseline.classes),
        ("level of the intervals", result.level, baseline.level),
    ):
        if ours != theirs:
            raise _other(name, what, theirs, ours)
    for column in columns:
        if column not in baseline.groups:
            found = ", ".join(baseline.groups) or "none"
            raise CalibrateError("E623", f"{name}: found no groups of {column!r}, expected them ({found})", AGAIN)
    for key in keys:
        theirs_of, ours_of = baseline.judged.metrics.get(key), result.judged.metrics.get(key)
        if theirs_of is None or not theirs_of.definition:
            what = "metric" if theirs_of is None else "definition of"
            raise CalibrateError("E623", f"{name}: found no {what} {key!r}, expected one", AGAIN)
        if ours_of is not None and ours_of.definition != theirs_of.definition:
            raise _other(name, f"definition of {key}", theirs_of.definition, ours_of.definition)


def _other(name: str, what: str, theirs: Any, ours: Any) -> CalibrateError:
    return CalibrateError("E623", f"{name}: {what}: found {theirs!r}, this run has {ours!r}", AGAIN)


def _same_version(baseline: Result, name: str) -> None:
    """Versions that may define a metric otherwise differ: before 1.0 in the minor number, then in the major one."""
    found = baseline.environment.get("calibrate", "")
    if _breaking(found) != _breaking(__version__) or not found:
        raise CalibrateError(
            "E623",
            f"{name}: found a result of calibrate {found or '(no version)'}, this is {__version__}: metrics may be "
            "defined otherwise",
            AGAIN,
        )


def _breaking(version: str) -> tuple[str, ...]:
    """The numbers of a version of which a change may break."""
    numbers = re.findall(r"\d+", version)[:2]
    return tuple(numbers[:1] if numbers[:1] != ["0"] else numbers)


def same_run(result: Result, baseline: Result) -> bool:
    """Whether scores, labels, model and everything that was asked for are the same: then nothing can have changed."""

    def facts(one: Result) -> tuple[Any, ...]:
        inputs = tuple((item.role, item.sha256) for item in one.inputs if item.role != "baseline")
        fit = None if one.fit is None else one.fit.parameters
        return inputs, one.options, one.link, one.method, one.after_is, one.n, one.weight, fit

    return bool(result.inputs) and all(i.sha256 for i in result.inputs) and facts(result) == facts(baseline)


def refuse_changed(result: Result, baseline: Result, name: str, keys: Iterable[str]) -> None:
    """Raise `CalibrateError` E623 where a baseline of the same scores, labels and model has other numbers."""
    for key in keys:
        ours, theirs = (one.judged.metrics[key].value for one in (result, baseline))
        same = ours == theirs or (ours is not None and theirs is not None and isclose(ours, theirs, rel_tol=1e-6))
        if not same:
            found = f"{name}: {key}: found {theirs}, the same scores, labels and model give {ours}"
            raise CalibrateError("E623", found, AGAIN)


def same_rows(result: Result, baseline: Result) -> bool:
    """Whether scores or labels of both are the same files: then a paired comparison would say more."""
    labels = {item.sha256 for item in result.inputs if "labels" in item.role} - {""}
    return result.n == baseline.n and any(item.sha256 in labels for item in baseline.inputs)
