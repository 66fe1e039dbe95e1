"""Prior shift of a model: its probabilities at class frequencies that are given, or that unlabelled rows show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from calibrate.api.load import load, load_model
from calibrate.blas import one_thread
from calibrate.containers.grammar import is_number
from calibrate.errors import CalibrateError, shown
from calibrate.model import Model
from calibrate.priors import Estimated, bbse, em, reweighted, reweighted_events
from calibrate.protocols import Task
from calibrate.reading.options import reading_options
from calibrate.rows import Block, Rows

Prior = str | Mapping[str, float]
"""`em`, `uniform`, "cat=0.2,dog=0.8", or the same as a mapping."""

HINT = "as in --prior uniform, --prior em or --prior cat=0.2,dog=0.8"
MOST_SHOWN = 8
"""Classes whose frequency is said; of more the number alone."""


@dataclass(frozen=True, eq=False)
class Shifted:
    """A model at other class frequencies.

    target   (K,) frequencies of the classes; of events (L,) of each. `source` the same of the rows that were fitted
    low, high   ends of the intervals where the target was estimated, else NaN; `said` about it
    """

    model: Model
    source: np.ndarray
    target: np.ndarray
    low: np.ndarray
    high: np.ndarray
    said: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        """The task of the model."""
        return self.model.task

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the model."""
        return self.model.classes

    def probabilities(self, block: Block, start: int = 0) -> np.ndarray:
        """Probabilities (m, K) of one block."""
        shift = reweighted if self.model.task == "multiclass" else reweighted_events
        return shift(self.model.probabilities(block, start), self.source, self.target)

    def notes(self) -> list[str]:
        """Sentences: the frequencies, with their intervals where they were estimated, beside those of the fit."""
        names = _names(self.model)
        if len(names) > MOST_SHOWN:
            return [f"prior: other frequencies of {len(names)} classes than in the rows that were fitted", *self.said]
        listed = zip(names, self.target, self.low, self.high, self.source, strict=True)
        text = ", ".join(
            f"{shown(name)} {t:.4f}{'' if np.isnan(low) else f' ({low:.4f} to {high:.4f})'}, fitted {s:.4f}"
            for name, t, low, high, s in listed
        )
        return [f"prior: {text}", *self.said]


def shifted(model: Model, rows: Rows, prior: Prior, level: float = 0.95) -> Shifted:
    """The model at a prior; `em` estimates it from the rows, whose probabilities are held in memory for it.

    Raises `CalibrateError` E404 where the model does not know the frequencies of its rows, E603 for what is no prior.
    """
    source = _source(model)
    if prior != "em":
        target = _given(model, prior)
        _possible(model, source, target)
        unknown = np.full(len(target), np.nan)
        return Shifted(model, source, target, unknown, unknown)
    p = np.concatenate([model.probabilities(block) for block in rows.blocks()])
    found = em(p, source, level) if model.task == "multiclass" else _of_events(p, source, level)
    return Shifted(model, source, found.prior, found.low, found.high, found.notes)


def _of_events(p: np.ndarray, source: np.ndarray, level: float) -> Estimated:
    """Every event has two classes of its own: that it happens and that it does not."""
    several = [
        em(np.stack([1 - column, column], axis=1), np.array([1 - s, s]), level)
        for column, s in zip(p.T, source, strict=True)
    ]
    prior, low, high = (np.array([getattr(one, of)[1] for one in several]) for of in ("prior", "low", "high"))
    return Estimated(prior, low, high, tuple(dict.fromkeys(note for one in several for note in one.notes)))


def estimate_prior(
    model: Model | str, labelled: tuple[Any, Any], scores: Any, *, level: float = 0.95, **reading: Any
) -> dict[str, tuple[float, float, float]]:
    """Class frequencies behind unlabelled `scores`, by the confusion of the model's predictions on `labelled` scores
    and labels (BBSE): class -> estimate and ends of its interval. Of one event: of the event.

    Raises `CalibrateError` E603 where a class has no labelled row, or predictions do not tell classes apart.
    """
    known = model if isinstance(model, Model) else load_model(model)
    with one_thread():
        fitted = load(*labelled, reading_options(reading), model=known)
        new = load(scores, None, reading_options(reading), model=known, need_labels=False)
        if known.task not in ("multiclass", "binary"):
            raise CalibrateError("E603", f"prior: a {known.task} model has no classes of which one is true", HINT)
        true = np.concatenate([np.asarray(block.labels).reshape(len(block)) for block in fitted.rows.blocks()])
        guessed, here = (
            np.concatenate([_guess(known, block) for block in part.rows.blocks()]) for part in (fitted, new)
        )
    try:
        found = bbse(true.astype(np.intp), guessed, here, len(known.classes), level)
    except (ValueError, np.linalg.LinAlgError) as problem:
        raise CalibrateError(
            "E603",
            f"prior: cannot be estimated from predictions: {problem}",
            "em estimates it from probabilities, without labels",
        ) from problem
    names, ends = _names(known), zip(found.prior.tolist(), found.low.tolist(), found.high.tolist(), strict=True)
    return dict(zip(names, list(ends)[-len(names) :], strict=True))


def _guess(model: Model, block: Block) -> np.ndarray:
    p = model.probabilities(block)
    return (p[:, 0] > 0.5).astype(np.intp) if p.shape[1] == 1 else p.argmax(axis=1)


def _names(model: Model) -> tuple[str, ...]:
    """Whose frequencies make a prior: all classes, or the events."""
    return model.classes[-1:] if model.task == "binary" else model.classes


def _source(model: Model) -> np.ndarray:
    if model.task == "top-label":
        raise CalibrateError("E603", "--prior: a top-label model has no classes, expected one that has", HINT)
    if model.priors is None:
        raise CalibrateError(
            "E404",
            "--prior: the model does not say how frequent its classes were in the rows that were fitted",
            "fit it again: `calibrate fit` keeps them since this version",
        )
    return np.array(model.priors)


def _given(model: Model, prior: Prior) -> np.ndarray:
    """The frequencies that somebody named, by class; of classes they sum to 1."""
    names, exclusive = _names(model), model.task == "multiclass"
    if prior == "uniform":
        return np.full(len(names), 1 / len(names) if exclusive else 0.5)
    asked = dict(_pairs(prior)) if isinstance(prior, str) else dict(prior)
    if model.task == "binary" and asked.keys() == set(model.classes):
        _sums_to_one(list(asked.values()))
        asked.pop(model.classes[0])
    if asked.keys() != set(names):
        strange, missing = sorted(asked.keys() - set(names)), sorted(set(names) - asked.keys())
        what = f"no class is called {shown(strange[0])!r}" if strange else f"found none of {shown(missing[0])!r}"
        wanted = f"expected a frequency for each of {shown(', '.join(names))}"
        raise CalibrateError("E603", f"--prior: {what}, {wanted}", HINT)
    found = np.array([float(asked[name]) for name in names])
    if not np.all((found >= 0) & (found <= 1)):
        raise CalibrateError("E603", "--prior: found a frequency that is not between 0 and 1", HINT)
    if exclusive:
        _sums_to_one(found.tolist())
        found /= found.sum()
    return found


def _pairs(text: str) -> list[tuple[str, float]]:
    found = []
    for part in text.split(","):
        name, equals, value = part.rpartition("=")
        if not equals or not is_number(value):
            raise CalibrateError("E603", f"--prior: found {shown(part)!r}, expected class=frequency", HINT)
        found.append((name.strip(), float(value)))
    if len(dict(found)) != len(found):
        raise CalibrateError("E603", f"--prior: {shown(text)!r} names a class twice", HINT)
    return found


def _sums_to_one(values: list[float]) -> None:
    if abs(sum(values) - 1) > 1e-6:
        raise CalibrateError("E603", f"--prior: the frequencies sum to {sum(values):g}, expected 1", HINT)


def _possible(model: Model, source: np.ndarray, target: np.ndarray) -> None:
    """Nothing is known of a class that was never seen, or of an event that always or never was."""
    ever = source > 0
    if model.task != "multiclass":
        ever = ((source > 0) | (target == 0)) & ((source < 1) | (target == 1))
    for k in np.flatnonzero(~ever & (target != source))[:1]:
        raise CalibrateError(
            "E603",
            f"--prior: {shown(_names(model)[k])!r} has frequency {source[k]:g} in the rows that were fitted, "
            f"and cannot get {target[k]:g}",
            "fit on rows that hold every class",
        )
