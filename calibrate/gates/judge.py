"""One limit against one number with its interval: PASS, FAIL, INCONCLUSIVE or ERROR, and the sentence that says why.

safe      the worse end decides: PASS where it meets the limit, FAIL where the better end violates it, else
          INCONCLUSIVE. A model at or beyond the limit passes in at most 5 % of samples: measured in all worlds of
          `make coverage ARGS=--gates`. Not where rare rows cost far more than all others, for a sample without them
          knows nothing of them: 1 % of the rows noise, n = 200: NLL 8 %, its change 27 %; next to no errors (0.4 in
          50), a change of Brier 7 %.
lenient   FAIL only where shown bad: the better end violates the limit; else PASS.
point     the (debiased) value alone, without regard to chance.

Unrounded numbers decide. An infinite value fails every upper limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf

from calibrate.errors import CalibrateError
from calibrate.gates.chances import OFTEN, Chance, chance, chance_of_gap, rounded_up
from calibrate.gates.policy import Limit
from calibrate.results import Estimate, Gate
from calibrate.uncertainty import quantiles
from calibrate.uncertainty.binned import NONE_SHOWN, SIMULTANEOUS
from calibrate.uncertainty.differences import scaled
from calibrate.wording import apart

FEWEST = 10
MOST_ROWS = 1e12
"""More rows than this decide nothing."""


@dataclass(frozen=True)
class Subject:
    """What a limit is held against.

    judged   the metric, or by how much it got worse; an increase is an upper limit whatever the metric
    n        rows behind it
    plain    the metric itself, on the side that is judged: it says whether there is an interval at all
    """

    judged: Estimate
    n: int
    plain: Estimate
    level: float
    group: tuple[str, str] | None = None
    label: str | None = None
    old: float | None = None
    new: float | None = None
    guaranteed: bool = True
    """False where the interval was not shown to cover: many parameters."""


def gate_of(limit: Limit, subject: Subject, default: str) -> Gate:
    """The gate with its verdict; `default` is the end that decides where the limit does not say.

    Raises `CalibrateError` E622 where `safe` or `lenient` is asked of a metric without such an interval.
    """
    on = _end(limit, subject, default)
    relative = limit.rule == "max_increase_rel"
    bound = 0.0 if relative else limit.limit
    verdict, reason = _verdict(subject.judged, bound, on, upper=limit.rule != "min")
    needed = _needed(subject, bound) if verdict == "INCONCLUSIVE" else None
    if relative:
        reason = f"beyond what is allowed: {reason}"
    if verdict == "INCONCLUSIVE" and subject.judged.low is not None:
        reason += f"; about {needed:,} rows would decide it, were the value the truth" if needed else ""
    calibrated = _chance(limit, subject, on)
    often_missed = calibrated is not None and calibrated.probability < OFTEN
    return Gate(
        limit.metric,
        limit.rule,
        limit.limit,
        on,
        limit.level,
        verdict,
        False,
        subject.judged,
        reason,
        subject.group,
        subject.label,
        limit.source,
        subject.old,
        subject.new,
        needed,
        calibrated.probability if calibrated and often_missed else None,
        rounded_up(subject.n * calibrated.times) if calibrated and often_missed and calibrated.times else None,
        guaranteed=on != "point",
        notes=_notes(limit, subject, calibrated if often_missed else None),
    )


def failed(limit: Limit, reason: str, on: str, group: tuple[str, str] | None = None, label: str | None = None) -> Gate:
    """The gate of a limit that cannot be judged on these data: ERROR."""
    nothing = Estimate(None, reason=reason)
    return Gate(limit.metric, limit.rule, limit.limit, on, limit.level, "ERROR", False, nothing, reason, group, label,
                limit.source)  # fmt: skip


def noise_gate(limit: Limit, subject: Subject) -> Gate:
    """Whether a calibration error lies within what chance alone gives 95 % of calibrated models."""
    found, point = subject.plain.value, subject.plain.noise_floor_p95
    if found is None or point is None:
        return failed(limit, subject.plain.reason or "has no noise floor", "point", subject.group, subject.label)
    texts = apart(found, point)
    above = found > point
    sign = ">" if above else "<="
    reason = f"value {texts[0]} {sign} {texts[1]}, the 95 % point of its noise floor"
    verdict = "FAIL" if above else "PASS"
    return Gate(limit.metric, limit.rule, point, "point", limit.level, verdict, False, subject.plain, reason,
                subject.group, subject.label, limit.source)  # fmt: skip


def _end(limit: Limit, subject: Subject, default: str) -> str:
    method = subject.plain.method
    if method in (NONE_SHOWN, SIMULTANEOUS) or not subject.guaranteed:
        has_ends = method == SIMULTANEOUS and limit.rule in ("max", "min")
        if limit.on == "safe" or (limit.on == "lenient" and not has_ends):
            raise CalibrateError(
                "E622",
                f"{limit.source}: {limit.metric} {limit.rule}: on = {limit.on}, but this metric has no interval whose "
                "coverage was shown",
                'on = "point" judges the value alone',
            )
        return limit.on or "point"
    return limit.on or default


def _verdict(judged: Estimate, limit: float, on: str, *, upper: bool) -> tuple[str, str]:
    """The verdict and its reason. Lower limits are upper limits of the negative."""
    turned, most = (judged, limit) if upper else (scaled(judged, -1.0), -limit)
    if turned.value is None:
        return "ERROR", judged.reason or "it has no value on these data"
    if isinf(turned.value):
        return ("PASS", "infinitely better") if turned.value < 0 else ("FAIL", judged.reason or "the value is infinite")
    if on == "point":
        return _by_point(turned, most, upper)
    if turned.low is None or turned.high is None:
        why = judged.reason or "too few rows"
        undecided = on == "safe"
        return ("INCONCLUSIVE", f"no interval: {why}") if undecided else ("PASS", f"not shown beyond the limit: {why}")
    return _by_ends(turned.low, turned.high, most, upper, lenient=on == "lenient")


def _by_point(turned: Estimate, most: float, upper: bool) -> tuple[str, str]:
    value = turned.value if turned.debiased is None else turned.debiased
    what = "value" if turned.debiased is None else "debiased value"
    meets = value is not None and value <= most
    compared = _compared(what, value or 0.0, most, upper, meets)
    return ("PASS" if meets else "FAIL"), f"{compared}, without regard to chance"


def _by_ends(low: float, high: float, most: float, upper: bool, *, lenient: bool) -> tuple[str, str]:
    worse, better = ("upper end", "lower end") if upper else ("lower end", "upper end")
    if low > most:
        return "FAIL", _compared(better, low, most, upper, False)
    if high <= most:
        return "PASS", _compared(worse, high, most, upper, True)
    if lenient:
        return "PASS", f"not shown beyond the limit: {_compared(better, low, most, upper, True)}"
    return "INCONCLUSIVE", f"the interval holds the limit: {_compared(worse, high, most, upper, False)}"


def _compared(what: str, found: float, most: float, upper: bool, meets: bool) -> str:
    """`upper end 0.0283 <= 0.03`, with the digits that it takes; `found` and `most` are turned for lower limits."""
    sign = ("<=" if meets else ">") if upper else (">=" if meets else "<")
    texts = apart(found, most) if upper else apart(-found + 0.0, -most + 0.0)
    return f"{what} {texts[0]} {sign} {texts[1]}"


def _needed(subject: Subject, limit: float) -> int | None:
    """Rows on which 4 of 5 samples would decide, were the value the truth and the interval to shrink with their root.

    Nothing for fewer than 10 rows: their value says nothing of others.
    """
    judged = subject.judged
    if subject.n < FEWEST:
        return None
    value = judged.value if judged.debiased is None else judged.debiased
    if value is None or judged.low is None or judged.high is None or value == limit:
        return None
    reach = judged.high - value if limit > value else value - judged.low
    power = 1 + quantiles.normal(0.8) / quantiles.normal(quantiles.tail(subject.level))
    rows = subject.n * (power * reach / (limit - value)) ** 2
    return rounded_up(rows) if rows < MOST_ROWS else None


def _chance(limit: Limit, subject: Subject, on: str) -> Chance | None:
    """What a calibrated model would make of a limit on a calibration error or gap."""
    name = limit.metric.partition(":")[0]
    if name == "confidence_gap" and limit.rule in ("max", "min"):
        allowed = limit.limit if limit.rule == "max" else -limit.limit
        return chance_of_gap(subject.judged, allowed, on, subject.level)
    return chance(subject.judged, limit.limit, on, subject.level) if limit.rule == "max" else None


def _one_sided(limit: Limit, subject: Subject) -> tuple[str, ...]:
    """A limit on one side of 0 says nothing of the other, and 0 is best of this metric."""
    value = subject.judged.value
    beyond = value is not None and (value < -limit.limit if limit.rule == "max" else value > -limit.limit)
    if limit.metric != "confidence_gap" or limit.rule not in ("max", "min") or not beyond:
        return ()
    other = "min" if limit.rule == "max" else "max"
    return (f"0 is best, and the value is further away on the other side: {other} = {-limit.limit:g} limits that one",)


def _notes(limit: Limit, subject: Subject, calibrated: Chance | None) -> tuple[str, ...]:
    if calibrated is None:
        return _one_sided(limit, subject)
    share = f"{100 * calibrated.probability:.0f} % of samples"
    often = f"a perfectly calibrated model meets this limit on {subject.n:,} rows in {share}"
    if calibrated.times is not None:
        often += f"; it nearly always does from about {rounded_up(subject.n * calibrated.times):,} rows on"
    return (often, *_one_sided(limit, subject))
