"""Standard streams that are closed, full, or read by nobody: real processes, for every command.

Outputs are written before anything is said, so they are whole; the exit code is 141 where a reader has gone, 2 (E508)
where standard output takes nothing more, else as ever.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import warm
from jobs import JOBS, VARIANTS, Bench
from plan import Outcome, Plan

CLOSED = 141


def run(plan: Plan) -> Iterator[Outcome]:
    """Every job with every stream, and `apply | head -1`."""
    draw = plan.random("pipe")
    cases = [(job, what) for job in JOBS for what in _STREAMS]
    if plan.quick:
        cases = draw.sample(cases, 3)
    benches: dict[str, Bench] = {}
    for job, what in cases:
        bench = benches.setdefault(
            job.name, Bench(plan.base / job.name.replace(" ", "_")) if job.name not in benches else benches[job.name]
        )
        for variant in VARIANTS:
            bench.reference(job, variant)
        new, code = bench.reference_known(job, "new")
        bench.fresh(bench.reference_known(job, "old")[0])
        streams, codes = _STREAMS[what]
        with _Ends() as ends:
            ended = warm.ended(warm.real(bench.arguments(job, "new"), cwd=bench.cwd(job), **streams(ends)))
        wrongs = list(ended.wrongs)
        allowed = {code, *codes}
        if ended.code not in allowed:
            wrongs.append(f"ended with {ended.code}, expected one of {sorted(allowed)}: {ended.said[-300:]}")
        state, aside = bench.look(job)
        if state != new and not (ended.code in codes and state == bench.reference_known(job, "old")[0]):
            wrongs.append(f"exit code {ended.code}, but the output is not whole: {sorted(state)}")
        wrongs += [f"left aside: {aside}"] if aside else []
        yield Outcome(f"{job.name}, {what}", tuple(wrongs), {what: 1})
    yield _head(plan)


def _head(plan: Plan) -> Outcome:
    """The first line, and 141, of an output that no pipe holds."""
    bench = Bench(plan.base / "head")
    many = plan.base / "many.csv"
    many.write_text("cat,dog,fox\n" + "1.25,-0.5,0.125\n" * 100_000)
    command = f"{sys.executable} -m calibrate apply {bench.base / 'first/model.json'} {many}; echo $? >&2"
    done = subprocess.run(["sh", "-c", f"({command}) | head -1"], capture_output=True, text=True, check=False)
    wrongs = [] if done.stdout == "cat,dog,fox\n" else [f"printed {done.stdout!r}"]
    code = done.stderr.strip().split("\n")[-1]
    wrongs += [] if code == str(CLOSED) else [f"ended with {code}, expected {CLOSED}: {done.stderr}"]
    wrongs += list(warm.Ended(0, done.stderr).wrongs)
    return Outcome("apply | head -1", tuple(wrongs), {"| head -1": 1})


class _Ends:
    """Ends of pipes, closed at the end."""

    def __enter__(self) -> _Ends:
        self.unread = os.pipe()
        os.close(self.unread[0])
        self.full = os.open("/dev/full", os.O_WRONLY) if os.path.exists("/dev/full") else self.unread[1]
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.unread[1])
        if self.full != self.unread[1]:
            os.close(self.full)


def _closing(number: int) -> Callable[[_Ends], dict[str, Any]]:
    stream = {0: "stdin", 1: "stdout", 2: "stderr"}[number]
    return lambda ends: {stream: None, "preexec_fn": lambda: os.close(number)}


_STREAMS: dict[str, tuple[Callable[[_Ends], dict[str, Any]], tuple[int, ...]]] = {
    "standard output unread": (lambda ends: {"stdout": ends.unread[1]}, (CLOSED,)),
    "standard error unread": (lambda ends: {"stderr": ends.unread[1]}, (CLOSED,)),
    "standard output full": (lambda ends: {"stdout": ends.full}, (2, CLOSED)),
    "standard error full": (lambda ends: {"stderr": ends.full}, (2, CLOSED)),
    "standard input closed": (_closing(0), ()),
    "standard output closed": (_closing(1), ()),
    "standard error closed": (_closing(2), ()),
}
