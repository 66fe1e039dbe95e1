"""Passes of a fit in one variable b = 1 / T: how far the scores reach, and slope sums at given points, per fold.

A fold's training sums are the total minus the fold's own, so cross-fitting needs no passes of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibrate.numerics import pick
from calibrate.outcomes import known_labels
from calibrate.protocols import Link
from calibrate.rows import Block, Rows, cut, from_arrays
from calibrate.sums import Sums

SPREAD = 32
"""A subsample is taken from about so many places of the input."""


@dataclass(frozen=True)
class Problem:
    """What is fitted: `columns` values of b (1, or one per label of a link with events), and folds (0: none)."""

    link: Link
    columns: int = 1
    folds: int = 0

    def by_fold(self, block: Block, values: np.ndarray) -> np.ndarray:
        """Sums of w * values per fold, (max(folds, 1), columns) in float64, of values (m,), (m, 1) or (m, columns)."""
        w, columns = block.weights, values.reshape(len(values), -1)
        if self.folds:
            weighted = columns if w is None else columns * w[:, None]
            sums = [np.bincount(block.folds, column, minlength=self.folds) for column in weighted.T]  # type: ignore[arg-type]
            return np.stack(sums, axis=1)
        if w is None:
            return np.asarray(np.add.reduce(columns, axis=0, dtype=np.float64, keepdims=True))
        return np.asarray(w @ columns)[None]

    def per_problem(self, values: np.ndarray) -> np.ndarray:
        """Row values (m, columns): summed over labels where these share one b."""
        if values.ndim == 1:
            return values[:, None]
        return values if values.shape[1] == self.columns else values.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Reach:
    """Collector: what decides, before any fit, whether a best b exists, and in which unit it is to be sought.

    gap         of each block, (columns,): the largest finite difference between scores of a row (events: from 0)
    wrong       rows that another class leads, per fold and column: without any, the loss falls for ever
    impossible  the first row of each block whose true class has score -inf
    classes     smallest and largest label of each block
    rows, weight   that count: of positive weight
    """

    problem: Problem

    def __call__(self, block: Block) -> Sums:
        """The sums of one block."""
        kept = block if block.weights is None else _weighted_rows(block)
        labels, z, columns = known_labels(kept), kept.scores, self.problem.columns
        if not len(kept):
            none = np.zeros((max(self.problem.folds, 1), columns))
            return {"gap": (), "wrong": none, "impossible": (), "classes": (), "rows": 0, "weight": 0.0}
        with np.errstate(over="ignore", invalid="ignore"):
            if self.problem.link.has_events:
                gaps, lead = np.abs(z), np.where(labels != 0, -z, z)
            else:
                top = z.max(axis=1)
                lowest = np.where(np.isneginf(z), np.inf, z).min(axis=1)
                gaps, lead = (top - lowest)[:, None], (top - pick(z, labels))[:, None]
        # A difference beyond the largest float is as far as one; an infinite logit on the right side is no distance.
        endless = np.isinf(z) if self.problem.link.has_events else np.zeros(gaps.shape, dtype=bool)
        gaps = np.where(endless, 0.0, np.minimum(gaps, np.finfo(z.dtype).max))
        hopeless = (endless & (lead > 0)) if self.problem.link.has_events else np.isneginf(pick(z, labels))[:, None]
        first = np.flatnonzero(hopeless.any(axis=1))[:1]
        wrong = self.problem.per_problem((lead > 0).astype(np.float64))
        unweighted = replace(kept, weights=None)
        numbers = np.arange(block.start, block.start + len(block))
        if block.weights is not None:
            numbers = numbers[block.weights > 0]
        return {
            "gap": (gaps.max(axis=0) if gaps.shape[1] == columns else gaps.max(keepdims=True)[0],),
            "wrong": self.problem.by_fold(unweighted, wrong),
            "impossible": tuple(int(numbers[i]) for i in first),
            "classes": ((labels.min(axis=0), labels.max(axis=0)),),
            "rows": len(kept),
            "weight": float(len(kept) if kept.weights is None else kept.weights.sum()),
        }


def _weighted_rows(block: Block) -> Block:
    """Only the rows of positive weight: one of weight 0 decides nothing, even where its loss is infinite."""
    w = np.asarray(block.weights)
    return block if w.all() else cut(block, 0, w > 0)


@dataclass(frozen=True, eq=False)
class SlopeSums:
    """Collector: loss and derivatives in b at points (P, columns), summed per fold: (P, folds, columns) each.

    `square` and `spread` (P, columns) are sums of w^2 slope^2 and w^2 curvature, for standard errors; `weight` is the
    sum of w. Of `order` 1 only the loss and the first derivative are there.
    """

    problem: Problem
    points: np.ndarray
    order: int = 3

    def __call__(self, block: Block) -> Sums:
        """The sums of one block."""
        found: list[Sums] = [self._at(block, b) for b in self.points]
        sums: Sums = {key: np.stack([np.asarray(one[key]) for one in found]) for key in found[0]}
        sums["weight"] = float(len(block) if block.weights is None else block.weights.sum())
        return sums

    def _at(self, block: Block, b: np.ndarray) -> Sums:
        problem = self.problem
        d = problem.link.derivatives(block, float(b[0]) if problem.columns == 1 else b, self.order)
        kept, (loss, first, *higher) = _finite_rows(block, d.loss, d.first, d.second, d.third)
        slope, w = problem.per_problem(first), 1.0 if kept.weights is None else kept.weights[:, None]
        sums: Sums = {
            "loss": problem.by_fold(kept, problem.per_problem(loss)),
            "first": problem.by_fold(kept, slope),
            "square": np.add.reduce(np.square(w * slope), axis=0, dtype=np.float64),
        }
        if self.order > 1:
            curvature, third = (problem.per_problem(column) for column in higher)
            sums["second"] = problem.by_fold(kept, curvature)
            sums["third"] = problem.by_fold(kept, third)
            sums["spread"] = np.add.reduce(w**2 * curvature, axis=0, dtype=np.float64)
        return sums


def _finite_rows(block: Block, *columns: np.ndarray) -> tuple[Block, tuple[np.ndarray, ...]]:
    """Block and columns without the rows of weight 0, whose infinite loss would make 0 * inf."""
    if block.weights is None or block.weights.all():
        return block, columns
    keep = block.weights > 0
    folds = None if block.folds is None else block.folds[keep]
    kept = replace(block, weights=block.weights[keep], folds=folds)
    return kept, tuple(column[keep] for column in columns)


@dataclass(frozen=True)
class Losses:
    """Collector: the sum of w times the loss of the scores as they are."""

    problem: Problem

    def __call__(self, block: Block) -> Sums:
        """The sum of one block."""
        kept, (loss,) = _finite_rows(block, self.problem.link.loss(block.scores, known_labels(block), block.start))
        with np.errstate(over="ignore"):
            return {"loss": self.problem.by_fold(kept, loss if loss.ndim == 1 else loss.sum(axis=1)).sum()}


@dataclass(frozen=True, eq=False)
class InUnits:
    """Step: scores divided by 2^exponents (a number, or one per column): exact, but for what becomes subnormal."""

    exponents: np.ndarray

    def __call__(self, block: Block) -> Block:
        """The block with its scores in the new unit."""
        return replace(block, scores=np.ldexp(block.scores, -self.exponents))


def in_float64(block: Block) -> Block:
    """Step: the scores as float64."""
    return replace(block, scores=block.scores.astype(np.float64, copy=False))


def in_float32(block: Block) -> Block:
    """Step: the scores as float32."""
    with np.errstate(over="ignore", under="ignore"):
        return replace(block, scores=block.scores.astype(np.float32, copy=False))


@dataclass(frozen=True)
class Thinned:
    """Collector: every `step`-th row as it is."""

    step: int

    def __call__(self, block: Block) -> Sums:
        """The rows of one block whose number is a multiple of `step`."""
        some = slice(-block.start % self.step, None, self.step)

        def take(column: np.ndarray | None) -> tuple[np.ndarray, ...]:
            return () if column is None else (column[some].copy(),)

        return {"scores": take(block.scores), "labels": take(block.labels), "weights": take(block.weights)}


def subsample(rows: Rows, n: int) -> Rows:
    """About `n` rows, evenly spread, in memory; of inputs with very many blocks only some are loaded."""
    stride = max(1, len(rows.loads) // SPREAD)
    found = replace(rows, loads=rows.loads[::stride]).sum(Thinned(max(1, rows.n // (n * stride))))
    columns: dict[str, tuple[np.ndarray, ...]] = {key: tuple(found[key]) for key in found}  # type: ignore[arg-type]
    scores, labels, weights = (
        np.concatenate(columns[key]) if columns[key] else None for key in ("scores", "labels", "weights")
    )
    return from_arrays(np.asarray(scores), labels, weights)
