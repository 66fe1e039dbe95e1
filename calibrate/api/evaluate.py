"""Fit and say honestly what it changed: before, after on rows the calibrator never saw, and the paired change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from calibrate import registry
from calibrate.api.fit import fitted, model_of
from calibrate.api.load import default_link, load
from calibrate.api.score import Chosen, metrics_of, result_of
from calibrate.api.seen import seen
from calibrate.blas import one_thread
from calibrate.choosing import CrossFitted
from calibrate.errors import CalibrateError
from calibrate.evidence.sketch import sketched
from calibrate.folds import held_out, with_folds
from calibrate.model import Calibrated, Model
from calibrate.protocols import Link
from calibrate.reading.dataset import Dataset
from calibrate.reading.options import reading_options
from calibrate.results import Fitted, Result
from calibrate.rows import Rows, Step
from calibrate.scoring import AFTER, BEFORE, IN_SAMPLE, Unchanged
from calibrate.uncertainty.quantiles import known_level

MOST_FOLDS = 100


@dataclass(frozen=True)
class Plan:
    """What to fit and how to measure it.

    folds     of cross-fitting; 0: in-sample, marked as such
    holdout   fraction of the rows to measure on, not fitted; None for cross-fitting
    """

    method: str
    link: str | None
    metrics: Chosen = None
    bins: int | None = None
    folds: int = 5
    holdout: float | None = None
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        known_level(self.level)
        if self.folds < 0 or self.folds == 1 or self.folds > MOST_FOLDS:
            raise CalibrateError(
                "E603", f"--folds: found {self.folds}, expected 0 or 2 to {MOST_FOLDS}", "--folds 0 measures in-sample"
            )
        if self.holdout is not None and not 0 < self.holdout < 1:
            raise CalibrateError(
                "E603", f"--holdout: found {self.holdout:g}, expected a fraction between 0 and 1", "as in --holdout 0.3"
            )


def evaluate(
    scores: Any,
    labels: Any = None,
    *,
    method: str = "temperature",
    link: str | None = None,
    weights: Any = None,
    metrics: Chosen = None,
    folds: int = 5,
    holdout: float | None = None,
    seed: int = 0,
    level: float = 0.95,
    executor: str = "serial",
    **reading: Any,
) -> Result:
    """What the command `fit` prints: the fit, before and after, the paired change and the verdict.

    folds     "after" is cross-fitted over so many folds; 0: in-sample, marked as such
    holdout   fraction of the rows to measure on instead; the others alone are fitted

    Raises `CalibrateError` as `fit` does.
    """
    options = reading_options(reading, link)
    with one_thread():
        data = load(scores, labels, options, weights=weights, execute=registry.make("executors", executor))
        return evaluation(data, Plan(method, link, metrics, None, folds, holdout, seed, level))[1]


def evaluation(data: Dataset, plan: Plan, held: Dataset | None = None) -> tuple[Model, Result]:
    """The model and the result of a plan; `held` is measured instead where it is given."""
    key = plan.link or default_link(data.task)
    link = registry.make("links", key)
    if held is not None:
        apart = tuple(replace(item, role=f"holdout {item.role}") for item in held.inputs)
        part = replace(held, inputs=(*data.inputs, *apart))
        return _with_holdout(data, data.rows, part, held.rows, plan, link, key, ())
    if plan.holdout is not None:
        mask, note = held_out(data.rows, plan.holdout, plan.seed)
        if mask.all() or not mask.any():
            raise CalibrateError(
                "E603",
                f"--holdout: found {plan.holdout:g} of {len(mask):,} rows, expected some to fit and some to measure",
                "without --holdout the 'after' is cross-fitted",
            )
        groups = {column: values[mask] for column, values in data.groups.items()}
        part = replace(data, groups=groups)
        return _with_holdout(data, data.rows.keep(~mask), part, data.rows.keep(mask), plan, link, key, _said(note))
    if plan.folds == 0:
        return _in_sample(data, plan, link, key)
    return _cross_fitted(data, plan, link, key)


def _with_holdout(
    data: Dataset, fit_rows: Rows, held: Dataset, rows: Rows, plan: Plan, link: Link, key: str, notes: tuple[str, ...]
) -> tuple[Model, Result]:
    found = fitted(fit_rows, plan.method, link, level=plan.level)
    steps: dict[str, Step] = {BEFORE: Unchanged(), AFTER: Calibrated(found.calibrator)}
    return _told(data, held, rows, found, plan, link, key, steps, "holdout", notes, fitted_rows=fit_rows)


def _in_sample(data: Dataset, plan: Plan, link: Link, key: str) -> tuple[Model, Result]:
    found = fitted(data.rows, plan.method, link, level=plan.level)
    steps: dict[str, Step] = {BEFORE: Unchanged(), AFTER: Calibrated(found.calibrator)}
    return _told(data, data, data.rows, found, plan, link, key, steps, "in-sample", ())


def _cross_fitted(data: Dataset, plan: Plan, link: Link, key: str) -> tuple[Model, Result]:
    rows, note = with_folds(data.rows, plan.folds, plan.seed)
    found = fitted(rows, plan.method, link, plan.folds, plan.level)
    without = [fold for fold, calibrator in enumerate(found.folds) if calibrator is None]
    steps: dict[str, Step] = {BEFORE: Unchanged()}
    if without:
        reason = f"{found.reason}: {len(without)} of {plan.folds} folds have no finite answer on the other rows"
        return _told(data, data, rows, found, plan, link, key, steps, None, _said(note), reason)
    steps |= {AFTER: CrossFitted(found.folds), IN_SAMPLE: Calibrated(found.calibrator)}
    return _told(data, data, rows, found, plan, link, key, steps, "cross-fitted", _said(note))


def _told(
    data: Dataset, measured: Dataset, rows: Rows, found: Fitted, plan: Plan, link: Link, key: str,
    steps: Mapping[str, Step], after_is: str | None, notes: tuple[str, ...], reason: str = "",
    *, fitted_rows: Rows | None = None,
) -> tuple[Model, Result]:  # fmt: skip
    own = fitted_rows or data.rows
    model = replace(model_of(data, found, plan.method, key, own), rows=sketched(own))
    metrics = metrics_of(plan.metrics, data.task, plan.bins)
    notes = (*notes, *(seen(model, rows) if after_is == "holdout" else ()))
    asked = {"folds": plan.folds, "holdout": plan.holdout, "seed": plan.seed}
    result = result_of(
        measured, rows, link, key, steps, metrics, level=plan.level, after_is=after_is,
        n_parameters=found.calibrator.n_parameters, fit=model.fit, method=model.method, notes=notes, reason=reason,
        options=asked,
    )  # fmt: skip
    return model, result


def _said(note: str) -> tuple[str, ...]:
    return (note,) if note else ()
