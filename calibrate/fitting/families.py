"""Scores u that are linear in the parameters: a common slope, one per class, or a matrix, each with a bias per class.

Arrays of a tile are (K, s), a class a row: sums over classes are then additions of long rows, whatever K is. With
residuals g = w (p - one_hot(y)) the gradient is a product of g with the scores x; with q = w (p v - p (p.v)) in place
of g it is the product of the Hessian with the direction that changes u by v.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

BLOCKS = 128
"""Classes up to which a matrix has a preconditioner of K blocks; its time grows with K^3."""

Solve = Callable[[np.ndarray], np.ndarray]


class Family(Protocol):
    """How parameters (P,) make scores u (K, s) of scores x (K, s)."""

    @property
    def size(self) -> int:
        """P."""
        ...

    @property
    def start(self) -> np.ndarray:
        """The parameters that change nothing."""
        ...

    def scores(self, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """u, a new array."""
        ...

    def slopes(self, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        """The gradient of sum(g * u) in the parameters."""
        ...

    def curves(self, x: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """The part of the Hessian that `approximate` is made of, summed over rows."""
        ...

    def hessian(self, x: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """The Hessian (P, P) of the loss, summed over rows."""
        ...

    def approximate(self, curves: np.ndarray, ridge: np.ndarray) -> Solve:
        """Solves the part of the Hessian, with `ridge` (P,) added to its diagonal: a preconditioner."""
        ...

    def flat(self) -> tuple[np.ndarray, ...]:
        """Sets of parameters to which one number may be added without any change of the probabilities."""
        ...


def _weighted(p: np.ndarray, w: np.ndarray | None) -> np.ndarray:
    return p if w is None else p * w


@dataclass(frozen=True)
class CommonSlope:
    """u = a x + b: parameters a, b_1 .. b_K."""

    k: int

    @property
    def size(self) -> int:
        """K + 1."""
        return self.k + 1

    @property
    def start(self) -> np.ndarray:
        """a = 1, b = 0."""
        return np.array([1.0, *np.zeros(self.k)])

    def scores(self, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """a x + b."""
        u: np.ndarray = x * theta[0]
        u += theta[1:, None]
        return u

    def slopes(self, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        """Sums of g x over all, and of g per class."""
        return np.concatenate([[_dots(g, x).sum()], g.sum(axis=1)])

    def curves(self, x: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """The variance of x under p, and p (1 - p) per class."""
        wp = _weighted(p, w)
        mean = np.einsum("ks,ks->s", p, x)
        centred = x - mean
        return np.concatenate([[_dots(wp * centred, centred).sum()], wp.sum(axis=1) - _dots(wp, p)])

    def hessian(self, x: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """With the covariance of p in the biases."""
        wp = _weighted(p, w)
        found = np.empty((self.size, self.size))
        centred = x - np.einsum("ks,ks->s", p, x)
        found[0, 0] = _dots(wp * centred, centred).sum()
        found[0, 1:] = found[1:, 0] = _dots(wp, centred)
        found[1:, 1:] = np.diag(wp.sum(axis=1)) - wp @ p.T
        return found

    def approximate(self, curves: np.ndarray, ridge: np.ndarray) -> Solve:
        """By its diagonal."""
        return _by_diagonal(curves + ridge)

    def flat(self) -> tuple[np.ndarray, ...]:
        """The biases."""
        return (np.arange(1, self.size),)


@dataclass(frozen=True)
class Diagonal:
    """u = d x + b, class by class: parameters d_1 .. d_K, b_1 .. b_K."""

    k: int

    @property
    def size(self) -> int:
        """2 K."""
        return 2 * self.k

    @property
    def start(self) -> np.ndarray:
        """d = 1, b = 0."""
        return np.repeat([1.0, 0.0], self.k)

    def scores(self, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """d x + b."""
        u: np.ndarray = x * theta[: self.k, None]
        u += theta[self.k :, None]
        return u

    def slopes(self, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        """Per class the sums of g x and of g."""
        return np.concatenate([_dots(g, x), g.sum(axis=1)])

    def curves(self, x: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """Per class the sums of p (1 - p) times x^2, x and 1: (3 K,)."""
        c = p - np.square(p)
        c = _weighted(c, w)
        cx = c * x
        return np.concatenate([_dots(cx, x), cx.sum(axis=1), c.sum(axis=1)])

    def hessian(self, x: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """Blocks of x x, x 1 and 1 1."""
        wp, px = _weighted(p, w), p * x
        wpx = wp * x
        cross = np.diag(wpx.sum(axis=1)) - wpx @ p.T
        return np.block([[np.diag(_dots(wpx, x)) - wpx @ px.T, cross], [cross.T, np.diag(wp.sum(axis=1)) - wp @ p.T]])

    def approximate(self, curves: np.ndarray, ridge: np.ndarray) -> Solve:
        """By a 2 by 2 block for each class."""
        xx, x1, one = curves.reshape(3, self.k)
        a, c = xx + ridge[: self.k], one + ridge[self.k :]
        a, c = np.where(a > 0, a, 1.0), np.where(c > 0, c, 1.0)
        # Rounding must not make a block singular: the correlation stays below 1.
        limit = (1.0 - 1e-9) * np.sqrt(a * c)
        b = np.clip(x1, -limit, limit)
        det = a * c - b * b

        def solve(r: np.ndarray) -> np.ndarray:
            left, right = r[: self.k], r[self.k :]
            return np.concatenate([(c * left - b * right) / det, (a * right - b * left) / det])

        return solve

    def flat(self) -> tuple[np.ndarray, ...]:
        """The biases."""
        return (np.arange(self.k, self.size),)


@dataclass(frozen=True)
class Matrix:
    """u = W x + b: the K rows of (W, b), each of K + 1 parameters, one after another.

    centred   the scores of a row add up to 0, so that one number may be added to a row of W
    blocks    conjugate gradients are preconditioned by a block for each class: dear, and worth it for weak ridges
    """

    k: int
    centred: bool = False
    blocks: bool = True

    @property
    def size(self) -> int:
        """K (K + 1)."""
        return self.k * (self.k + 1)

    @property
    def start(self) -> np.ndarray:
        """W = I, b = 0."""
        return np.eye(self.k, self.k + 1).ravel()

    def scores(self, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """W x + b."""
        both = theta.reshape(self.k, self.k + 1)
        u: np.ndarray = both[:, :-1] @ x
        u += both[:, -1:]
        return u

    def slopes(self, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        """g (x, 1)^T."""
        return np.column_stack([g @ x.T, g.sum(axis=1)]).ravel()

    def curves(self, x: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """A block for each class (K, K + 1, K + 1), or the diagonal alone."""
        c = _weighted(p - np.square(p), w)
        if self.k > BLOCKS or not self.blocks:
            return np.column_stack([c @ np.square(x).T, c.sum(axis=1)]).ravel()
        ones = np.vstack([x, np.ones((1, x.shape[1]))])
        return np.stack([(ones * own) @ ones.T for own in c])

    def hessian(self, x: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """A block p x x^T for each class, minus the outer product of what p and x make together."""
        n = self.k + 1
        found = np.zeros((self.size, self.size))
        step = max(32, (1 << 17) // self.size)
        for start in range(0, x.shape[1], step):
            part = slice(start, start + step)
            ones = np.vstack([x[:, part], np.ones((1, x[:, part].shape[1]))])
            some, some_w = p[:, part], None if w is None else w[part]
            both = (some[:, None, :] * ones).reshape(self.size, -1)
            found -= both @ (both if some_w is None else both * some_w).T
            wp = _weighted(some, some_w)
            for j in range(self.k):
                own = slice(j * n, (j + 1) * n)
                found[own, own] += (ones * wp[j]) @ ones.T
        return found

    def approximate(self, curves: np.ndarray, ridge: np.ndarray) -> Solve:
        """By a block for each class, or by its diagonal."""
        if curves.ndim == 1:
            return _by_diagonal(curves + ridge)
        n = self.k + 1
        blocks, places = curves.copy(), np.arange(n)
        blocks[:, places, places] += ridge.reshape(self.k, n)
        # Rounding must not make a block singular.
        blocks[:, places, places] *= 1.0 + 1e-9
        blocks[:, places, places] += 1e-300
        inverse = np.linalg.inv(blocks)
        return lambda r: np.einsum("kij,kj->ki", inverse, r.reshape(self.k, n)).ravel()

    def flat(self) -> tuple[np.ndarray, ...]:
        """The columns of (W, b), and the rows of W where the scores add up to 0."""
        places = np.arange(self.size).reshape(self.k, self.k + 1)
        return (*places.T, *(places[:, :-1] if self.centred else ()))


def _dots(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("ks,ks->k", left, right))


def _by_diagonal(diagonal: np.ndarray) -> Solve:
    inverse = 1.0 / np.where(diagonal > 0, diagonal, 1.0)
    return lambda r: inverse * r
