"""Apply a model: calibrated probabilities of new scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from calibrate.api.load import load, load_model
from calibrate.api.priors import Prior, shifted
from calibrate.blas import one_thread
from calibrate.model import Model
from calibrate.reading.options import reading_options


def apply(model: Model | str, scores: Any, *, prior: Prior | None = None, **reading: Any) -> np.ndarray:
    """Probabilities (n, K), float64, of scores in memory or in a file, on the scale that the model was fitted on.

    prior   how frequent the classes are where the scores come from, if otherwise than in the rows that were fitted:
            {"cat": 0.2, "dog": 0.8}, "uniform", or "em": estimated from these scores

    Raises `CalibrateError` where the scores do not fit the model.
    """
    known = model if isinstance(model, Model) else load_model(model)
    with one_thread():
        data = load(scores, None, reading_options(reading), model=known, need_labels=False)
        out = np.empty((data.rows.n, known.n_columns))
        predictor = known if prior is None else shifted(known, data.rows, prior)
        for block in data.rows.blocks():
            out[block.start : block.start + len(block)] = predictor.probabilities(block)
        return out
