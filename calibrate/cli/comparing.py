"""One run of `calibrate compare`: what it reads, and every form in which it tells."""

from __future__ import annotations

import os
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec

from calibrate.api import compare as api
from calibrate.api.load import load, load_model, load_result
from calibrate.api.paired import paired
from calibrate.cli import show_comparison
from calibrate.cli.run import Run
from calibrate.comparing import Comparison
from calibrate.errors import shown
from calibrate.plain import plain
from calibrate.versioned import spelt

if TYPE_CHECKING:
    from calibrate.outputs.aside import Content


class Comparing:
    """The options of a run, and the files that it writes beside the table."""

    def __init__(self, chosen: SimpleNamespace, md: str | None, output: str | None) -> None:
        self.run = Run(chosen)
        self.md, self.output = md, output

    def show_results(self, new: str, old: str) -> None:
        """Two saved results, unpaired."""
        self.run.show(api.results_compared(load_result(new), load_result(old), shown(old, 255)))

    def show_models(self, scores: str, labels: str | None, model: str | None) -> None:
        """Two models on the same rows, paired."""
        run, chosen = self.run, self.run.chosen
        known, old_model = (None if name is None else load_model(name) for name in (model, chosen.baseline_model))
        data = run.read(scores, labels, model=known)
        old = None
        if chosen.baseline_scores is not None:
            old = load(
                chosen.baseline_scores, labels, data.options, model=old_model, need_labels=None, execute=run.execute
            )
        run.show(paired(data, known, old, old_model, chosen.link, None, chosen.ci))

    def show_methods(self, scores: str, labels: str | None, methods: str | None, folds: int, repeats: int) -> None:
        """Methods on the same folds."""
        from calibrate.outputs.write import write_files

        run, chosen = self.run, self.run.chosen
        for name in (self.md, self.output):
            if name is not None:
                run.ready(name, scores, labels)
        draw = None if self.output is None else show_comparison.painter(self.output)
        data = run.read(scores, labels)
        found = api.comparison(data, chosen.link, methods, folds, repeats, chosen.seed, chosen.ci)
        if "SOURCE_DATE_EPOCH" in os.environ:
            found = untimed(found)
        files: dict[str, Content] = {}
        if self.md is not None:
            files[self.md] = show_comparison.markdown(found).encode()
        if draw is not None and self.output is not None:
            files[self.output] = draw(found)
        write_files(files)
        look = {"color": run.voice.color, "plain": run.voice.plain}
        run.voice.answer(document(found) if chosen.json else show_comparison.render(found, **look))
        run.voice.notes(f"wrote {shown(name)}" for name in (self.md, self.output) if name is not None)


def untimed(found: Comparison) -> Comparison:
    """The comparison without the seconds that fits took, the only number that differs from run to run."""
    return replace(found, methods=tuple(replace(row, seconds=None) for row in found.methods))


def document(found: Comparison) -> str:
    """The comparison as one JSON document."""
    methods = [
        {
            **{name: getattr(row, name) for name in ("method", "n_parameters", "seconds", "reason", "shown")},
            "metrics": {key: plain(e) for key, e in row.metrics.items()},
            "difference": {key: plain(e) for key, e in row.difference.items()},
        }
        for row in found.methods
    ]
    return spelt({"schema": "calibrate/comparison/1", **msgspec.to_builtins(found), "methods": methods})
