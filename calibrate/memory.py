"""How much memory this process may still take, where a limit of its address space (`ulimit -v`) says so.

NumPy and Python raise `MemoryError` where memory ends, and that is an error like others. Some libraries end the whole
process instead: OpenBLAS calls `exit(1)` where it gets no buffer, polars aborts, or waits for ever for a thread that
could not start. Under a limit those are asked for nothing unless there is room for all they might want.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from calibrate.errors import CalibrateError

LEAST = 256 << 20
"""Address space below which NumPy and Matplotlib cannot even be loaded."""
POLARS, STARTED, THREAD = 1280 << 20, 256 << 20, 8 << 20
"""What polars takes for itself, what once it is there, and more for each thread: measured 0.93 (1) to 1.40 GB (32)."""


def limit() -> int | None:
    """Bytes of address space that this process may have; None where there is no limit, or no way to ask."""
    try:
        import resource
    except ImportError:  # pragma: no cover: not a POSIX system
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def require() -> None:
    """Raise `CalibrateError` E509 under a limit too low to start with, and take now what must not fail later."""
    most = limit()
    if most is None:
        return
    if most < LEAST:
        raise CalibrateError(
            "E509",
            f"this process may have {most >> 20} MB of address space, expected at least {LEAST >> 20} MB",
            "raise the limit, as in 'ulimit -v unlimited'",
        )
    _take_buffer()


def of_polars(data: int) -> int:
    """Bytes of address space that polars wants for itself and for its work on so many bytes."""
    base = STARTED if "polars" in sys.modules else POLARS
    return base + THREAD * (os.cpu_count() or 1) + 4 * data


def holds_polars(data: int) -> bool:
    """Whether there is room for polars and for its work on `data` bytes (it copies them up to three times)."""
    most = limit()
    return most is None or _taken() + of_polars(data) <= most


def require_polars(data: int, what: str) -> None:
    """Raise `CalibrateError` E509 where it is polars that must do `what`, and there is no room for it."""
    if not holds_polars(data):
        raise CalibrateError(
            "E509",
            f"{what} takes {of_polars(data) >> 20:,} MB of address space, and the limit does not leave them",
            "raise the limit, as in 'ulimit -v unlimited', or use .npy or .csv files",
        )


def _taken() -> int:
    """Bytes of address space in use; 0 where the system does not tell (those systems do not enforce the limit)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGESIZE")


def _take_buffer() -> None:
    """Have OpenBLAS get the buffer that it keeps from its first product on."""
    import numpy as np

    square = np.ones((256, 256))
    np.matmul(square, square)
