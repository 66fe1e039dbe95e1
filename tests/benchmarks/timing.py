"""Timing side by side: cases take turns, so that a busy moment meets them all, and medians are compared."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import numpy as np

BLOCK = 65_536
"""Elements of one block of `exp1`: 256 KiB of float32, inside the second-level cache."""


def seconds(case: Callable[[], object]) -> float:
    """One run of `case`, without the garbage collector's turn in it."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        case()
        return time.perf_counter() - start
    finally:
        gc.enable()


def interleaved(
    cases: Mapping[str, Callable[[], object]], rounds: int, budget: float = 90.0, warm: bool = True
) -> dict[str, float]:
    """Median seconds of every case; each runs once a round, and no more once it has spent `budget` seconds.

    A first run that is not counted (`warm`) pays for imports, caches and compilers; a case whose first run takes more
    than a quarter of the budget is slow enough that it counts.
    """
    times: dict[str, list[float]] = {name: [] for name in cases}
    if warm:
        for name, case in cases.items():
            first = seconds(case)
            if first > budget / 4:
                times[name].append(first)
    for _ in range(rounds):
        for name, case in cases.items():
            if sum(times[name]) < budget and not (times[name] and times[name][0] > budget / 4):
                times[name].append(seconds(case))
    return {name: median(found) for name, found in times.items()}


def exp1(scores: np.ndarray) -> Callable[[], None]:
    """The unit: one pass that multiplies each cache-sized block into a buffer and takes exp in place; one thread."""
    flat = scores.reshape(-1)
    buffer = np.empty(BLOCK, scores.dtype)
    b = scores.dtype.type(0.5)

    def once() -> None:
        for start in range(0, flat.size, BLOCK):
            part = flat[start : start + BLOCK]
            out = buffer[: part.size]
            np.multiply(part, b, out=out)
            np.exp(out, out=out)

    return once


def child(code: str, *arguments: str) -> Callable[[], None]:
    """`python -c code` as a case; fails loudly where the child does."""
    return command(sys.executable, "-c", code, *arguments)


def command(*words: str, cwd: Path | None = None) -> Callable[[], None]:
    """A command as a case, its output thrown away."""

    def once() -> None:
        done = subprocess.run(words, cwd=cwd, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words[:6])} ...: exit {done.returncode}: {done.stderr.decode()[-400:]}")

    return once


def answer(code: str, *arguments: str) -> str:
    """What `python -c code` prints."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-800:])
    return done.stdout


def machine(packages: Sequence[str]) -> str:
    """What the figures were measured on, in one line and one of versions."""
    names = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next(
        (line.split(":", 1)[1].strip() for line in names if line.startswith("model name")), platform.processor()
    )
    features = np.show_config(mode="dicts") or {}
    simd = features.get("SIMD Extensions", {}).get("found", [])
    cores = len(names) and sum(line.startswith("processor") for line in names)
    found = []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} not installed")
    widest = [name for name in simd if name.startswith(("AVX512", "AVX2", "NEON", "SVE"))][-1:] or simd[-1:]
    return (
        f"{platform.system()} {platform.machine()}, {model or 'unknown processor'}, {cores or '?'} cores, "
        f"{', '.join(widest) or 'no SIMD found'}; Python {platform.python_version()}\n{', '.join(found)}"
    )
