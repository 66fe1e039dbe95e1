"""How often gates pass whose limit is the exact truth of the population, by simulation.

A pair of worlds are an old and a new model of the same rows. Every sample is measured under both and judged by
`calibrate.gates.decide`: the new model by itself, against the old one on the same rows (paired), against the old one on
the rows of the sample before (unpaired), as a subgroup, and class by class. `safe` promises that at most 5 % pass, and
`lenient` that at most 5 % fail; it fails where `safe` does, so that one table serves both.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from worlds import POPULATION, Population, World, labels_of, population

from calibrate import registry
from calibrate.api.paired import FromBeside
from calibrate.calibrators.temperature import Temperature
from calibrate.gates.against import Comparison, worsening
from calibrate.gates.chances import chance
from calibrate.gates.classes import class_estimates
from calibrate.gates.decide import decide
from calibrate.gates.judge import Subject, gate_of
from calibrate.gates.policy import Limit, Policy
from calibrate.model import Calibrated
from calibrate.results import Estimate, Result, Variant
from calibrate.rows import Rows, Step, from_arrays
from calibrate.scoring import AFTER, BEFORE, Unchanged, measure

COLUMNS = (
    "nll max", "brier max", "ece max", "accuracy min", "confidence_gap max", "confidence_gap min",
    "nll paired", "brier paired", "accuracy paired", "ece paired", "confidence_gap paired",
    "nll relative", "brier relative", "accuracy relative",
    "nll unpaired", "brier unpaired", "accuracy unpaired", "ece unpaired", "nll unpaired relative",
    "group nll max", "group ece max", "group accuracy min", "class ece", "class gap max", "class gap min",
    "class nll max", "class brier max",
)  # fmt: skip
_BETTER = {"nll": "lower", "brier": "lower", "accuracy": "higher", "ece": "lower", "confidence_gap": "zero"}


@dataclass(frozen=True)
class Pair:
    """An old and a new model of the same rows.

    groups    a subgroup is judged too: the rows of few doubts
    classes   every class against the rest is judged too
    """

    name: str
    old: World
    new: World
    groups: bool = False
    classes: bool = False

    @property
    def steps(self) -> dict[str, Step]:
        """Both sides of the rows of `rows`. A mere temperature is known to the program as that."""
        if self.by_model:
            temperature = Temperature(self.old.temperature / self.new.temperature)
            return {BEFORE: Unchanged(), AFTER: Calibrated(temperature)}
        return {BEFORE: FromBeside(Unchanged()), AFTER: Unchanged()}

    @property
    def by_model(self) -> bool:
        return not self.old.noise and not self.new.noise

    def rows(self, old: np.ndarray, new: np.ndarray, labels: np.ndarray, weights: np.ndarray | None) -> Rows:
        """Rows with the scores of both."""
        if self.by_model:
            return from_arrays(old, labels, weights)
        return from_arrays(new, labels, weights).with_beside(old)


def _pair(name: str, temperature: float, old: float, spread: float, *, noise: float = 0.0, **more: object) -> Pair:
    """Old and new model at two temperatures; `noise` is that of the old one where negative, else of the new one."""
    flags = {key: bool(more.pop(key, False)) for key in ("groups", "classes")}
    new_world = World(name, temperature, spread, noise=max(noise, 0.0), **more)  # type: ignore[arg-type]
    return Pair(name, replace(new_world, temperature=old, noise=max(-noise, 0.0)), new_world, **flags)


BINARY = {"columns": 1, "task": "binary"}
SURE = {"columns": 4, "task": "multilabel", "classes": True, "both_ways": 4.5}
LABELS = {"columns": 5, "task": "multilabel", "classes": True}
PAIRS: tuple[tuple[Pair, tuple[int, ...]], ...] = (
    (_pair("few errors, other scores worse", 1.0, 1.0, 30.0, noise=2.0), (50, 200, 1000)),
    (_pair("few errors, other scores better", 1.0, 1.0, 30.0, noise=-2.0), (50, 200, 1000)),
    (_pair("next to no errors, other scores worse", 1.5, 1.0, 150.0, noise=3.0), (50, 200, 1000)),
    (_pair("rare event, other scores worse", 1.0, 1.0, 1.0, offset=-5.0, noise=1.5, **BINARY), (50, 200, 1000)),
    (_pair("1 % of the rows wrong scores, worse", 1.0, 1.0, 4.0, noise=10.0, noisy=0.01), (50, 200, 1000)),
    (_pair("1 % of the rows wrong scores, better", 1.0, 1.0, 4.0, noise=-10.0, noisy=0.01), (200,)),
    (_pair("few errors, T 1 to 2.5", 2.5, 1.0, 30.0), (50, 100, 200)),
    (_pair("few errors, T 2.5 to 1", 1.0, 2.5, 30.0), (50, 100, 200)),
    (_pair("few errors, T 1 to 0.3", 0.3, 1.0, 30.0), (50, 100, 200)),
    (_pair("next to no errors, T 1 to 2.5", 2.5, 1.0, 150.0), (50, 200)),
    (_pair("next to no errors, T 5 to 0.2", 0.2, 5.0, 150.0), (50, 200)),
    (_pair("rare event, T 1 to 1.5", 1.5, 1.0, 1.0, offset=-4.0, **BINARY), (100, 1000)),
    (_pair("rare event, T 1.5 to 0.7", 0.7, 1.5, 1.0, offset=-4.0, **BINARY), (100, 200)),
    (_pair("exponential weights, few errors", 2.5, 1.0, 30.0, weights="exponential", noise=1.0), (50, 200)),
    (_pair("exponential weights, T 1 to 1.5", 1.5, 1.0, 4.0, weights="exponential", noise=0.5), (50, 200)),
    (_pair("hard rows weigh 4, T 1.5 to 1", 1.0, 1.5, 4.0, weights="hard"), (200,)),
    (_pair("T 1 to 1.5", 1.5, 1.0, 4.0, groups=True), (200, 1000)),
    (_pair("T 1.5 to 0.6, other scores", 0.6, 1.5, 4.0, noise=1.0), (50, 200, 1000)),
    (_pair("binary, T 1.5 to 0.7, other scores", 0.7, 1.5, 1.5, noise=0.5, **BINARY), (50, 200)),
    (_pair("5 labels, T 1 to 2", 2.0, 1.0, 2.0, **LABELS), (100,)),
    (_pair("5 rare labels, T 1 to 2", 2.0, 1.0, 1.0, offset=-4.0, **LABELS), (100,)),
    (_pair("4 sure labels, T 1 to 1.5", 1.5, 1.0, 1.0, **SURE), (50, 200)),
    (_pair("4 sure labels, other scores worse", 1.0, 1.0, 1.0, noise=2.0, noisy=0.2, **SURE), (50, 200)),
    (_pair("4 sure labels, other scores better", 1.0, 1.0, 1.0, noise=-2.0, noisy=0.2, **SURE), (50, 200)),
    (_pair("10 classes, one by one, T 1 to 1.5", 1.5, 1.0, 4.0, classes=True), (200,)),
)


@dataclass
class Passes:
    """Per column how many gates were judged, passed and failed; per class in the second field of the key."""

    judged: Counter[tuple[str, str]] = field(default_factory=Counter)
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: int = 0
    samples: int = 0

    def add(self, key: tuple[str, str], verdict: str) -> None:
        self.judged[key] += 1
        self.passed[key] += verdict == "PASS"
        self.failed[key] += verdict == "FAIL"

    def shares(self, column: str) -> tuple[float, float] | None:
        """% passed and % failed, of all classes together."""
        keys = [key for key in self.judged if key[0] == column]
        n = sum(self.judged[key] for key in keys)
        if not n:
            return None
        return tuple(100 * sum(c[key] for key in keys) / n for c in (self.passed, self.failed))  # type: ignore[return-value]

    def cell(self, column: str) -> str:
        """`1.9 / 2.4`: % passed, % failed; of classes and labels also the most of one."""
        shares = self.shares(column)
        if shares is None:
            return "-"
        keys = [key for key in self.judged if key[0] == column and self.judged[key]]
        most = [max(100 * c[key] / self.judged[key] for key in keys) for c in (self.passed, self.failed)]
        text = f"{shares[0]:.1f} / {shares[1]:.1f}"
        return text if len(keys) == 1 else f"{text} (to {most[0]:.1f} / {most[1]:.1f})"


Asked = list[tuple[str, Limit, str]]
"""Column, limit, and the label or group that it is the truth of ("": the whole)."""


@dataclass(frozen=True, eq=False)
class Judge:
    """The limits of a pair: the truth of its population."""

    alone: Asked
    paired: Asked
    unpaired: Asked
    classes: Asked


def judge_of(pair: Pair, old: Population, new: Population, group: np.ndarray) -> Judge:
    """Limits at the truth."""
    a, b = old.values(), new.values()
    alone: Asked = [(f"{m} max", Limit(m, "max", b[m]), "") for m in ("nll", "brier", "ece") if m in b]
    alone.append(("accuracy min", Limit("accuracy", "min", b["accuracy"]), ""))
    alone += [(f"confidence_gap {r}", Limit("confidence_gap", r, b["confidence_gap"]), "") for r in ("max", "min")]
    if pair.groups:
        inside = new.part(group).values()
        for metric, rule in (("nll", "max"), ("ece", "max"), ("accuracy", "min")):
            alone.append((f"group {metric} {rule}", Limit(metric, rule, inside[metric], column="g"), "sure"))
    moved = [m for m in b if m != "accuracy" or (old.scores.argmax(axis=1) != new.scores.argmax(axis=1)).any()
             or ((old.scores > 0) != (new.scores > 0)).any()]  # fmt: skip
    increase = {m: worsening(_BETTER[m], _exact(b[m]), _exact(a[m]), _exact(b[m] - a[m]), None, identical=False)
                for m in moved}  # fmt: skip
    paired: Asked = [(f"{m} paired", Limit(m, "max_increase", _value(w.judged)), "") for m, w in increase.items()]
    paired += [(f"{m} relative", Limit(m, "max_increase_rel", _share(m, a[m], b[m])), "") for m in moved
               if m not in ("confidence_gap", "ece")]  # fmt: skip
    unpaired: Asked = [(name.replace("paired", "unpaired"), limit, "") for name, limit, _ in paired
                       if "paired" in name and limit.metric != "confidence_gap"]  # fmt: skip
    unpaired.append(("nll unpaired relative", Limit("nll", "max_increase_rel", _share("nll", a["nll"], b["nll"])), ""))
    ece, gaps = new.classes if pair.classes else ((), ())
    classes = [("class ece", Limit("ece", "max", x, classes=True), str(j)) for j, x in enumerate(ece)]
    classes += [(f"class gap {rule}", Limit("confidence_gap", rule, x, classes=True), str(j))
                for j, x in enumerate(gaps) for rule in ("max", "min")]  # fmt: skip
    classes += [(f"class {m} max", Limit(m, "max", x, classes=True), str(j))
                for m in ("nll", "brier") if pair.classes for j, x in enumerate(new.labels.get(m, ()))]  # fmt: skip
    return Judge(alone, paired, unpaired, classes)


def _exact(x: float) -> Estimate:
    return Estimate(x, x, x)


def _value(estimate: Estimate) -> float:
    return float(estimate.value if estimate.value is not None else np.nan)


def _share(metric: str, old: float, new: float) -> float:
    return (old - new) / old if _BETTER[metric] == "higher" else (new - old) / old


def at_limit(task: tuple[Pair, int, int, int]) -> Passes:
    """All samples of one pair and size."""
    pair, n, samples, seed = task
    old, new = population(pair.old), population(pair.new)
    sure = new.link(new.scores).max(axis=1)
    group = sure > np.median(sure)
    judge = judge_of(pair, old, new, group)
    rng = np.random.default_rng([seed, n, *pair.name.encode()])
    passes, before = Passes(), None
    for _ in range(samples):
        rows = rng.integers(0, POPULATION, n)
        labels = labels_of(pair.new, new.true[rows], rng)
        weights = new.weights[rows] if pair.new.weights else None
        data = pair.rows(old.scores[rows], new.scores[rows], labels, weights)
        both = result_of(pair, new, data)
        sides = [replace(both, before=side, after=None, change=None) for side in (both.before, both.after)]
        alone = sides[1]
        if pair.groups:
            part = result_of(pair, new, data.keep(group[rows]))
            alone = replace(alone, groups={"g": {"sure": replace(part, before=part.after, after=None)}})
        _tally(passes, alone, judge.alone, None)
        _tally(passes, sides[1], judge.paired, Comparison("paired", "old", paired=both))
        _tally_classes(passes, sides[1], judge.classes)
        if before is not None:
            _tally(passes, sides[1], judge.unpaired, Comparison("unpaired", "old", before))
        before = sides[0]
        passes.samples += 1
        passes.errors += round(n * (1 - _value(sides[1].before.metrics["accuracy"])))
    return passes


def result_of(pair: Pair, people: Population, data: Rows) -> Result:
    """Both models on these rows, the old one as `before`."""
    keys = ("nll", "brier", "accuracy", "confidence_gap", "ece")
    if pair.classes and pair.new.task == "multiclass":
        keys += ("classwise_ece",)
    metrics = {key: registry.make("metrics", key) for key in keys}
    classes = tuple(map(str, range(max(2, pair.new.columns))))
    found = measure(data, people.link, pair.steps, metrics, task=pair.new.task, classes=classes)
    old, new = (_without_cells(found.variants[name]) for name in (BEFORE, AFTER))
    link = "softmax" if pair.new.task == "multiclass" else "sigmoid"
    return Result(pair.new.task, link, found.n, found.weight, classes, old, new, found.change, after_is="applied")


def _without_cells(side: Variant) -> Variant:
    """Without the cells of the ECE, of which gates say how often a calibrated model passes: half of the time."""
    if "ece" not in side.metrics:
        return side
    return replace(side, metrics={**side.metrics, "ece": replace(side.metrics["ece"], cells=(), noise_floor=None)})


def _tally(passes: Passes, result: Result, asked: Asked, comparison: Comparison | None) -> None:
    """Judge every limit for real, and count the gate that it is the truth of."""
    for column, limit, about in asked:
        for gate in decide(result, Policy(), (limit,), comparison).gates:
            if not about or gate.group == ("g", about):
                passes.add((column, about), gate.verdict)


def _tally_classes(passes: Passes, result: Result, asked: Asked) -> None:
    """The same class by class, with a limit for each."""
    found = {key: class_estimates(result, key)[0] for key in {limit.metric for _, limit, _ in asked}}
    for column, limit, label in asked:
        estimate = found[limit.metric][label]
        gate = gate_of(limit, Subject(estimate, result.n, estimate, result.level, None, label), "safe")
        passes.add((column, label), gate.verdict)


def gate_table(found: Iterator[Passes], cells: list[tuple[Pair, int, int, int]]) -> Iterator[str]:
    """The lines of the table, each as soon as its pair is done."""
    yield f"| worlds | n | errors | {' | '.join(COLUMNS)} |"
    yield "|---" * (3 + len(COLUMNS)) + "|"
    for (pair, n, *_), passes in zip(cells, found, strict=True):
        errors = f"{passes.errors / passes.samples:.1f}"
        yield f"| {pair.name} | {n:,} | {errors} | {' | '.join(passes.cell(c) for c in COLUMNS)} |"


CALIBRATED = (World("calibrated, accuracy .74", 1.0, 4.0), World("calibrated, accuracy .90", 1.0, 12.0))


def chance_table(samples: int, seed: int) -> Iterator[str]:
    """How often calibrated models meet `ece <= .03`, and how often `calibrate.gates.chances` says they do."""
    yield "| world | n | passes in % | said |"
    yield "|---|---|---|---|"
    for world in CALIBRATED:
        people = population(world)
        for n in (200, 1_000, 10_000):
            rng = np.random.default_rng([seed, n])
            passed, said = [], []
            for _ in range(samples):
                rows = rng.integers(0, POPULATION, n)
                data = from_arrays(people.scores[rows], labels_of(world, people.true[rows], rng))
                metrics = {"ece": registry.make("metrics", "ece")}
                steps: dict[str, Step] = {BEFORE: Unchanged()}
                found = measure(data, people.link, steps, metrics, task=world.task, classes=())
                ece = found.variants[BEFORE].metrics["ece"]
                passed.append(gate_of(Limit("ece", "max", 0.03), Subject(ece, n, ece, 0.95), "safe").verdict == "PASS")
                expected = chance(ece, 0.03, "safe", 0.95)
                said.append(expected.probability if expected else 1.0)
            yield f"| {world.name} | {n:,} | {100 * np.mean(passed):.1f} | {100 * np.mean(said):.1f} |"
