"""`calibrate apply`: calibrated probabilities for new scores, from a saved model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.options import READING, RUNNING, Scores, takes, without

Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", help="File to write; its extension names the format (csv, npy, parquet).", metavar="FILE"
    ),
]


@takes(without(READING, "link", "join", "label_base", "positive", "classes", "group", "class_weight"), RUNNING)
def command(
    chosen: SimpleNamespace,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model.json that `calibrate fit` wrote.")],
    scores: Scores,
    output: Output = None,
    prior: Annotated[
        str | None,
        typer.Option(
            help="Class frequencies where the scores come from: cat=0.2,dog=0.8, uniform, or em (estimated from them).",
            metavar="PRIOR",
        ),
    ] = None,
) -> None:
    """Apply a saved model to new scores: calibrated probabilities, as CSV on standard output or into a file."""
    from calibrate.api.load import load_model
    from calibrate.cli.run import Run

    run = Run(chosen)
    run.ready_to_give(output, model, scores)
    known = load_model(model)
    data = run.read(scores, None, model=known, need_labels=False)
    if prior is None:
        run.give(known, data, output)
        return
    from calibrate.api.priors import shifted

    adapted = shifted(known, data.rows, prior)
    run.voice.notes(adapted.notes())
    run.give(adapted, data, output)
