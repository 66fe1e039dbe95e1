"""`calibrate score`: metrics of a data set, with or without a model; it never fails on a number."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.options import MEASURING, READING, RUNNING, Labels, Scores, takes


@takes(READING, MEASURING, RUNNING)
def command(
    chosen: SimpleNamespace,
    scores: Scores,
    labels: Labels = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Measure before and after this saved model.", metavar="FILE")
    ] = None,
) -> None:
    """Measure scores against labels: NLL, Brier, accuracy, ECE and more, with their uncertainty."""
    from calibrate.api.load import load_model
    from calibrate.cli.run import Run

    run = Run(chosen)
    known = load_model(model) if model is not None else None
    data = run.read(scores, labels, model=known)
    run.show(run.measure(data, known))
