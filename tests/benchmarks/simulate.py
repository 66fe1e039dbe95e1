"""What every interval covers, by simulation against known truth; prints a Markdown table.

A world is a finite population of rows with scores and known probabilities of every class. A sample draws rows with
replacement and labels from the probabilities, and goes through the program: cross-fitted temperature (or one fitted
elsewhere, and the sample held out), one pass, intervals. The truth of a metric is its value in the population, of a
change that of the model fitted on the sample. The MCE's is the largest gap of the bins that the sample reaches.

    python tests/benchmarks/simulate.py [--samples 1000] [--seed 0] [--processes 2] [--only TEXT]
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from calibrate import registry
from calibrate.api.evaluate import CrossFitted
from calibrate.api.fit import fitted
from calibrate.calibrators.temperature import Temperature
from calibrate.errors import CalibrateError
from calibrate.folds import with_folds
from calibrate.model import Calibrated
from calibrate.numerics import log_softmax, softplus
from calibrate.outcomes import bin_index, event_bin_sums
from calibrate.protocols import Link, Task
from calibrate.results import Estimate
from calibrate.rows import Block, Step, from_arrays
from calibrate.scoring import AFTER, BEFORE, IN_SAMPLE, Unchanged, measure
from calibrate.uncertainty.cells import cells_of

POPULATION = 20_000
CHANGES = ("nll", "brier", "ece")
COLUMNS = (
    "nll", "brier", "accuracy", "confidence_gap", "ece", "mce", *(f"change of {name}" for name in CHANGES), "T",
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """Scores are the true logits times `temperature`: the true T.

    spread     standard deviation of the true logits: how sure the model can be
    columns    classes, or events
    offset     of the true logits of events: how rare they are
    weights    "" for none, "exponential", or "hard" (rows of low confidence weigh four times as much)
    method     how it is fitted; "holdout": at the true temperature, elsewhere
    """

    name: str
    temperature: float
    spread: float
    columns: int = 10
    task: Task = "multiclass"
    offset: float = 0.0
    weights: str = ""
    method: str = "temperature"


WORLDS: tuple[tuple[World, tuple[int, ...]], ...] = (
    (World("calibrated", 1.0, 4.0), (50, 200, 1000)),
    (World("T = 1.1", 1.1, 4.0), (200, 1000)),
    (World("T = 1.5", 1.5, 4.0), (50, 200, 1000)),
    (World("T = 2.5", 2.5, 30.0), (50, 200, 1000)),
    (World("T = 2.5, holdout", 2.5, 30.0, method="holdout"), (50, 200, 1000)),
    (World("T = 0.6", 0.6, 30.0), (50, 200, 1000)),
    (World("T = 0.6, holdout", 0.6, 30.0, method="holdout"), (50, 200)),
    (World("100 classes, T = 1.5", 1.5, 4.0, 100), (100, 1000)),
    (World("binary, calibrated", 1.0, 1.5, 1, "binary"), (200, 1000)),
    (World("binary, T = 1.5", 1.5, 1.5, 1, "binary"), (200, 1000)),
    (World("binary, rare event", 1.5, 1.0, 1, "binary", -3.5), (200, 1000)),
    (World("binary, p near 0", 1.5, 1.0, 1, "binary", -5.0), (100, 1000)),
    (World("binary, p near 0 and 1", 1.5, 6.0, 1, "binary"), (50, 200, 1000)),
    (World("exponential weights, T = 1.5", 1.5, 4.0, weights="exponential"), (200, 1000)),
    (World("hard rows weigh 4, T = 1.1", 1.1, 4.0, weights="hard"), (200, 1000)),
    (World("multi-label, T = 2", 2.0, 2.0, 5, "multilabel"), (200, 1000)),
    (World("six labels, each T = 1", 1.0, 2.0, 6, "multilabel", method="temperature:per_label=true"), (200, 1000)),
    (World("six labels, each T = 2", 2.0, 2.0, 6, "multilabel", method="temperature:per_label=true"), (200, 1000)),
)


@dataclass(frozen=True, eq=False)
class Population:
    """All rows of a world: scores (N, K), true probabilities (N, K), weights (N,)."""

    world: World
    link: Link
    scores: np.ndarray
    true: np.ndarray
    weights: np.ndarray

    def values(self, temperature: float | tuple[float, ...] = 1.0) -> dict[str, float]:
        """Every metric of the scores divided by a temperature, exactly."""
        scores = self.scores / np.asarray(temperature)
        p = self.link(scores)
        events = self.world.task != "multiclass"
        nll = self.true * softplus(-scores) + (1 - self.true) * softplus(scores)
        if not events:
            nll = -self.true * np.maximum(log_softmax(scores), -1e300)
        brier = (p - self.true) ** 2 + self.true * (1 - self.true)
        found = {"nll": self._mean(nll.sum(axis=1)), "brier": self._mean(brier.sum(axis=1))}
        if events:
            prediction, frequency = p, self.true
            right = np.where(self.scores > 0, self.true, 1 - self.true).mean(axis=1)
        else:
            top = self.scores.argmax(axis=1)[:, None]
            prediction, frequency = (np.take_along_axis(a, top, 1) for a in (p, self.true))
            right = frequency[:, 0]
        found["accuracy"] = self._mean(right)
        found["confidence_gap"] = self._mean((prediction - frequency).mean(axis=1))
        if self.world.task != "multilabel":
            found["ece"] = cells_of(event_bin_sums(prediction, frequency, self.weights, 15)).ece
        return found

    @cached_property
    def gaps(self) -> np.ndarray:
        """Gap of every bin (curves, 15) of the scores as they are; 0 where the population has none."""
        p, frequency = self.link(self.scores), self.true
        if self.world.task == "multiclass":
            top = self.scores.argmax(axis=1)[:, None]
            p, frequency = (np.take_along_axis(a, top, 1) for a in (p, frequency))
        bins = event_bin_sums(p, frequency, self.weights, 15)
        return np.abs(bins.predicted - bins.observed) / np.maximum(bins.weight, 1e-300)

    def _mean(self, x: np.ndarray) -> float:
        return float(np.average(x, weights=self.weights))


def population(world: World) -> Population:
    """The rows of a world; always the same."""
    rng = np.random.default_rng(20_240_613)
    z = rng.normal(size=(POPULATION, world.columns)) * world.spread + world.offset
    if world.task == "multilabel":
        z += rng.normal(size=(POPULATION, 1)) * world.spread  # labels of a row go together
    link: Link = registry.make("links", "softmax" if world.task == "multiclass" else "sigmoid")
    true = link(z)
    weights = np.ones(POPULATION)
    if world.weights == "exponential":
        weights = rng.exponential(size=POPULATION)
    if world.weights == "hard":
        weights = np.where(true.max(axis=1) < 0.8, 4.0, 1.0)
    return Population(world, link, z * world.temperature, true, weights)


@dataclass
class Tally:
    """How often each interval was given, and how often the truth lay below or above it."""

    given: Counter[str] = field(default_factory=Counter)
    below: Counter[str] = field(default_factory=Counter)
    above: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    samples: int = 0

    def add(self, column: str, estimate: Estimate, truth: float) -> None:
        if estimate.low is None or estimate.high is None:
            return
        self.given[column] += 1
        self.below[column] += truth < estimate.low - 1e-12
        self.above[column] += truth > estimate.high + 1e-12

    def cell(self, column: str) -> str:
        """`95.1 (2.0 / 2.9)`: covered, truth below, truth above."""
        n = self.given[column]
        if not n:
            return "-"
        below, above = 100 * self.below[column] / n, 100 * self.above[column] / n
        return f"{100 - below - above:.1f} ({below:.1f} / {above:.1f})"


def simulate(task: tuple[World, int, int, int]) -> Tally:
    """All samples of one world and size."""
    world, n, samples, seed = task
    people = population(world)
    truth = people.values()
    rng = np.random.default_rng([seed, n, *world.name.encode()])
    tally = Tally()
    for _ in range(samples):
        rows = rng.integers(0, POPULATION, n)
        labels = _labels(world, people.true[rows], rng)
        weights = people.weights[rows] if world.weights else None
        _one_sample(people, truth, people.scores[rows], labels, weights, tally)
    return tally


def _labels(world: World, true: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if world.task == "multiclass":
        below = true.cumsum(axis=1) < rng.random((len(true), 1))
        return np.minimum(below.sum(axis=1), world.columns - 1)
    return (rng.random(true.shape) < true).astype(np.int64)


def _one_sample(
    people: Population, truth: dict[str, float], scores: np.ndarray, labels: np.ndarray,
    weights: np.ndarray | None, tally: Tally,
) -> None:  # fmt: skip
    world, link = people.world, people.link
    rows, _ = with_folds(from_arrays(scores, labels, weights), 5, 0)
    steps: dict[str, Step] = {BEFORE: Unchanged()}
    fit, calibrator = None, Temperature(world.temperature) if world.method == "holdout" else None
    if calibrator:
        steps[AFTER] = Calibrated(calibrator)
    with suppress(CalibrateError):  # no answer in so small a sample: counted by what is not given
        fit = None if calibrator else fitted(rows, world.method, link, 5)
    if fit:
        calibrator = fit.calibrator
        if None not in fit.folds:
            steps |= {AFTER: CrossFitted(fit.folds), IN_SAMPLE: Calibrated(calibrator)}
    metrics = {name: registry.make("metrics", name) for name in (*truth, "mce")}
    p = calibrator.n_parameters if calibrator else 1
    found = measure(rows, link, steps, metrics, task=world.task, classes=(), n_parameters=p)
    tally.samples += 1
    tally.errors += round(len(labels) * (1 - (found.variants[BEFORE].metrics["accuracy"].value or 0.0)))
    for name, value in truth.items():
        tally.add(name, found.variants[BEFORE].metrics[name], value)
    reached = people.link.outcomes(Block(0, scores, labels), (15,)).event_bins[15].count > 0
    if world.task == "multiclass":
        top = people.link(scores).max(axis=1)
        reached = np.bincount(bin_index(top, 15), minlength=15)[None] > 0
    tally.add("mce", found.variants[BEFORE].metrics["mce"], float(people.gaps[reached].max()))
    for estimate in fit.record.parameters.values() if fit else ():
        tally.add("T", estimate, world.temperature)
    if found.change is not None and calibrator is not None:
        after = people.values(calibrator.temperature)
        for name in CHANGES:
            if name in truth:
                tally.add(f"change of {name}", found.change[name], after[name] - truth[name])


def table(tallies: Iterator[Tally], cells: list[tuple[World, int, int, int]]) -> Iterator[str]:
    """The lines of the table, each as soon as its world is done."""
    yield f"| world | n | errors | {' | '.join(COLUMNS)} |"
    yield "|---" * (3 + len(COLUMNS)) + "|"
    for (world, n, *_), tally in zip(cells, tallies, strict=True):
        errors = f"{tally.errors / tally.samples:.1f}"
        yield f"| {world.name} | {n:,} | {errors} | {' | '.join(tally.cell(c) for c in COLUMNS)} |"


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="worlds whose name contains this text")
    chosen = parser.parse_args()
    cells = [
        (world, n, chosen.samples, chosen.seed) for world, sizes in WORLDS for n in sizes if chosen.only in world.name
    ]
    print(f"Coverage in % of 95 % intervals (truth below / above), {chosen.samples:,} samples a row.\n")
    with ProcessPoolExecutor(chosen.processes) as pool:
        for line in table(pool.map(simulate, cells), cells):
            print(line, flush=True)


if __name__ == "__main__":
    main()
