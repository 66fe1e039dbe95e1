"""One run of a command: its options understood, its data read and announced, its findings shown."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, BinaryIO

from calibrate import registry
from calibrate.cli.voice import Voice, on_terminal
from calibrate.errors import CalibrateError, shown
from calibrate.reading.options import ReadOptions

if TYPE_CHECKING:
    from calibrate.api.bundle import Predictor
    from calibrate.api.report import Bundle
    from calibrate.model import Model
    from calibrate.reading.dataset import Dataset
    from calibrate.results import Result
    from calibrate.rows import Execute


SHOWN_ROWS = 20
"""Rows of probabilities that a terminal shows before it says how many more there are."""


class Run:
    """The options of a command, and what its commands share: reading, measuring, telling."""

    def __init__(self, chosen: SimpleNamespace) -> None:
        self.chosen = chosen
        self.voice = Voice(chosen.quiet, chosen.no_color)
        self.said: set[str] = set()
        if getattr(chosen, "link", None) is not None:
            chosen.link = _seeded(chosen.link, chosen.seed)
        self.options = ReadOptions(**read_options(chosen))
        if hasattr(chosen, "ci"):
            from calibrate.uncertainty.quantiles import known_level

            known_level(chosen.ci)
        if chosen.seed < 0:
            raise CalibrateError("E603", f"--seed: found {chosen.seed}, expected 0 or more", "as in --seed 1")
        self.execute = self._watched(registry.make("executors", chosen.executor))

    def _watched(self, execute: Execute) -> Execute:
        """With a bar, where somebody watches."""
        if not self.voice.is_watched:
            return execute
        from calibrate.cli.progress import Watched

        return Watched(execute, self.voice.console)

    def read(
        self,
        scores: str,
        labels: str | None,
        *,
        model: Model | None = None,
        need_labels: bool | None = True,
        groups: Sequence[str] = (),
    ) -> Dataset:
        """The data, announced in two lines on standard error; `groups` are columns beside those that --group names."""
        from calibrate.api.load import load

        wanted = tuple(dict.fromkeys((*self.options.groups, *groups)))
        options = dataclasses.replace(self.options, groups=wanted)
        return self._announced(
            load(scores, labels, options, model=model, need_labels=need_labels, execute=self.execute)
        )

    def read_holdout(self, scores: str, labels: str | None, data: Dataset) -> Dataset:
        """Rows to measure on, read as `data` was."""
        from calibrate.api.load import load_holdout

        return self._announced(load_holdout(scores, labels, data, self.execute))

    def _announced(self, data: Dataset) -> Dataset:
        from calibrate.reading.summary import two_lines
        from calibrate.wording import noted

        self.voice.notes(two_lines(data))
        self.voice.notes(map(noted, data.notes))
        if not self.voice.quiet:
            self.said |= set(data.notes)
        return data

    def keep_inputs(self, *inputs: str | None, outputs: Sequence[str]) -> None:
        """Refuse outputs that are inputs."""
        from calibrate.outputs.places import refuse_inputs

        refuse_inputs(outputs, [name for name in inputs if name is not None and name != "-"])

    def ready(self, output: str, *inputs: str | None) -> None:
        """Refuse now what could not be written later."""
        from calibrate.outputs.places import ready_for_file

        ready_for_file(output)
        self.keep_inputs(*inputs, outputs=[output])

    def ready_to_give(self, output: str | None, *inputs: str | None) -> None:
        """The same for a file of probabilities, whose extension must name a format."""
        if output is not None and output != "-":
            from calibrate.api.bundle import written_as

            written_as(output)
            self.ready(output, *inputs)

    def measure(self, data: Dataset, model: Model | None) -> Result:
        """What the measuring options ask of the data."""
        from calibrate.api.score import measured

        chosen = self.chosen
        return measured(data, model, chosen.link, chosen.metrics, chosen.ci, chosen.bins)

    def show(self, result: Result) -> None:
        """The result on standard output: tables, or with --json one document."""
        if self.chosen.json:
            from calibrate.renderers import json

            self.voice.answer(json.render(result))
            return
        from calibrate.renderers import terminal

        look = {"color": self.voice.color, "plain": self.voice.plain}
        self.voice.answer(terminal.render(result, **look, said=self.said))

    def show_report(self, made: Bundle) -> None:
        """The id of a report and what it comes to; with --json its document."""
        from calibrate.versioned import spelt
        from calibrate.wording import WARNING

        if self.chosen.json:
            self.voice.answer(spelt(made.document))
            return
        result = made.result
        said = [note for note in result.notes if note.startswith(WARNING) and note not in self.said]
        said += [result.verdict.sentence] if result.verdict is not None else []
        said += [f"gates {result.check.sentence}"] if result.check is not None else []
        self.voice.answer_lines([f"report {made.document['id']}", *said])

    def show_bins(self, result: Result, *, per_class: bool) -> None:
        """The table behind the diagram that was drawn."""
        if self.chosen.json:
            self.show(result)
            return
        from calibrate.renderers import bins

        look = {"color": self.voice.color, "plain": self.voice.plain}
        self.voice.answer(bins.render(result, per_class=per_class, **look))

    def show_reading(self, data: Dataset, *, as_json: bool) -> None:
        """Every decision of the reader."""
        from calibrate.cli import show_decisions

        look = {"color": self.voice.color, "plain": self.voice.plain}
        self.voice.answer(show_decisions.render(data.inputs, data.decisions, as_json=as_json, **look))

    def give(self, model: Predictor, data: Dataset, output: str | None) -> None:
        """Probabilities into a file, or on standard output: as CSV, or on a terminal as people read them."""
        from calibrate.api.bundle import probabilities, written_as

        if output is not None and output != "-":
            from calibrate.outputs.write import write_file

            write_file(output, probabilities(model, data, written_as(output)))
            self.voice.note(f"wrote {shown(output)}")
        elif on_terminal():
            self.voice.answer(self._first_rows(model, data))
        elif sys.stdout is not None:
            out: BinaryIO = sys.stdout.buffer
            probabilities(model, data, "csv")(out)
            out.flush()

    def _first_rows(self, model: Predictor, data: Dataset) -> str:
        from calibrate.api.bundle import column_names
        from calibrate.cli import show_rows

        first = next(data.rows.blocks())
        shown_rows = model.probabilities(dataclasses.replace(first, scores=first.scores[:SHOWN_ROWS]))
        exclusive = model.task == "multiclass"
        return show_rows.render(
            shown_rows, data.score_names or column_names(model), data.ids, data.rows.n, exclusive=exclusive
        )


def _seeded(link: str, seed: int) -> str:
    """A link that draws does so from --seed, unless it names a seed of its own."""
    spec = registry.parse("links", link)
    draws = "seed" in registry.options_of(registry.load("links", spec.name)) and "seed" not in spec.options
    return f"{link}{',' if spec.options else ':'}seed={seed}" if draws and seed else link


def read_options(chosen: SimpleNamespace) -> dict[str, Any]:
    """The reading options among those of a command, lists taken apart at commas."""
    known = {f.name for f in dataclasses.fields(ReadOptions)}
    given: dict[str, Any] = {name: value for name, value in vars(chosen).items() if name in known and value is not None}
    for name in ("classes", "score_columns"):
        if name in given:
            given[name] = tuple(part.strip() for part in given[name].split(","))
    return {**given, "groups": tuple(getattr(chosen, "group", None) or ())}
