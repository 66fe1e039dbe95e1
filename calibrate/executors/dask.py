"""Passes on a Dask cluster: each task loads some consecutive blocks where the worker runs, and only sums travel.

It needs the extra `calibrate[dask]` and a scheduler: `--executor dask:address=tcp://HOST:PORT`; from Python, where a
client is connected, `dask` alone. Worth it for data that lie where the workers are.

What is shipped is the collector and the loaders: of files a path and an offset (the workers read for themselves), of
arrays in memory, labels and weights the rows of the block. Arrays travel once, with the first pass that needs them,
and stay with their worker as long as the executor is kept. Blocks per task are fixed, and sums merge along a tree of
fixed shape, so the numbers do not depend on how many workers there are.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any
from weakref import finalize

import numpy as np

from calibrate.blas import one_thread
from calibrate.errors import CalibrateError, shown
from calibrate.rows import Collect, Load, serial
from calibrate.sums import Sums, merge

if TYPE_CHECKING:
    from distributed import Client


BLOCKS_PER_TASK = 8
"""A task costs the scheduler about 2 ms, a block of 2^19 scores about as much: eight of them make the first small."""

FAN_IN = 32
"""Sums that one merging task adds; so few are merged here."""

_START = "start one, and name it: --executor dask:address=tcp://HOST:PORT"
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3)
_KEPT, _USUAL_MMAP = 32 << 20, 128 << 10

Arrays = list[np.ndarray]
Places = tuple[tuple[int, int], ...]
"""Where in our memory arrays lie, and how many bytes they have."""


@dataclass(frozen=True, eq=False)
class Dask:
    """An executor on the scheduler at `address` (as in tcp://127.0.0.1:8786); without one, on the current client.

    timeout     seconds that the scheduler has for its first answer
    """

    address: str = ""
    timeout: float = 10.0
    _sent: dict[Places, tuple[Arrays, Any]] = field(default_factory=lambda: {(): ([], [])}, init=False, repr=False)
    """Arrays that are with a worker already. They are kept here too, so that no others can come to lie there."""

    def __call__(self, collect: Collect, loads: tuple[Load, ...]) -> Sums:
        """The sums of one pass. Raises `CalibrateError` E610 where there is no cluster, or no more."""
        client = self._client
        from distributed import KilledWorker

        cuts = [loads[i : i + BLOCKS_PER_TASK] for i in range(0, len(loads), BLOCKS_PER_TASK)]
        try:
            level = [client.submit(_collected, collect, *cut, pure=False) for cut in self._shipped(cuts)]
            while len(level) > FAN_IN:
                level = [
                    client.submit(_merged, level[i : i + FAN_IN], pure=False) for i in range(0, len(level), FAN_IN)
                ]
            return _merged(client.gather(level))
        except (KilledWorker, CancelledError, OSError) as problem:
            found = f"the Dask cluster gave up: {type(problem).__name__}: {shown(problem, 200)}"
            raise CalibrateError("E610", found, "look into the logs of its workers") from problem

    @cached_property
    def _client(self) -> Client:
        """Connected with the first pass, for all of them."""
        try:
            from distributed import Client, get_client
        except ImportError:
            raise CalibrateError("E610", "Dask is not installed", "pip install dask distributed") from None
        try:
            if not self.address:
                return get_client()
            client = Client(self.address, timeout=self.timeout, set_as_default=False)
        except (OSError, ValueError) as problem:
            where = f"no Dask scheduler answers at {shown(self.address)}" if self.address else "no current Dask client"
            raise CalibrateError("E610", where, _START) from problem
        finalize(self, client.close)
        return client

    def _shipped(self, cuts: Sequence[tuple[Load, ...]]) -> Iterator[tuple[bytes, Any]]:
        """Of each cut the loaders as bytes without their arrays, and the arrays as they lie with a worker."""
        packed = [_packed(cut) for cut in cuts]
        new = {places: arrays for _, places, arrays in packed if places not in self._sent}
        if new:
            there = self._client.scatter(list(new.values()), hash=False)
            self._sent.update(zip(new, zip(new.values(), there, strict=True), strict=True))
        return ((loaders, self._sent[places][1]) for loaders, places, _ in packed)


def _packed(cut: tuple[Load, ...]) -> tuple[bytes, Places, Arrays]:
    found: list[pickle.PickleBuffer] = []
    loaders = pickle.dumps(cut, protocol=5, buffer_callback=found.append)
    arrays = [np.frombuffer(buffer.raw(), np.uint8) for buffer in found]
    return loaders, tuple((array.ctypes.data, array.nbytes) for array in arrays), arrays


def _collected(collect: Collect, loaders: bytes, arrays: Arrays) -> Sums:
    """What a worker does: one pass over some blocks."""
    with one_thread(), _memory_kept():
        return serial(collect, pickle.loads(loaders, buffers=arrays))  # noqa: S301 - our own, of `_packed`


def _merged(several: Sequence[Sums]) -> Sums:
    return reduce(merge, several)


@contextmanager
def _memory_kept() -> Iterator[None]:
    """Inside, memory that one block frees stays with the process for the next.

    Dask's nanny sets MALLOC_TRIM_THRESHOLD_ so that it goes back to the system at once: then every array of every
    block is mapped and zeroed anew, which takes twice as long as the sums themselves.
    """
    import ctypes

    usual = os.environ.get("MALLOC_TRIM_THRESHOLD_", "")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if usual.isdigit() else None
    if mallopt is None:
        yield
        return
    mallopt(_TRIM_THRESHOLD, _KEPT)
    mallopt(_MMAP_THRESHOLD, _KEPT)
    try:
        yield
    finally:
        mallopt(_TRIM_THRESHOLD, int(usual))
        mallopt(_MMAP_THRESHOLD, _USUAL_MMAP)
