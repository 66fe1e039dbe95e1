"""What `fit` writes: model, probabilities, diagrams and result, as names and the bytes or the streams behind them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import BinaryIO, Protocol

import numpy as np

from calibrate import registry
from calibrate.errors import CalibrateError, shown
from calibrate.model import Model
from calibrate.outputs.aside import Content
from calibrate.outputs.write import gzipped
from calibrate.protocols import Task
from calibrate.reading.dataset import Dataset
from calibrate.results import Result
from calibrate.rows import Block

PICTURES = tuple(f"{stem}.{kind}" for stem in ("reliability", "reliability_classes") for kind in ("png", "svg"))
NAMES = ("model.json", "result.json", *PICTURES)
"""Everything in the output folder but the probabilities; diagrams per class only where there are few."""


def files(model: Model, result: Result, data: Dataset, format: str, *, plots: bool = True) -> dict[str, Content]:
    """Name -> content of everything in the output folder; all but the probabilities is computed here and now."""
    from calibrate.renderers import json

    found: dict[str, Content] = {"model.json": model.to_json(), "result.json": json.render(result).encode()}
    if plots:
        from calibrate.figures import pictures

        found.update(pictures(result))
    found[f"probabilities.{format}"] = probabilities(model, data, format)
    return found


class Predictor(Protocol):
    """A model, or one at other class frequencies."""

    @property
    def task(self) -> Task: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    def probabilities(self, block: Block, start: int = 0) -> np.ndarray: ...


def probabilities(model: Predictor, data: Dataset, format: str) -> Callable[[BinaryIO], None]:
    """A stream of the calibrated probabilities of `data`: row order, ids and width as they were read.

    `format` is a writer's name, with `.gz` for a compressed stream.
    """
    plain = format.removesuffix(".gz")
    writer = registry.load("writers", plain)
    names = data.score_names or column_names(model)

    def write(out: BinaryIO) -> None:
        writer.write(out, _blocks(model, data), names=names, ids=data.ids, id_name=data.id_name, n=data.rows.n)

    return write if plain == format else gzipped(write)


def column_names(model: Predictor) -> tuple[str, ...]:
    """The header of probabilities: the classes; for one column the event."""
    if model.task == "top-label":
        return ("confidence",)
    return (model.classes[-1],) if model.task == "binary" else model.classes


def format_of(asked: str | None, data: Dataset) -> str:
    """The format of the probabilities: the one asked for, else the container of the scores."""
    if asked is not None:
        return asked
    return {"npy": "npy", "npz": "npy", "parquet": "parquet", "array": "npy"}.get(data.inputs[0].container, "csv")


def known_format(format: str, where: str) -> str:
    """A format that can be written. Raises `CalibrateError` E510 for another."""
    if format.removesuffix(".gz") not in registry.names("writers"):
        known = ", ".join(registry.names("writers"))
        raise CalibrateError(
            "E510", f"{where}: found the format {shown(format)!r}, expected one of {known}", "as in probabilities.csv"
        )
    return format


def written_as(output: str) -> str:
    """The format that the extension of a file names: `csv`, `csv.gz`, ...; CSV for a pipe or device without one."""
    suffixes = PurePath(output).suffixes[-2:]
    if suffixes[-1:] != [".gz"]:
        suffixes = suffixes[-1:]
    if not suffixes and os.path.exists(output) and not os.path.isfile(output) and not os.path.isdir(output):
        return "csv"
    return known_format("".join(suffixes).removeprefix("."), shown(output))


def painter(output: str, *, per_class: bool) -> Callable[[Result], bytes]:
    """What draws the diagram that the extension of a file names. Raises `CalibrateError` E510 for another."""
    extension = PurePath(output).suffix.removeprefix(".")
    if extension not in ("png", "svg"):
        raise CalibrateError(
            "E510", f"{shown(output)}: expected a name that ends in .png or .svg", "as in -o reliability.png"
        )
    from calibrate.figures import painted

    return lambda result: painted(result, extension, per_class=per_class)


def _blocks(model: Predictor, data: Dataset) -> Iterator[np.ndarray]:
    return (model.probabilities(block) for block in data.rows.blocks())
