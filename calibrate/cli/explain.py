"""`calibrate explain`: what a metric, method, option, file, term or error code means, without a network."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.options import DEBUGGING, takes

SETTINGS = {"ignore_unknown_options": True}
"""`calibrate explain --input` is a question about the option of that name."""


@takes(DEBUGGING)
def command(
    chosen: SimpleNamespace,
    topic: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TOPIC]", help="ece, noise-floor, --input, E214, ...; without one, all topics."),
    ] = None,
) -> None:
    """Explain a metric, method, option, output file, exit code, term or error code."""
    from calibrate.cli.topics import overview, page
    from calibrate.cli.voice import Voice

    Voice().answer(page(" ".join(topic)) if topic else overview())
