"""SIGINT, SIGTERM and SIGHUP at random moments and before every call that writes; sometimes twice.

The run ends with 130, 143 or 129 (before it listens, by the signal itself), or goes well where the outcome stood
already; the output is the old one or the new one, and nothing lies aside.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import interpose
import warm
from jobs import JOBS, Bench, Job, State
from plan import Outcome, Plan
from sections.writes import old_and_calls
from warm import Child, Ended

SENT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(plan: Plan) -> Iterator[Outcome]:
    """For every job: random moments, then every call; at last some real processes."""
    draw = plan.random("signals")
    for job in JOBS:
        bench = Bench(plan.base / job.name.replace(" ", "_"))
        old, names = old_and_calls(bench, job)
        took = warm.seconds(bench.arguments(job, "new"), cwd=bench.cwd(job))
        for _ in range(max(2, plan.kills * job.share // 300)):
            bench.fresh(old)
            number, twice = draw.choice(SENT), draw.random() < 0.3
            child = Child(bench.arguments(job, "new"), cwd=bench.cwd(job))
            time.sleep(draw.uniform(0, 1.1) * took)
            child.kill(number)
            if twice:
                time.sleep(draw.uniform(0, 0.01))
                child.kill(draw.choice(SENT))
            wrongs = judged(bench, job, old, child.wait(), number, twice=twice)
            yield Outcome(f"{job.name}, {number.name} at random", tuple(wrongs), {number.name: 1})
        points = [(at, number) for at in range(len(names)) for number in SENT[:2]]
        for at, number in draw.sample(points, min(len(points), plan.most(10**6, 3))):
            bench.fresh(old)
            moment = interpose.Moment(at, interpose.interrupt(number))
            ended = warm.run(bench.arguments(job, "new"), cwd=bench.cwd(job), before=moment)
            wrongs = judged(bench, job, old, ended, number)
            yield Outcome(
                f"{job.name}, {number.name} before {names[at]}, call {at + 1}", tuple(wrongs), {"at calls": 1}
            )
    yield from _real(plan)


def judged(bench: Bench, job: Job, old: State, ended: Ended, number: int, *, twice: bool = False) -> list[str]:
    """What is wrong with a run that got a signal."""
    new, code = bench.reference_known(job, "new")
    died = ended.code < 0  # before it listened: nothing was begun
    wrongs = [*ended.wrongs, *bench.wrongs(job, old)]
    if not died and ended.code not in {128 + number, code, *((129, 130, 143) if twice else ())}:
        wrongs.append(f"ended with {ended.code}, expected {128 + number}: {ended.said[-300:]}")
    if ended.code == code and bench.look(job)[0] != new:
        wrongs.append(f"exit code {code} without the new output")
    return wrongs


def _real(plan: Plan) -> Iterator[Outcome]:
    """With the end of the interpreter, which a forked child has not."""
    job, bench, draw = JOBS[0], Bench(plan.base / "real"), plan.random("real")
    old, _ = old_and_calls(bench, job)
    bench.fresh(old)
    begun = time.monotonic()
    warm.ended(warm.real(bench.arguments(job, "new"), cwd=bench.base))
    took = time.monotonic() - begun
    for _ in range(plan.most(30, 2)):
        bench.fresh(old)
        number = draw.choice(SENT)
        process = warm.real(bench.arguments(job, "new"), cwd=bench.base, start_new_session=True)
        time.sleep(draw.uniform(0.2, 1.1) * took)
        process.send_signal(number)
        wrongs = judged(bench, job, old, warm.ended(process), number)
        yield Outcome(f"{job.name}, {number.name} to a real process", tuple(wrongs), {"real processes": 1})
