"""A full disk (a small tmpfs with so and so many bytes or names left) and folders that may not be written.

Mounting takes root; a run as another user takes it too. What cannot be tried is said.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import warm
from jobs import JOBS, VARIANTS, Bench, Job
from plan import Outcome, Plan

NOBODY = 65534
PAGE = 4096


def run(plan: Plan) -> Iterator[Outcome]:
    """Full disks, then read-only folders."""
    plan.base.chmod(0o755)
    yield from _full(plan)
    yield from _read_only(plan)


def _full(plan: Plan) -> Iterator[Outcome]:
    disk = plan.base / "disk"
    disk.mkdir()
    with _mounted(["-t", "tmpfs", "-o", "size=1m,nr_inodes=128", "tmpfs"], disk) as problem:
        if problem:
            yield Outcome("a full disk", left_out=problem)
            return
        for job in JOBS[: plan.most(len(JOBS), 2)]:
            bench = Bench(plan.base / f"full {job.name}", disk)
            for variant in VARIANTS:
                bench.reference(job, variant)
            new = bench.reference_known(job, "new")[0]
            needed = sum(-(-len(content) // PAGE) for content in new.values())
            pages = sorted({0, 1, 2, needed // 2, needed - 1, needed, needed + 1, needed + 20})
            for left in pages[: plan.most(20, 3)]:
                yield from _starved(bench, job, f"{left} pages free", lambda left=left: _fill(disk, left))
            for left in range(plan.most(len(new) + 4, 2)):
                yield from _starved(bench, job, f"{left} names free", lambda left=left: _fill_names(disk, left))


def _starved(bench: Bench, job: Job, what: str, fill: Callable[[], None]) -> Iterator[Outcome]:
    old = bench.reference_known(job, "old")[0]
    disk = bench.out.parent
    bench.fresh(old)
    fill()
    ended = warm.run(bench.arguments(job, "new"), cwd=bench.cwd(job))
    for path in disk.glob("filler*"):
        path.unlink()
    yield Outcome(f"{job.name}, {what}", tuple(refused(bench, job, ended, code="E501")), {"full disks": 1})


def refused(bench: Bench, job: Job, ended: warm.Ended, *, code: str) -> list[str]:
    """What is wrong with a run that may refuse with `code` or go well: nothing else, and nothing half done."""
    old, new = (bench.reference_known(job, variant) for variant in VARIANTS)
    wrongs = [*ended.wrongs, *bench.wrongs(job, old[0])]
    state = bench.look(job)[0]
    if ended.code == new[1] and state != new[0]:
        wrongs.append("exit code of success without the new output")
    if ended.code != new[1] and (ended.code != 2 or f"error[{code}]" not in ended.said or state != old[0]):
        wrongs.append(f"exit code {ended.code}, expected 2, {code} and the old output: {ended.said[-300:]}")
    return wrongs


def _read_only(plan: Plan) -> Iterator[Outcome]:
    for job in JOBS[: plan.most(len(JOBS), 2)]:
        bench = Bench(plan.base / f"locked {job.name}")
        for variant in VARIANTS:
            bench.reference(job, variant)
        old = bench.reference_known(job, "old")[0]
        for depth in ("set", "above"):
            bench.fresh(old)
            locked = [bench.out, *(p for p in bench.out.iterdir() if p.is_dir())] if depth == "set" else [bench.out]
            for folder in locked:
                folder.chmod(0o555)
            ended = warm.run(bench.arguments(job, "new"), cwd=bench.cwd(job), before=_be_nobody)
            for folder in locked:
                folder.chmod(0o755)
            wrongs = refused(bench, job, ended, code="E501")
            yield Outcome(f"{job.name}, read-only by its mode ({depth})", tuple(wrongs), {"read-only folders": 1})
        bench.fresh(old)
        with _mounted(["--bind", str(bench.out)], bench.out, "remount,ro,bind") as problem:
            if problem:
                yield Outcome(f"{job.name}, a read-only mount", left_out=problem)
                continue
            ended = warm.run(bench.arguments(job, "new"), cwd=bench.cwd(job))
            wrongs = refused(bench, job, ended, code="E501")
            if ended.code != 2:
                wrongs.append(f"exit code {ended.code} on a read-only mount")
            yield Outcome(f"{job.name}, a read-only mount", tuple(wrongs), {"read-only mounts": 1})


def _be_nobody() -> None:
    """Root may write anywhere: be somebody else."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


@contextmanager
def _mounted(how: list[str], place: Path, again: str = "") -> Iterator[str]:
    """Mounted at `place`; gives why that cannot be."""
    if os.geteuid() != 0 or not os.path.exists("/proc/mounts"):
        yield "it takes root on Linux to mount"
        return
    done = subprocess.run(["mount", *how, str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        yield f"mount: {done.stderr.strip()}"
        return
    try:
        if again:
            subprocess.run(["mount", "-o", again, str(place)], capture_output=True, check=True)
        yield ""
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _fill(disk: Path, pages: int) -> None:
    """Leave so many pages free."""
    found = os.statvfs(disk)
    with (disk / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, (found.f_bavail - pages) * found.f_frsize))


def _fill_names(disk: Path, left: int) -> None:
    """Leave so many names free."""
    for i in range(os.statvfs(disk).f_ffree - left):
        (disk / f"filler{i}").touch()
