"""`calibrate inspect`: every decision of the reader, with the flag that would pin it; writes nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.options import READING, RUNNING, Labels, Scores, takes


@takes(READING, RUNNING)
def command(
    chosen: SimpleNamespace,
    scores: Scores,
    labels: Labels = None,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output instead of a table.")
    ] = False,
) -> None:
    """Show what the reader sees in a file, why, and which flag says otherwise."""
    from calibrate.cli.run import Run

    run = Run(chosen)
    run.show_reading(run.read(scores, labels, need_labels=None), as_json=json)
