"""Passes by a pool of threads: NumPy releases the GIL in its loops, so large blocks overlap.

The sums of the blocks are added in row order whoever finished first, so the numbers are those of `serial` to
the last bit, whatever the number of threads.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce

from calibrate.rows import Collect, Load
from calibrate.sums import Sums, merge


@dataclass(frozen=True)
class Threads:
    """An executor of `workers` threads (0: one per processor that this process may use)."""

    workers: int = 0

    def __call__(self, collect: Collect, loads: tuple[Load, ...]) -> Sums:
        """The sums of one pass; at most two blocks per thread are in flight, so memory stays bounded."""
        workers = self.workers or processors()
        with ThreadPoolExecutor(workers) as pool:
            return reduce(merge, _in_order(pool, collect, loads, 2 * workers))


def processors() -> int:
    """Processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_order(pool: ThreadPoolExecutor, collect: Collect, loads: tuple[Load, ...], most: int) -> Iterator[Sums]:
    waiting: deque[Future[Sums]] = deque()
    for load in loads:
        waiting.append(pool.submit(_collected, collect, load))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _collected(collect: Collect, load: Load) -> Sums:
    return collect(load())
