"""Speed and memory of calibrate and of its peers, side by side in one run, as ratios.

    python tests/benchmarks/bench.py [--quick] [--only fit,score,...] [--no-peers] [--rounds N]

The unit of work is `exp1`, one cache-blocked float32 pass of exp over the same scores (`timing.exp1`). Cases take turns
and medians are compared; seconds depend on the machine, ratios hardly. Nothing here decides a test.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from doors import csv, memory, startup
from plan import Plan, Row
from speed import dask, fit, intervals, score
from timing import machine

PACKAGES = (
    "calibrate", "numpy", "scikit-learn", "torch", "netcal", "probmetrics", "polars", "pandas", "pyarrow", "distributed"
)  # fmt: skip
SECTIONS = {section.__name__: section for section in (fit, score, intervals, csv, startup, memory, dask)}


def show(section: str, rows: Iterator[Row]) -> None:
    """A section as a Markdown table, line by line as it is measured."""
    print(f"\n### {section}: {(SECTIONS[section].__doc__ or '').strip()}\n")
    print("| what | measured | at least | |\n|---|---|---|---|")
    for row in rows:
        mark = {True: "reached", False: "MISSED", None: ""}[row.reached]
        print(f"| {row.what} | {row.found} | {row.least} | {mark} |", flush=True)


def main() -> int:
    """Measure the sections that were asked for; 0 also where a figure is missed: timings decide nothing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"sections, of: {', '.join(SECTIONS)}")
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of the rows, fewer rounds: a smoke test, not a measurement"
    )
    parser.add_argument("--no-peers", action="store_true", help="ours alone")
    parser.add_argument("--rounds", type=int, default=0, help="runs of every case (7; quick: 3)")
    given = parser.parse_args()
    wanted = [name.strip() for name in given.only.split(",")]
    if unknown := [name for name in wanted if name not in SECTIONS]:
        parser.error(f"unknown sections: {', '.join(unknown)}")
    print(machine(PACKAGES))
    if given.quick:
        print("quick: sizes are a tenth; the ratios mean little")
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(
            10 if given.quick else 1, given.rounds or (3 if given.quick else 7), not given.no_peers, Path(folder)
        )
        for name in wanted:
            show(name, SECTIONS[name](plan))
    print(f"\n{time.perf_counter() - begun:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
