"""A model that nobody fitted: a link at a temperature, for `calibrate transform`."""

from __future__ import annotations

import math
from dataclasses import replace

from calibrate import registry
from calibrate.api.load import default_link
from calibrate.calibrators.temperature import Temperature
from calibrate.errors import CalibrateError
from calibrate.links.gumbel_softmax import GumbelSoftmax
from calibrate.model import Model
from calibrate.reading.dataset import Dataset


def plain_model(data: Dataset, link_key: str | None, temperature: float, *, hard: bool = False) -> Model:
    """`link(scores / T)` as a model; with gumbel-softmax softmax((scores + g) / T) (Jang 2017)."""
    if not 0 < temperature < math.inf:
        raise CalibrateError(
            "E604",
            f"--temperature: found {temperature:g}, expected a positive finite number",
            "T = 1 leaves the scores as they are",
        )
    key = link_key or default_link(data.task)
    link = registry.make("links", key)
    scale = temperature
    if isinstance(link, GumbelSoftmax):
        link, scale = replace(link, temperature=temperature, hard=hard or link.hard), 1.0
    elif hard:
        raise CalibrateError("E604", f"--hard: the link is {key}, expected gumbel-softmax", "only samples can be hard")
    return Model(link, Temperature(scale), data.task, data.scale, data.classes, data.rows.n_columns, link_key=key)
