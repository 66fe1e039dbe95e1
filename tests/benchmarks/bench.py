"""Speed and memory of calibrate and of its peers, side by side in one run, as ratios.

    python tests/benchmarks/bench.py [--quick] [--only fit,score,...] [--no-peers] [--rounds N] [--data FOLDER]

The unit of work is `exp1`, one cache-blocked float32 pass of exp over the same scores (`timing.exp1`). Cases take turns
and medians are compared; seconds depend on the machine, ratios hardly. Nothing here decides a test.
The sections `methods` and `auto` measure quality: held-out losses of all methods on `sample_data/`, on the .npz sets of
`--data`, and on sets that are made.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from doors import csv, memory, startup
from methods import auto, methods, methods_speed
from plan import Plan, Row
from speed import dask, fit, intervals, score
from timing import machine

PACKAGES = (
    "calibrate", "numpy", "scikit-learn", "torch", "netcal", "probmetrics", "betacal", "venn-abers", "ml-insights",
    "polars", "pandas", "pyarrow", "distributed",
)  # fmt: skip
ALL = (fit, score, intervals, csv, startup, memory, dask, methods, methods_speed, auto)
SECTIONS = {section.__name__.replace("_", "-"): section for section in ALL}


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
    parser.add_argument("--data", type=Path, help="folder of .npz sets that `methods` measures too (sets.py)")
    given = parser.parse_args()
    wanted = [name.strip() for name in given.only.split(",")]
    if unknown := [name for name in wanted if name not in SECTIONS]:
        parser.error(f"unknown sections: {', '.join(unknown)}")
    print(machine(PACKAGES))
    if given.quick:
        print("quick: sizes are a tenth; the ratios mean little")
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        shrink, rounds = (10, 3) if given.quick else (1, 7)
        plan = Plan(shrink, given.rounds or rounds, not given.no_peers, Path(folder), given.data)
        for name in wanted:
            show(name, SECTIONS[name](plan))
    print(f"\n{time.perf_counter() - begun:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
