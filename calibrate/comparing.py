"""Several calibrators on the same folds of the same rows: who does best on rows that it did not see, and by how much.

Repeated cross-fitting: in every repeat all methods are fitted on the same folds, and every number is of rows
that the fit did not see. Numbers and ends of intervals are means over the repeats: repeats take away the luck of the
split, not that of the sample. Differences to the reference are paired row by row, and allow for both fits: for each
its (cross-fitted - in-sample loss)^2 / p is added to the squared error, p its number of parameters. At T = 1 a 95 %
interval of a difference to temperature then covers 97-99 (up to 5 parameters; 11: 97), without it 71-84; doing nothing
was shown better in 16-22 % of samples, and is in none. Beyond `COVERED_PARAMETERS` it may cover less (a spline of 6 on
bent scores: 88), which is said. Which methods are shown better or worse than the reference goes by Holm's rule over all
of them.

Recommended is the simplest method (fewest parameters) whose NLL is within one standard error of the best one's, by
their paired difference (Breiman et al. 1984): a better number that the data cannot tell apart is no reason for a more
complicated method.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any

from calibrate import registry
from calibrate.choosing import CrossFitted, Trial, tried
from calibrate.errors import CalibrateError
from calibrate.fitting.weights import in_unit
from calibrate.folds import stratified
from calibrate.model import Calibrated
from calibrate.protocols import Link, Metric, Task
from calibrate.results import Estimate, Input
from calibrate.rows import Rows, Step
from calibrate.scoring import AFTER, BEFORE, IN_SAMPLE, measure
from calibrate.uncertainty import quantiles
from calibrate.uncertainty.holm import shown
from calibrate.verdict import COVERED_PARAMETERS

METRICS = ("nll", "brier", "ece")
MOST = 100
"""Folds or repeats."""


@dataclass(frozen=True)
class Compared:
    """One method: held-out metrics, and their differences to the reference (negative: better than it).

    method         its name, as the command line has it
    n_parameters   fitted on all rows; `seconds` that this took
    shown          what the deciding loss shows it to be against the reference, all methods allowed for: better | worse,
                   "" for neither
    reason         why there are no numbers
    """

    method: str
    n_parameters: int | None
    seconds: float | None
    metrics: dict[str, Estimate] = field(default_factory=dict)
    difference: dict[str, Estimate] = field(default_factory=dict)
    reason: str = ""
    shown: str = ""


@dataclass(frozen=True)
class Comparison:
    """All methods, the best first, and the one that is recommended with the sentence why."""

    methods: tuple[Compared, ...]
    reference: str
    best: str
    recommended: str
    sentence: str
    deciding: str
    n: int
    folds: int
    repeats: int
    seed: int
    level: float
    task: str
    link: str
    inputs: tuple[Input, ...] = ()
    notes: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Plan:
    """What is compared and how often; `reference` is what differences are to."""

    methods: tuple[str, ...]
    reference: str = "temperature"
    folds: int = 5
    repeats: int = 3
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        quantiles.known_level(self.level)
        for flag, found, least in (("--folds", self.folds, 2), ("--repeats", self.repeats, 1)):
            if not least <= found <= MOST:
                text = f"{flag}: found {found}, expected {least} to {MOST}"
                raise CalibrateError("E603", text, f"as in {flag} {least + 2}")


def compared(rows: Rows, link: Link, plan: Plan, *, task: Task, classes: Sequence[str]) -> dict[str, Any]:
    """The fields of a `Comparison` that the rows give."""
    names, rows = tuple(dict.fromkeys(("none", *plan.methods))), in_unit(rows)
    repeats = [_repeat(rows, link, plan, names, repeat, task, classes) for repeat in range(plan.repeats)]
    first = repeats[0]
    deciding = "nll" if link.log_loss else "link_loss"
    whole = [name for name in names if all(name in found.metrics for found in repeats)]
    reference = plan.reference if plan.reference in whole else "none"
    rows_of = []
    for name in names:
        trial = first.trials[name]
        parameters = None if trial.fitted is None else trial.fitted.calibrator.n_parameters
        seconds = None if trial.fitted is None else fmean(found.seconds[name] for found in repeats)
        if name not in whole:
            reason = trial.reason or "has no finite answer without some fold"
            rows_of.append(Compared(name, parameters, seconds, reason=reason))
            continue
        metrics = _means([found.metrics[name] for found in repeats])
        changes = [_against(found, reference, name, link, task, classes, plan.level) for found in repeats]
        difference = _means(changes) if name == reference else _with_notes(_means(changes), parameters or 0)
        rows_of.append(Compared(name, parameters, seconds, metrics, difference))
    ordered = sorted(_with_words(rows_of, reference, deciding, plan.level), key=lambda row: _value(row, deciding))
    best = ordered[0].method
    near = _near(repeats, ordered, best, deciding, link, task, classes, plan.level)
    recommended = min(near, key=lambda row: (row.n_parameters or 0, _value(row, deciding))).method
    return {
        "methods": tuple(replace(row, method=_spelt(row.method)) for row in ordered),
        "reference": _spelt(reference),
        "best": _spelt(best),
        "recommended": _spelt(recommended),
        "sentence": _sentence(best, recommended, ordered, deciding),
        "deciding": deciding,
    }


@dataclass(frozen=True, eq=False)
class _Repeat:
    rows: Rows
    trials: dict[str, Trial]
    seconds: dict[str, float]
    metrics: dict[str, dict[str, Estimate]]
    penalties: dict[str, dict[str, float]]
    """Method -> metric -> what its fit adds to the squared error of a difference."""


def _repeat(
    rows: Rows, link: Link, plan: Plan, names: Sequence[str], number: int, task: Task, classes: Sequence[str]
) -> _Repeat:
    folded = stratified(rows, plan.folds, plan.seed + number)
    trials, seconds, metrics, penalties = {}, {}, {}, {}
    for name in names:
        begun = time.perf_counter()
        (trial,) = tried((name,), folded, link, plan.folds, plan.level)
        seconds[name] = (time.perf_counter() - begun) / (plan.folds + 1)
        trials[name] = trial
        if trial.is_whole and trial.fitted is not None:
            calibrator = trial.fitted.calibrator
            steps: dict[str, Step] = {AFTER: _step(trial), IN_SAMPLE: Calibrated(calibrator)}
            found = measure(folded, link, steps, _metrics(), task=task, classes=classes, level=plan.level)
            metrics[name] = found.variants[AFTER].metrics
            p = max(1, calibrator.n_parameters)
            penalties[name] = {key: optimism**2 / p for key, optimism in found.optimism.items()}
    return _Repeat(folded, trials, seconds, metrics, penalties)


def _metrics() -> dict[str, Metric]:
    return {key: registry.make("metrics", key) for key in METRICS}


def _step(trial: Trial) -> CrossFitted:
    return CrossFitted(trial.fitted.folds if trial.fitted is not None else ())


def _against(
    found: _Repeat, old: str, new: str, link: Link, task: Task, classes: Sequence[str], level: float
) -> dict[str, Estimate]:
    """new - old on the same rows, paired; the interval allows for both fits."""
    if old == new:
        return {key: Estimate(0.0, 0.0, 0.0, method="itself") for key in found.metrics[new]}
    steps = {BEFORE: _step(found.trials[old]), AFTER: _step(found.trials[new])}
    left, right = found.penalties[old], found.penalties[new]
    measured = measure(
        found.rows, link, steps, _metrics(), task=task, classes=classes, level=level,
        penalties={key: left.get(key, 0.0) + more for key, more in right.items()},
    )  # fmt: skip
    return measured.change or {}


def _with_notes(differences: dict[str, Estimate], parameters: int) -> dict[str, Estimate]:
    """The differences of a method, with what is not known of their intervals."""
    if parameters <= COVERED_PARAMETERS:
        return differences
    note = f"with {parameters} parameters the cross-fitted interval may cover less than it says"
    return {key: e if e.low is None or e.conservative else replace(e, notes=(note,)) for key, e in differences.items()}


def _with_words(rows: Sequence[Compared], reference: str, key: str, level: float) -> list[Compared]:
    """The methods with what is shown of them."""
    others = [row for row in rows if row.method != reference and key in row.difference]
    words = shown([row.difference[key] for row in others], level)
    by_name = dict(zip((row.method for row in others), words, strict=True))
    return [replace(row, shown=by_name.get(row.method, "")) for row in rows]


def _means(estimates: Sequence[dict[str, Estimate]]) -> dict[str, Estimate]:
    """Values and ends of the repeats, averaged."""
    return {key: _mean([one[key] for one in estimates]) for key in estimates[0]}


def _mean(estimates: Sequence[Estimate]) -> Estimate:
    def of(name: str) -> float | None:
        numbers = [getattr(one, name) for one in estimates]
        return None if None in numbers else fmean(numbers)

    names = ("value", "low", "high", "debiased", "noise_floor", "noise_floor_p95")
    return replace(estimates[0], **{name: of(name) for name in names}, parts=(), cells=(), notes=())  # type: ignore[arg-type]


def _value(row: Compared, key: str) -> float:
    value = row.metrics[key].value if key in row.metrics else None
    return float("inf") if value is None else value


def _near(
    repeats: Sequence[_Repeat],
    ordered: Sequence[Compared],
    best: str,
    key: str,
    link: Link,
    task: Task,
    classes: Sequence[str],
    level: float,
) -> list[Compared]:
    """Methods whose loss is within one standard error of the best one's, by the paired difference; the best itself."""
    near = []
    reach = quantiles.normal(quantiles.tail(level))
    for row in ordered:
        if key not in row.metrics:
            continue
        change = _means([_against(found, best, row.method, link, task, classes, level) for found in repeats])[key]
        if change.value is None or change.low is None or change.high is None:
            continue
        if change.value <= (change.high - change.low) / 2 / reach:
            near.append(row)
    return near or [ordered[0]]


def _sentence(best: str, recommended: str, ordered: Sequence[Compared], key: str) -> str:
    by = {row.method: row for row in ordered}
    loss = "NLL" if key == "nll" else "link's own loss"
    if best == recommended:
        return f"recommended: {_spelt(best)}, which has the lowest held-out {loss} ({_value(by[best], key):.5g})"
    apart = _value(by[recommended], key) - _value(by[best], key)
    return (
        f"recommended: {_spelt(recommended)}, with {by[recommended].n_parameters} fitted parameters the simplest whose "
        f"held-out {loss} is within one standard error of the best, {_spelt(best)} ({by[best].n_parameters} "
        f"parameters, {apart:.2g} lower)"
    )


def _spelt(method: str) -> str:
    """A method by the name that --method and --methods are told in."""
    return registry.spelt("calibrators", method)
