"""ENOSPC, EIO, EDQUOT and EINTR from every system call that writes.

A run whose call failed says so with exit code 2 and E501, leaves the old output and nothing aside; what only tidies up
may fail in silence, and then the new output is whole. A full disk stays full; half a write may have happened before.
EINTR is injected into real processes, by strace: it must not be noticed.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

import interpose
import traced
import warm
from jobs import JOBS, Bench, Job, State
from plan import Outcome, Plan
from sections.writes import old_and_calls, put_right
from warm import Ended

ERRORS = {"EIO": False, "ENOSPC": True, "EDQUOT": True}
"""Name -> whether all later calls that take room fail too."""


def run(plan: Plan) -> Iterator[Outcome]:
    """In-process for every job, then by strace for the first."""
    draw = plan.random("faults")
    for job in JOBS:
        bench = Bench(plan.base / job.name.replace(" ", "_"))
        old, names = old_and_calls(bench, job)
        points = [(at, call, error) for at, call in enumerate(names) for error in ERRORS if _can(call, error)]
        for at, call, error in draw.sample(points, min(len(points), plan.most(10**6, 5))):
            bench.fresh(old)
            moment = interpose.Moment(at, interpose.fail(getattr(errno, error)), ERRORS[error])
            ended = warm.run(bench.arguments(job, "new"), cwd=bench.cwd(job), before=moment)
            wrongs = judged(bench, job, old, ended, call)
            if at % 4 == 0:
                wrongs += put_right(bench, job)
            yield Outcome(f"{job.name}, {error} from {call}, call {at + 1} of {len(names)}", tuple(wrongs), {error: 1})
    yield from _traced(plan)


def judged(bench: Bench, job: Job, old: State, ended: Ended, call: str) -> list[str]:
    """What is wrong with a run in which `call` failed."""
    # Beside a name that cannot be removed nothing is clean; files that are no set are renamed one after the other.
    lenient = call in {"unlink", "rmdir"} or (call == "replace" and not job.atomic)
    wrongs = [*ended.wrongs, *bench.wrongs(job, old, killed=lenient)]
    new, code = bench.reference_known(job, "new")
    if ended.code == code and bench.look(job)[0] != new:
        wrongs.append(f"exit code {code}, but not the new output")
    if ended.code not in {2, code}:
        wrongs.append(f"exit code {ended.code}, expected 2: {ended.said[-200:]}")
    if ended.code == 2 and "error[E50" not in ended.said:
        wrongs.append(f"exit code 2 without E50x: {ended.said[-200:]}")
    if ended.code == code and call not in interpose.CLEANING and call != "exchange":
        wrongs.append(f"exit code {code}, although {call} failed")
    return wrongs


def _can(call: str, error: str) -> bool:
    """Whether the call can fail so: a quota or a full disk does not keep names from being removed or replaced."""
    return error == "EIO" or call in interpose.TAKING_ROOM


def _traced(plan: Plan) -> Iterator[Outcome]:
    if traced.missing():
        yield Outcome("faults by strace", left_out=traced.missing())
        return
    job, bench = JOBS[0], Bench(plan.base / "traced")
    old, _ = old_and_calls(bench, job)
    bench.fresh(old)
    calls = traced.calls(bench.arguments(job, "new"), bench.out, bench.base / "trace")
    points = [(call, n, error) for call, n in calls for error in ("EIO", "ENOSPC", "EINTR") if _fits(call, error)]
    for call, number, error in plan.random("traced").sample(points, min(len(points), plan.most(10**6, 2))):
        bench.fresh(old)
        ended = traced.disturbed(bench.arguments(job, "new"), call, number, f"error={error}")
        known = {"renameat2": "exchange", "rename": "replace", "openat": "open"}.get(call, call)
        if error == "EINTR":
            new, code = bench.reference_known(job, "new")
            as_ever = ended.code == code and bench.look(job)[0] == new
            wrongs = [*ended.wrongs, *([] if as_ever else [f"exit code {ended.code}: {ended.said[-200:]}"])]
        else:
            wrongs = judged(bench, job, old, ended, known)
        yield Outcome(f"{job.name}, {error} by strace from {call} {number}", tuple(wrongs), {f"{error} by strace": 1})


def _fits(call: str, error: str) -> bool:
    """Names are changed in one step that no signal interrupts; a full disk matters to what takes room."""
    if error == "EINTR":
        return call in {"write", "fsync", "openat"}
    return error == "EIO" or call in {"write", "fsync", "openat", "mkdir"}
