"""`calibrate transform`: a link without a model: softmax, sigmoid, sparsemax or Gumbel-softmax, at a temperature."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.apply import Output
from calibrate.cli.options import READING, RUNNING, Scores, takes


@takes(READING, RUNNING)
def command(
    chosen: SimpleNamespace,
    scores: Scores,
    temperature: Annotated[
        float, typer.Option("--temperature", "-t", help="Scores are divided by it.", metavar="T")
    ] = 1.0,
    hard: Annotated[bool, typer.Option("--hard", help="With gumbel-softmax: one-hot samples.")] = False,
    output: Output = None,
) -> None:
    """Turn scores into probabilities without labels or a model; on a terminal, as people read them."""
    from calibrate.api.transform import plain_model
    from calibrate.cli.run import Run

    run = Run(chosen)
    run.ready_to_give(output, scores)
    data = run.read(scores, None, need_labels=False)
    run.give(plain_model(data, chosen.link, temperature, hard=hard), data, output)
