"""Torture: the program is killed, starved, interrupted and fed with monsters; no output may be broken for it.

    make torture                          every section, about 1,000 kills
    make torture ARGS="--only kill,pipe"  some of them
    make torture ARGS=--quick             a small sample of everything

A section is one file of `sections/`, with `run(plan)` that gives outcomes; its docstring says what is done. Ends with
'N passed, N failed', and exit code 1 where something failed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

# As the program itself has it, and before NumPy is imported here: children are forked from this process.
os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
os.environ.update(COLUMNS="80", NO_COLOR="1", TERM="dumb", MPLBACKEND="agg", SOURCE_DATE_EPOCH="0")

from plan import Outcome, Plan

HERE = Path(__file__).parent
SHOWN = 5


def names() -> list[str]:
    """The sections there are."""
    return sorted(path.stem for path in (HERE / "sections").glob("*.py") if path.stem != "__init__")


def main() -> int:
    """Run what is asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="torture.py", description=__doc__.split("\n")[0])
    parser.add_argument("--only", default=",".join(names()), metavar="NAMES", help=f"of {', '.join(names())}")
    parser.add_argument("--kills", type=int, metavar="N", help="random moments of SIGKILL (1000; quick: 30)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a small sample of everything")
    parser.add_argument("--verbose", action="store_true", help="one line per trial")
    asked = parser.parse_args()
    wanted = asked.only.split(",")
    if unknown := set(wanted) - set(names()):
        parser.error(f"no sections: {', '.join(sorted(unknown))}")
    kills = asked.kills if asked.kills is not None else 30 if asked.quick else 1000
    total: Counter[bool] = Counter()
    for name in wanted:
        base = Path(os.path.realpath(tempfile.mkdtemp(prefix="torture-")))
        try:
            plan = Plan(base, kills, asked.quick, asked.seed)
            total += section(name, import_module(f"sections.{name}").run, plan, asked.verbose)
        finally:
            shutil.rmtree(base, ignore_errors=True)
    print(f"{total[True]} passed, {total[False]} failed")
    return 1 if total[False] or not total[True] else 0


def section(name: str, run: Callable[[Plan], Iterable[Outcome]], plan: Plan, verbose: bool) -> Counter[bool]:
    """Run one section and say what came of it; True -> trials that passed, False -> that failed."""
    begun = time.monotonic()
    counts: Counter[bool] = Counter()
    figures: Counter[str] = Counter()
    for outcome in run(plan):
        if outcome.left_out:
            print(f"{name}: left out: {outcome.what}: {outcome.left_out}", flush=True)
            continue
        passed = not outcome.problems
        counts[passed] += 1
        figures.update(outcome.figures)
        if verbose or (not passed and counts[False] <= SHOWN):
            print(f"  {'ok  ' if passed else 'FAIL'} {outcome.what}: {'; '.join(outcome.problems)[:600]}", flush=True)
    seen = ", ".join(f"{count:,} {what}" for what, count in figures.items())
    took = time.monotonic() - begun
    print(
        f"{name}: {counts[True]} passed, {counts[False]} failed ({seen or 'nothing counted'}) in {took:.0f} s",
        flush=True,
    )
    return counts


if __name__ == "__main__":
    sys.exit(main())
