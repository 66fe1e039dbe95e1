"""Save a model or a result: JSON, written aside and renamed, never half a file."""

from __future__ import annotations

import os

from calibrate.model import Model
from calibrate.outputs.write import write_file
from calibrate.renderers import json
from calibrate.results import Result


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write the model file. Raises `CalibrateError` E5xx where that cannot be done; an earlier file is then intact."""
    write_file(os.fspath(path), model.to_json())


def save_result(result: Result, path: str | os.PathLike[str]) -> None:
    """Write the result file, as `fit` does. Raises `CalibrateError` E5xx like `save_model`."""
    write_file(os.fspath(path), json.render(result).encode())
