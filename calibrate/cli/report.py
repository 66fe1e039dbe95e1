"""`calibrate report`: the audit bundle, in which every number can be found, understood and computed again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from calibrate.cli.options import GATES, MEASURING, READING, RUNNING, Labels, Scores, takes, without


@takes(READING, MEASURING, without(GATES, "baseline_scores", "baseline_model"), RUNNING)
def command(
    chosen: SimpleNamespace,
    scores: Scores,
    labels: Labels = None,
    model: Annotated[str | None, typer.Option(help="The model to be audited.", metavar="FILE")] = None,
    output_dir: Annotated[str, typer.Option("--output-dir", "-o", help="Folder of the bundle.")] = "report",
    meta: Annotated[
        str | None, typer.Option(help="audit.toml: purpose, scope, people, limitations.", metavar="FILE")
    ] = None,
    minimum_n: Annotated[int, typer.Option(help="Rows below which a subgroup is not shown.", metavar="N")] = 30,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also report.pdf; needs the extra `pdf`.")] = False,
    attest: Annotated[
        str | None, typer.Option(help="Write an unsigned in-toto statement of what the gates said.", metavar="FILE")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write into a folder that holds other files (they are not touched).")
    ] = False,
) -> None:
    """Write the audit bundle: report.html and .md, report.json, tables, figures, model, gates, manifest."""
    from calibrate.api import report as api
    from calibrate.api.audit import Order, given
    from calibrate.api.load import load_model
    from calibrate.cli.gating import policy_asked
    from calibrate.cli.run import Run
    from calibrate.outputs.places import ready_for_folder
    from calibrate.outputs.write import write_folder

    run = Run(chosen)
    ready_for_folder(output_dir, api.NAMES, force=force)
    inputs = (scores, labels, model, meta, chosen.gates, chosen.baseline)
    run.keep_inputs(*inputs, outputs=[f"{output_dir}/{name}" for name in api.NAMES])
    if attest is not None:
        run.ready(attest, *inputs)
    policy, gates = policy_asked(run)
    asked = policy if policy.asks else None
    facts = None if meta is None else api.load_meta(meta)
    known = None if model is None else load_model(model)
    named = {"scores": scores, "labels": labels, "--model": model, "--meta": meta, "--gates": gates}
    paths = {name: path for name, path in named.items() if path is not None}
    sources = api.sources_of(known, facts, gates, asked, paths)
    order = Order(
        given(run.options), chosen.metrics, chosen.bins, chosen.ci, chosen.link, minimum_n, asked, chosen.fail_on_warn
    )
    data = run.read(scores, labels, model=known, groups=order.options.groups)
    made = api.made_of(data, order, sources, labels=labels, pdf=pdf, execute=run.execute)
    beside = {}
    if attest is not None:
        from calibrate.api.attest import statement

        beside[attest] = statement(made)
    write_folder(output_dir, made.files, force=force, beside=beside)
    run.show_report(made)
    run.voice.note(f"wrote {', '.join(sorted(made.files))} in {output_dir}")
