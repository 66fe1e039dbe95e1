"""`calibrate plot`: reliability diagrams, and the table behind them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.options import MEASURING, READING, RUNNING, Labels, Scores, takes, without


@takes(without(READING, "group"), MEASURING, RUNNING)
def command(
    chosen: SimpleNamespace,
    scores: Scores,
    labels: Labels = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Draw before and after this saved model.", metavar="FILE")
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", help="File to write; .png or .svg.", metavar="FILE")
    ] = "reliability.png",
    per_class: Annotated[
        bool, typer.Option("--per-class", help="One diagram per class or label (at most 20).")
    ] = False,
) -> None:
    """Draw observed frequency against predicted probability, and print the bins."""
    from calibrate.api import bundle
    from calibrate.api.load import load_model
    from calibrate.cli.run import Run
    from calibrate.outputs.write import write_file

    run = Run(chosen)
    run.ready(output, scores, labels, model)
    draw = bundle.painter(output, per_class=per_class)
    known = load_model(model) if model is not None else None
    data = run.read(scores, labels, model=known)
    result = run.measure(data, known)
    write_file(output, draw(result))
    run.show_bins(result, per_class=per_class)
    run.voice.note(f"wrote {output}")
