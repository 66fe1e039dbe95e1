"""NPY: one NumPy array, read in blocks by position; never unpickled, never more of it in memory than a block.

Any type of number, byte order and order of axes; (n,) is one column. float32 stays float32, float16 becomes float32
(exactly), all else float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from calibrate.containers.array_table import ArrayTable, said, stored_in
from calibrate.containers.npy_header import MAGIC
from calibrate.containers.opening import Opened
from calibrate.errors import named
from calibrate.table import Source


@dataclass(frozen=True)
class Npy:
    """Reads an .npy array."""

    extensions: ClassVar[tuple[str, ...]] = ("npy",)
    magic: ClassVar[bytes] = MAGIC

    def read(self, opened: Opened) -> ArrayTable:
        """The table. Raises `CalibrateError` E106, E112, E113 or E114."""
        stored = stored_in(opened.content, named(opened.name), opened.limits)
        return ArrayTable(Source(opened.name, "npy", opened.digest, opened.size), stored, (said(stored),))
