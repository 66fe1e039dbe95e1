"""Logistic regressions of events on a few functions of their logit: one per label, all labels in the same passes.

logit p = g + sum_j b_j u_j of features u_j(z) that are standardised inside (mean 0, mean square 1). Minimised is

    sum_i w_i H(t_i, p_i) + ridge / 2 (g^2 + sum_j b_j^2)

with the cross-entropy H at targets t of 0 and 1, or smoothed ones. With a ridge, or with smoothing and features that
vary, it is strictly convex; standardised, it does not depend on the unit of the scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.damped_newton import Bends, Climbed, climb, inverses
from calibrate.fitting.events import Events, label
from calibrate.fitting.slopes import subsample
from calibrate.numerics import tiles
from calibrate.rows import Block, Rows
from calibrate.sums import Sums

TILE = 1 << 14
"""Logits of one tile: all that is made of them stays in the nearer caches."""

MANY = 1 << 17
"""Rows from which the search begins on a subsample, of every 16th row."""

WEAK = 0.1
"""A ridge that weighs a tenth of a row: of 0.001 to 1 the range that did best or harmed least from 50 to 500 rows."""

SURE = 30.0
"""A search that took a linear predictor beyond had no finite answer."""

EVEN = 1e-13
"""A feature that varies by less, relative to its size, is constant but for rounding."""


def certain(n_labels: int) -> np.ndarray:
    """Targets (2, L) that are the outcomes themselves."""
    return np.repeat([[0.0], [1.0]], n_labels, axis=1)


class Basis(Protocol):
    """Features of the finite logits (q, m) of labels `which` (q,), as (P, q, m)."""

    def __call__(self, z: np.ndarray, which: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Line:
    """The logit itself."""

    def __call__(self, z: np.ndarray, which: np.ndarray) -> np.ndarray:
        """(1, q, m)."""
        return z[None]


@dataclass(frozen=True, eq=False)
class Standard:
    """Features as (x - centre) / scale, (P, L) each; `reach` is the largest of them in magnitude.

    A scale of 0 is a feature that does not vary.
    """

    basis: Basis
    centre: np.ndarray
    scale: np.ndarray
    reach: np.ndarray

    def __call__(self, z: np.ndarray, which: np.ndarray) -> np.ndarray:
        """(P, q, m)."""
        scale = np.where(self.scale > 0, self.scale, 1.0)
        return np.asarray((self.basis(z, which) - self.centre[:, which, None]) / scale[:, which, None])


def standard(rows: Rows, basis: Basis, *, centred: bool = True) -> Standard:
    """The features of a basis, standardised over the rows; two passes. Without `centred` around 0."""
    first = rows.sum(_Moments(basis, None))
    weight = np.asarray(first["weight"])
    centre = np.asarray(first["sum"]) / weight
    if not centred:
        centre = np.zeros_like(centre)
    second = rows.sum(_Moments(basis, centre))
    scale = np.sqrt(np.asarray(second["sum"]) / weight)
    if not (np.all(np.isfinite(centre)) and np.all(np.isfinite(scale))):
        raise CalibrateError(
            "E305",
            "the squares of the scores are beyond the range of floats",
            "the magnitude of the scores is out of range: multiply all of them by the same number",
        )
    far = np.asarray(reduce(np.maximum, second["far"]))  # type: ignore[arg-type]
    scale[scale <= EVEN * np.abs(centre)] = 0.0
    return Standard(basis, centre, scale, np.divide(far, scale, out=np.zeros_like(far), where=scale > 0))


def _columns(block: Block, which: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Logits, weights and outcomes of labels `which`, tile by tile, (q, m) each; infinite logits as 0 of weight 0."""
    labels = np.asarray(block.labels)
    for rows in tiles(len(block), len(which), TILE):
        z = block.scores[rows].T[which].astype(np.float64, copy=False)
        finite = np.isfinite(z)
        w = finite.astype(np.float64) if block.weights is None else finite * block.weights[rows]
        yield (z if finite.all() else np.where(finite, z, 0.0)), w, labels[rows].T[which] != 0


@dataclass(frozen=True, eq=False)
class _Moments:
    """Collector: sums of w x, or around a centre of w (x - centre)^2, with the largest distance from it; (P, L)."""

    basis: Basis
    centre: np.ndarray | None

    def __call__(self, block: Block) -> Sums:
        every = np.arange(block.scores.shape[1])
        weight, total, far = np.zeros(len(every)), np.float64(0.0), np.float64(0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            for z, w, _ in _columns(block, every):
                x = self.basis(z, every)
                if self.centre is not None:
                    x = np.where(w > 0, x - self.centre[:, :, None], 0.0)
                    far = np.maximum(far, np.abs(x).max(axis=2))
                    x = x * x
                weight += w.sum(axis=1)
                total = total + np.vecdot(x, w)
        # What an empty block leaves takes the shape of the others when it meets them.
        return {"weight": weight, "sum": np.asarray(total), "far": (far,)}


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """Collector of labels `which` at points (q, P + 1): loss, uphill and information, packed as (S, q).

    targets   (2, L) of rows without and with the event
    spread    with the sums of w^2 (t - p)^2 x x' after them
    """

    features: Standard
    targets: np.ndarray
    which: np.ndarray
    points: np.ndarray
    spread: bool = False

    def __call__(self, block: Block) -> Sums:
        k = self.points.shape[1]
        sums = np.zeros((1 + k + k * (k + 1) // 2 * (1 + self.spread), len(self.which)))
        for z, w, event in _columns(block, self.which):
            sums += self._tile(self.features(z, self.which), w, event)
        return {"sums": sums}

    def _tile(self, u: np.ndarray, w: np.ndarray, event: np.ndarray) -> np.ndarray:
        g, slopes = self.points[:, :1], self.points[:, 1:].T[:, :, None]
        eta = g + (slopes * u).sum(axis=0)
        no, yes = self.targets[:, self.which, None]
        t = np.where(event, yes, no)
        small = np.exp(-np.abs(eta))
        share, up = 1.0 / (1.0 + small), eta > 0
        large, little = share, small * share
        # Both of p and 1 - p without cancellation.
        gap = t * np.where(up, little, large) - (1.0 - t) * np.where(up, large, little)
        loss = np.log1p(small) + np.where(up, (1.0 - t) * eta, -t * eta)
        pairs = list(zip(*np.triu_indices(len(u) + 1), strict=True))
        x = [np.ones_like(eta), *u]
        wg, wh = w * gap, w * large * little
        found = [np.vecdot(loss, w), *(np.vecdot(wg, one) for one in x)]
        found += [np.vecdot(wh * x[i], x[j]) for i, j in pairs]
        if self.spread:
            square = wg * wg
            found += [np.vecdot(square * x[i], x[j]) for i, j in pairs]
        return np.stack(found)


def _bends(sums: np.ndarray, k: int) -> Bends:
    return Bends(sums[0], sums[1 : 1 + k].T, _unpacked(sums[1 + k : 1 + k + k * (k + 1) // 2], k))


def _unpacked(packed: np.ndarray, k: int) -> np.ndarray:
    """Symmetric matrices (q, k, k) of their upper triangles (k (k + 1) / 2, q)."""
    found = np.empty((packed.shape[1], k, k))
    for row, i, j in zip(packed, *np.triu_indices(k), strict=True):
        found[:, i, j] = found[:, j, i] = row
    return found


@dataclass(frozen=True, eq=False)
class Solution:
    """Optima, one per label: logit p = offset + sum_j coefficient_j x_j, of the features as they are.

    values    (L, P + 1) offset and coefficients
    linear    (L, P + 1, P + 1) what makes them of the parameters of standardised features
    plain, sandwich   covariances of the latter
    loss      (L,) the objective
    """

    values: np.ndarray
    linear: np.ndarray
    plain: np.ndarray
    sandwich: np.ndarray
    loss: np.ndarray
    passes: int

    def errors(self, combine: np.ndarray | None = None) -> np.ndarray:
        """Standard errors (L, R) of linear combinations (R, P + 1) of the values; by default of the values."""
        linear = self.linear if combine is None else combine @ self.linear
        both = [np.einsum("lri,lij,lrj->lr", linear, matrix, linear) for matrix in (self.plain, self.sandwich)]
        return np.asarray(np.sqrt(np.maximum(np.fmax(*both), 0.0)))


def solve(
    events: Events, features: Standard, targets: np.ndarray, ridge: float, *, free: np.ndarray | None = None
) -> Solution:
    """The optima of all labels.

    targets   (2, L) what outcomes 0 and 1 are fitted as
    free      (L, P + 1) offset and coefficients that are fitted; the others stay 0

    Raises `CalibrateError` E302 where the parameters run away, E306 where the search does not settle.
    """
    n_labels, k = targets.shape[1], len(features.centre) + 1
    moving = np.concatenate([np.ones((n_labels, 1), dtype=bool), features.scale.T > 0], axis=1)
    moving = moving if free is None else moving & free
    # Of one outcome alone, features around their means say nothing.
    moving[:, 1:] &= (events.counts.all(axis=0) | ~moving[:, 0])[:, None]
    reach = np.concatenate([np.ones((n_labels, 1)), features.reach.T], axis=1)
    passes = 2
    start = np.zeros((n_labels, k))
    hits = (targets * events.counts).sum(axis=0)
    rate = (hits + 0.5) / (events.counts.sum(axis=0) + 1.0)
    start[:, 0] = np.where(moving[:, 0], np.log(rate) - np.log1p(-rate), 0.0)

    def search(rows: Rows, penalty: float, begin: np.ndarray) -> Climbed:
        def found(which: np.ndarray, at: np.ndarray) -> np.ndarray:
            sums = np.asarray(rows.sum(_Likelihood(features, targets, which, at))["sums"])
            return _with_ridge(sums, at, penalty)

        every = np.arange(n_labels)
        return climb(found, lambda sums: _bends(sums, k), begin, found(every, begin), reach, moving)

    if events.n >= MANY:
        part = search(subsample(events.rows, events.n // 16), ridge / 16, start)
        start = np.where(part.settled[:, None], part.points, start)
    found = search(events.rows, ridge, start)
    passes += found.passes
    _settled(found, reach)
    return _solution(events, features, targets, ridge, found.points, moving, passes + 1)


def _with_ridge(sums: np.ndarray, at: np.ndarray, ridge: float) -> np.ndarray:
    """The sums (S, q) with those of the penalty at points (q, k)."""
    k, sums = at.shape[1], sums.copy()
    sums[0] += ridge / 2 * np.square(at).sum(axis=1)
    sums[1 : 1 + k] -= ridge * at.T
    diagonal = np.cumsum([1 + k, *range(k, 1, -1)])
    sums[diagonal] += ridge
    return sums


def _settled(found: Climbed, reach: np.ndarray) -> None:
    for j in np.flatnonzero(~found.settled)[:1]:
        which = label(j, len(reach))
        if np.abs(found.points[j]) @ reach[j] > SURE:
            raise CalibrateError(
                "E302",
                f"{which}separable: the scores tell all events apart, so no finite parameters are best",
                "a ridge above 0, or platt with smoothing, has an answer; or fit on rows with some errors",
            )
        raise CalibrateError("E306", f"{which}the search did not settle in {found.passes} passes", "please report it")


def _solution(
    events: Events, features: Standard, targets: np.ndarray, ridge: float, points: np.ndarray, moving: np.ndarray,
    passes: int,
) -> Solution:  # fmt: skip
    n_labels, k = points.shape
    sums = np.asarray(events.rows.sum(_Likelihood(features, targets, np.arange(n_labels), points, True))["sums"])
    here = _bends(_with_ridge(sums, points, ridge), k)
    inverse = inverses(here.information, moving)
    meat = _unpacked(sums[1 + k + k * (k + 1) // 2 :], k)
    weight = events.counts.sum(axis=0)
    fitted = moving.sum(axis=1)
    spare = weight**2 / events.squares - fitted
    factor = np.divide(spare + fitted, spare, out=np.full(n_labels, np.inf), where=spare > 1e-9)
    with np.errstate(invalid="ignore"):  # 0 inf, of parameters that do not move
        sandwich = np.einsum("qij,qjk,qkl->qil", inverse, meat, inverse) * factor[:, None, None]
    scale = np.where(features.scale > 0, features.scale, np.inf).T
    linear = np.zeros((n_labels, k, k))
    with np.errstate(over="ignore", under="ignore"):
        linear[:, 0, 0] = 1.0
        linear[:, 0, 1:] = -features.centre.T / scale
        linear[:, range(1, k), range(1, k)] = 1.0 / scale
    values = np.einsum("lij,lj->li", linear, points)
    plain = inverse * (events.squares / weight)[:, None, None]
    return Solution(values, linear, plain, sandwich, here.loss, passes)
