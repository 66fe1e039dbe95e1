"""Choosing a calibrator by what it does to rows that it did not see: `--method auto`, and the basis of `compare`.

Every candidate is cross-fitted inside the rows that are given. The one with the lowest held-out loss is taken, or the
average of the best few where that is lower still; within 0.1 % of the lowest the one with fewer parameters; never one
that is worse than doing nothing. Whoever measures the choice on the same rows must repeat it without each fold: `auto`
does, so that "after" stays honest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from calibrate import registry
from calibrate.errors import CalibrateError
from calibrate.fitting.record import Count
from calibrate.fitting.refit import Without
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
FEW = 4
"""So many of the best are averaged at most."""
GENERAL = 2_000_000
"""Scores up to which every candidate is tried; beyond, those with few parameters."""


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
    """What was chosen: names of one or several candidates, and the held-out loss of everything that was tried."""

    names: tuple[str, ...]
    losses: dict[str, float]
    sentence: str


def applies(entry: Any, link: Link) -> bool:
    """Whether a calibrator is for the kind of scores of a link; only few are for other links than these two."""
    kind = entry.for_events is None or bool(entry.for_events == link.has_events)
    return kind and (getattr(entry, "any_link", False) or type(link).__name__ in ("Softmax", "Sigmoid"))


def candidates(link: Link, elements: int) -> tuple[str, ...]:
    """Names of the calibrators that are tried for scores of this kind and number, "none" first."""
    found = []
    for name in registry.names("calibrators"):
        entry = registry.load("calibrators", name)
        fits = applies(entry, link) and getattr(entry, "candidate", True)
        if fits and (elements <= GENERAL or getattr(entry, "for_large", True)):
            found.append(name)
    return ("none", *(name for name in found if name != "none"))


def tried(names: Sequence[str], rows: Rows, link: Link, folds: int, level: float = 0.95) -> list[Trial]:
    """Every method fitted on the rows, whose blocks carry fold numbers, and on all folds; or why not."""
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
    """Collector: the sum of w times the held-out loss of every candidate, and of the averages of the first few.

    averages   so many averages: of the first two candidates, three, ...; 0 for none
    """

    link: Link
    steps: tuple[CrossFitted, ...]
    averages: int = 0

    def __call__(self, block: Block) -> Sums:
        """The sums of one block."""
        w = np.ones(len(block)) if block.weights is None else block.weights
        keep = w > 0
        labels = known_labels(block)
        losses, total = [], np.zeros(block.scores.shape)
        for number, step in enumerate(self.steps):
            changed = step(block)
            loss = self.link.loss(changed.scores, labels, block.start)
            losses.append(_weighted(loss, w, keep))
            if self.averages and number <= self.averages:
                total += self.link(changed.scores, block.start)
                if number:
                    losses.append(_weighted(_nll(total / (number + 1), labels), w, keep))
        return {"loss": np.array(losses), "weight": float(w.sum())}


def _weighted(loss: np.ndarray, w: np.ndarray, keep: np.ndarray) -> float:
    per_row = loss if loss.ndim == 1 else loss.sum(axis=1)
    return float((per_row[keep] * w[keep]).sum())


def _nll(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        if labels.ndim == 1:
            return np.asarray(-np.log(p[np.arange(len(p)), labels]))
        return np.asarray(-np.log(np.where(labels > 0, p, 1 - p)).sum(axis=1))


def held_out(trials: Sequence[Trial], rows: Rows, link: Link, averages: int = 0) -> list[float]:
    """Mean held-out loss of whole trials; with `averages` those of the first two, three, ... follow behind each."""
    steps = tuple(CrossFitted(cast(Any, trial.fitted).folds) for trial in trials)
    sums = rows.sum(HeldOut(link, steps, averages))
    return [float(x) / float(sums["weight"]) for x in np.asarray(sums["loss"])]  # type: ignore[arg-type]


def chosen(trials: Sequence[Trial], rows: Rows, link: Link) -> Choice:
    """The choice among trials, of which the first is "none"."""
    whole = [trial for trial in trials if trial.is_whole]
    losses = dict(zip([t.name for t in whole], held_out(whole, rows, link), strict=True))
    order = sorted(whole, key=lambda trial: losses[trial.name])
    options: dict[tuple[str, ...], tuple[float, int]] = {
        (trial.name,): (losses[trial.name], cast(Any, trial.fitted).calibrator.n_parameters) for trial in whole
    }
    best = [t for t in order if losses[t.name] <= losses[whole[0].name]][:FEW]
    if len(best) > 1 and link.log_loss:
        found = held_out(best, rows, link, len(best) - 1)
        for size in range(2, len(best) + 1):
            names = tuple(t.name for t in best[:size])
            options[names] = (found[2 * size - 2], sum(options[name,][1] for name in names))
            losses["+".join(names)] = found[2 * size - 2]
    lowest = min(loss for loss, _ in options.values())
    near = {names: of for names, of in options.items() if of[0] <= lowest + TIE * abs(lowest)}
    names = min(near, key=lambda key: (near[key][1], near[key][0]))
    if options[names][0] > losses[whole[0].name]:
        names = (whole[0].name,)
    return Choice(names, losses, _sentence(names, options[names][0], losses, whole[0].name))


def _sentence(names: tuple[str, ...], loss: float, losses: dict[str, float], none: str) -> str:
    called = " + ".join(name.replace("_", "-") for name in names)
    beside = [f"{name.replace('_', '-')} {losses[name]:.5g}" for name in (none, "temperature") if name in losses]
    what = "the average of " if len(names) > 1 else ""
    return f"auto chose {what}{called}: held-out loss {loss:.5g}; {', '.join(beside)}"


def auto(rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95) -> Fitted:
    """The best candidate by its held-out loss; with `folds` the whole choice again without each fold.

    Raises `CalibrateError` E307 where no row counts.
    """
    whole = _auto(rows, link, level)
    apart, reason = [], ""
    for fold in range(folds):
        part = rows.map(Without(fold))
        try:
            apart.append(_auto(part, link, level).calibrator)
        except CalibrateError as problem:
            apart.append(None)
            reason = problem.message
    return replace(whole, folds=tuple(apart), reason=reason)


def _auto(rows: Rows, link: Link, level: float) -> Fitted:
    inner = stratified(_compact(rows), INNER)
    names = candidates(link, inner.n * inner.n_columns)
    trials = tried(names, inner, link, INNER, level)
    choice = chosen(trials, inner, link)
    by_name = {trial.name: trial.fitted for trial in trials if trial.fitted is not None}
    if len(choice.names) == 1:
        found = by_name[choice.names[0]]
        key = choice.names[0]
    else:
        key = f"ensemble:members={'+'.join(choice.names)}"
        entry = registry.load("calibrators", "ensemble")
        found = entry.fit(inner, link, folds=0, level=level, members="+".join(choice.names))
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
    weights = None
    if blocks[0].weights is not None:
        weights = np.concatenate([np.asarray(block.weights) for block in blocks])
    return from_arrays(scores, labels, weights, execute=rows.execute)
