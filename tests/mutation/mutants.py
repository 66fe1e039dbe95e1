"""Mutation testing of the numeric core by mutmut: which small changes of the program would no test notice?

    make mutants ARGS="[--only numerics,metrics] [--ids 147] [--least 95] [--budget 3] [--again]"

Every mutant is one change in one function: an operator, a comparison, a number raised by 1, an argument left out or
None, an assigned None, a branch forced. It is killed when a test fails or does not end. Texts are not mutated; nor does
mutmut touch decorated functions and constants of modules. `--ids 147` takes the mutants whose number ends in 1, 4 or 7:
a sample of 3 in 10, always the same one. Of the tests that reach a function the cheapest come first, `--budget` seconds
of them; the property-based laws of whole registries are left out: they could only kill more.

Survivors that mean the same program are explained in equivalent.toml and not counted. Exit code 1 under `--least` %.
"""

from __future__ import annotations

import argparse
import difflib
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".venv-mutants" / "work"
COPIED = ("calibrate", "tests", "sample_data", "pyproject.toml", "README.md", "Makefile", "CHANGELOG.md")

CORE = (
    "numerics", "sums", "collectors", "links", "metrics", "calibrators/temperature", "fitting/slopes",
    "fitting/optimize", "fitting/passes",
    "fitting/magnitude", "partition", "uncertainty/intervals", "uncertainty/means", "uncertainty/binned",
    "uncertainty/quantiles", "uncertainty/differences", "uncertainty/ece_inversion", "uncertainty/cells", "verdict",
)  # fmt: skip
TESTS = (
    "tests/test_numerics.py", "tests/test_sums.py", "tests/test_collectors.py", "tests/test_partition.py",
    "tests/test_verdict.py", "tests/links", "tests/metrics", "tests/uncertainty", "tests/fitting/test_optimize.py",
    "tests/fitting/test_slopes.py", "tests/fitting/test_passes.py", "tests/fitting/test_magnitude.py",
    "tests/fitting/test_prospects.py", "tests/calibrators/test_temperature.py",
    "tests/laws/test_links.py", "calibrate/numerics.py", "calibrate/sums.py", "calibrate/uncertainty",
)  # fmt: skip

NO_TESTS = 33
"""What mutmut notes of a mutant that no test reaches; 0: all tests passed; None: not tried; all else is a kill."""


@dataclass(frozen=True)
class Mutant:
    """A change that was tried: mutmut's name of it, the lines it changes, before and after, and how the tests ended."""

    name: str
    file: str
    function: str
    before: str
    after: str
    code: int

    @property
    def survived(self) -> bool:
        """Whether no test noticed."""
        return self.code in {0, NO_TESTS}

    @property
    def timed_out(self) -> bool:
        """Whether the tests did not end: by a signal, or by the codes that mutmut has for it."""
        return self.code in {-24, 24, 36, 152, 255}


def main() -> int:
    """Run mutmut on what was asked for; print the table and what survived."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default=",".join(CORE), help="files or folders below calibrate/, by comma")
    parser.add_argument("--ids", default="0123456789", help="last digits of the numbers of the mutants that are tried")
    parser.add_argument("--least", type=float, default=95.0, help="score under which the exit code is 1")
    parser.add_argument("--budget", type=float, default=3.0, help="seconds of tests per mutant")
    parser.add_argument("--again", action="store_true", help="try what survived once more, by the tests of today")
    parser.add_argument("--report", action="store_true", help="only print what the last run found")
    asked = parser.parse_args()
    files = _files(asked.only.split(","))
    if asked.again:
        _prepare_again()
        names = [m.name for file in files for m in _tried(file, asked.ids) if m.survived]
    elif not asked.report:
        _prepare(files)
        names = [f"{file.removesuffix('.py').replace('/', '.')}.*_*[{asked.ids}]" for file in files]
    if not asked.report and names:
        start = [sys.executable, str(Path(__file__).with_name("start.py")), str(asked.budget)]
        subprocess.run([*start, "run", "--max-children", "1", *names], cwd=WORK, check=True)
    return _report([mutant for file in files for mutant in _tried(file, asked.ids)], asked.least)


def _files(only: Iterable[str]) -> list[str]:
    found = []
    for name in only:
        path = ROOT / "calibrate" / name
        found += sorted(path.glob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    return [path.relative_to(ROOT).as_posix() for path in found if path.stat().st_size]


def _prepare(files: Iterable[str]) -> None:
    """A copy of the project, in which mutmut writes its mutants and keeps its results; nothing is left of the last."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, WORK / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, WORK / name)
    settings = {
        "source_paths": ["calibrate/"],
        "only_mutate": list(files),
        "also_copy": [name for name in COPIED if name != "calibrate"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-m", "not slow"],
        "pytest_add_cli_args_test_selection": list(TESTS),
        # CPU seconds: a fifth of 50 and of what all tests of a function take.
        "timeout_constant": 50.0,
        "timeout_multiplier": 0.1,
        "use_git_change_detection": False,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    with (WORK / "pyproject.toml").open("a") as file:
        file.write("\n".join(["", "[tool.mutmut]", *lines, ""]))


def _prepare_again() -> None:
    """The tests of today, beside the mutants that are there."""
    for folder in (WORK, WORK / "mutants"):
        shutil.rmtree(folder / "tests", ignore_errors=True)
        shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))


def _tried(file: str, ids: str) -> Iterator[Mutant]:
    """The mutants of a file with a result, in their order; their texts from the module that holds them all."""
    notes = WORK / "mutants" / f"{file}.meta"
    codes: dict[str, int | None] = json.loads(notes.read_text())["exit_code_by_key"] if notes.exists() else {}
    functions = _functions((WORK / "mutants" / file).read_text()) if codes else {}
    for key, code in codes.items():
        name = key.rpartition(".")[2]
        stem, _, number = name.rpartition("__mutmut_")
        if code is None or number[-1] not in ids:
            continue
        original, mutated = (
            [line.replace(one, stem) for line in functions[one]] for one in (f"{stem}__mutmut_orig", name)
        )
        changed = [line for line in difflib.ndiff(original, mutated) if line[:2] in {"- ", "+ "}]
        before, after = (" ".join(line[2:].strip() for line in changed if line[0] == sign) for sign in "-+")
        yield Mutant(key, file, re.sub(r"^x_?|ǁ", " ", stem).split()[-1], before, after, code)


def _functions(text: str) -> dict[str, list[str]]:
    """The lines of every original and mutant in a module of mutants, by name."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    end = re.compile("x")
    for line in text.splitlines():
        if match := re.match(r"( *)def (\w+__mutmut_\w+)\(", line):
            lines = found.setdefault(match[2], [])
            end = re.compile(rf" {{0,{len(match[1])}}}[^ )]")
        elif end.match(line):
            lines = []
        lines.append(line)
    return found


def _report(tried: list[Mutant], least: float) -> int:
    explained = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text())["equivalent"]
    same = [mutant for mutant in tried if mutant.survived and any(_is(mutant, entry) for entry in explained)]
    left = [mutant for mutant in tried if mutant.survived and mutant not in same]
    print(f"{'file':36}{'mutants':>9}{'killed':>9}{'timeout':>9}{'explained':>11}{'survived':>10}{'score':>8}")
    for file in [*dict.fromkeys(mutant.file for mutant in tried), ""]:
        n, alike, lived = (sum(m.file == file or not file for m in group) for group in (tried, same, left))
        late = sum(m.timed_out for m in tried if m.file == file or not file)
        score = f"{100 * (1 - lived / max(1, n - alike)):.1f}"
        print(f"{file or 'all':36}{n:9}{n - alike - lived:9}{late:9}{alike:11}{lived:10}{score:>8}")
    for mutant in left:
        untested = " (no test reaches it)" if mutant.code == NO_TESTS else ""
        print(f"\n{mutant.file} {mutant.function}{untested}")
        print(f"  - {mutant.before}\n  + {mutant.after}")
    n, lived = len(tried) - len(same), len(left)
    score = 100 * (1 - lived / max(1, n))
    low, high = (_end(lived, n, sign) for sign in (1, -1))
    print(f"\nscore {score:.1f} % of {n} mutants (of all that mutmut can make: {low:.1f} to {high:.1f} %)")
    return int(score < least)


def _end(lived: int, n: int, sign: int, z: float = 1.96) -> float:
    """Wilson's ends of the score, in percent."""
    p = lived / max(1, n)
    z2 = z * z / max(1, n)
    middle, half = p + z2 / 2, z * math.sqrt(p * (1 - p) / max(1, n) + z2 / max(1, n) / 4)
    return 100 * (1 - (middle + sign * half) / (1 + z2))


def _is(mutant: Mutant, entry: dict[str, str]) -> bool:
    """Whether this is a mutant that the entry explains: in its file, on a line like its own, `was` has become `is`."""
    file = mutant.file.removeprefix("calibrate/")
    if not fnmatchcase(file, entry.get("file", "*")) or entry.get("line", "") not in mutant.before:
        return False
    before, after, was, new = (re.sub(r"\s", "", s) for s in (mutant.before, mutant.after, entry["was"], entry["is"]))
    places = (match.start() for match in re.finditer(re.escape(was), before))
    return any(before[:i] + new + before[i + len(was) :] == after for i in places)


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.exit(main())
