"""What every interval covers, by simulation against known truth; prints a Markdown table.

A world is a finite population of rows with scores and known probabilities of every class. A sample draws rows with
replacement and labels from the probabilities, and goes through the program: cross-fitted temperature (or one fitted
elsewhere, and the sample held out), one pass, intervals. The truth of a metric is its value in the population, of a
change that of the model fitted on the sample. The MCE's is the largest gap of the bins that the sample reaches.

    python tests/benchmarks/simulate.py [--samples 1000] [--seed 0] [--processes 2] [--only TEXT] [--gates]
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from at_limit import PAIRS, at_limit, chance_table, gate_table
from worlds import POPULATION, Population, World, labels_of, population

from calibrate import registry
from calibrate.api.evaluate import CrossFitted
from calibrate.api.fit import fitted
from calibrate.calibrators.temperature import Temperature
from calibrate.errors import CalibrateError
from calibrate.folds import with_folds
from calibrate.model import Calibrated
from calibrate.outcomes import bin_index
from calibrate.results import Estimate
from calibrate.rows import Block, Step, from_arrays
from calibrate.scoring import AFTER, BEFORE, IN_SAMPLE, Unchanged, measure

CHANGES = ("nll", "brier", "ece")
COLUMNS = (
    "nll", "brier", "accuracy", "confidence_gap", "ece", "mce", *(f"change of {name}" for name in CHANGES), "T",
)  # fmt: skip
LABEL_COLUMNS = tuple(f"{name} of a label" for name in ("nll", "brier", "accuracy", "confidence_gap"))


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
    (World("binary, sure both ways", 1.5, 1.0, 1, "binary", both_ways=5.0), (50, 200, 1000)),
    (World("exponential weights, T = 1.5", 1.5, 4.0, weights="exponential"), (200, 1000)),
    (World("hard rows weigh 4, T = 1.1", 1.1, 4.0, weights="hard"), (200, 1000)),
    (World("multi-label, T = 2", 2.0, 2.0, 5, "multilabel"), (200, 1000)),
    (World("six labels, each T = 1", 1.0, 2.0, 6, "multilabel", method="temperature:per_label=true"), (200, 1000)),
    (World("six labels, each T = 2", 2.0, 2.0, 6, "multilabel", method="temperature:per_label=true"), (200, 1000)),
    (World("five sure labels, calibrated", 1.0, 1.0, 5, "multilabel", both_ways=6.0), (50, 200, 1000)),
    (World("four sure labels, T = 1.5", 1.5, 1.0, 4, "multilabel", both_ways=4.5), (50, 200)),
    (World("three sure labels, wrong together", 1.5, 1.0, 3, "multilabel", both_ways=5.0, together=True), (50, 200)),
    (World("20 rare labels", 1.5, 0.7, 20, "multilabel", -5.0), (50, 200)),
)


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
        labels = labels_of(world, people.true[rows], rng)
        weights = people.weights[rows] if world.weights else None
        _one_sample(people, truth, people.scores[rows], labels, weights, tally)
    return tally


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
    for name, values in people.labels.items():
        for part, value in zip(found.variants[BEFORE].metrics[name].parts, values, strict=True):
            tally.add(f"{name} of a label", part, value)
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
    """The lines of the table, each as soon as its world is done; then those of labels by themselves."""
    yield from _head("world", COLUMNS)
    labels = []
    for (world, n, *_), tally in zip(cells, tallies, strict=True):
        errors = tally.errors / tally.samples
        yield _line(world, n, errors, tally, COLUMNS)
        if world.task == "multilabel":
            labels.append(_line(world, n, errors, tally, LABEL_COLUMNS))
    if labels:
        yield from ("", *_head("labels by themselves", LABEL_COLUMNS), *labels)


def _head(first: str, columns: tuple[str, ...]) -> tuple[str, str]:
    return f"| {first} | n | errors | {' | '.join(columns)} |", "|---" * (3 + len(columns)) + "|"


def _line(world: World, n: int, errors: float, tally: Tally, columns: tuple[str, ...]) -> str:
    return f"| {world.name} | {n:,} | {errors:.1f} | {' | '.join(tally.cell(c) for c in columns)} |"


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="worlds whose name contains this text")
    parser.add_argument("--gates", action="store_true", help="how often gates pass whose limit is the truth, instead")
    chosen = parser.parse_args()
    more = chosen.samples, chosen.seed
    with ProcessPoolExecutor(chosen.processes) as pool:
        if chosen.gates:
            pairs = [(pair, n, *more) for pair, sizes in PAIRS for n in sizes if chosen.only in pair.name]
            print(f"Gates at the limit: % that pass / fail, {chosen.samples:,} samples a row.\n")
            lines = chain(
                gate_table(pool.map(at_limit, pairs), pairs), ("",), chance_table(chosen.samples // 5, chosen.seed)
            )
        else:
            cells = [(world, n, *more) for world, sizes in WORLDS for n in sizes if chosen.only in world.name]
            print(f"Coverage in % of 95 % intervals (truth below / above), {chosen.samples:,} samples a row.\n")
            lines = table(pool.map(simulate, cells), cells)
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    main()
