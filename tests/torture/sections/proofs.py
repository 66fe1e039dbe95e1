"""Tests that prove what README promises, counted: 50 digits, equal bytes, refusals, hostile names, old files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from plan import Outcome, Plan

TESTS = Path(__file__).parents[2]
PROOFS = {
    "numbers": ("against 50 digits", ("numbers",)),
    "bytes": ("over runs, threads, folders, locales, layouts, kernels", ("determinism",)),
    "bad input": ("refused or right", ("laws/test_bad_inputs.py",)),
    "names": ("hostile names through every output", ("test_hostile.py",)),
    "releases": ("files of every schema", ("test_golden.py",)),
}


def run(plan: Plan) -> Iterator[Outcome]:
    """Every proof is one run of pytest; a quick plan takes one, for `make test` runs them all itself."""
    for name, (what, paths) in list(PROOFS.items())[-1 if plan.quick else 0 :]:
        report = plan.base / f"{name}.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={report}"]
        command += [str(TESTS / path) for path in paths]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        tests = sum(int(suite.get("tests", 0)) for suite in ElementTree.parse(report).iter("testsuite"))
        problems = () if done.returncode == 0 else (done.stdout[-500:],)
        yield Outcome(f"{name}: {what}", problems, {f"tests of {name}": tests})
