"""Results: pure data, unrounded, complete; every renderer reads only these, so no two outputs can disagree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """A number with its uncertainty. Without a value there is a reason; infinite values say so in the reason.

    low, high       two-sided 95 % interval (or at the level of the run)
    debiased        the 50 % inversion (ECE); lies inside the interval, the plug-in `value` may not
    noise_floor     expectation under perfect calibration of the same predictions; `noise_floor_p95` its 95 % point
    definition      the convention in words: "top-label, 15 equal-width bins, L1"
    method          how the interval was made: "hall-t", "wilson", "inversion", ...
    conservative    the interval is declared wider than its level
    notes           sentences for the reader: few errors, plug-in above the interval, ...
    parts           the same per class or label, where the metric has them, in class order
    cells           of an ECE, its non-empty bins: (share of the rows, mean prediction, frequency, effective rows) each
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    debiased: float | None = None
    noise_floor: float | None = None
    noise_floor_p95: float | None = None
    definition: str = ""
    method: str = ""
    conservative: bool = False
    reason: str = ""
    notes: tuple[str, ...] = ()
    parts: tuple[Estimate, ...] = ()
    cells: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True)
class Curve:
    """Observed frequency against mean prediction, per bin; arrays as tuples, one entry a bin, empty bins with None.

    kind            "top-label" (confidence against accuracy) or "event" (probability against frequency)
    label           the class of an event curve, else ""
    lower, upper    edges, right-closed
    count, weight   rows and their weight
    predicted       mean prediction
    observed        event frequency, with pointwise Wilson interval `low`, `high`
    band_low, band_high   where `observed` would lie in 95 % of samples were the model calibrated
    """

    kind: str
    label: str
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    count: tuple[int, ...]
    weight: tuple[float, ...]
    predicted: tuple[float | None, ...]
    observed: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    band_low: tuple[float | None, ...]
    band_high: tuple[float | None, ...]


@dataclass(frozen=True)
class ClassTotal:
    """Observed events against expected ones, of one class or label."""

    label: str
    weight: float
    observed: float
    expected: float
    low: float | None
    high: float | None
    """Interval of the observed frequency (Wilson); compare with expected / weight."""


@dataclass(frozen=True)
class Variant:
    """One side of a comparison: the scores as they came (before), or calibrated (after)."""

    metrics: dict[str, Estimate]
    curves: tuple[Curve, ...] = ()
    """The top-label curve first (multiclass), then one per class or event where there are at most 20."""
    totals: tuple[ClassTotal, ...] = ()


@dataclass(frozen=True)
class FitRecord:
    """How a calibrator was fitted, and how far to trust its parameters.

    parameters      name -> (value, low, high); temperature per label as "temperature[name]"
    objective_before, objective_after   mean loss without and with the calibrator, on the rows fitted; before is None
                    for large inputs, where it would cost a pass that scoring makes anyway
    passes          full passes over the rows; `partial` passes went over a subsample
    """

    n: int
    weight: float
    parameters: dict[str, Estimate]
    objective: str
    objective_before: float | None
    objective_after: float
    passes: int
    partial_passes: int
    converged: bool
    notes: tuple[str, ...] = ()
    level: float = 0.95
    """Of the intervals of the parameters."""
    n_parameters: int = 1
    """All that were fitted; `parameters` holds those that a reader can make something of."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """What `Calibrator.fit` answers; calibrators are `protocols.Calibrator`."""

    calibrator: Any
    record: FitRecord
    folds: tuple[Any, ...] = ()
    """Per fold the calibrator fitted on the other folds; None where that has no answer."""
    reason: str = ""
    """Why some have none."""
    method: str = ""
    """The key of the method, where the fit chose it; else it is the one that was asked for."""


@dataclass(frozen=True)
class Verdict:
    """better | worse | mixed | indistinguishable | unjudged | unchanged, and the plain sentence that says so."""

    kind: str
    sentence: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Input:
    """A file that went in: its base name, its digest, and what the reader concluded."""

    name: str
    role: str
    sha256: str
    size: int
    container: str
    rows: int
    columns: int


@dataclass(frozen=True)
class Gate:
    """One limit, and what the data say of it.

    metric      key: "ece:bins=20"
    rule        max | min | max_increase | max_increase_rel | noise (not above the 95 % point of its noise floor)
    limit       as it was asked for; of `noise` the point
    on          which number decided: safe (the end of the interval that is worse), lenient (the better one), point
    level       error | warn
    verdict     PASS | FAIL | INCONCLUSIVE (the data are too few to say) | ERROR (cannot be computed on these data)
    stops       whether it stops the run
    judged      what is held against the limit: the metric, or by how much it got worse, with its interval
    reason      the sentence that says why
    group       column and value, where it is about a subgroup; `label` the class it is about
    source      who asked: "--max", "calibrate.toml", "preset not-worse"
    old, new    both sides of an increase
    needed      rows that would decide an INCONCLUSIVE gate, were the value as it is
    pass_probability, pass_needed   how often a perfectly calibrated model meets the limit on as many rows, and the rows
                on which it nearly always does; only where that is not nearly always
    guaranteed  False: a point decided, without regard to chance
    """

    metric: str
    rule: str
    limit: float
    on: str
    level: str
    verdict: str
    stops: bool
    judged: Estimate
    reason: str
    group: tuple[str, str] | None = None
    label: str | None = None
    source: str = ""
    old: float | None = None
    new: float | None = None
    needed: int | None = None
    pass_probability: float | None = None
    pass_needed: int | None = None
    guaranteed: bool = True
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse words that no judge says: a file may hold any."""
        _expect_words(self, _GATE_WORDS)


_GATE_WORDS = {
    "rule": ("max", "min", "max_increase", "max_increase_rel", "noise"),
    "on": ("safe", "point", "lenient"),
    "level": ("error", "warn"),
    "verdict": ("PASS", "FAIL", "INCONCLUSIVE", "ERROR"),
}


def _expect_words(item: Gate | Check, known: dict[str, tuple[Any, ...]]) -> None:
    for name, words in known.items():
        if (found := getattr(item, name)) not in words:
            expected = ", ".join(map(repr, words))
            raise ValueError(
                f"a {type(item).__name__.lower()} has the {name} {found!r:.100}, expected one of {expected}"
            )


@dataclass(frozen=True)
class Check:
    """What all gates of a run come to.

    code        exit code: 0, 1 (a gate failed) or 4 (the data are too few to say)
    verdict     passed | failed | inconclusive
    side        what was judged: after (the calibrated scores) or before
    against     what increases are measured from: "baseline.json", "before calibration", ...; "" without any
    comparison  identical | paired | before | unpaired | "": how increases got their intervals
    """

    code: int
    verdict: str
    sentence: str
    side: str
    inconclusive: str = "fail"
    fail_on_warn: bool = False
    against: str = ""
    comparison: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse words that no judge says, and increases from something by nothing."""
        _expect_words(self, _CHECK_WORDS)
        if bool(self.against) != bool(self.comparison):
            raise ValueError(f"a check against {self.against!r:.100} has the comparison {self.comparison!r}")


_CHECK_WORDS = {
    "code": (0, 1, 4),
    "verdict": ("passed", "failed", "inconclusive"),
    "side": ("after", "before"),
    "inconclusive": ("fail", "warn", "pass"),
    "comparison": ("identical", "paired", "before", "unpaired", ""),
}


@dataclass(frozen=True, repr=False)
class Result:
    """Everything a run found; see `result.json` in README for the stable part."""

    task: str
    link: str
    n: int
    weight: float
    classes: tuple[str, ...]
    before: Variant
    after: Variant | None = None
    change: dict[str, Estimate] | None = None
    after_is: str | None = None
    """cross-fitted | holdout | in-sample | applied | compared"""
    reason: str = ""
    """Why there is no after or no change, where one was asked for."""
    method: str | None = None
    fit: FitRecord | None = None
    verdict: Verdict | None = None
    level: float = 0.95
    inputs: tuple[Input, ...] = ()
    decisions: tuple[Any, ...] = ()
    """`table.Decision` of every input, in order."""
    notes: tuple[str, ...] = ()
    groups: dict[str, dict[str, Result]] = field(default_factory=dict)
    """Column -> value -> the result of those rows."""
    gates: tuple[Gate, ...] = ()
    check: Check | None = None
    """Of `calibrate check`: the gates in the order they were asked for, and what they come to."""
    environment: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    """What was asked for and is not said elsewhere: folds, holdout, seed, and reading options that were given."""

    @property
    def sides(self) -> dict[str, Variant]:
        """`before`, and `after` where there is one."""
        return {"before": self.before} if self.after is None else {"before": self.before, "after": self.after}

    @property
    def judged(self) -> Variant:
        """The side that counts: after calibration where there is an after."""
        return self.before if self.after is None else self.after

    @property
    def weighted(self) -> bool:
        """Whether rows counted unequally."""
        return self.weight != self.n

    def __repr__(self) -> str:
        """One line; `metrics`, `curves` and the rest are the fields."""
        sides = self.sides.values()
        found = {key: " -> ".join(_short(side.metrics[key].value) for side in sides) for key in self.before.metrics}
        numbers = ", ".join(f"{key} {text}" for key, text in found.items())
        return f"<Result: {self.task}, n = {self.n:,}: {numbers}{f'; {self.verdict.kind}' if self.verdict else ''}>"


def _short(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.4g}"
