"""`calibrate verify`: a bundle as it was written, and with the data every number again; the exit code says whether."""

from __future__ import annotations

import math
import os
from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.options import RUNNING, takes, without
from calibrate.errors import CalibrateError, shown

MOST_SHOWN = 20


@takes(without(RUNNING, "seed"))
def command(
    chosen: SimpleNamespace,
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help="The folder that `calibrate report` wrote.")],
    labels: Annotated[
        str | None, typer.Argument(metavar="[LABELS]", help="Labels of --data.", show_default=False)
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="The scores, then the labels: every number is computed again.", metavar="SCORES")
    ] = None,
    tolerance: Annotated[float, typer.Option(help="Numbers may differ by this share.", metavar="SHARE")] = 1e-9,
) -> int:
    """Verify an audit bundle: digests, pages, and with --data SCORES LABELS every number. Exit code 1 where not."""
    from calibrate.api.verify import verify
    from calibrate.cli.run import Run

    if not 0 <= tolerance < 1 or math.isnan(tolerance):
        raise CalibrateError("E603", f"--tolerance: found {tolerance:g}, expected 0 or more, below 1", "as in 1e-9")
    if labels is not None and data is None:
        raise CalibrateError("E600", f"found labels {shown(labels)!r}, expected --data SCORES before", "--data SCORES")
    if labels is not None and os.path.isdir(labels) and not os.path.isdir(bundle):
        bundle, labels = labels, bundle  # `verify --data SCORES LABELS BUNDLE` reads as well
    run = Run(SimpleNamespace(**vars(chosen), seed=0))
    found = verify(bundle, data, labels, tolerance=tolerance, execute=run.execute)
    lines = [f"{shown(item.where, 255)}: {item.what}" for item in found.findings[:MOST_SHOWN]]
    if len(found.findings) > MOST_SHOWN:
        lines.append(f"and {len(found.findings) - MOST_SHOWN} more")
    outcome = "does not verify" if found.findings else "verifies"
    run.voice.notes(f"checked {text}" for text in found.checked)
    run.voice.notes(f"note: {text}" for text in found.notes)
    run.voice.answer_lines([*lines, f"{outcome}: report {shown(found.id) or '(without an id)'}"])
    return found.code
