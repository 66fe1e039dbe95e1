"""The console blocks of README are real: each command is run, and what it prints is what stands there.

`python tests/test_readme.py` writes what the commands print today into README.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each `$ command` of a block with the output that follows it."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def printed(command: str, folder: Path) -> str:
    """What a command prints on both streams, as a terminal without colours would show it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    keep = {k: v for k, v in os.environ.items() if k in ("HOME", "LANG", "TMPDIR", "COVERAGE_PROCESS_START")}
    environment = {**keep, "PATH": path, "NO_COLOR": "1", "COLUMNS": "80", "LANG": "C.UTF-8", "TERM": "dumb"}
    run = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = [line.rstrip() for line in run.stdout.splitlines()]
    return "".join(line + "\n" for line in lines)


def place(folder: Path) -> Path:
    """A folder as a fresh clone is one, as far as README's commands go."""
    (folder / "sample_data").symlink_to(ROOT / "sample_data")
    return folder


def blocks() -> list[str]:
    """All console blocks, in order: later ones may use what earlier ones wrote."""
    return BLOCK.findall(README.read_text(encoding="utf-8"))


def test_readme_shows_the_main_job() -> None:
    assert any("calibrate fit" in block for block in blocks())


def test_console_blocks_are_what_the_commands_print(tmp_path: Path) -> None:
    folder = place(tmp_path)
    for block in blocks():
        for command, expected in commands(block):
            assert printed(command, folder) == expected, command


@pytest.mark.parametrize(
    "word",
    ["make demo", "make test", "calibrate fit", "calibrate score", "calibrate apply", "calibrate inspect", "exit"],
)
def test_readme_names(word: str) -> None:
    assert word in README.read_text(encoding="utf-8")


def write(folder: Path) -> None:
    """README with the outputs of today."""

    def renewed(match: re.Match[str]) -> str:
        runs = [f"$ {command}\n{printed(command, folder)}" for command, _ in commands(match[1])]
        return "```console\n" + "".join(runs) + "```"

    README.write_text(BLOCK.sub(renewed, README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    scratch = ROOT / "build" / "readme"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    write(place(scratch))
