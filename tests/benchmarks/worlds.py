"""Worlds whose truth is known: finite populations of rows with scores and known probabilities of every class.

A sample draws rows with replacement and labels from the probabilities. The truth of a metric is its value in the
population.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from calibrate import registry
from calibrate.numerics import log_softmax, softplus
from calibrate.outcomes import event_bin_sums
from calibrate.protocols import Link, Task
from calibrate.uncertainty.cells import cells_of

POPULATION = 20_000


@dataclass(frozen=True)
class World:
    """Scores are the true logits times `temperature`: the true T.

    spread     standard deviation of the true logits: how sure the model can be
    columns    classes, or events
    offset     of the true logits of events: how rare they are
    weights    "" for none, "exponential", or "hard" (rows of low confidence weigh four times as much)
    method     how it is fitted; "holdout": at the true temperature, elsewhere
    noise      standard deviation of what the scores add to the true logits: wrong predictions that need not be
    noisy      share of the rows that it is added to
    both_ways  how far from 0 the true logits of events lie on average, on either side: sure predictions both ways
    together   whether the labels of a row go wrong together
    """

    name: str
    temperature: float
    spread: float
    columns: int = 10
    task: Task = "multiclass"
    offset: float = 0.0
    weights: str = ""
    method: str = "temperature"
    noise: float = 0.0
    noisy: float = 1.0
    both_ways: float = 0.0
    together: bool = False


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
        p, nll, brier = self._cells(self.scores / np.asarray(temperature))
        found = {"nll": self._mean(nll.sum(axis=1)), "brier": self._mean(brier.sum(axis=1))}
        if self.world.task != "multiclass":
            prediction, frequency = p, self.true
            right = self._right().mean(axis=1)
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
    def labels(self) -> dict[str, tuple[float, ...]]:
        """The metrics of every label by itself, where there are several."""
        if self.world.task != "multilabel":
            return {}
        p, nll, brier = self._cells(self.scores)
        cells = {"nll": nll, "brier": brier, "accuracy": self._right(), "confidence_gap": p - self.true}
        return {key: tuple(np.average(x, axis=0, weights=self.weights).tolist()) for key, x in cells.items()}

    def _cells(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Probabilities, expected NLL and Brier score of every class or label, (N, K)."""
        p = self.link(scores)
        nll = self.true * softplus(-scores) + (1 - self.true) * softplus(scores)
        if self.world.task == "multiclass":
            nll = -self.true * np.maximum(log_softmax(scores), -1e300)
        return p, nll, (p - self.true) ** 2 + self.true * (1 - self.true)

    def _right(self) -> np.ndarray:
        """Probability that the prediction of a label is right, (N, L)."""
        return np.where(self.scores > 0, self.true, 1 - self.true)

    @cached_property
    def classes(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Of every class against the rest, or label: the ECE, and mean probability minus frequency."""
        p = self.link(self.scores)
        ece = (cells_of(event_bin_sums(p[:, [j]], self.true[:, [j]], self.weights, 15)).ece for j in range(p.shape[1]))
        return tuple(ece), tuple(np.average(p - self.true, axis=0, weights=self.weights).tolist())

    def part(self, rows: np.ndarray) -> Population:
        """Some of the rows."""
        return replace(self, scores=self.scores[rows], true=self.true[rows], weights=self.weights[rows])

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
    if world.both_ways:
        z += world.both_ways * np.where(rng.random(z.shape) < 0.5, -1, 1)
    elif world.task == "multilabel":
        z += rng.normal(size=(POPULATION, 1)) * world.spread  # labels of a row go together
    link: Link = registry.make("links", "softmax" if world.task == "multiclass" else "sigmoid")
    true = link(z)
    weights = np.ones(POPULATION)
    if world.weights == "exponential":
        weights = rng.exponential(size=POPULATION)
    if world.weights == "hard":
        weights = np.where(true.max(axis=1) < 0.8, 4.0, 1.0)
    scores = z * world.temperature
    if world.noise:
        other = np.random.default_rng(20_240_614)
        scores = scores + world.noise * other.normal(size=z.shape) * (other.random((len(z), 1)) < world.noisy)
    return Population(world, link, scores, true, weights)


def labels_of(world: World, true: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if world.task == "multiclass":
        below = true.cumsum(axis=1) < rng.random((len(true), 1))
        return np.minimum(below.sum(axis=1), world.columns - 1)
    if world.together:
        right = rng.random((len(true), 1)) < np.maximum(true, 1 - true)
        return (right == (true > 0.5)).astype(np.int64)
    return (rng.random(true.shape) < true).astype(np.int64)
