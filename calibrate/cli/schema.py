"""`calibrate schema`: the JSON Schema of what calibrate writes, for who reads it by program."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.options import DEBUGGING, takes


@takes(DEBUGGING)
def command(
    chosen: SimpleNamespace,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="model, result or report; without one, what there is.")
    ] = None,
) -> None:
    """Print the JSON Schema of a file that calibrate writes: model.json, result.json, report.json."""
    from calibrate.cli.voice import Voice
    from calibrate.schemas import DOCUMENTS, schema_of
    from calibrate.versioned import encoded

    if name is None:
        Voice().answer("".join(f"{known:<8}{written.text}\n" for known, written in DOCUMENTS.items()))
        return
    Voice().answer(encoded(schema_of(name)).decode())
