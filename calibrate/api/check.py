"""Check: a measured result against gates; the operation that may say no."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from calibrate import registry
from calibrate.api.load import load, load_gates, load_model, load_result
from calibrate.api.paired import paired
from calibrate.api.score import Chosen, measured
from calibrate.blas import one_thread
from calibrate.errors import CalibrateError, shown
from calibrate.gates.against import Comparison, refuse_changed, refuse_other, same_rows, same_run
from calibrate.gates.decide import decide, limits_of, metrics_for
from calibrate.gates.policy import INCREASES, Limit, Policy, policy_of
from calibrate.model import Model
from calibrate.reading.dataset import Dataset
from calibrate.reading.options import reading_options
from calibrate.results import Input, Result
from calibrate.rows import Execute, serial
from calibrate.wording import warnings_of

File = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class Baselines:
    """What increases may be measured from: a saved result, and the old scores or the old model on the same rows."""

    result: Result | None = None
    name: str = ""
    source: Input | None = None
    scores: Any = None
    model: Model | None = None
    model_name: str = ""

    @property
    def has_rows(self) -> bool:
        """Whether the old side can be measured row by row."""
        return self.scores is not None or self.model is not None


def check(
    scores: Any = None,
    labels: Any = None,
    *,
    gates: Mapping[str, Any] | File | None = None,
    result: Result | File | None = None,
    model: Model | File | None = None,
    baseline: Result | File | None = None,
    baseline_scores: Any = None,
    baseline_model: Model | File | None = None,
    metrics: Chosen = None,
    link: str | None = None,
    weights: Any = None,
    level: float = 0.95,
    executor: str = "serial",
    fail_on_warn: bool = False,
    **reading: Any,
) -> Result:
    """The result of scoring (as `score`), or a saved one, with `gates` and `check`: what each gate and all of them say.

    gates            as in a file of gates, {"gates": {"ece": {"max": 0.03}}}, or the path of one
    result           a result instead of scores: no data are needed
    baseline         the result that increases are measured from
    baseline_scores, baseline_model   the old scores, or model, of the same rows: increases are paired

    Raises `CalibrateError` E62x for gates that cannot be judged by anything, and what `score` raises.

    >>> found = check([[0.9, 0.1], [0.2, 0.8]] * 50, [0, 1] * 50, gates={"gates": {"accuracy": {"min": 0.9}}})
    >>> found.check.code, found.gates[0].verdict
    (0, 'PASS')
    """
    policy = load_gates(gates) if isinstance(gates, str | os.PathLike) else policy_of(gates or {}, "gates")
    known, old_model = (load_model(m) if isinstance(m, str | os.PathLike) else m for m in (model, baseline_model))
    baselines = Baselines(
        scores=baseline_scores,
        model=old_model,
        model_name=os.path.basename(baseline_model) if isinstance(baseline_model, str | os.PathLike) else "",
    )
    baselines = with_result(baselines, policy.baseline if baseline is None else baseline)
    policy = with_preset(policy, baselines)
    if result is not None:
        saved = result if isinstance(result, Result) else load_result(result)
        return checked_result(saved, policy, baselines, fail_on_warn=fail_on_warn)
    options = reading_options(reading, link)
    options = replace(options, groups=tuple(dict.fromkeys((*options.groups, *policy.columns))))
    execute = registry.make("executors", executor)
    with one_thread():
        data = load(scores, labels, options, model=known, weights=weights, execute=execute)
        run = Measuring(data, known, link, metrics, level, None, labels, execute)
        return checked(run, policy, baselines, fail_on_warn=fail_on_warn)


@dataclass(frozen=True, eq=False)
class Measuring:
    """Data to be measured, and how: what `score` does, with what the gates need beside it."""

    data: Dataset
    model: Model | None
    link: str | None
    metrics: Chosen
    level: float
    bins: int | None = None
    labels: Any = None
    execute: Execute = serial


def with_result(baselines: Baselines, given: Result | File | None) -> Baselines:
    """The baselines with the saved result that is given, if any."""
    if given is None or isinstance(given, Result):
        return replace(baselines, result=given, name="the baseline" if given else "")
    content = load_result(given)
    name = shown(os.path.basename(os.fspath(given)), 255)
    with open(given, "rb") as file:
        data = file.read()
    source = Input(name, "baseline", sha256(data).hexdigest(), len(data), "json", content.n, 0)
    return replace(baselines, result=content, name=name, source=source)


def with_preset(policy: Policy, baselines: Baselines) -> Policy:
    """The policy; where there is a baseline and no gate, with the preset "not worse". E624 where nothing is asked."""
    if policy.limits or policy.preset is not None:
        return policy
    if baselines.result is not None or baselines.has_rows:
        return replace(policy, preset="not-worse")
    raise CalibrateError(
        "E624",
        "found no gate that is on, no preset and no baseline, expected something to judge",
        "--max ece=0.05, --preset not-worse with --model, --baseline result.json, or a calibrate.toml",
    )


def checked(run: Measuring, policy: Policy, baselines: Baselines, *, fail_on_warn: bool = False) -> Result:
    """What the gates say of data."""
    data = run.data
    key = run.link or (run.model.link_key if run.model else None)
    limits = limits_of(policy, log_loss=key is None or bool(registry.make("links", key).log_loss))
    also = metrics_for(limits, data.task)
    how = (run.link, run.metrics, run.level, run.bins, also)
    result = measured(data, run.model, *how)
    both = None
    if baselines.scores is None and _same_model(baselines.model, run.model):
        baselines = replace(baselines, result=result, name=baselines.model_name or "the same model", model=None)
    if baselines.has_rows and any(limit.rule in INCREASES for limit in limits):
        old = None
        if baselines.scores is not None:
            old = load(
                baselines.scores, run.labels, data.options, model=baselines.model,
                need_labels=None, execute=run.execute,
            )  # fmt: skip
        both = paired(data, run.model, old, baselines.model, *how)
    return _told(result, policy, limits, baselines, both, fail_on_warn=fail_on_warn)


def _same_model(old: Model | None, new: Model | None) -> bool:
    return old is not None and new is not None and old.to_json() == new.to_json()


def checked_result(result: Result, policy: Policy, baselines: Baselines, *, fail_on_warn: bool = False) -> Result:
    """What the gates say of a saved result."""
    if baselines.has_rows:
        raise CalibrateError(
            "E624",
            "--result: found --baseline-scores or --baseline-model, which need the data",
            "--baseline result.json compares two results",
        )
    limits = limits_of(policy, log_loss="link_loss" not in result.before.metrics)
    return _told(result, policy, limits, baselines, None, fail_on_warn=fail_on_warn)


def _told(
    result: Result,
    policy: Policy,
    limits: tuple[Limit, ...],
    baselines: Baselines,
    both: Result | None,
    *,
    fail_on_warn: bool,
) -> Result:
    comparison = _comparison(result, policy, limits, baselines, both)
    found = decide(result, policy, limits, comparison, fail_on_warn=fail_on_warn)
    sources = () if baselines.source is None else (baselines.source,)
    return replace(found, inputs=(*found.inputs, *sources))


def _comparison(
    result: Result, policy: Policy, limits: tuple[Limit, ...], baselines: Baselines, both: Result | None
) -> Comparison | None:
    """What increases are measured from: rows before results, a baseline before no calibration."""
    compared = [limit for limit in limits if limit.rule in INCREASES]
    old, name = baselines.result, baselines.name
    if old is not None and compared:
        columns = dict.fromkeys(limit.column for limit in compared if limit.column is not None)
        refuse_other(result, old, name, metrics_for(tuple(compared), result.task), columns)
    if both is not None:
        name = baselines.model_name or ("the old scores" if baselines.model is None else "the old model")
        return Comparison("paired", name, paired=both, notes=tuple(n for n in both.notes if n not in result.notes))
    if old is not None:
        if old is result or same_run(result, old):
            refuse_changed(result, old, name, metrics_for(tuple(compared), result.task))
            return Comparison("identical", name, old)
        hint = "the rows may be the same: --baseline-scores or --baseline-model would pair them"
        notes = (*(f"{name} warns: {text}" for text in warnings_of(old)), *((hint,) if same_rows(result, old) else ()))
        return Comparison("unpaired", name, old, notes=notes)
    if policy.preset is not None and result.after is not None:
        return Comparison("before", "the scores before calibration", paired=result)
    return None
