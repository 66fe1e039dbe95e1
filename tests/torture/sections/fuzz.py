"""Readers and loaders under the fuzzer of `make fuzz`, for some seconds: atheris where it is there, else blindly."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from plan import Outcome, Plan

FUZZ = Path(__file__).parents[2] / "fuzz" / "fuzz.py"
LAST = re.compile(r"([\d,]+) executions, ([\d,]+) uncaught exceptions")


def run(plan: Plan) -> Iterator[Outcome]:
    """One run of all targets."""
    seconds = plan.most(300, 15)
    environment = {**os.environ, "FUZZ_KEPT": str(plan.base / "fuzz")}
    command = [sys.executable, str(FUZZ), "--seconds", str(seconds), "--seed", str(plan.seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    found = LAST.search(done.stdout)
    lines = [line.strip() for line in done.stdout.splitlines() if line.startswith("    ")]
    problems = () if done.returncode == 0 and found else (*lines, done.stderr[-500:])
    yield Outcome(f"{seconds} s of fuzzing", problems, {"executions": int(found[1].replace(",", "")) if found else 0})
