"""All gates of a result: what each limit is about, its verdict, and what they come to as one exit code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from operator import and_

from calibrate.errors import CalibrateError, shown
from calibrate.gates.against import Comparison, better_of, part, worsening
from calibrate.gates.classes import class_estimates, class_metric
from calibrate.gates.judge import Subject, failed, gate_of, noise_gate
from calibrate.gates.policy import INCREASES, Limit, Policy
from calibrate.results import Check, Estimate, Gate, Result
from calibrate.verdict import COVERED_PARAMETERS
from calibrate.wording import warns

NOISE = "noise"
_PRESET = "preset not-worse"


def limits_of(policy: Policy, *, log_loss: bool = True) -> tuple[Limit, ...]:
    """The limits of a policy with those of its preset, of which a limit of the same metric and rule takes the place.

    not-worse   NLL (of a link whose loss is another: its own) and Brier score not shown worse; ECE above the 95 % point
                of its noise floor warns
    """
    if policy.preset is None:
        return policy.limits
    own = {(limit.metric, limit.rule) for limit in policy.limits if limit.column is None and not limit.classes}
    preset = (
        Limit("nll" if log_loss else "link_loss", "max_increase", 0.0, "lenient", source=_PRESET),
        Limit("brier", "max_increase", 0.0, "lenient", source=_PRESET),
        Limit("ece", NOISE, 0.0, "point", "warn", source=_PRESET),
    )
    return (*policy.limits, *(limit for limit in preset if (limit.metric, limit.rule) not in own))


def metrics_for(limits: tuple[Limit, ...], task: str) -> tuple[str, ...]:
    """Keys of the metrics that the limits need of a run."""
    found = (class_metric(limit.metric, task) if limit.classes else limit.metric for limit in limits)
    return tuple(dict.fromkeys(found))


def decide(
    result: Result,
    policy: Policy,
    limits: tuple[Limit, ...],
    comparison: Comparison | None = None,
    *,
    fail_on_warn: bool = False,
) -> Result:
    """The result with its gates and what they come to. Raises `CalibrateError` E622, E624 (nothing to compare with)."""
    _expect_comparison(limits, comparison)
    gates = [gate for limit in limits for gate in _gates(limit, result, policy, comparison)]
    stopping = tuple(
        replace(gate, stops=_stops(gate, policy.inconclusive, fail_on_warn=fail_on_warn)) for gate in gates
    )
    return replace(result, gates=stopping, check=_check(result, stopping, policy, comparison, fail_on_warn))


def _stops(gate: Gate, inconclusive: str, *, fail_on_warn: bool) -> bool:
    if warns(gate, inconclusive):
        return fail_on_warn
    undecided = gate.verdict == "INCONCLUSIVE" and inconclusive == "fail"
    return gate.level == "error" and (gate.verdict in ("FAIL", "ERROR") or undecided)


def _expect_comparison(limits: tuple[Limit, ...], comparison: Comparison | None) -> None:
    for limit in limits:
        has_own = comparison is not None and (comparison.how != "before" or limit.source == _PRESET)
        if limit.rule in INCREASES and not has_own:
            raise CalibrateError(
                "E624",
                f"{limit.source}: {limit.metric} {limit.rule}: found nothing to compare with, expected a baseline",
                "--baseline result.json, --baseline-scores or --baseline-model; --model for the preset",
            )


def _gates(limit: Limit, result: Result, policy: Policy, comparison: Comparison | None) -> Iterator[Gate]:
    for group, found in _groups(limit, result):
        if limit.classes:
            yield from _class_gates(limit, result, policy, comparison)
        else:
            metric = found.judged.metrics.get(limit.metric)
            if metric is None:
                raise _not_measured(limit)
            yield _judged(limit, found, metric, policy, comparison, group)


def _groups(limit: Limit, result: Result) -> Iterator[tuple[tuple[str, str] | None, Result]]:
    """The groups that a limit is for, each with its result; the whole is none of them."""
    if limit.column is None:
        yield None, result
        return
    if limit.column not in result.groups:
        known = ", ".join(map(shown, result.groups)) or "none"
        raise CalibrateError(
            "E624",
            f"{limit.source}: found no groups of {shown(limit.column)!r} in the result, only {known}",
            f"--group {shown(limit.column)} when it is made",
        )
    for value, found in result.groups[limit.column].items():
        yield (limit.column, value), found


def _not_measured(limit: Limit) -> CalibrateError:
    return CalibrateError(
        "E624",
        f"{limit.source}: found no metric {limit.metric!r} in the result, expected it",
        "--metrics when the result is made, or check the data",
    )


def _class_gates(limit: Limit, result: Result, policy: Policy, comparison: Comparison | None) -> Iterator[Gate]:
    found, reason = class_estimates(result, limit.metric)
    if not found:
        yield failed(limit, reason, limit.on or policy.on)
    for label, estimate in found.items():
        yield _judged(limit, result, estimate, policy, comparison, None, label)


def _judged(
    limit: Limit,
    found: Result,
    metric: Estimate,
    policy: Policy,
    comparison: Comparison | None,
    group: tuple[str, str] | None,
    label: str | None = None,
) -> Gate:
    subject = Subject(metric, found.n, metric, found.level, group, label)
    if limit.rule == NOISE:
        return noise_gate(limit, subject)
    if limit.rule not in INCREASES or comparison is None:
        return gate_of(limit, subject, policy.on)
    compared = _compared(limit, metric, comparison, group, label)
    if isinstance(compared, str):
        return failed(limit, compared, limit.on or policy.on, group, label)
    judged, old, plain = compared
    subject = replace(subject, judged=judged, old=old, new=metric.value, plain=plain, guaranteed=_covered(comparison))
    if not subject.guaranteed and limit.source == _PRESET:
        limit = replace(limit, on="point")
    return gate_of(limit, subject, policy.on)


def _covered(comparison: Comparison) -> bool:
    """Cross-fitted changes of many parameters were not shown to be covered."""
    of = comparison.paired
    cross_fitted = of is not None and of.after_is == "cross-fitted" and of.fit is not None
    return not (cross_fitted and of.fit.n_parameters > COVERED_PARAMETERS)  # type: ignore[union-attr]


def _compared(
    limit: Limit, new: Estimate, comparison: Comparison, group: tuple[str, str] | None, label: str | None
) -> tuple[Estimate, float | None, Estimate] | str:
    """By how much it got worse, the old value, and the estimate that says whether there is an interval; or why not."""
    share = limit.limit if limit.rule == "max_increase_rel" else None
    better = better_of(limit.metric)
    paired, source = comparison.paired is not None, comparison.paired or comparison.old
    earlier = None if source is None else part(source, group)
    if earlier is None:
        return "the baseline has no such group"
    change = (earlier.change or {}).get(limit.metric) if paired and label is None else None
    if paired and label is None and change is None:
        return earlier.reason or "there is no change to judge"
    old = _of_side(earlier, limit, label, before=paired)
    if old is None:
        return "the baseline has no such value"
    found = worsening(better, new, old, change, share, identical=comparison.how == "identical")
    return found.judged, found.old, new


def _of_side(found: Result, limit: Limit, label: str | None, *, before: bool) -> Estimate | None:
    one = replace(found, after=None) if before else found
    if label is None:
        return one.judged.metrics.get(limit.metric)
    return class_estimates(one, limit.metric)[0].get(label)


def _check(
    result: Result, gates: tuple[Gate, ...], policy: Policy, comparison: Comparison | None, fail_on_warn: bool
) -> Check:
    stopping = [gate for gate in gates if gate.stops]
    undecided = [gate for gate in stopping if gate.verdict == "INCONCLUSIVE" and not warns(gate, policy.inconclusive)]
    code = 0 if not stopping else 4 if len(undecided) == len(stopping) else 1
    notes = [*(comparison.notes if comparison else ())]
    if len(gates) > 1:
        notes.append(f"{len(gates)} gates are judged, each by itself: nothing is corrected for their number")
    if result.reason and result.after is None:
        notes.append(f"there is no 'after' to judge: {result.reason}")
    return Check(
        code,
        {0: "passed", 1: "failed", 4: "inconclusive"}[code],
        _sentence(gates, policy.inconclusive),
        "before" if result.after is None else "after",
        policy.inconclusive,
        fail_on_warn,
        comparison.name if comparison else "",
        comparison.how if comparison else "",
        tuple(notes),
    )


def _sentence(gates: tuple[Gate, ...], inconclusive: str) -> str:
    """`failed: of 4 gates 1 fails, 1 is inconclusive, 2 pass`."""
    stopping = [gate for gate in gates if gate.stops]
    bad = [gate for gate in stopping if gate.verdict != "INCONCLUSIVE" or warns(gate, inconclusive)]
    head = "failed" if bad else "inconclusive" if stopping else "passed"
    undecided = [gate.verdict == "INCONCLUSIVE" for gate in gates]
    warned = [warns(gate, inconclusive) and not gate.stops for gate in gates]
    quiet = [not told and not gate.stops for told, gate in zip(warned, gates, strict=True)]
    counts = {
        ("fails", "fail"): len(bad),
        ("warns", "warn"): sum(w and not u for w, u in zip(warned, undecided, strict=True)),
        ("is inconclusive and warns", "are inconclusive and warn"): sum(map(and_, warned, undecided)),
        ("is inconclusive", "are inconclusive"): len(stopping) - len(bad),
        ("is inconclusive but let pass", "are inconclusive but let pass"): sum(map(and_, quiet, undecided)),
        ("passes", "pass"): sum(gate.verdict == "PASS" for gate in gates),
    }
    parts = [f"{n} {one if n == 1 else many}" for (one, many), n in counts.items() if n]
    if len(parts) > 1:
        return f"{head}: of {len(gates)} gates {', '.join(parts)}"
    whole = "the gate" if len(gates) == 1 else f"all {len(gates)} gates"
    return f"{head}: {whole} {parts[0].partition(' ')[2]}"
