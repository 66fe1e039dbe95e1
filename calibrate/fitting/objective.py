"""The mean log loss of scores that are linear in many parameters, plus squares, and its slopes and curves, by passes.

Few parameters: a pass leaves the Hessian. Many: what approximates it, and further passes its product with a direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from calibrate.fitting.families import Family
from calibrate.numerics import tiles
from calibrate.outcomes import known_labels
from calibrate.rows import Block, Rows
from calibrate.sums import Sums

FEW, LIMIT, WORK = 160, 1200, 4e9
"""Parameters for which the Hessian is always computed; for which it may be, where rows * parameters^2 is no more."""


FAR = 2.0**20
"""A score so far below the largest of its row is a mask, if a finite one."""


@dataclass(frozen=True, eq=False)
class Objective:
    """mean loss of u(theta) + sum ridge (theta - centre)^2, over `rows` of weight `weight`.

    masked   whether scores may be -inf; then u is -inf as well
    """

    rows: Rows
    weight: float
    family: Family
    ridge: np.ndarray
    centre: np.ndarray
    masked: bool = False

    @property
    def exact(self) -> bool:
        """Whether the Hessian is computed."""
        size = self.family.size
        return size <= FEW or (size <= LIMIT and self.rows.n * size**2 <= WORK)

    def at(self, theta: np.ndarray) -> Point:
        """One pass."""
        sums = self.rows.sum(_Slopes(self.family, theta, self.masked, self.exact))
        off = theta - self.centre
        loss = float(sums["loss"]) / self.weight  # type: ignore[arg-type]
        return Point(
            theta,
            loss,
            loss + float(self.ridge @ np.square(off)),
            np.asarray(sums["slopes"]) / self.weight + 2.0 * self.ridge * off,
            np.asarray(sums["curves"]) / self.weight,
            int(sums["wrong"]),  # type: ignore[arg-type]
        )

    def times(self, theta: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Hessian times direction: one pass."""
        sums = self.rows.sum(_Product(self.family, theta, direction, self.masked))
        return np.asarray(np.asarray(sums["product"]) / self.weight + 2.0 * self.ridge * direction)

    def reach(self, step: np.ndarray) -> float:
        """The largest change of a score, less what all classes share, that the step makes in some row: one pass.

        Classes far below the others do not count: there is no telling how far a mask of -1e9 should move.
        """
        found = self.rows.sum(_Reach(self.family, step, self.masked))
        return float(max(found["reach"]))  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Point:
    """Where the search stands: mean `loss`, `value` with the squares, gradient, and Hessian or what stands for it.

    `wrong`: rows whose true class has not the largest score.
    """

    theta: np.ndarray
    loss: float
    value: float
    slopes: np.ndarray
    curves: np.ndarray
    wrong: int


@dataclass(frozen=True, eq=False)
class _Slopes:
    """Collector: loss, gradient, and the Hessian or its approximation, of the mean's numerator."""

    family: Family
    theta: np.ndarray
    masked: bool
    exact: bool

    def __call__(self, block: Block) -> Sums:
        labels, size = known_labels(block), self.family.size
        loss, slopes, wrong = 0.0, np.zeros(size), 0
        curves: np.ndarray | float = 0.0
        for x, tile, w, y in _tiles(block, labels, self.family, self.theta, self.masked):
            found = np.log(tile.total)
            found -= tile.true
            loss += float(found.sum() if w is None else w @ found)
            curves = curves + (self.family.hessian if self.exact else self.family.curves)(x, tile.p, w)
            wrong += int(np.count_nonzero(tile.true < 0))
            residual = tile.p
            residual[y, np.arange(len(y))] -= 1.0
            if w is not None:
                residual *= w
            slopes += self.family.slopes(x, residual)
        return {"loss": loss, "slopes": slopes, "curves": np.asarray(curves), "wrong": wrong}


@dataclass(frozen=True, eq=False)
class _Product:
    """Collector: the Hessian's product with a direction, from scores and probabilities in float32.

    That is good enough for a step: the gradient, which decides where the search ends, is of float64.
    """

    family: Family
    theta: np.ndarray
    direction: np.ndarray
    masked: bool

    def __call__(self, block: Block) -> Sums:
        product = np.zeros(self.family.size)
        theta, direction = self.theta.astype(np.float32), self.direction.astype(np.float32)
        for x, tile, w, _ in _tiles(block, known_labels(block), self.family, theta, self.masked):
            q = self.family.scores(x, direction)
            q -= np.einsum("ks,ks->s", tile.p, q)
            q *= tile.p
            if w is not None:
                q *= w.astype(np.float32)
            product += self.family.slopes(x, q)
        return {"product": product}


@dataclass(frozen=True, eq=False)
class _Reach:
    """Collector: the largest difference between two classes' changes of score by a step, of each block."""

    family: Family
    step: np.ndarray
    masked: bool

    def __call__(self, block: Block) -> Sums:
        reach = 0.0
        for rows in tiles(*block.scores.shape):
            x = block.scores[rows].T
            hidden = x < x.max(axis=0) - FAR
            change = self.family.scores(np.where(np.isneginf(x), 0.0, x) if self.masked else x, self.step)
            low = np.where(hidden, np.inf, change).min(axis=0)
            high = np.where(hidden, -np.inf, change).max(axis=0)
            reach = max(reach, float((high - low).max(initial=0.0)))
        return {"reach": (reach,)}


@dataclass(frozen=True, eq=False)
class _Tile:
    """p (K, s), and with scores below their maximum: the partition sums, and the score of the true class."""

    p: np.ndarray
    total: np.ndarray
    true: np.ndarray


def _tiles(
    block: Block, labels: np.ndarray, family: Family, theta: np.ndarray, masked: bool
) -> Iterator[tuple[np.ndarray, _Tile, np.ndarray | None, np.ndarray]]:
    """Scores x (K, s), softmax of u, weights and labels, tile by tile. Masked scores are 0 in x and -inf in u."""
    for rows in tiles(*block.scores.shape):
        x, y = block.scores[rows].T.astype(theta.dtype, copy=False), labels[rows]
        hidden = np.isneginf(x) if masked else None
        if hidden is not None:
            x = np.where(hidden, 0.0, x)
        u = family.scores(x, theta)
        if hidden is not None:
            u[hidden] = -np.inf
        u -= np.maximum.reduce(u, axis=0)
        true = u[y, np.arange(len(y))]
        np.exp(u, out=u)
        total = np.add.reduce(u, axis=0)
        u /= total
        yield x, _Tile(u, total, true), None if block.weights is None else block.weights[rows], y
