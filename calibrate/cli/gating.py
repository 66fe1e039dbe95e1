"""One run of `calibrate check`: where its gates come from, what it judges, and every form in which it tells."""

from __future__ import annotations

import os
import sys
import tomllib
from types import SimpleNamespace
from typing import TYPE_CHECKING

from calibrate.api import check as api
from calibrate.api.load import load_gates, load_model, load_result, own_table
from calibrate.cli.run import Run
from calibrate.errors import CalibrateError, shown
from calibrate.gates.policy import RULES, Asked, Policy, policy_of

if TYPE_CHECKING:
    from calibrate.outputs.aside import Content
    from calibrate.results import Result

FILES = ("calibrate.toml", "pyproject.toml")
"""Where gates are looked for, in the current folder alone; the first that has any."""
MOST_SUMMARY = 1 << 20
"""Bytes that GitHub takes of a step summary."""


class Gating:
    """The policy of a run, its baselines, and the outputs beside the table."""

    def __init__(self, chosen: SimpleNamespace, outputs: SimpleNamespace) -> None:
        """`outputs` has `junit` and `md` (files or None), `github` and `update_baseline`."""
        self.run = Run(chosen)
        self.outputs = outputs
        self.policy = policy_asked(self.run)[0]

    def ready(self, *inputs: str | None) -> None:
        """Refuse now what could not be written later."""
        files = [name for name in (self.outputs.junit, self.outputs.md) if name is not None]
        for name in files:
            self.run.ready(name, *inputs, self.policy.baseline, self.run.chosen.gates)
        if len({os.path.realpath(name) for name in files}) < len(files):
            raise CalibrateError("E505", "--junit and --md: found the same file, expected two", "name two files")
        if not self.outputs.update_baseline:
            return
        if self.policy.baseline is None:
            raise CalibrateError("E624", "--update-baseline: found no baseline to write", "--baseline baseline.json")
        self.run.ready(self.policy.baseline, *inputs, self.run.chosen.gates)
        _refuse_in_a_set(self.policy.baseline)

    def judge_result(self, path: str) -> Result:
        """What the gates say of a saved result."""
        found = load_result(path)
        policy, baselines = self._compared(api.Baselines())
        return api.checked_result(found, policy, baselines, fail_on_warn=self.run.chosen.fail_on_warn)

    def judge_rows(self, scores: str, labels: str | None, model: str | None) -> Result:
        """What the gates say of data."""
        chosen, run = self.run.chosen, self.run
        old_scores, old_model = chosen.baseline_scores, chosen.baseline_model
        known, old = (None if name is None else load_model(name) for name in (model, old_model))
        name = shown(os.path.basename(old_scores or old_model or ""), 255)
        policy, baselines = self._compared(api.Baselines(scores=old_scores, model=old, model_name=name))
        data = run.read(scores, labels, model=known, groups=policy.columns)
        how = api.Measuring(
            data, known, chosen.link, chosen.metrics, chosen.ci, chosen.bins, labels, run.execute
        )  # fmt: skip
        return api.checked(how, policy, baselines, fail_on_warn=self.run.chosen.fail_on_warn)

    def _compared(self, baselines: api.Baselines) -> tuple[Policy, api.Baselines]:
        path = self.policy.baseline
        if path is not None and self.outputs.update_baseline and not os.path.lexists(path):
            self.run.voice.note(f"{shown(path)} is not there yet: nothing to compare with")
            path = None
        baselines = api.with_result(baselines, path)
        return api.with_preset(self.policy, baselines), baselines

    def tell(self, result: Result) -> None:
        """The table or the document, and the files that were asked for."""
        from calibrate.outputs.write import write_files
        from calibrate.renderers import github, json, junit, markdown, verdicts

        voice = self.run.voice
        files = {self.outputs.junit: junit, self.outputs.md: markdown}
        contents: dict[str, Content] = {
            name: renderer.render(result).encode() for name, renderer in files.items() if name is not None
        }
        as_json = self.run.chosen.json
        look = {"color": voice.color, "plain": voice.plain}
        text = json.render(result) if as_json else verdicts.render(result, **look, said=self.run.said)
        write_files(contents)
        voice.answer(text)
        if self.outputs.github:
            lines = github.render(result)
            if as_json:
                sys.stderr.write(lines)
            else:
                voice.answer(lines)
            _summarise(markdown.render(result).encode())
        for name in contents:
            voice.note(f"wrote {shown(name)}")

    def update(self, result: Result) -> None:
        """The result becomes the baseline."""
        from calibrate.outputs.write import write_file
        from calibrate.renderers import json

        path = self.policy.baseline or ""
        write_file(path, json.render(result).encode())
        self.run.voice.note(f"wrote {shown(path)}")


def policy_asked(run: Run) -> tuple[Policy, str | None]:
    """What command line and file of gates ask for, and that file; it is looked for in the current folder alone."""
    chosen = run.chosen
    limits = {rule: tuple(getattr(chosen, rule)) for rule in RULES if getattr(chosen, rule)}
    asked = Asked(limits, chosen.baseline, chosen.preset, chosen.on, chosen.inconclusive)
    if chosen.gates is not None:
        return load_gates(chosen.gates, asked), chosen.gates
    for name in FILES:
        if os.path.exists(name) and (name != "pyproject.toml" or _has_table(name)):
            run.voice.note(f"gates of ./{name}")
            return load_gates(name, asked), name
    return policy_of({}, "the command line", asked), None


def _has_table(pyproject: str) -> bool:
    """Whether a pyproject.toml has gates; one that is no TOML is somebody else's trouble."""
    try:
        with open(pyproject, "rb") as file:
            return bool(own_table(tomllib.load(file)))
    except (OSError, ValueError, RecursionError):
        return False


def _refuse_in_a_set(path: str) -> None:
    """A file of a set that a manifest lists is not rewritten: the set would be broken."""
    from calibrate.outputs.manifest import listed

    folder, name = os.path.split(path)
    if name in listed(folder or os.curdir):
        raise CalibrateError(
            "E505",
            f"--update-baseline: {shown(path)} belongs to a set that MANIFEST.sha256 lists, expected a file of its own",
            "copy it: cp calibration/result.json baseline.json",
        )


def _summarise(page: bytes) -> None:
    """The comment at the end of the step's summary, where GitHub says that there is one and has room for it."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    from calibrate.outputs.aside import refusing

    with refusing(path), open(path, "ab") as file:
        if file.tell() + len(page) < MOST_SUMMARY:
            file.write(page)
