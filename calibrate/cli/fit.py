"""`calibrate fit`: fit a calibrator, say honestly what it changed, and write everything that was found."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.options import MEASURING, READING, RUNNING, Labels, Scores, takes
from calibrate.errors import CalibrateError


@takes(READING, MEASURING, RUNNING)
def command(
    chosen: SimpleNamespace,
    scores: Scores,
    labels: Labels = None,
    method: Annotated[
        str, typer.Option("--method", "-m", help="The calibrator, with its options: temperature:per_label=true.")
    ] = "temperature",
    output_dir: Annotated[
        str, typer.Option("--output-dir", "-o", help="Folder of everything that is written.")
    ] = "calibration",
    folds: Annotated[
        int, typer.Option(help="Folds of the cross-fitted 'after'; 0 for in-sample numbers, marked as such.")
    ] = 5,
    holdout: Annotated[
        float | None,
        typer.Option(help="Measure on this fraction of the rows, fit on the others alone.", metavar="FRACTION"),
    ] = None,
    holdout_scores: Annotated[
        str | None, typer.Option(help="Measure on the rows of this file instead.", metavar="FILE")
    ] = None,
    holdout_labels: Annotated[str | None, typer.Option(help="Labels of --holdout-scores.", metavar="FILE")] = None,
    format: Annotated[
        str | None, typer.Option(help="Of the probabilities: csv, npy or parquet; by default that of the scores.")
    ] = None,
    no_plot: Annotated[bool, typer.Option("--no-plot", help="Write no reliability diagrams.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write into a folder that holds other files (they are not touched).")
    ] = False,
) -> None:
    """Fit a calibrator: before/after table, model, calibrated probabilities, diagrams and result."""
    from calibrate.api import bundle
    from calibrate.api.evaluate import Plan, evaluation
    from calibrate.cli.run import Run
    from calibrate.outputs.places import ready_for_folder
    from calibrate.outputs.write import write_folder

    run = Run(chosen)
    if holdout_labels is not None and holdout_scores is None:
        raise CalibrateError(
            "E606", "--holdout-labels: found no --holdout-scores, expected both", "--holdout-scores FILE"
        )
    if holdout is not None and holdout_scores is not None:
        raise CalibrateError("E606", "found --holdout and --holdout-scores, expected one of them", "leave one out")
    if format is not None:
        bundle.known_format(format, "--format")
    plan = Plan(method, chosen.link, chosen.metrics, chosen.bins, folds, holdout, chosen.seed, chosen.ci)
    ready_for_folder(output_dir, bundle.NAMES, force=force)
    run.keep_inputs(scores, labels, outputs=[f"{output_dir}/{name}" for name in bundle.NAMES])
    data = run.read(scores, labels)
    held = None if holdout_scores is None else run.read_holdout(holdout_scores, holdout_labels, data)
    model, result = evaluation(data, plan, held)
    files = bundle.files(model, result, data, bundle.format_of(format, data), plots=not no_plot)
    run.keep_inputs(scores, labels, outputs=[f"{output_dir}/{name}" for name in files])
    write_folder(output_dir, files, force=force)
    run.show(result)
    run.voice.note(f"wrote {', '.join(sorted(files, key=_kind))} in {output_dir}")


def _kind(name: str) -> tuple[bool, str]:
    """Diagrams last."""
    return name.startswith("reliability"), name
