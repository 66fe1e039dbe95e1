"""Two models on the same rows: a result whose change is paired row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calibrate import registry
from calibrate.api.load import default_link
from calibrate.api.score import Chosen, metrics_of, result_of
from calibrate.api.seen import seen
from calibrate.errors import CalibrateError
from calibrate.model import Calibrated, Model
from calibrate.protocols import Link
from calibrate.reading.dataset import Dataset
from calibrate.results import Result
from calibrate.rows import Block, Rows, Step
from calibrate.scoring import AFTER, BEFORE, Unchanged


@dataclass(frozen=True, eq=False)
class FromBeside:
    """Step: the scores of the other model, and what its calibrator makes of them."""

    then: Step

    def __call__(self, block: Block) -> Block:
        """The same rows as the other model saw them."""
        if block.beside is None:
            raise ValueError("a block without scores of another model")
        return self.then(replace(block, scores=block.beside, beside=None))


def paired(
    data: Dataset,
    model: Model | None,
    old: Dataset | None,
    old_model: Model | None,
    link_key: str | None,
    metrics: Chosen,
    level: float,
    bins: int | None = None,
    also: Sequence[str] = (),
) -> Result:
    """The result whose `before` is the old side, whose `after` is the new one, and whose `change` is new - old.

    old         the old scores of the same rows; None: the same scores, under another model
    model, old_model   calibrators of either side; None: the scores as they are

    Raises `CalibrateError` E626 where the rows or the links are not the same.
    """
    key = _link_key(model, old_model, link_key, data)
    link: Link = registry.make("links", key) if link_key or model is None else model.link
    new_step: Step = Unchanged() if model is None else Calibrated(model.calibrator)
    old_step: Step = Unchanged() if old_model is None else Calibrated(old_model.calibrator)
    rows: Rows = data.rows
    if old is not None:
        rows, old_step = rows.with_beside(_same_rows(data, old)), FromBeside(old_step)
    elif old_model is not None:
        _same_columns(data, old_model)
    steps: dict[str, Step] = {BEFORE: old_step, AFTER: new_step}
    own = (*seen(model, data.rows), *seen(old_model, (old or data).rows, "the baseline's model"))
    return result_of(
        data, rows, link, key, steps, metrics_of(metrics, data.task, bins, also), level=level, after_is="compared",
        notes=own,
    )  # fmt: skip


def _link_key(model: Model | None, old_model: Model | None, link_key: str | None, data: Dataset) -> str:
    keys = {m.link_key for m in (model, old_model) if m is not None}
    if link_key is None and len(keys) > 1:
        raise CalibrateError(
            "E626",
            f"--model and --baseline-model: found the links {' and '.join(sorted(keys))}, expected the same",
            "compare their results instead: --baseline result.json",
        )
    return link_key or next(iter(keys), default_link(data.task))


def _same_columns(data: Dataset, old_model: Model) -> None:
    ours = (data.task, data.scale, data.classes, data.rows.n_columns)
    theirs = (old_model.task, old_model.scale, old_model.classes, old_model.n_columns)
    if ours != theirs:
        what = next(
            f"{name} {their!r}, the scores have {our!r}"
            for name, our, their in zip(("the task", "the scale", "the classes", "columns:"), ours, theirs, strict=True)
            if our != their
        )
        raise CalibrateError("E626", f"--baseline-model: found {what}", "--baseline-scores FILE names its own scores")


def _same_rows(data: Dataset, old: Dataset) -> np.ndarray:
    """The old scores (n, K), canonical, in the order of the new ones."""

    def refuse(what: str) -> CalibrateError:
        return CalibrateError(
            "E626", f"--baseline-scores: {what}, expected the same rows as the new scores", "--baseline result.json"
        )

    if (old.task, old.classes) != (data.task, data.classes):
        raise refuse(f"found {old.task} scores of other classes")
    if old.rows.n != data.rows.n:
        raise refuse(f"found {old.rows.n:,} rows against {data.rows.n:,}")
    scores = np.concatenate([block.scores for block in old.rows.blocks()])
    labels = [np.concatenate([np.asarray(b.labels) for b in d.rows.blocks()]) for d in (data, old) if d.labels_known]
    order: list[int] | None = None
    if data.ids is not None and old.ids is not None and data.ids != old.ids:
        place = {name: i for i, name in enumerate(old.ids)}
        if len(place) != len(old.ids) or place.keys() != set(data.ids):
            raise refuse("found other ids")
        order = [place[name] for name in data.ids]
    chosen = slice(None) if order is None else order
    if len(labels) == 2 and not np.array_equal(labels[0], labels[1][chosen]):
        raise refuse("found other labels")
    return np.ascontiguousarray(scores[chosen])
