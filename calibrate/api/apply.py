"""Apply a model: calibrated probabilities of new scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from calibrate.api.load import load, load_model
from calibrate.blas import one_thread
from calibrate.model import Model
from calibrate.reading.options import ReadOptions


def apply(model: Model | str, scores: Any, **reading: Any) -> np.ndarray:
    """Probabilities (n, K), float64, of scores in memory or in a file, on the scale that the model was fitted on.

    Raises `CalibrateError` where the scores do not fit the model.
    """
    known = model if isinstance(model, Model) else load_model(model)
    with one_thread():
        data = load(scores, None, ReadOptions(**reading), model=known, need_labels=False)
        out = np.empty((data.rows.n, known.n_columns))
        for block in data.rows.blocks():
            out[block.start : block.start + len(block)] = known.probabilities(block)
        return out
