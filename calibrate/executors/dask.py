"""Passes on a Dask cluster: each task loads some consecutive blocks where the worker runs, and only sums travel.

What is shipped is the collector and the loaders: for files a path and an offset (the workers read for
themselves), for arrays in memory the rows of the block. Blocks per task are fixed, and sums merge along a
tree of fixed shape, so the numbers do not depend on how many workers there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from calibrate.errors import CalibrateError, shown
from calibrate.rows import Collect, Load, serial
from calibrate.sums import Sums, merge

if TYPE_CHECKING:
    from distributed import Client


BLOCKS_PER_TASK = 8
"""A task costs the scheduler about 2 ms, a block of 2^20 scores about 5: eight of them make the first negligible."""

FAN_IN = 8
"""Sums that one merging task adds."""


@dataclass(frozen=True)
class Dask:
    """An executor on the scheduler at `address` (as in tcp://127.0.0.1:8786); without one, on the current client.

    timeout     seconds that the scheduler has for its first answer
    """

    address: str = ""
    timeout: float = 10.0

    def __call__(self, collect: Collect, loads: tuple[Load, ...]) -> Sums:
        """The sums of one pass. Raises `CalibrateError` E610 where there is no cluster."""
        client, ours = _client(self.address, self.timeout)
        try:
            cuts = [loads[i : i + BLOCKS_PER_TASK] for i in range(0, len(loads), BLOCKS_PER_TASK)]
            level: Sequence[Any] = [client.submit(serial, collect, cut, pure=False) for cut in cuts]
            while len(level) > 1:
                level = [
                    client.submit(_merged, level[i : i + FAN_IN], pure=False) for i in range(0, len(level), FAN_IN)
                ]
            sums: Sums = level[0].result()
            return sums
        finally:
            if ours:
                client.close()


def _merged(several: Sequence[Sums]) -> Sums:
    return reduce(merge, several)


def _client(address: str, timeout: float) -> tuple[Client, bool]:
    try:
        from distributed import Client, get_client
    except ImportError:
        raise CalibrateError("E610", "Dask is not installed", "pip install 'calibrate[dask]'") from None
    try:
        if address:
            return Client(address, timeout=timeout, set_as_default=False), True
        return get_client(), False
    except (OSError, ValueError) as problem:
        where = f"no Dask scheduler answers at {shown(address)}" if address else "there is no current Dask client"
        raise CalibrateError(
            "E610", where, "start one, and name it: --executor dask:address=tcp://HOST:PORT"
        ) from problem
