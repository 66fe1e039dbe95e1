"""One pass in this thread, block after block: the default, and what every other executor must agree with."""

from __future__ import annotations

from dataclasses import dataclass

from calibrate.rows import Collect, Load, serial
from calibrate.sums import Sums


@dataclass(frozen=True)
class Serial:
    """The executor without options."""

    def __call__(self, collect: Collect, loads: tuple[Load, ...]) -> Sums:
        """The sums of one pass, one block in memory at a time."""
        return serial(collect, loads)
