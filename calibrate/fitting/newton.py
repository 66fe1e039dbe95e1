"""Minimising the mean log loss of scores that are linear in many parameters, plus squares: damped Newton steps.

Every evaluation is a pass over the rows. Few parameters: a pass leaves the Hessian, and the step solves it. Many: the
step is found by conjugate gradients, each of which is a pass that leaves the Hessian's product with a direction. The
loss is convex, so a step that does not lower it is halved until it does (Armijo).

The search ends where the Newton decrement says that nothing is left to gain that floats could show. Where no finite
optimum exists, the loss falls by less and less while the step does not shrink: that is the mark of separable data.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.families import Solve
from calibrate.fitting.objective import Objective, Point

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
        self.passes += 1
        return self.objective.reach(step)


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
