"""SIGKILL at every system call that writes: instead of it, half through a write, and right after it.

Once in forked children whose `os` functions are replaced, for every command; once, where strace is, in real processes.
After some of them the next run must put everything right.
"""

from __future__ import annotations

from collections.abc import Iterator

import interpose
import traced
import warm
from jobs import JOBS, VARIANTS, Bench, Job
from plan import Outcome, Plan

WAYS = {"instead of": interpose.kill_before, "right after": interpose.kill_after}


def run(plan: Plan) -> Iterator[Outcome]:
    """In-process for every job, then by strace for the first."""
    draw = plan.random("writes")
    for job in JOBS:
        bench = Bench(plan.base / job.name.replace(" ", "_"))
        old, names = old_and_calls(bench, job)
        points = [(at, name, way) for at, name in enumerate(names) for way in WAYS]
        for at, name, way in draw.sample(points, min(len(points), plan.most(10**6, 4))):
            bench.fresh(old)
            moment = interpose.Moment(at, WAYS[way])
            ended = warm.run(bench.arguments(job, "new"), cwd=bench.cwd(job), before=moment)
            wrongs = [*ended.wrongs, *bench.wrongs(job, old, killed=True)]
            if ended.code != -9:
                wrongs.append(f"ended with {ended.code}, expected to be killed")
            counts = {"kills": 1}
            if at % 4 == 0:
                wrongs += put_right(bench, job)
                counts["next runs"] = 1
            yield Outcome(f"{job.name}, killed {way} {name}, call {at + 1} of {len(names)}", tuple(wrongs), counts)
    yield from _traced(plan)


def old_and_calls(bench: Bench, job: Job) -> tuple[dict[str, bytes], list[str]]:
    """The old output, and the calls of a run over it that makes the new one."""
    old = bench.reference(job, VARIANTS[0])[0]
    bench.reference(job, VARIANTS[1])
    bench.fresh(old)
    log = bench.base / "calls"
    moment = interpose.Moment(-1, interpose.nothing, log=log)
    warm.run(bench.arguments(job, "new"), cwd=bench.cwd(job), before=moment)
    return old, log.read_text().split()


def put_right(bench: Bench, job: Job) -> list[str]:
    """What is wrong after one more run, undisturbed: it must leave the new output and nothing aside."""
    again = warm.run(bench.arguments(job, "new"), cwd=bench.cwd(job))
    new, code = bench.reference_known(job, "new")
    state, aside = bench.look(job)
    if again.code == code and state == new and not aside:
        return []
    return [f"the next run ends with {again.code} and leaves {sorted(state)}, aside {aside}: {again.said[-200:]}"]


def _traced(plan: Plan) -> Iterator[Outcome]:
    if traced.missing():
        yield Outcome("kills by strace", left_out=traced.missing())
        return
    job, bench = JOBS[0], Bench(plan.base / "traced")
    old, _ = old_and_calls(bench, job)
    bench.fresh(old)
    points = traced.calls(bench.arguments(job, "new"), bench.out, bench.base / "trace")
    for call, number in plan.random("traced").sample(points, min(len(points), plan.most(10**6, 1))):
        bench.fresh(old)
        ended = traced.disturbed(bench.arguments(job, "new"), call, number, "signal=SIGKILL")
        wrongs = [*ended.wrongs, *bench.wrongs(job, old, killed=True), *put_right(bench, job)]
        yield Outcome(f"{job.name}, SIGKILL by strace at {call} {number}", tuple(wrongs), {"kills by strace": 1})
