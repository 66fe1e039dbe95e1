"""Make the golden files that are missing: `python tests/data/golden/make.py`. What is there is never written again.

A golden file is a document as a release wrote it. Every later version must read it and answer what stands beside it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import calibrate
from calibrate import registry
from calibrate.api.fit import applicable
from calibrate.cli.start import start
from calibrate.model import SCHEMA as MODEL
from calibrate.model import from_json
from calibrate.reporting.document import SCHEMA as REPORT
from calibrate.results import Result
from calibrate.stored import SCHEMA as RESULT
from calibrate.stored import document
from calibrate.versioned import encoded

HERE = Path(__file__).parent
SAMPLES = HERE.parent.parent.parent / "sample_data"
CLASSES = ("a", "b", "c")
FRESH = ((2.0, -1.0, 0.5), (-3.25, 0.0, 1.75), (0.0, 0.0, 0.0), (40.0, -40.0, 1.0))
"""Scores that no model was fitted on: usual ones, ties, far ones."""


def folder_of(schema: str) -> Path:
    """`calibrate/model/1` -> `model/1` beside this file."""
    return HERE / schema.removeprefix("calibrate/")


def pairs() -> list[tuple[str, str]]:
    """Every calibrator with each plain link that it is for, and the other links with a temperature."""
    found = [(name, key) for key in ("softmax", "sigmoid") for name in applicable(registry.make("links", key))]
    return found + [("temperature", key) for key in registry.names("links") if key not in ("softmax", "sigmoid")]


def world(events: bool) -> tuple[np.ndarray, np.ndarray]:
    """Over-confident scores, few digits each, with labels of classes or of two events."""
    rng = np.random.default_rng(11)
    z = np.round(rng.normal(size=(60, 3)) * 3, 2)
    if events:
        return z[:, :2], (rng.random((60, 2)) < 1 / (1 + np.exp(-z[:, :2] / 2))).astype(np.int64)
    p = np.exp(z / 2) / np.exp(z / 2).sum(axis=1, keepdims=True)
    return z, np.minimum((p.cumsum(axis=1) < rng.random((60, 1))).sum(axis=1), 2)


def model_document(name: str, key: str) -> bytes:
    """The model of one calibrator under one link."""
    events = registry.load("links", key).has_events
    z, y = world(events)
    names = CLASSES[:2] if events else CLASSES
    labels = y if events else [names[i] for i in y]
    return calibrate.fit(z, labels, method=name, link=key, input="logits", classes=names).to_json()


def answer(content: bytes) -> dict[str, Any]:
    """What a model says of fresh scores."""
    model = from_json(content, "model.json")
    scores = np.resize(np.array(FRESH).ravel(), (len(FRESH), model.n_columns))
    return {"scores": scores.tolist(), "probabilities": model.apply(scores).tolist()}


def written(arguments: tuple[str, ...], name: str) -> bytes:
    """The file `name` of the folder that a command writes."""
    with TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        out = Path(folder) / "out"
        found = [str(SAMPLES / word) if word.endswith(".csv") else word for word in arguments]
        if start([*found, "--output-dir", str(out), "-q"]) != 0:
            raise SystemExit(f"{arguments}: failed")
        return (out / name).read_bytes()


def judged() -> bytes:
    """A result with gates of several verdicts."""
    z, y = world(events=False)
    model = calibrate.fit(z, y)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "gates.toml"
        path.write_text(GATES)
        return result_document(calibrate.check(z, y, model=model, gates=str(path)))


def infinite() -> bytes:
    """A result with a loss that is infinite: a true class has probability 0."""
    p = np.vstack([np.full((29, 3), 0.25) + 0.25 * np.eye(3)[np.arange(29) % 3], [[1.0, 0.0, 0.0]]])
    return result_document(calibrate.score(p, [*(np.arange(29) % 3), 1], input="probs"))


def result_document(result: Result) -> bytes:
    """The document of a result, without the versions of this machine."""
    return encoded(document(dataclasses.replace(result, environment={})))


GATES = """
[gates.nll]
max = 9.0
[gates.accuracy]
min = 0.99
[gates.ece]
max = 0.1
level = "warn"
"""
FIT = {
    "cross-fitted": ("fit", "imagenet_top1/calibration.csv", "--no-plot"),
    "holdout-groups": ("fit", "employment/calibration.csv", "--holdout", "0.3", "--group", "sex", "--no-plot"),
    "multilabel": ("fit", "digits_multilabel/logits.csv", "digits_multilabel/labels.csv", "--link", "sigmoid",
                   "--no-plot"),
    "clipped": ("fit", "imagenet_top1/calibration.csv", "--clip", "1e-6", "--no-plot"),
}  # fmt: skip
REPORTS = {
    "classes": ("report", "cifar10/holdout_logits.csv", "cifar10/holdout_labels.csv", "--max", "ece=0.05"),
    "groups": ("report", "employment/calibration.csv", "--group", "sex"),
}


def expected() -> dict[Path, Callable[[], bytes]]:
    """Every golden file of the schemas that this version writes, and how to make it."""
    models = {f"{name}-{key}": partial(model_document, name, key) for name, key in pairs()}
    models |= {
        f"written-{name}": partial(written, words, "model.json")
        for name, words in FIT.items()
        if name != "holdout-groups"
    }
    results = {name: partial(written, words, "result.json") for name, words in FIT.items()}
    results |= {"judged": judged, "infinite": infinite}
    reports = {name: partial(written, words, "report.json") for name, words in REPORTS.items()}
    kinds = ((MODEL, models), (RESULT, results), (REPORT, reports))
    return {folder_of(schema) / f"{name}.json": make for schema, found in kinds for name, make in found.items()}


def main() -> None:
    """Write what is missing; to every model its answer."""
    for path, make in expected().items():
        if path.exists():
            continue
        content = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if path.parent == folder_of(MODEL):
            answers = path.parent.parent / f"{path.parent.name}.answers.json"
            known = json.loads(answers.read_bytes()) if answers.exists() else {}
            answers.write_bytes(encoded({**known, path.stem: answer(content)}))
        sys.stdout.write(f"made {path.relative_to(HERE)}\n")


if __name__ == "__main__":
    main()
