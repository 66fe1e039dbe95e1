"""What was asked for: gates and their rules, from a file of gates and the flags that replace its keys.

    baseline = "baseline.json"            # a result.json, relative to the file
    preset = "not-worse"
    on = "safe"                           # or "point", "lenient": of every gate that does not say itself
    inconclusive = "fail"                 # or "warn", "pass"
    [gates.ece]
    max = 0.03                            # and min, max_increase, max_increase_rel
    on = "lenient"
    level = "warn"                        # or "error", "off"
    [groups.sex.gates.accuracy]           # for each value of the column
    min = 0.85
    [classes.gates.ece]                   # for each class
    max = 0.05

What is misspelt, contradictory or can never fail is refused: a gate that does not judge is worse than none.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from calibrate import registry
from calibrate.containers.grammar import is_number
from calibrate.errors import CalibrateError, shown

RULES = ("max", "min", "max_increase", "max_increase_rel")
INCREASES = RULES[2:]
LEVELS = ("error", "warn", "off")
ENDS = ("safe", "point", "lenient")
INCONCLUSIVE = ("fail", "warn", "pass")
PRESETS = ("not-worse",)
MOST = sys.float_info.max

_TOP = ("baseline", "preset", "on", "inconclusive", "gates", "groups", "classes")
_GATE = (*RULES, "on", "level")
_CHOICES: dict[str, tuple[str, ...]] = {
    "on": ENDS, "level": LEVELS, "inconclusive": INCONCLUSIVE, "preset": PRESETS,
}  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """One limit that was asked for.

    on      which end of the interval decides, as the gate or the whole run asks; None: nobody does, so `safe` where
            there is such an end and else the point
    column  of groups, for each value of which it holds; `classes`: it holds for each class
    source  who asked, in words: "--max", "calibrate.toml"
    """

    metric: str
    rule: str
    limit: float
    on: str | None = None
    level: str = "error"
    column: str | None = None
    classes: bool = False
    source: str = ""


@dataclass(frozen=True)
class Policy:
    """All that was asked for; `limits` in the order of the file, then of the flags. `baseline` is a path."""

    limits: tuple[Limit, ...] = ()
    baseline: str | None = None
    preset: str | None = None
    on: str = "safe"
    inconclusive: str = "fail"

    @property
    def asks(self) -> bool:
        """Whether there is anything to judge, or to measure an increase from."""
        return bool(self.limits or self.preset or self.baseline)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of groups that gates are about."""
        return tuple(dict.fromkeys(limit.column for limit in self.limits if limit.column is not None))

    @property
    def metrics(self) -> tuple[str, ...]:
        """Keys of the metrics that gates are about."""
        return tuple(dict.fromkeys(limit.metric for limit in self.limits))


@dataclass(frozen=True)
class Asked:
    """Gates on the command line: rule -> ("ece=0.03", ...), and what replaces the file's other keys."""

    limits: Mapping[str, Sequence[str]] = field(default_factory=dict)
    baseline: str | None = None
    preset: str | None = None
    on: str | None = None
    inconclusive: str | None = None


def policy_of(table: Mapping[str, Any], name: str, asked: Asked | None = None) -> Policy:
    """The policy of a file's table (`name` in messages) with the flags in `asked`, which replace its same keys.

    Raises `CalibrateError` E620 (unknown or misplaced), E621 (no limit, or one that cannot be), E601 (metrics).
    """
    asked = asked or Asked()
    table = _known(table, _TOP, name, "")
    sections = {where: _section(gates, name, where) for where, gates in _sections(table, name)}
    sources: dict[tuple[str, str], str] = {}
    for rule, texts in asked.limits.items():
        flag = f"--{rule.replace('_', '-')}"
        for text in texts:
            metric, limit = _flag(flag, text)
            if (metric, rule) in sources:
                raise CalibrateError("E621", f"{flag}: found two limits of {metric}, expected one", "leave one out")
            sections.setdefault("", {}).setdefault(metric, {})[rule] = limit
            sources[metric, rule] = flag
    chosen = {
        key: _choice(getattr(asked, key) or table.get(key), key, name) for key in ("preset", "on", "inconclusive")
    }
    limits = tuple(
        limit
        for where, gates in sections.items()
        for metric, gate in gates.items()
        for limit in _limits(where, metric, {"on": chosen["on"], **gate}, name, sources if where == "" else {})
    )
    baseline = asked.baseline or _text(table.get("baseline"), "baseline", name)
    return Policy(limits, baseline, chosen["preset"], chosen["on"] or "safe", chosen["inconclusive"] or "fail")


def _sections(table: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Where ("", "groups.sex", "classes") -> its table of gates."""
    yield "", _table(table.get("gates", {}), "gates", name)
    for column, inner in _table(table.get("groups", {}), "groups", name).items():
        where = f"groups.{column}"
        yield where, _only_gates(inner, where, name)
    if "classes" in table:
        yield "classes", _only_gates(table["classes"], "classes", name)


def _only_gates(found: Any, where: str, name: str) -> Mapping[str, Any]:
    table = _known(_table(found, where, name), ("gates",), name, where)
    return _table(table.get("gates", {}), f"{where}.gates", name)


def _section(gates: Mapping[str, Any], name: str, where: str) -> dict[str, dict[str, Any]]:
    """Metric key -> its checked gate, names made those of the registry."""
    found: dict[str, dict[str, Any]] = {}
    for text, gate in gates.items():
        at = _path(where, text)
        key = _metric(text, f"{name}: {at}")
        if key in found:
            raise CalibrateError("E620", f"{name}: {at}: found gates of {key} twice, expected them once", "join them")
        found[key] = _known(_table(gate, at, name), _GATE, name, at)
        if not any(rule in found[key] for rule in RULES):
            raise CalibrateError("E621", f"{name}: {at}: found no limit, expected one of {', '.join(RULES)}", "")
    return found


def _limits(
    where: str, metric: str, gate: Mapping[str, Any], name: str, sources: Mapping[tuple[str, str], str]
) -> Iterator[Limit]:
    at = _path(where, metric)
    on, level = (_choice(gate.get(key), key, f"{name}: {at}") for key in ("on", "level"))
    rules = [rule for rule in RULES if rule in gate]
    for rule in rules:
        source = sources.get((metric, rule), name)
        limit = _finite(gate[rule], source if source != name else f"{name}: {at}.{rule}")
        _sensible(metric, rule, limit, source)
        if level != "off":
            column = where.removeprefix("groups.") if where.startswith("groups.") else None
            yield Limit(metric, rule, limit, on, level or "error", column, where == "classes", source)
    if "max" in rules and "min" in rules and gate["min"] > gate["max"]:
        raise CalibrateError(
            "E621", f"{name}: {at}: found min {gate['min']} above max {gate['max']}: nothing meets both"
        )


def _metric(text: str, where: str) -> str:
    """The key of a metric. Raises `CalibrateError` E601 or E602 with the place."""
    try:
        spec = registry.parse("metrics", text)
        registry.make("metrics", text)
    except CalibrateError as problem:
        raise CalibrateError(problem.code, f"{where}: {problem.message}", problem.hint) from problem
    return spec.key


def _flag(flag: str, text: str) -> tuple[str, float]:
    """`ece:bins=20=0.03`, split at the last `=`."""
    metric, equals, limit = text.rpartition("=")
    if not equals or not metric:
        raise CalibrateError("E621", f"{flag}: found {shown(text)!r}, expected METRIC=LIMIT", f"as in {flag} ece=0.03")
    return _metric(metric, flag), _finite(_number(limit), f"{flag} {shown(text)}")


def _number(text: str) -> Any:
    return float(text) if is_number(text) else text


def _finite(value: Any, where: str) -> float:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_real or not abs(value) <= MOST:
        raise CalibrateError("E621", f"{where}: found {shown(value)!r}, expected a finite number", "as in max = 0.03")
    return float(value)


def _sensible(metric: str, rule: str, limit: float, source: str) -> None:
    """Refuse a limit outside what the metric can be: it would always pass, or never (per cent for a share?)."""
    low, high = registry.load("metrics", metric.partition(":")[0]).span
    if rule in INCREASES:
        low, high = (low - high, high - low) if rule == "max_increase" else (-1.0, math.inf)
    if not low <= limit <= high:
        per_cent = high <= 1 < abs(limit) <= 100
        raise CalibrateError(
            "E621",
            f"{source}: {rule} of {metric}: found {limit:g}, expected a number from {low:g} to {high:g}",
            f"{limit:g} % is {limit / 100:g}" if per_cent else "no data could be beyond that limit, or none within it",
        )


def _known(table: Mapping[str, Any], known: tuple[str, ...], name: str, where: str) -> dict[str, Any]:
    """The table with `_` for `-` in its keys; E620 for one that is not known, or stands there in both spellings."""
    found: dict[str, Any] = {}
    for text, value in table.items():
        key = text.replace("-", "_")
        at = f"{name}: {_safe(where)}.{shown(text)}" if where else f"{name}: {shown(text)}"
        if key not in known:
            raise CalibrateError("E620", f"{at}: unknown key", registry.suggestion(text, known))
        if key in found:
            raise CalibrateError("E620", f"{at}: found twice, with - and with _, expected it once", "leave one out")
        found[key] = value
    return found


def _table(found: Any, where: str, name: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        at = _safe(where)
        raise CalibrateError("E620", f"{name}: {at}: found {shown(found)!r}, expected a table", f"[{at}]")
    return found


def _path(where: str, metric: str) -> str:
    """`groups.sex.gates.ece`, as it stands in messages."""
    return f"{_safe(where)}.gates.{shown(metric)}".lstrip(".")


def _safe(where: str) -> str:
    return shown(where, 200)


def _text(found: Any, where: str, name: str) -> str | None:
    if found is not None and (not isinstance(found, str) or not found):
        raise CalibrateError("E620", f"{name}: {where}: found {shown(found)!r}, expected the name of a file", "")
    return found


def _choice(found: Any, key: str, name: str) -> str | None:
    """One of the words that the key takes; None where it is not there."""
    if found is None:
        return None
    if found not in _CHOICES[key]:
        raise CalibrateError(
            "E620",
            f"{name}: {key}: found {shown(found)!r}, expected {' or '.join(_CHOICES[key])}",
            registry.suggestion(shown(found), _CHOICES[key]),
        )
    return str(found)
