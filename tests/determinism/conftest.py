"""The commands as a user runs them, in processes of their own, and all that they leave as bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]

KEPT = ("PATH", "HOME", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")
"""What a process inherits; everything else is as the test says."""


@dataclass(frozen=True)
class Left:
    """What the commands left: standard output, standard error and exit code by command, and files by their path."""

    said: dict[str, tuple[int, bytes, bytes]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


Run = Callable[..., Left]


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs commands, named lists of arguments, one after the other in a folder, and gathers what they leave there.

    An exit code of 2 or 3 (could not, a bug) fails the test with what was said.
    """

    def all_of(commands: Mapping[str, list[str]], folder: Path, environment: Mapping[str, str] | None = None) -> Left:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        usual = {"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "1764547200", "PYTHONWARNINGS": "error", "COLUMNS": "80"}
        left = Left()
        for name, arguments in commands.items():
            ran = subprocess.run(
                [sys.executable, "-m", "calibrate", *arguments], cwd=folder, capture_output=True, check=False,
                env=kept | usual | dict(environment or {}),
            )  # fmt: skip
            assert ran.returncode in {0, 1, 4}, (name, ran.stderr.decode())
            left.said[name] = (ran.returncode, ran.stdout, ran.stderr)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                left.files[path.relative_to(folder).as_posix()] = path.read_bytes()
        return left

    return all_of


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `scores.npy`, `labels.npy` and `weights`, several blocks of rows, and a tenth of that in `few`."""
    folder = tmp_path_factory.mktemp("world")
    rng = np.random.default_rng(7)
    n, k = 60_000, 20
    labels = rng.integers(0, k, n)
    scores = rng.normal(0, 2, (n, k))
    scores[np.arange(n), labels] += rng.normal(3, 3, n)
    np.save(folder / "scores.npy", scores)
    np.save(folder / "labels.npy", labels)
    np.save(folder / "few_scores.npy", scores[:1500, :4].copy())
    np.save(
        folder / "few_labels.npy",
        scores[:1500, :4].argmax(axis=1) * (labels[:1500] % 3 > 0) + (labels[:1500] % 3 == 0) * (labels[:1500] % 4),
    )
    return folder
