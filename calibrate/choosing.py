"""Choosing a calibrator by what it does to rows that it did not see: `--method auto`, and the basis of `compare`.

Every candidate is cross-fitted inside the rows that are given. The choice is their average with the weights of the
least held-out log loss, without those of little weight: one candidate where one is best everywhere. Where that is not
clearly better than doing nothing, nothing is done. For a link without log loss it is the best candidate, within 0.1 %
the one with fewer parameters. Whoever measures the choice on the same rows must repeat it without each fold: `auto`
does, so that "after" stays honest. Wolpert 1992, doi:10.1016/S0893-6080(05)80023-1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from calibrate import registry
from calibrate.errors import CalibrateError
from calibrate.fitting.record import Count
from calibrate.fitting.refit import without
from calibrate.folds import stratified
from calibrate.outcomes import known_labels
from calibrate.protocols import Calibrator, Link
from calibrate.results import Fitted
from calibrate.rows import Block, Rows, from_arrays
from calibrate.sums import Sums

INNER = 5
"""Folds inside the rows."""
TIE = 1e-3
"""Candidates within this share of the lowest loss are as good as it."""
CLEAR = 3e-4
"""Doing nothing is given up for a loss that is lower by more than this share."""
LEAST = 0.05
"""A candidate with a smaller weight is left out of the average."""
STEPS = 1_000
"""Of the search for weights, which starts from even ones; three times as many changed nothing that matters."""
SEEN = 50_000
"""Rows (events: cells) from which the weights are found, at most."""
GENERAL = 2_000_000
"""Scores up to which every candidate is tried; beyond, those with few parameters."""
MANY = 30
"""Columns up to which candidates with a parameter for every pair of columns are tried."""


@dataclass(frozen=True, eq=False)
class CrossFitted:
    """Step: every row calibrated by the calibrator of its fold, which never saw it."""

    calibrators: tuple[Calibrator, ...]

    @property
    def keeps_top(self) -> bool:
        """Whether the predicted class never changes."""
        return all(calibrator.keeps_top for calibrator in self.calibrators)

    def __call__(self, block: Block) -> Block:
        """The same rows, calibrated."""
        scores = np.empty(block.scores.shape)
        for fold, calibrator in enumerate(self.calibrators):
            mine = np.flatnonzero(block.folds == fold)
            scores[mine] = calibrator.transform(block.scores[mine].astype(np.float64, copy=False))
        return replace(block, scores=scores)


@dataclass(frozen=True, eq=False)
class Trial:
    """A candidate fitted on all rows and on all folds; `reason` says why there is no fit, or not in every fold."""

    name: str
    fitted: Fitted | None
    reason: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it was fitted everywhere."""
        return self.fitted is not None and None not in self.fitted.folds


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen: one or several candidates with weights, and the held-out loss of everything that was tried."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    losses: dict[str, float]
    sentence: str


def applies(entry: Any, link: Link) -> bool:
    """Whether a calibrator is for the kind of scores of a link; only few are for other links than these two."""
    kind = entry.for_events is None or bool(entry.for_events == link.has_events)
    return kind and (getattr(entry, "any_link", False) or type(link).__name__ in ("Softmax", "Sigmoid"))


def candidates(link: Link, elements: int, columns: int) -> tuple[str, ...]:
    """Names of the calibrators that are tried for so many scores of this kind in so many columns, "none" first."""
    found = []
    for name in registry.names("calibrators"):
        entry = registry.load("calibrators", name)
        fits = applies(entry, link) and getattr(entry, "candidate", True)
        large, many = getattr(entry, "for_large", True), getattr(entry, "for_many", True)
        if fits and (elements <= GENERAL or large) and (columns <= MANY or many):
            found.append(name)
    return ("none", *(name for name in found if name != "none"))


def tried(names: Sequence[str], rows: Rows, link: Link, folds: int, level: float = 0.95) -> list[Trial]:
    """Every method fitted on the rows, whose blocks carry fold numbers, and on all folds; or why not.

    Weights are in their unit (`weights.in_unit`), here and in `auto`.
    """
    trials = []
    for key in names:
        spec = registry.parse("calibrators", key)
        entry = registry.load("calibrators", spec.name)
        try:
            found = entry.fit(rows, link, folds=folds, level=level, **registry.typed(spec, entry.fit))
            trials.append(Trial(spec.key, found, found.reason))
        except CalibrateError as problem:
            if not problem.code.startswith("E3"):
                raise
            trials.append(Trial(spec.key, None, problem.message))
    return trials


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Collector: the sum of w times the held-out loss of every candidate."""

    link: Link
    steps: tuple[CrossFitted, ...]

    def __call__(self, block: Block) -> Sums:
        """The sums of one block."""
        w = np.ones(len(block)) if block.weights is None else block.weights
        keep, labels, losses = w > 0, known_labels(block), []
        for step in self.steps:
            loss = self.link.loss(step(block).scores, labels, block.start)
            per_row = loss if loss.ndim == 1 else loss.sum(axis=1)
            losses.append(float((per_row[keep] * w[keep]).sum()))
        return {"loss": np.array(losses), "weight": float(w.sum())}


@dataclass(frozen=True, eq=False)
class Truth:
    """Collector: the held-out probability of what is true in each `every`-th row, or event of it, by all candidates."""

    link: Link
    steps: tuple[CrossFitted, ...]
    every: int = 1

    def __call__(self, block: Block) -> Sums:
        """Columns of one block: probabilities (events or rows, candidates) and the weights of the rows."""
        w = np.ones(len(block)) if block.weights is None else block.weights
        mine = ((np.arange(len(block)) + block.start) % self.every == 0) & (w > 0)
        labels, found = known_labels(block)[mine], []
        for step in self.steps:
            p = self.link(step(block).scores, block.start)[mine]
            true = p[np.arange(len(p)), labels] if labels.ndim == 1 else np.where(labels > 0, p, 1 - p)
            found.append(true.ravel())
        return {"p": (np.stack(found, axis=1),), "weight": (np.repeat(w[mine], labels[:1].size),)}


def held_out(trials: Sequence[Trial], rows: Rows, link: Link) -> list[float]:
    """Mean held-out loss of whole trials."""
    sums = rows.sum(HeldOut(link, _steps(trials)))
    return [float(x) / float(sums["weight"]) for x in np.asarray(sums["loss"])]  # type: ignore[arg-type]


def _steps(trials: Sequence[Trial]) -> tuple[CrossFitted, ...]:
    return tuple(CrossFitted(cast(Any, trial.fitted).folds) for trial in trials)


def mixed(p: np.ndarray, v: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Weights (M,) of candidates that maximise sum v log(p w), nearly, of p (n, M): expectation, maximisation."""
    p, v = np.maximum(p, np.finfo(np.float64).tiny), v / v.sum()
    w = np.full(p.shape[1], 1.0 / p.shape[1])
    for _ in range(steps):
        w = w * ((v / (p @ w)) @ p)
    return np.asarray(w / w.sum())


def chosen(trials: Sequence[Trial], rows: Rows, link: Link) -> Choice:
    """The choice among trials, of which the first is "none"."""
    whole = [trial for trial in trials if trial.is_whole]
    losses = dict(zip([t.name for t in whole], held_out(whole, rows, link), strict=True))
    finite = [t for t in whole if np.isfinite(losses[t.name])]
    if not link.log_loss or not finite:
        return _single(whole, losses)
    cells = rows.n_columns if link.has_events else 1
    sums = rows.sum(Truth(link, _steps(finite), 1 + rows.n * cells // SEEN))
    p, v = (np.concatenate(sums[key]) for key in ("p", "weight"))  # type: ignore[arg-type]
    p = np.maximum(p, np.finfo(np.float64).tiny)  # a probability that is 0 in floats has a loss all the same
    first = mixed(p, v)
    kept = np.flatnonzero(first >= min(LEAST, first.max()))
    w = mixed(p[:, kept], v).round(3)  # as the name of the method says them
    kept, w = kept[w > 0], w[w > 0] / w.sum()
    loss = -cells * float(v @ np.log(p[:, kept] @ w)) / float(v.sum())
    simple = finite[_simplest(finite, _per_row(p, cells), v[::cells], rows, link)]
    if finite[0] is whole[0]:
        nothing = -cells * float(v @ np.log(p[:, 0])) / float(v.sum())
        if nothing <= loss + CLEAR * abs(loss):
            return _choice((whole[0].name,), (1.0,), losses[whole[0].name], losses, simple.name)
    return _choice(tuple(finite[i].name for i in kept), tuple(w.tolist()), loss, losses, simple.name)


def _simplest(trials: Sequence[Trial], losses: np.ndarray, v: np.ndarray, rows: Rows, link: Link) -> int:
    """Which of the trials `compare` would recommend by held-out losses (n, M) and weights (n,) of rows."""
    fits = [cast(Any, trial.fitted) for trial in trials]
    seen = tuple(CrossFitted((fit.calibrator,) * len(fit.folds)) for fit in fits)
    cells = rows.n_columns if link.has_events else 1
    p = np.concatenate(rows.sum(Truth(link, seen, 1 + rows.n * cells // SEEN))["p"])  # type: ignore[arg-type]
    optimism = v @ (losses - _per_row(p, cells)) / v.sum()
    parameters = [fit.calibrator.n_parameters for fit in fits]
    return simplest(losses, v, parameters, optimism**2 / np.maximum(1, parameters))


def simplest(losses: np.ndarray, v: np.ndarray, parameters: Sequence[int], penalties: np.ndarray) -> int:
    """Which candidate `compare` would recommend by losses (n, M) and weights (n,) of rows: of those within one standard
    error of the best, by their paired difference, the one with the fewest parameters. `penalties` (M,) are what the
    fits add to the squared errors of differences."""
    means = v @ losses / v.sum()
    best = int(means.argmin())
    apart = losses - losses[:, [best]]
    mean = v @ apart / v.sum()
    squares = np.square(v) @ np.square(apart - mean) / v.sum() ** 2
    error = np.sqrt(squares + np.where(np.arange(len(means)) == best, 0.0, penalties + penalties[best]))
    near = np.flatnonzero(mean <= error)
    return min(near.tolist(), key=lambda i: (parameters[i], means[i]))


def _per_row(p: np.ndarray, cells: int) -> np.ndarray:
    """Losses (n, M) of rows from the probabilities of their cells, (n cells, M)."""
    loss = -np.log(np.maximum(p, np.finfo(np.float64).tiny))
    return np.asarray(loss.reshape(-1, cells, p.shape[1]).sum(axis=1))


def _single(whole: Sequence[Trial], losses: dict[str, float]) -> Choice:
    """The best; of those that are as good the one with the fewest parameters."""
    lowest = min(losses.values())
    near = [trial for trial in whole if losses[trial.name] <= lowest + TIE * abs(lowest)]
    best = min(near or whole, key=lambda t: (cast(Any, t.fitted).calibrator.n_parameters, losses[t.name]))
    return _choice((best.name,), (1.0,), losses[best.name], losses)


def _choice(
    names: tuple[str, ...], weights: tuple[float, ...], loss: float, losses: dict[str, float], simple: str = ""
) -> Choice:
    called = [name.replace("_", "-") for name in names]
    if len(names) > 1:
        called = [f"{w:.3f} {name}" for w, name in zip(weights, called, strict=True)]
    beside = [f"{name.replace('_', '-')} {losses[name]:.5g}" for name in ("none", "temperature") if name in losses]
    what = "the average of " if len(names) > 1 else ""
    text = f"auto chose {what}{' + '.join(called)}: held-out loss {loss:.5g}; {', '.join(beside)}"
    if simple and names != (simple,):
        best = simple.replace("_", "-")
        text += f"; by these folds compare would recommend {best}, the simplest within one standard error of the best"
    return Choice(names, weights, losses, text)


def auto(rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95) -> Fitted:
    """The best candidate by its held-out loss; with `folds` the whole choice again without each fold.

    Raises `CalibrateError` E307 where no row counts.
    """
    whole = _auto(rows, link, level)
    apart, reason = [], ""
    for fold in range(folds):
        part = without(rows, fold)
        try:
            apart.append(_auto(part, link, level).calibrator)
        except CalibrateError as problem:
            apart.append(None)
            reason = problem.message
    return replace(whole, folds=tuple(apart), reason=reason)


def _auto(rows: Rows, link: Link, level: float) -> Fitted:
    inner = stratified(_compact(rows), INNER)
    names = candidates(link, inner.n * inner.n_columns, inner.n_columns)
    trials = tried(names, inner, link, INNER, level)
    choice = chosen(trials, inner, link)
    by_name = {trial.name: trial.fitted for trial in trials if trial.fitted is not None}
    if len(choice.names) == 1:
        found = by_name[choice.names[0]]
        key = choice.names[0]
    else:
        members = {"members": "+".join(choice.names), "weights": "+".join(f"{w:.3f}" for w in choice.weights)}
        key = f"ensemble:members={members['members']},weights={members['weights']}"
        entry = registry.load("calibrators", "ensemble")
        found = entry.fit(inner, link, folds=0, level=level, **members)
    record = replace(found.record, notes=(choice.sentence, *found.record.notes))
    return Fitted(found.calibrator, record, method=key)


def _compact(rows: Rows) -> Rows:
    """The rows that count, in memory if they are few: candidates pass over them many times."""
    counted = int(rows.sum(Count())["rows"])  # type: ignore[arg-type]
    if not counted:
        raise CalibrateError("E307", "found no row of positive weight, expected at least one", "are the weights all 0?")
    blocks = [block for block in rows.blocks() if len(block)]
    scores = np.concatenate([block.scores for block in blocks])
    labels = np.concatenate([known_labels(block) for block in blocks])
    weights = np.concatenate([np.asarray(block.weights) for block in blocks]) if rows.weighted else None
    return from_arrays(scores, labels, weights, execute=rows.execute)
