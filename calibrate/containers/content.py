"""Bytes that can be read at any position: of a file, left where they lie, or in memory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Protocol

from calibrate.errors import CalibrateError, named, shown

PIECE = 1 << 20
"""Bytes that are read at a time."""


class Content(Protocol):
    """Bytes that can be read at any position, from any thread."""

    @property
    def size(self) -> int:
        """How many."""
        ...

    def read(self, n: int, at: int) -> bytes:
        """`n` bytes from position `at`; fewer only at the end."""
        ...

    def read_into(self, buffer: memoryview, at: int) -> None:
        """Fill `buffer` (of bytes) from position `at`. Raises `CalibrateError` E117 where the end comes first."""
        ...


@dataclass(frozen=True, eq=False)
class MemoryBytes:
    """Bytes in memory."""

    data: bytes | bytearray

    @property
    def size(self) -> int:
        """How many."""
        return len(self.data)

    def read(self, n: int, at: int) -> bytes:
        """See `Content`."""
        return bytes(memoryview(self.data)[at : at + n])

    def read_into(self, buffer: memoryview, at: int) -> None:
        """See `Content`."""
        buffer[:] = memoryview(self.data)[at : at + len(buffer)]


class FileBytes:
    """`size` bytes of a file from position `start`, read by `os.pread`.

    Pickled as its path: another process opens the file again, and refuses it unless it is the same (identity, size and
    time of change). The descriptor is closed with the object.
    """

    def __init__(self, path: str, descriptor: int, start: int = 0, size: int | None = None) -> None:
        self.path = path
        self.start = start
        self._descriptor = descriptor
        self._identity = _identity(os.fstat(descriptor))
        self.size = os.fstat(descriptor).st_size - start if size is None else size

    def part(self, start: int, size: int) -> FileBytes:
        """Some of the bytes, through a descriptor of its own."""
        return FileBytes(self.path, os.dup(self._descriptor), self.start + start, size)

    def read(self, n: int, at: int) -> bytes:
        """See `Content`."""
        n = max(0, min(n, self.size - at))
        pieces = []
        while n:
            piece = os.pread(self._descriptor, n, self.start + at)
            if not piece:
                raise self._changed()
            pieces.append(piece)
            at, n = at + len(piece), n - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read_into(self, buffer: memoryview, at: int) -> None:
        """See `Content`."""
        while len(buffer):
            n = os.preadv(self._descriptor, [buffer], self.start + at) if at < self.size else 0
            if not n:
                raise self._changed()
            buffer, at = buffer[n:], at + n

    def sha256(self) -> str:
        """Digest of the whole file, read for it in pieces."""
        import hashlib

        digest, at = hashlib.sha256(), 0
        while piece := os.pread(self._descriptor, PIECE, at):
            digest.update(piece)
            at += len(piece)
        if _identity(os.fstat(self._descriptor)) != self._identity:
            raise self._changed()
        return digest.hexdigest()

    def _changed(self) -> CalibrateError:
        return CalibrateError(
            "E117", f"{named(self.path)}: changed while it was being read", "run it again when nobody writes the file"
        )

    def __del__(self) -> None:
        descriptor = self.__dict__.pop("_descriptor", None)
        if descriptor is not None:
            os.close(descriptor)

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "start": self.start, "size": self.size, "identity": self._identity}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.path, self.start, self.size = state["path"], state["start"], state["size"]
        self._identity = state["identity"]
        try:
            self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise cannot_open(self.path, error) from None
        if _identity(os.fstat(self._descriptor)) != self._identity:
            raise self._changed()


def _identity(status: os.stat_result) -> tuple[int, int]:
    """Size and time of change: what other machines see of the same file over a network too."""
    return status.st_size, status.st_mtime_ns


def cannot_open(path: str, error: OSError) -> CalibrateError:
    """What `os.open` said, as E101 or E102."""
    if isinstance(error, FileNotFoundError):
        if path and os.path.islink(path):
            target = shown(os.readlink(path))
            return CalibrateError("E101", f"{named(path)}: a symbolic link to {target!r}, which does not exist", "")
        return CalibrateError("E101", f"{named(path)}: no such file", "check the name and the folder")
    if isinstance(error, PermissionError):
        return CalibrateError("E102", f"{named(path)}: permission to read it is denied", "")
    reason = (error.strerror or str(error)).lower()
    return CalibrateError("E102", f"{named(path)}: cannot be opened: {reason}", "")
