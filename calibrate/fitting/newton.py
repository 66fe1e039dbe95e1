"""Minimising the mean log loss of scores that are linear in many parameters, plus squares: damped Newton steps.

Every evaluation is a pass over the rows. Few parameters: a pass leaves the Hessian, and the step solves it. Many: the
step is found by conjugate gradients, each of which is a pass that leaves the Hessian's product with a direction. The
loss is convex, so a step that does not lower it is halved until it does (Armijo).

The search ends where the Newton decrement says that nothing is left to gain that floats could show. Where no finite
optimum exists, the loss falls by less and less while the step does not shrink: that is the mark of separable data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.families import Family, Solve
from calibrate.numerics import tiles
from calibrate.outcomes import known_labels
from calibrate.rows import Block, Rows
from calibrate.sums import Sums

FEW, LIMIT, WORK = 160, 1200, 4e9
"""Parameters for which the Hessian is always computed; for which it may be, where rows * parameters^2 is no more."""

MOST, TURNS = 100, 200
"""Newton steps, and conjugate gradients of one of them."""

LOOSE = 1e-4
"""A squared norm of the residual, of that at the beginning, at which conjugate gradients end at the latest."""

SMALL = 1e-11
"""A squared Newton decrement of so many times the loss: after its step, what is left is far below rounding."""

ROUNDING = 1e-13
"""By so much of itself the loss may seem to rise."""

GROWING = 0.05
"""A step that changes the scores by more, where there is nothing left to gain, does so for ever."""


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


@dataclass
class Search:
    """A minimisation, and the passes that it took."""

    objective: Objective
    passes: int = 0
    point: Point = field(init=False)

    def run(self, start: np.ndarray, name: str, *, unbounded: bool) -> Point:
        """The optimum, from `start`.

        unbounded   whether the data may have no finite optimum: E302 then, in the name of the method

        Raises `CalibrateError` E306 where `MOST` steps did not settle it.
        """
        self.point = self._at(start)
        ridged = bool(self.objective.ridge.any())
        for _ in range(MOST):
            if unbounded and not (ridged or self.point.wrong):
                # Parameters that get every row right do so the more surely the larger they are.
                raise separable(name)
            step = self._step()
            gain = -float(self.point.slopes @ step)
            if gain <= SMALL * max(self.point.value, 1e-9):
                if unbounded and (self.point.value < 1e-9 or self._reach(step) > GROWING):
                    raise separable(name)
                return replace(self.point, theta=self.point.theta + step)
            self._along(step, gain)
        hint = "structured-vector has an answer on any data"
        raise CalibrateError("E306", f"{name}: the search did not settle in {self.passes} passes", hint)

    def _at(self, theta: np.ndarray) -> Point:
        self.passes += 1
        return self.objective.at(theta)

    def _along(self, step: np.ndarray, gain: float) -> None:
        """The first of the points step, step / 2, step / 4, ... that is low enough."""
        size, was = 1.0, self.point
        for _ in range(60):
            trial = self._at(was.theta + size * step)
            if trial.value <= was.value - 1e-4 * size * gain + ROUNDING * abs(was.value):
                self.point = trial
                return
            size /= 2
        raise CalibrateError(
            "E306", "the loss does not fall along its own slope", "structured-vector has an answer on any data"
        )

    def _step(self) -> np.ndarray:
        if self.objective.exact:
            return _solved(self.point.curves, self.objective)(-self.point.slopes)
        return self._conjugate(self.objective.family.approximate(self.point.curves, 2.0 * self.objective.ridge))

    def _conjugate(self, solve: Solve) -> np.ndarray:
        """The Newton step by conjugate gradients, the more exact the nearer the end is."""
        r = -self.point.slopes
        z = solve(r)
        rz = first = float(r @ z)
        if first <= 0:
            return np.zeros_like(r)
        step, direction = np.zeros_like(r), z
        left = first / max(self.point.value, 1e-9)
        wanted = first * (1e-2 if left < SMALL else min(1e-2, max(LOOSE, left)))
        for _ in range(TURNS):
            product = self.objective.times(self.point.theta, direction)
            self.passes += 1
            bend = float(direction @ product)
            if bend <= 0:
                break
            step = step + (rz / bend) * direction
            r = r - (rz / bend) * product
            z = solve(r)
            rz, before = float(r @ z), rz
            if rz <= wanted:
                break
            direction = z + (rz / before) * direction
        return step

    def _reach(self, step: np.ndarray) -> float:
        """The largest change of a score, less what all classes share, that the step makes in some row."""
        found = self.objective.rows.sum(_Reach(self.objective.family, step, self.objective.masked))
        self.passes += 1
        return float(max(found["reach"]))  # type: ignore[arg-type]


def _solved(hessian: np.ndarray, objective: Objective) -> Solve:
    """Solves the Hessian, scaled to a unit diagonal; what changes no probability is kept at 0."""
    full = hessian + np.diag(2.0 * objective.ridge)
    diagonal = np.diag(full)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    full = full * scale * scale[:, None]
    for places in objective.family.flat():
        if objective.ridge[places].any():
            continue
        lying = 1.0 / scale[places]
        lying /= np.sqrt(lying @ lying)
        full[np.ix_(places, places)] += np.outer(lying, lying)
    full[np.diag_indices_from(full)] += 1e-13 * len(full)
    return lambda r: scale * np.linalg.solve(full, scale * r)


def separable(name: str) -> CalibrateError:
    """E302: no finite optimum."""
    return CalibrateError(
        "E302",
        f"separable: the loss falls for ever as parameters grow, and no finite ones of {name} are best",
        "more rows, or a method that is regularised: structured-vector, structured-matrix, dirichlet, temperature",
    )


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
            change = self.family.scores(np.where(np.isneginf(x), 0.0, x) if self.masked else x, self.step)
            reach = max(reach, float(np.ptp(change, axis=0).max(initial=0.0)))
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
