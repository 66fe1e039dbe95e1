"""Sets of scores, split into rows to fit and rows to measure: those of the project, and a folder of .npz files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SMALLEST = float(np.finfo(np.float64).eps)
"""Probabilities of 0 and 1 become this, and 1 minus this, before anybody sees them, and before a loss is taken."""
SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"


@dataclass(frozen=True, eq=False)
class Set:
    """Logits and labels; `events`: every column is an event of its own, labels (n, K), else classes, labels (n,)."""

    name: str
    events: bool
    scores: np.ndarray
    labels: np.ndarray
    test_scores: np.ndarray
    test_labels: np.ndarray

    @property
    def size(self) -> str:
        kind = "events" if self.events else "classes"
        return f"{len(self.scores):,} rows to fit, {len(self.test_scores):,} to measure, {self.scores.shape[1]} {kind}"


def losses(p: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """NLL and Brier score of every row, of probabilities (n, K): sums over classes, or over events. All clip alike."""
    if labels.ndim == 1:
        true = np.maximum(p[np.arange(len(p)), labels], SMALLEST)
        hot = np.zeros_like(p)
        hot[np.arange(len(p)), labels] = 1
        return -np.log(true), ((p - hot) ** 2).sum(axis=1)
    true = np.maximum(np.where(labels > 0, p, 1 - p), SMALLEST)
    return -np.log(true).sum(axis=1), ((p - labels) ** 2).sum(axis=1)


def logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(np.asarray(p, dtype=np.float64), SMALLEST, 1 - SMALLEST)
    return np.log(p) - np.log1p(-p)


def of_samples(folder: Path = SAMPLES) -> Iterator[Set]:
    """The sets in the project's `sample_data/`."""
    cifar = folder / "cifar10"
    arrays = [np.load(cifar / f"{part}.npy") for part in ("logits", "labels", "holdout_logits", "holdout_labels")]
    z, y, test_z, test_y = (x.astype(np.float64 if x.dtype.kind == "f" else np.int64) for x in arrays)
    yield Set("sample cifar10", False, z, y, test_z, test_y)
    many = folder / "digits_multilabel"
    parts = [
        np.loadtxt(many / f"{part}.csv", delimiter=",", skiprows=1)
        for part in ("logits", "labels", "holdout_logits", "holdout_labels")
    ]
    yield Set("sample digits_multilabel", True, parts[0], parts[1].astype(int), parts[2], parts[3].astype(int))
    for name, column in (("employment", "probability"), ("imagenet_top1", "confidence")):
        columns = []
        for part in ("calibration", "holdout"):
            with (folder / name / f"{part}.csv").open(encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            p = np.array([float(row[column]) for row in rows])
            happened = [row["label"] == row.get("prediction", "1") for row in rows]
            columns += [logit(p)[:, None], np.array(happened, dtype=int)[:, None]]
        yield Set(f"sample {name}", True, *columns)


def of_folder(folder: Path) -> Iterator[Set]:
    """A set for every array of scores in every .npz file; `labels`, `cal_idx` and `test_idx` stand beside the scores.

    Scores (n, K) called logits, margins or probabilities, of classes if labels are (n,); (n,) of one event; with `pred`
    of whether the prediction is right.
    """
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as file:
            held = {key: file[key] for key in file.files}
        fit, test, labels = held["cal_idx"], held["test_idx"], held["labels"].astype(np.int64)
        if "pred" in held:
            labels = (held["pred"] == labels).astype(np.int64)
        for key, scores in held.items():
            if not any(word in key for word in ("logit", "prob", "margins", "confidence")):
                continue
            if key == "probs" and "logits" in held:  # the same, rounded
                continue
            z = np.asarray(scores, dtype=np.float64)
            events = z.ndim == 1 or labels.ndim == 2
            if "prob" in key or key == "confidence":
                z = logit(z) if events else np.log(np.maximum(z, SMALLEST))
            if not events and z.shape[1] == 2:  # most peers take two classes as one event
                z, events = z[:, 1] - z[:, 0], True
            z = z[:, None] if z.ndim == 1 else z
            y = labels[:, None] if events and labels.ndim == 1 else labels
            yield Set(f"{path.stem} {key}", events, z[fit], y[fit], z[test], y[test])
