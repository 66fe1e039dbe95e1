"""SIGKILL at random moments of every command that writes.

Half of the moments are spread over the whole run, half over the time in which something lies aside. Runs make the old
and the new output in turn over whatever the run before left, so that every run also cleans up after killed ones.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from jobs import JOBS, VARIANTS, Bench, Job
from plan import Outcome, Plan
from warm import Child, seconds

from calibrate.outputs.aside import is_aside


def run(plan: Plan) -> Iterator[Outcome]:
    """Every job gets its share of the kills."""
    draw = plan.random("kill")
    for job in JOBS:
        bench = Bench(plan.base / job.name.replace(" ", "_"))
        for variant in VARIANTS:
            bench.reference(job, variant)
        yield from _killed(bench, job, max(2, plan.kills * job.share // 100), draw)


def _killed(bench: Bench, job: Job, kills: int, draw: Random) -> Iterator[Outcome]:
    bench.fresh(bench.reference(job, "old")[0])
    took = seconds(bench.arguments(job, "old"), cwd=bench.cwd(job))
    sent = tries = 0
    while sent < kills and tries < 4 * kills:
        tries += 1
        variant = VARIANTS[tries % 2]
        before, _ = bench.look(job)
        child = Child(bench.arguments(job, variant), cwd=bench.cwd(job))
        if tries % 2 or tries % 4 == 0:
            moment = draw.uniform(0, 1.1) * took
            time.sleep(moment)
        else:
            moment = draw.uniform(0, 0.2) * took * draw.random()
            _wait_for_something_aside(bench.out, child)
            time.sleep(moment)
        was_running = child.is_running()
        child.kill()
        ended = child.wait()
        sent += was_running
        killed = ended.code < 0
        wrongs = [*ended.wrongs, *bench.wrongs(job, before, variant=variant, killed=killed)]
        state, aside = bench.look(job)
        new, code = bench.reference_known(job, variant)
        if not killed and (state != new or ended.code != code):
            wrongs.append(
                f"an undisturbed run after killed ones ends with {ended.code}, expected {code} and its output"
            )
        if state not in (before, new):  # the next trial starts from a whole set
            bench.fresh(bench.reference_known(job, "old")[0])
        yield Outcome(
            f"{job.name}, killed after {moment:.4f} s",
            tuple(wrongs),
            {
                "kills": was_running,
                "ended before": not was_running,
                "left the old set": killed and state == before != new,
                "left the new set": killed and state == new != before,
                "in place, seen by the manifest": killed and state not in (before, new),
                "with something aside": killed and bool(aside),
            },
        )


def _wait_for_something_aside(out: Path, child: Child) -> None:
    """Return when a hidden folder or file of a run appears, or the run ends."""
    while child.is_running():
        if any(is_aside(name) for name in os.listdir(out)):
            return
