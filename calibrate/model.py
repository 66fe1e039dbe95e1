"""The artefact: a link, a fitted calibrator and the record of the fit; JSON, never a pickle.

Floats are written with the shortest digits that read back exactly, so a saved model predicts bitwise what the
fitted one does.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np

from calibrate import registry
from calibrate.errors import CalibrateError
from calibrate.exhibits import Sketch
from calibrate.numerics import unmasked
from calibrate.parameters import calibrator_of, plain_calibrator
from calibrate.plain import plain_fit, restored_one
from calibrate.protocols import Calibrator, Link, Task
from calibrate.results import FitRecord
from calibrate.rows import Block, from_arrays
from calibrate.versioned import Kind, encoded

SCHEMA = "calibrate/model/1"
SCALES = ("logits", "probs", "log-probs", "sigmoid")
KIND = Kind(
    "model",
    SCHEMA,
    "E401",
    "E402",
    "name the model.json that `calibrate fit` wrote",
    "make it again with: calibrate fit SCORES LABELS",
)


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """From scores to calibrated probabilities: `link(calibrator.transform(scores))`.

    scale   what the scores are: logits, probs, log-probs, or top-label confidences; probabilities of (n, K)
            columns are turned into log p (one column: log p / (1 - p)) before anything else
    """

    link: Link
    calibrator: Calibrator
    task: Task
    scale: str
    classes: tuple[str, ...]
    n_columns: int
    method: str = "temperature"
    """Registry name of the calibrator, with its options."""
    link_key: str = "softmax"
    fit: FitRecord | None = None
    clip: float | None = None
    """Probabilities are kept within [clip, 1 - clip] before they become logits, as they were for the fit."""
    rows: Sketch | None = None
    """By which the rows that were fitted are recognised among others; `calibrate fit` keeps it."""
    priors: tuple[float, ...] | None = None
    """Frequencies of the classes, or of each event, in the rows that were fitted; None in older files."""

    def __repr__(self) -> str:
        """One line; the fields hold the rest."""
        return f"<Model: {self.link_key} of {self.calibrator}, {self.task}, {self.n_columns} columns of {self.scale}>"

    def apply(self, logits: np.ndarray, start: int = 0) -> np.ndarray:
        """Probabilities (n, K) of logits (n, K) in memory, float64; row `start` is the first (Gumbel noise only)."""
        rows = from_arrays(self.checked(np.asarray(unmasked(logits))))
        out = np.empty((rows.n, self.n_columns))
        for block in rows.blocks():
            out[block.start : block.start + len(block)] = self.probabilities(block, start)
        return out

    def probabilities(self, block: Block, start: int = 0) -> np.ndarray:
        """Probabilities (m, K) of one block, in float64 whatever the container."""
        return self.link(Calibrated(self.calibrator)(block).scores, start + block.start)

    def checked(self, logits: np.ndarray) -> np.ndarray:
        """Arrays of one row or one column made (n, K). Raises `CalibrateError` E403 on another width."""
        wide = logits[:, None] if logits.ndim == 1 and self.n_columns == 1 else np.atleast_2d(logits)
        if wide.ndim != 2 or wide.shape[1] != self.n_columns:
            raise CalibrateError(
                "E403",
                f"scores of shape {logits.shape}, expected {self.n_columns} columns",
                "the model was fitted on other columns",
            )
        return wide if wide.dtype in (np.float32, np.float64) else wide.astype(np.float64)

    def to_json(self) -> bytes:
        """The model file, as UTF-8."""
        name = registry.parse("calibrators", self.method).name
        document = {
            "schema": SCHEMA,
            "task": self.task,
            "link": self.link_key,
            "scale": self.scale,
            "classes": self.classes,
            "columns": self.n_columns,
            "calibrator": plain_calibrator(name, self.calibrator),
            "method": self.method,
            "clip": self.clip,
            "fit": self.fit and plain_fit(self.fit),
            "rows": self.rows and dataclasses.asdict(self.rows),
            "priors": self.priors,
        }
        return encoded(document)


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Step: a block with calibrated scores, in float64 whatever the container."""

    calibrator: Calibrator

    @property
    def keeps_top(self) -> bool:
        """Whether the predicted class never changes."""
        return self.calibrator.keeps_top

    def __call__(self, block: Block) -> Block:
        """The same rows, transformed. Raises `CalibrateError` E305 where parameters and scores are too large."""
        scores = _transformed(self.calibrator, block.scores.astype(np.float64, copy=False))
        return dataclasses.replace(block, scores=scores)


def _transformed(calibrator: Calibrator, scores: np.ndarray) -> np.ndarray:
    """What the calibrator makes of scores: of an event it may be infinite, among classes infinity is no number."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = calibrator.transform(scores)
    top = found.max(initial=-np.inf)
    if (np.isnan(top) or (top == np.inf and calibrator.for_events is False)) and scores.max() < np.inf:
        text = "the calibrated scores are no numbers: parameters of the model, times these scores, are beyond float64"
        raise CalibrateError("E305", text, "fit again, on scores of this size")
    return found


_NAMED = {"required": ["name"], "properties": {"name": {"type": "string"}}}


class Document(msgspec.Struct):
    """A link, a fitted calibrator and the record of the fit: all that probabilities of new scores need.

    task        multiclass (one class a row), binary (one event), multilabel, or top-label
    link        what makes probabilities of calibrated scores, with its options: softmax, sigmoid, ...
    scale       what the scores are: logits, probs, log-probs or sigmoid (probabilities of independent events)
    classes     names, in the order of the columns; of one event its opposite and the event; of top labels none
    columns     columns of scores
    calibrator  its name and its fitted parameters
    method      the calibrator as it was asked for, with its options
    fit         how it was fitted
    clip        probabilities are kept within [clip, 1 - clip] before they become logits
    rows        hashes of the rows that were fitted, by which they are recognised among others; null where unknown
    priors      frequencies of the classes, of events of each, in the rows that were fitted; null in older files
    """

    schema: str
    task: Task
    link: str
    scale: str
    classes: tuple[str, ...]
    columns: Annotated[int, msgspec.Meta(ge=1)]
    calibrator: Annotated[dict[str, Any], msgspec.Meta(extra_json_schema=_NAMED)]
    method: str
    fit: FitRecord | None = None
    clip: float | None = None
    rows: Sketch | None = None
    priors: tuple[float, ...] | None = None


def from_json(data: bytes, name: str) -> Model:
    """The model in `data`, the content of the file `name`.

    Raises `CalibrateError` E401 (no model, or a damaged one), E402 (a newer schema) or E601 (an unknown name in it).
    """
    with KIND.reading(name):
        found = KIND.decoded(data)
        file = msgspec.convert({**found, "fit": restored_one(found.get("fit"), "$.fit")}, Document)
        calibrator = calibrator_of(file.calibrator)
        one = np.zeros((1, _sound(file.columns, file.classes, file.task)))
        if _transformed(calibrator, one).shape != one.shape:
            raise ValueError(f"the calibrator is not one of {file.columns} columns")
        kept = str(file.calibrator["name"])
        if registry.parse("calibrators", file.method).name != registry.parse("calibrators", kept).name:
            raise ValueError(f"its method is {file.method!r}, but its calibrator is {kept!r}")
        if file.scale not in SCALES:
            raise ValueError(f"its scale is {file.scale!r}, expected one of {', '.join(SCALES)}")
        return Model(
            registry.make("links", file.link),
            calibrator,
            file.task,
            file.scale,
            file.classes,
            file.columns,
            file.method,
            file.link,
            file.fit,
            _clip(file.clip),
            _sketch(file.rows),
            _priors(file.priors, len(file.classes) if file.task == "multiclass" else file.columns),
        )


def _sketch(rows: Sketch | None) -> Sketch | None:
    if rows is not None and not all(re.fullmatch(r"[0-9a-f]{16}", text) for text in rows.smallest):
        raise ValueError("its rows have a hash that is none, expected 16 hexadecimal digits")
    return rows


def _priors(priors: tuple[float, ...] | None, expected: int) -> tuple[float, ...] | None:
    if priors is not None and not (len(priors) == expected and all(0 <= one <= 1 for one in priors)):
        raise ValueError(f"its priors are not {expected} frequencies between 0 and 1")
    return priors


def _clip(clip: float | None) -> float | None:
    if clip is not None and not 0 < clip < 0.5:
        raise ValueError(f"its clip is {clip}, expected a number above 0 and below 0.5")
    return clip


def _sound(columns: int, classes: tuple[str, ...], task: str) -> int:
    expected = {"binary": 1, "top-label": 1}.get(task, len(classes))
    if columns < 1 or columns != expected or len(set(classes)) != len(classes):
        raise ValueError(f"{columns} columns and {len(classes)} classes do not make a {task} model")
    return columns
