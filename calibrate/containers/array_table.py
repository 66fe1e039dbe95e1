"""A table that is one array in a file, read in blocks: never more of it in memory than a block."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calibrate.containers.content import PIECE, Content
from calibrate.containers.npy_header import read_header
from calibrate.containers.opening import Limits
from calibrate.errors import CalibrateError
from calibrate.table import Decision, Fault, Numbers, Source, Table, pick, place

BLOCK = 1 << 20
"""Numbers of one block, where a column is taken out of many rows."""
_NO_OTHER: dict[str, Table] = {}


class StoredNumbers:
    """`Numbers` of an array as it lies in a file: any byte order, either order of axes.

    float32 stays float32, float16 becomes float32 (exactly), everything else float64 (correctly rounded). Each thread
    reads into one buffer of its own, which the next call fills anew. Pickled without buffers.
    """

    def __init__(
        self, content: Content, offset: int, stored: np.dtype[Any], shape: tuple[int, int], fortran: bool
    ) -> None:
        self.content = content
        self.offset = offset
        self.stored = stored
        self.shape = shape
        self.fortran = fortran and min(shape) > 1
        is_single = stored.kind == "f" and stored.itemsize <= 4
        self.dtype: np.dtype[np.floating] = np.dtype(np.float32 if is_single else np.float64)
        self._own = threading.local()

    def read(self, start: int, stop: int) -> np.ndarray:
        """See `calibrate.table.Numbers`."""
        start, stop = max(0, start), min(stop, self.shape[0])
        size = max(0, stop - start) * self.shape[1]
        buffer = getattr(self._own, "buffer", None)
        if buffer is None or len(buffer) < size:
            buffer = self._own.buffer = np.empty(size, self.dtype)
        out = buffer[:size].reshape(-1, self.shape[1])
        self._fill(out, start)
        return out

    def column(self, j: int) -> np.ndarray:
        """Column j: bool or whole numbers as they are stored (in the native byte order), or as `read` gives it."""
        n, k = self.shape
        dtype = self.stored.newbyteorder("=") if self.stored.kind in "biu" else self.dtype
        if k == 1 or self.fortran:
            found = np.empty((n, 1), dtype)
            self._columns(found, 0, range(j, j + 1))
            return found[:, 0]
        column = np.empty(n, dtype)
        rows = max(1, BLOCK // k)
        block = np.empty((min(n, rows), k), dtype)
        for start in range(0, n, rows):
            part = block[: min(rows, n - start)]
            self._fill(part, start)
            column[start : start + rows] = part[:, j]
        return column

    def _fill(self, out: np.ndarray, start: int) -> None:
        """Rows from `start` on into `out` (m, k), C-contiguous, cast to its type."""
        if self.fortran:
            self._columns(out, start, range(self.shape[1]))
        else:
            self._run(out.reshape(-1), start * self.shape[1])

    def _columns(self, out: np.ndarray, start: int, columns: range) -> None:
        for i, j in enumerate(columns):
            self._run(out[:, i], j * self.shape[0] + start)

    def _run(self, out: np.ndarray, first: int) -> None:
        """As many stored numbers as `out` is long, from number `first` on."""
        at = self.offset + first * self.stored.itemsize
        if out.dtype == self.stored and self.stored.isnative and out.flags.c_contiguous:
            self.content.read_into(_bytes(out), at)
            return
        step = PIECE // self.stored.itemsize
        raw = np.empty(min(step, len(out)), self.stored)
        for done in range(0, len(out), step):
            part = raw[: len(out) - done]
            self.content.read_into(_bytes(part), at + done * self.stored.itemsize)
            with np.errstate(over="ignore", invalid="ignore"):  # a NaN that signals is a NaN: whoever reads it says so
                out[done : done + len(part)] = part

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_own"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._own = threading.local()


@dataclass(frozen=True, eq=False)
class ArrayTable:
    """See `calibrate.table.Table` and `Archive`; `arrays` is empty where the only array has no name."""

    source: Source
    stored: StoredNumbers
    decisions: tuple[Decision, ...] = ()
    arrays: tuple[str, ...] = ()
    reopen: Callable[[str], Table] = _NO_OTHER.__getitem__
    names: tuple[str, ...] | None = None
    faults: tuple[Fault, ...] = ()
    n: int = field(init=False)
    kinds: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        kind = {"b": "bool", "f": "float"}.get(self.stored.stored.kind, "int")
        object.__setattr__(self, "n", self.stored.shape[0])
        object.__setattr__(self, "kinds", (kind,) * self.stored.shape[1])

    def numbers(self, columns: Sequence[int]) -> Numbers:
        """Columns, read from the file block by block."""
        return pick(self.stored, columns)

    def column(self, j: int) -> np.ndarray:
        """Column j: bool, whole numbers of any width, float32 or float64."""
        return self.stored.column(j)

    def text(self, j: int) -> list[str]:
        """Column j in the shortest digits that read back exactly."""
        return [str(value) for value in self.column(j)]

    def place(self, row: int, column: int | None = None) -> str:
        """`row 11, column 2`."""
        return place(row, column, None)

    def headerless(self) -> Table | None:
        """None: an array has no header."""
        return None

    def other(self, name: str) -> Table:
        """Another of `arrays`."""
        return self.reopen(name)


def stored_in(content: Content, where: str, limits: Limits) -> StoredNumbers:
    """The array of an .npy file or member, as rows and columns; a vector is one column.

    Raises `CalibrateError` E106 or E112 (see `read_header`), E113 (no matrix, or an empty one), E114 (too wide).
    """
    header = read_header(content, where)
    shape = header.shape
    if len(shape) not in {1, 2}:
        what = "a single number (0-d)" if not shape else f"{len(shape)} dimensions, shape {shape}"
        raise CalibrateError("E113", f"{where}: found {what}, expected an array of rows and columns", "")
    if 0 in shape:
        what = "no rows" if shape[0] == 0 else "no columns"
        raise CalibrateError("E113", f"{where}: empty: {what}, shape {shape}", "")
    n, k = shape if len(shape) == 2 else (shape[0], 1)
    if k > limits.max_columns:
        raise CalibrateError(
            "E114",
            f"{where}: {k:,} columns, shape {shape}; at most {limits.max_columns:,} are read",
            "is it transposed?",
        )
    return StoredNumbers(content, header.offset, header.dtype, (n, k), header.fortran)


def _bytes(array: np.ndarray) -> memoryview:
    return memoryview(array.view(np.uint8).data)


def said(stored: StoredNumbers) -> Decision:
    """What `inspect` shows of an array."""
    order = "Fortran" if stored.fortran else "C"
    return Decision("array", f"{stored.stored} {stored.shape}", f"its header; {order} order, read as {stored.dtype}")
