"""`calibrate check`: score and gates; the measuring command that may say no, by its exit code."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.options import GATES, MEASURING, READING, RUNNING, Labels, takes
from calibrate.errors import CalibrateError


@takes(READING, MEASURING, GATES, RUNNING)
def command(
    chosen: SimpleNamespace,
    scores: Annotated[
        str | None, typer.Argument(metavar="[SCORES]", help="File of scores, as for `score`.", show_default=False)
    ] = None,
    labels: Labels = None,
    model: Annotated[str | None, typer.Option(help="Judge the scores after this saved model.", metavar="FILE")] = None,
    result: Annotated[
        str | None, typer.Option(help="Judge a result.json instead: no data are needed.", metavar="FILE")
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write this result to the baseline where the exit code is 0.")
    ] = False,
    junit: Annotated[str | None, typer.Option(help="Write a JUnit file.", metavar="FILE")] = None,
    md: Annotated[str | None, typer.Option(help="Write a Markdown comment.", metavar="FILE")] = None,
    github: Annotated[
        bool, typer.Option("--github", help="Annotations of a GitHub workflow, and its step summary.")
    ] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 instead of 1 and 4.")] = False,
) -> int:
    """Score and judge: exit code 0 where every gate passes, 1 where one fails, 4 where the data are too few."""
    from calibrate.cli.gating import Gating

    outputs = SimpleNamespace(junit=junit, md=md, github=github, update_baseline=update_baseline)
    gating = Gating(chosen, outputs)
    if result is not None:
        _alone(result, (scores, labels, model, chosen.baseline_scores, chosen.baseline_model))
        gating.ready(result)
        found = gating.judge_result(result)
    elif scores is not None:
        gating.ready(scores, labels, model, chosen.baseline_scores, chosen.baseline_model)
        found = gating.judge_rows(scores, labels, model)
    else:
        raise CalibrateError("E600", "found neither SCORES nor --result, expected one", "try: calibrate check --help")
    gating.tell(found)
    code = found.check.code if found.check is not None else 0
    if update_baseline and code == 0:
        gating.update(found)
    return 0 if exit_zero else code


def _alone(result: str, given: tuple[str | None, ...]) -> None:
    if any(item is not None for item in given):
        raise CalibrateError(
            "E600", f"--result {result}: found scores or a model beside it, expected the result alone", "leave one out"
        )
