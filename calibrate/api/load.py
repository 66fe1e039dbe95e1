"""Load what the user gave, a path or arrays, and a saved model: the one door of the API to files."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calibrate.errors import CalibrateError, named
from calibrate.model import Model, from_json
from calibrate.protocols import Task
from calibrate.reading.dataset import Dataset, from_memory, read
from calibrate.reading.options import ReadOptions
from calibrate.rows import Block, Execute, serial

MOST_MODEL_BYTES = 1 << 28
"""A model file larger than this is not one: a matrix of 1,000 classes takes 25 MB."""


def load(
    scores: Any,
    labels: Any,
    options: ReadOptions,
    *,
    model: Model | None = None,
    need_labels: bool | None = True,
    weights: Any = None,
    execute: Execute = serial,
) -> Dataset:
    """The data set in files or in memory. Raises `CalibrateError` E1xx (files) or E2xx (meaning)."""
    if isinstance(scores, (str, os.PathLike)):
        beside = None if labels is None else os.fspath(labels)
        data = read(os.fspath(scores), beside, options, model=model, need_labels=need_labels, execute=execute)
    else:
        data = from_memory(scores, labels, options, model=model, need_labels=need_labels, execute=execute)
    return data if weights is None else replace(data, rows=data.rows.map(_Weighted(_weights(weights, data))))


def load_model(path: str | os.PathLike[str]) -> Model:
    """The model in a file that `fit` or `save_model` wrote. Raises `CalibrateError` E401 or E402."""
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            content = file.read(MOST_MODEL_BYTES + 1)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise CalibrateError(
            "E401", f"{named(name)}: cannot be read: {reason}", "name the model.json that `calibrate fit` wrote"
        ) from None
    if len(content) > MOST_MODEL_BYTES:
        raise CalibrateError("E401", f"{named(name)}: over {MOST_MODEL_BYTES >> 20} MiB, expected a model.json", "")
    return from_json(content, name)


def default_link(task: Task) -> str:
    """The link of a task: softmax for classes, sigmoid for events."""
    return "softmax" if task == "multiclass" else "sigmoid"


@dataclass(frozen=True, eq=False)
class _Weighted:
    """Step: a block with the weights of its rows."""

    weights: np.ndarray

    def __call__(self, block: Block) -> Block:
        return replace(block, weights=self.weights[block.start : block.start + len(block)])


def _weights(given: Any, data: Dataset) -> np.ndarray:
    weights = np.asarray(given, dtype=np.float64)
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
    return weights
