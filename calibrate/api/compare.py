"""Compare: several calibrators on the same rows, two models' scores on the same rows, or two saved results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from calibrate import registry
from calibrate.api.load import default_link, load
from calibrate.api.score import environment
from calibrate.blas import one_thread
from calibrate.choosing import candidates
from calibrate.comparing import Comparison, Plan, compared
from calibrate.errors import CalibrateError
from calibrate.gates.against import refuse_other
from calibrate.reading.dataset import Dataset
from calibrate.reading.options import reading_options
from calibrate.results import Result
from calibrate.uncertainty.differences import added, scaled


def compare(
    scores: Any,
    labels: Any = None,
    *,
    methods: str | tuple[str, ...] | None = None,
    link: str | None = None,
    weights: Any = None,
    folds: int = 5,
    repeats: int = 3,
    seed: int = 0,
    level: float = 0.95,
    executor: str = "serial",
    **reading: Any,
) -> Comparison:
    """Methods on the same folds: held-out metrics, paired differences to temperature, and a recommendation.

    methods   names with their options, or one text with commas between them; None for all that fit the data

    Raises `CalibrateError` as `fit` does; a method that has no answer on these data has its reason instead of numbers.
    """
    options = reading_options(reading, link)
    with one_thread():
        data = load(scores, labels, options, weights=weights, execute=registry.make("executors", executor))
        return comparison(data, link, methods, folds, repeats, seed, level)


def comparison(
    data: Dataset,
    link_key: str | None,
    methods: str | tuple[str, ...] | None,
    folds: int,
    repeats: int,
    seed: int,
    level: float,
) -> Comparison:
    """The comparison of methods on a data set."""
    key = link_key or default_link(data.task)
    link = registry.make("links", key)
    chosen = _chosen(methods) or candidates(link, data.rows.n * data.rows.n_columns, data.rows.n_columns)
    plan = Plan(chosen, folds=folds, repeats=repeats, seed=seed, level=level)
    found = compared(data.rows, link, plan, task=data.task, classes=data.classes)
    return Comparison(
        **found,
        n=data.rows.n,
        folds=folds,
        repeats=repeats,
        seed=seed,
        level=level,
        task=data.task,
        link=key,
        inputs=data.inputs,
        notes=data.notes,
        environment=environment(),
    )


def _chosen(methods: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """`temperature,ensemble:members=none+temperature`, split at commas that are not between options."""
    if methods is None:
        return ()
    texts = registry.split(methods) if isinstance(methods, str) else methods
    return tuple(registry.parse("calibrators", text).key for text in texts)


def results_compared(new: Result, old: Result, name: str) -> Result:
    """Two saved results as one whose change is new - old, unpaired. Raises `CalibrateError` E623 where they differ."""
    shared = [key for key in new.judged.metrics if key in old.judged.metrics]
    if not shared:
        raise CalibrateError("E623", f"{name}: found no metric that both results have", "measure both alike")
    refuse_other(new, old, name, shared, ())
    before, after = (replace(one.judged, metrics={k: one.judged.metrics[k] for k in shared}) for one in (old, new))
    change = {key: added(after.metrics[key], scaled(before.metrics[key], -1.0)) for key in shared}
    return replace(
        new, before=before, after=after, change=change, after_is="compared", verdict=None, groups={},
        notes=(f"the change is unpaired: of {name} only its result is known",), gates=(), check=None, fit=None,
    )  # fmt: skip
