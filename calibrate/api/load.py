"""Load what the user gave, a path or arrays, and a saved model: the one door of the API to files."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calibrate.containers.opening import limits_from
from calibrate.containers.waiting import open_waiting
from calibrate.errors import CalibrateError, named, shown
from calibrate.gates.policy import Asked, Policy, policy_of
from calibrate.model import KIND as MODEL
from calibrate.model import Model
from calibrate.model import from_json as model_in
from calibrate.numerics import in_sound_unit, unmasked
from calibrate.outputs.manifest import check_file
from calibrate.protocols import Task
from calibrate.reading.dataset import Dataset, from_memory, read
from calibrate.reading.options import KnownModel, ReadOptions
from calibrate.results import Result
from calibrate.rows import Execute, serial
from calibrate.stored import KIND as RESULT
from calibrate.stored import from_json as result_in
from calibrate.versioned import Kind

MOST_GATES_BYTES = 1 << 20
MOST_BYTES = 1 << 28
"""A model or result larger than this is not one: a matrix of 1,000 classes takes 25 MB."""


_IN_ONE = "name one of the files; labels may also be a column of the scores"


def load(
    scores: Any,
    labels: Any,
    options: ReadOptions,
    *,
    model: KnownModel | None = None,
    need_labels: bool | None = True,
    weights: Any = None,
    execute: Execute = serial,
) -> Dataset:
    """The data set in files or in memory. Raises `CalibrateError` E1xx (files) or E2xx (meaning)."""
    if weights is not None and options.class_weight is not None:
        raise CalibrateError("E218", "weights and class_weight: found both, expected one of them", "multiply them")
    if model is not None and options.clip is None:
        options = replace(options, clip=model.clip)
    if isinstance(scores, (str, os.PathLike)):
        named_scores, beside = os.fspath(scores), None if labels is None else os.fspath(labels)
        if named_scores == beside == "-":
            raise CalibrateError("E201", "scores and labels: found standard input for both, expected it once", _IN_ONE)
        data = read(named_scores, beside, options, model=model, need_labels=need_labels, execute=execute)
    else:
        data = from_memory(scores, labels, options, model=model, need_labels=need_labels, execute=execute)
    return data if weights is None else replace(data, rows=data.rows.weigh(_weights(weights, data)))


def load_model(path: str | os.PathLike[str]) -> Model:
    """The model in a file that `fit` or `save_model` wrote.

    Raises `CalibrateError` E401, E402, or E506: the manifest of its folder knows another content of the file.
    """
    name = os.fspath(path)
    return model_in(_whole(name, MODEL), name)


def load_result(path: str | os.PathLike[str]) -> Result:
    """The result in a file that `fit` or `save_result` wrote, or that holds what a command printed with --json.

    Raises `CalibrateError` E411, E412, or E506 as `load_model` does.
    """
    name = os.fspath(path)
    return result_in(_whole(name, RESULT), name)


def _whole(name: str, kind: Kind) -> bytes:
    """The content of a file, as the manifest beside it knows it, where there is one."""
    content = _content(name, kind)
    try:
        check_file(name, content)
    except CalibrateError:
        content = _content(name, kind)  # a run may just have put a new folder in the place of this one
        check_file(name, content)
    return content


def load_gates(path: str | os.PathLike[str], asked: Asked | None = None) -> Policy:
    """The policy in a file of gates, TOML; of a pyproject.toml its table [tool.calibrate]. Its baseline is relative to
    the file. `asked` are flags that replace its same keys.

    Raises `CalibrateError` E625 (cannot be read, no TOML), E62x (what it says).
    """
    import tomllib

    name = os.fspath(path)
    content = limited(name, MOST_GATES_BYTES, "E625", "name a file of gates, or leave --gates out")
    try:
        table = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as problem:  # no TOML, no UTF-8, or a number of thousands of digits
        text = f"{named(name)}: is no TOML: {shown(problem, 200)}"
        raise CalibrateError("E625", text, "as in [gates.ece] and, in the line below, max = 0.03") from problem
    own = os.path.basename(name)
    if own == "pyproject.toml":
        table = own_table(table)
    policy = policy_of(table, shown(own), asked)
    if policy.baseline is None or (asked is not None and asked.baseline is not None):
        return policy
    return replace(policy, baseline=os.path.join(os.path.dirname(name), policy.baseline))


def own_table(pyproject: dict[str, Any]) -> dict[str, Any]:
    """The table [tool.calibrate] of a pyproject.toml; empty where there is none."""
    tool = pyproject.get("tool")
    return tool.get("calibrate", {}) if isinstance(tool, dict) else {}


def _content(name: str, kind: Kind) -> bytes:
    return limited(name, MOST_BYTES, kind.damaged, kind.origin)


def limited(name: str, most: int, code: str, hint: str) -> bytes:
    """The content of a file of at most so many bytes."""
    try:
        descriptor, begun = open_waiting(name, limits_from(os.environ).max_wait)
        with open(descriptor, "rb") as file:
            content = begun + file.read(most + 1 - len(begun))
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise CalibrateError(code, f"{named(name)}: cannot be read: {reason}", hint) from None
    if len(content) > most:
        raise CalibrateError(code, f"{named(name)}: over {most >> 20} MiB, expected a smaller file", hint)
    return content


@dataclass(frozen=True)
class LikeModel:
    """What a model of the data `like` would know: other rows are then read as these were, or refused."""

    like: Dataset
    link_key: str

    @property
    def task(self) -> Task:
        """The task of the data."""
        return self.like.task

    @property
    def scale(self) -> str:
        """The scale of their scores."""
        return self.like.scale

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in column order."""
        return self.like.classes

    @property
    def n_columns(self) -> int:
        """The number of columns of scores."""
        return self.like.rows.n_columns

    @property
    def clip(self) -> float | None:
        """What probabilities were clipped to."""
        return self.like.options.clip


def load_holdout(scores: Any, labels: Any, data: Dataset, execute: Execute = serial) -> Dataset:
    """Rows to measure on, read as those that are fitted. Raises `CalibrateError` E606 where they are the same file."""
    key = data.options.link or default_link(data.task)
    held = load(scores, labels, data.options, model=LikeModel(data, key), execute=execute)
    fitted = {item.sha256 for item in data.inputs if "scores" in item.role and item.sha256}
    if any(item.sha256 in fitted for item in held.inputs):
        name = next(item.name for item in held.inputs if item.sha256 in fitted)
        raise CalibrateError(
            "E606",
            f"{shown(name)}: the holdout holds the rows that are fitted, expected others",
            "--holdout 0.3 holds a part of one file out",
        )
    return held


def default_link(task: Task) -> str:
    """The link of a task: softmax for classes, sigmoid for events."""
    return "softmax" if task == "multiclass" else "sigmoid"


def _weights(given: Any, data: Dataset) -> np.ndarray:
    weights = np.asarray(unmasked(given), dtype=np.float64)
    if weights.shape != (data.rows.n,):
        raise CalibrateError(
            "E218", f"weights of shape {weights.shape}, expected ({data.rows.n},): one for each row", ""
        )
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        raise CalibrateError(
            "E218", f"weights: row {wrong[0] + 1}: found {weights[wrong[0]]}, expected a finite number, 0 or more", ""
        )
    if not weights.any():
        raise CalibrateError("E218", "weights: all are 0", "")
    return in_sound_unit(weights)
