"""What is tortured: commands that write, each with two inputs, so that an old and a new output can be told apart."""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import warm

from calibrate.errors import CalibrateError
from calibrate.outputs.aside import is_aside
from calibrate.outputs.manifest import check_folder

State = dict[str, bytes]
"""Relative path -> content."""
VARIANTS = ("old", "new")


@dataclass(frozen=True)
class Job:
    """A command whose outputs all lie in `{out}`.

    atomic   all files change in one step; else each of them does, and a kill may fall between two
    inside   it runs in `{out}` and writes there file by file: a kill between two is seen by the manifest
    share    of the kills, in per cent
    varies   what may differ from run to run, as a pattern: measured seconds
    """

    name: str
    arguments: tuple[str, ...]
    share: int
    atomic: bool = True
    inside: bool = False
    varies: bytes = b""


_DATA = ("{data}/scores.csv", "{data}/labels.csv")
_FIT = ("fit", *_DATA, "--no-plot", "--output-dir")
JOBS = (
    Job("fit", (*_FIT, "{out}/set"), 40),
    Job("apply", ("apply", "{model}", _DATA[0], "--output", "{out}/p.csv"), 15),
    Job("report", ("report", *_DATA, "--model", "{model}", "--output-dir", "{out}/audit"), 8),
    Job(
        "check",
        ("check", "--result", "{data}/result.json", "--max", "ece=0.9", "--junit", "{out}/c.xml", "--md", "{out}/c.md"),
        15,
        atomic=False,
    ),
    Job("plot", ("plot", *_DATA, "--output", "{out}/d.svg"), 8),
    Job(
        "compare",
        (
            *("compare", *_DATA, "--methods", "temperature,none", "--repeats", "1"),
            "--md",
            "{out}/m.md",
            "-o",
            "{out}/m.svg",
        ),
        4,
        atomic=False,
        varies=rb"(?<= )[0-9.e-]+ \|(?=\n)",
    ),
    Job("fit -o .", (*_FIT, "."), 10, inside=True),
)


@dataclass
class Bench:
    """A folder with the inputs, and for every job its old and its new output.

    place  where `out` lies, if not in `base`
    """

    base: Path
    place: Path | None = None
    references: dict[tuple[str, str], tuple[State, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, variant in enumerate(VARIANTS):
            _write_data(self.base / "data" / variant, 60 + 20 * number, number)
        self._done(["fit", *self._filled(_DATA, "old"), "--no-plot", "-o", str(self.base / "first")])
        for variant in VARIANTS:
            self._done(["fit", *self._filled(_DATA, variant), "--no-plot", "-o", str(self.base / "scratch")])
            shutil.copy(self.base / "scratch/result.json", self.base / "data" / variant)
        shutil.rmtree(self.base / "scratch")

    @property
    def out(self) -> Path:
        """Where jobs write."""
        return (self.place or self.base) / "out"

    def arguments(self, job: Job, variant: str) -> list[str]:
        """Of a run of `job` that makes the output of `variant`."""
        return self._filled(job.arguments, variant)

    def cwd(self, job: Job) -> Path:
        """Where it runs: outside of any repository, whose state a report would hold."""
        return self.out if job.inside else self.base

    def reference(self, job: Job, variant: str) -> tuple[State, int]:
        """What an undisturbed run leaves, and its exit code."""
        key = job.name, variant
        if key not in self.references:
            self.fresh({})
            ended = warm.run(self.arguments(job, variant), cwd=self.cwd(job))
            state, aside = self.look(job)
            if ended.code not in {0, 1, 4} or not state or aside:
                raise RuntimeError(f"{job.name}: a plain run ends with {ended.code} and leaves {aside}: {ended.said}")
            self.references[key] = state, ended.code
        return self.references[key]

    def fresh(self, state: State) -> None:
        """`out` holds exactly this."""
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(exist_ok=True)  # it stays where it is a mount point
        for name, content in state.items():
            path = self.out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def look(self, job: Job) -> tuple[State, list[str]]:
        """The files in `out`, without what varies, and what lies aside; each as its path in it."""
        state: State = {}
        aside: list[str] = []
        for top, folders, files in os.walk(self.out):
            place = os.path.relpath(top, self.out)
            aside += [os.path.join(place, name) for name in (*folders, *files) if is_aside(name)]
            folders[:] = [name for name in folders if not is_aside(name)]
            for name in files:
                if not is_aside(name):
                    content = Path(top, name).read_bytes()
                    state[os.path.normpath(os.path.join(place, name))] = (
                        re.sub(job.varies, b"", content) if job.varies else content
                    )
        return state, aside

    def wrongs(self, job: Job, before: State, *, variant: str = "new", killed: bool = False) -> list[str]:
        """What is wrong with `out` after a disturbed run over `before`; after a kill things may lie aside."""
        state, aside = self.look(job)
        new, _ = self.reference_known(job, variant)
        found = [] if killed or not aside else [f"left {', '.join(aside[:3])}"]
        if state in (before, new):
            return found
        torn = [name for name, content in state.items() if content not in (before.get(name), new.get(name))]
        lost = sorted((before.keys() & new.keys()) - state.keys())
        if torn or lost:
            return [*found, f"broken: {', '.join(torn)}", f"lost: {', '.join(lost)}"]
        if killed and job.inside and _is_refused(self.out):
            return found
        if killed and not job.atomic:
            return found
        return [*found, f"mixed: {sorted(state)} is neither the old nor the new set"]

    def reference_known(self, job: Job, variant: str) -> tuple[State, int]:
        """A reference that was made before."""
        return self.references[job.name, variant]

    def _filled(self, parts: Sequence[str], variant: str) -> list[str]:
        known = {
            "{data}": str(self.base / "data" / variant),
            "{model}": str(self.base / "first/model.json"),
            "{out}": str(self.out),
        }
        filled = []
        for part in parts:
            for name, value in known.items():
                part = part.replace(name, value)  # noqa: PLW2901
            filled.append(part)
        return filled

    def _done(self, arguments: list[str]) -> None:
        ended = warm.run(arguments, cwd=self.base)
        if ended.code:
            raise RuntimeError(f"calibrate {' '.join(arguments)} ends with {ended.code}: {ended.said}")


def _is_refused(folder: Path) -> bool:
    """Whether a reader of the set would see that it is not whole."""
    try:
        check_folder(folder)
    except CalibrateError as problem:
        return problem.code == "E506"
    return False


def _write_data(folder: Path, rows: int, seed: int) -> None:
    """Logits of three classes that are twice too sure, and labels."""
    draw = random.Random(seed)
    folder.mkdir(parents=True)
    scores, labels = ["cat,dog,fox"], ["label"]
    for _ in range(rows):
        truth = draw.randrange(3)
        scores.append(",".join(f"{4 * draw.gauss(float(k == truth), 0.8):.6f}" for k in range(3)))
        labels.append(("cat", "dog", "fox")[truth])
    (folder / "scores.csv").write_text("\n".join(scores) + "\n")
    (folder / "labels.csv").write_text("\n".join(labels) + "\n")
