"""`calibrate check`: score and gates; the measuring command that may say no, by its exit code."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated

import typer

from calibrate.cli.options import MEASURING, READING, RUNNING, Labels, takes
from calibrate.errors import CalibrateError

if TYPE_CHECKING:
    from calibrate.results import Result

Limits = list[str] | None


def _limits(flag: str, text: str) -> object:
    return typer.Option(flag, help=text, metavar="METRIC=LIMIT", rich_help_panel="Gates")


@takes(READING, MEASURING, RUNNING)
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
    max: Annotated[Limits, _limits("--max", "The metric must not be above; ece:bins=20=0.03. Repeatable.")] = None,
    min: Annotated[Limits, _limits("--min", "The metric must not be below. Repeatable.")] = None,
    max_increase: Annotated[
        Limits, _limits("--max-increase", "It must not be worse than the baseline by more. Repeatable.")
    ] = None,
    max_increase_rel: Annotated[
        Limits, _limits("--max-increase-rel", "The same as a share of the baseline's value. Repeatable.")
    ] = None,
    gates: Annotated[
        str | None,
        typer.Option(
            help="File of gates; by default ./calibrate.toml, or [tool.calibrate] in ./pyproject.toml.", metavar="FILE"
        ),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="not-worse: NLL and Brier score not shown worse.", metavar="NAME")
    ] = None,
    on: Annotated[
        str | None, typer.Option(help="Which end of the interval decides: safe, point or lenient.", metavar="END")
    ] = None,
    inconclusive: Annotated[
        str | None, typer.Option(help="What too few data do: fail (exit 4), warn or pass.", metavar="WHAT")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="result.json, or what `score --json` printed.", metavar="FILE")
    ] = None,
    baseline_scores: Annotated[
        str | None, typer.Option(help="The old scores of the same rows: increases are paired.", metavar="FILE")
    ] = None,
    baseline_model: Annotated[
        str | None, typer.Option(help="The old model of the same rows: increases are paired.", metavar="FILE")
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
    fail_on_warn: Annotated[
        bool, typer.Option("--fail-on-warn", help="A gate that warns stops the run as one that fails.")
    ] = False,
) -> int:
    """Score and judge: exit code 0 where every gate passes, 1 where one fails, 4 where the data are too few."""
    from calibrate.cli.gating import Gating
    from calibrate.gates.policy import Asked

    limits = {"max": max, "min": min, "max_increase": max_increase, "max_increase_rel": max_increase_rel}
    asked = Asked({rule: found for rule, found in limits.items() if found}, baseline, preset, on, inconclusive)
    outputs = SimpleNamespace(junit=junit, md=md, github=github, update_baseline=update_baseline)
    gating = Gating(chosen, gates, asked, outputs)
    if result is not None:
        _alone(result=result, given=(scores, labels, model, baseline_scores, baseline_model))
    elif scores is None:
        raise CalibrateError(
            "E600", "found neither SCORES nor --result, expected one of them", "try: calibrate check --help"
        )
    gating.ready(scores, labels, result, model, baseline_scores, baseline_model, gates)
    found: Result
    if result is not None:
        found = gating.judge_result(result, fail_on_warn=fail_on_warn)
    else:
        rows = (scores or "", labels, model, baseline_scores, baseline_model)
        found = gating.judge_rows(*rows, fail_on_warn=fail_on_warn)
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
