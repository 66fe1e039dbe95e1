"""`calibrate compare`: several methods on the same folds, two models on the same rows, or two saved results."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.options import GATES, MEASURING, READING, RUNNING, Labels, only, takes, without
from calibrate.errors import CalibrateError, shown


@takes(
    without(READING, "group"),
    without(MEASURING, "metrics", "bins"),
    only(GATES, "baseline", "baseline_scores", "baseline_model"),
    RUNNING,
)
def command(
    chosen: SimpleNamespace,
    scores: Annotated[
        str | None, typer.Argument(metavar="[SCORES]", help="File of scores, as for `fit`.", show_default=False)
    ] = None,
    labels: Labels = None,
    methods: Annotated[
        str | None,
        typer.Option(help="What to compare: temperature,vector; all that fit by default.", metavar="NAMES"),
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds of every repeat.")] = 5,
    repeats: Annotated[int, typer.Option(help="How often all is folded and fitted anew.")] = 3,
    model: Annotated[
        list[str] | None,
        typer.Option(help="The new one of two models, with --baseline-scores or -model.", metavar="FILE"),
    ] = None,
    result: Annotated[
        str | None, typer.Option(help="The new one of two saved results, with --baseline.", metavar="FILE")
    ] = None,
    md: Annotated[str | None, typer.Option(help="Write the table of methods as Markdown.", metavar="FILE")] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Draw the comparison; .png or .svg.", metavar="FILE")
    ] = None,
) -> None:
    """Compare methods by rows that they did not see, and recommend one; or two models, or two results."""
    from calibrate.cli.comparing import Comparing

    comparing = Comparing(chosen, md, output)
    if result is not None:
        if scores is not None or chosen.baseline is None:
            raise CalibrateError(
                "E600", "--result: found scores beside it or no --baseline, expected two results", "--baseline old.json"
            )
        comparing.show_results(result, chosen.baseline)
        return
    if scores is None:
        raise CalibrateError("E600", "found neither SCORES nor --result, expected one", "try: calibrate compare --help")
    new = _one(model)
    if chosen.baseline_scores is not None or chosen.baseline_model is not None:
        comparing.show_models(scores, labels, new)
    elif new is not None:
        raise CalibrateError(
            "E600", f"--model {shown(new)}: found one model, expected another to compare it with", OLD_MODEL
        )
    elif chosen.baseline is not None:
        raise CalibrateError("E600", "--baseline: found one result, expected two", "--result new.json, without SCORES")
    else:
        comparing.show_methods(scores, labels, methods, folds, repeats)


OLD_MODEL = "--baseline-model FILE names the old one"


def _one(models: list[str] | None) -> str | None:
    """The new model. Raises `CalibrateError` E600 where several are named, for one of them is the old one."""
    if models is not None and len(models) > 1:
        raise CalibrateError("E600", f"--model: found {len(models)} models, expected the new one alone", OLD_MODEL)
    return models[0] if models else None
