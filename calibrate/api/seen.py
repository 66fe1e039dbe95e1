"""Rows that a model was fitted on, found again among those that it is measured on."""

from __future__ import annotations

from calibrate.evidence.sketch import overlap
from calibrate.model import Model
from calibrate.rows import Rows
from calibrate.wording import rows_seen


def seen(model: Model | None, rows: Rows, whose: str = "the model") -> tuple[str, ...]:
    """What there is to say of `rows` that `model` was fitted on; one pass, and nothing of a model that kept no hashes.

    `whose` names the model in the sentence.
    """
    if model is None or model.rows is None:
        return ()
    told = rows_seen(overlap(model.rows, rows), model.rows, whose)
    return (told,) if told else ()
