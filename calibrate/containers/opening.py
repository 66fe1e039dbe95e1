"""Opening what the user named: a path is opened once, its descriptor examined, its bytes counted.

Plain files are left where they lie and read in pieces by position (`FileBytes`); what cannot be read so (pipes,
gzip) is taken into memory (`MemoryBytes`), never more than the limits allow. Nothing here knows what the bytes mean.
"""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from calibrate.containers.content import PIECE, Content, FileBytes, MemoryBytes, cannot_open
from calibrate.containers.waiting import open_waiting
from calibrate.errors import CalibrateError, named, shown

MAX_BYTES = 2 << 30
"""Most bytes of one input that are taken into memory, packed or unpacked; `CALIBRATE_MAX_BYTES` sets another."""
MAX_RATIO = 64
"""Most times its own size that a compressed input may unpack to, where `CALIBRATE_MAX_BYTES` is not set."""
SMALL = 256 << 20
"""Bytes that it may unpack to in any case."""
MAX_COLUMNS = 1_000_000
"""Most columns of a table; `CALIBRATE_MAX_COLUMNS` sets another."""
MAX_WAIT = 60
"""Seconds until somebody must have opened a named pipe for writing; `CALIBRATE_MAX_WAIT` sets others."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Limits:
    """What may be read; `max_bytes` None: the defaults above."""

    max_bytes: int | None = None
    max_columns: int = MAX_COLUMNS
    max_wait: int = MAX_WAIT

    def unpacked(self, packed: int) -> int:
        """Most bytes that `packed` compressed ones may become."""
        return self.max_bytes if self.max_bytes is not None else min(MAX_BYTES, max(SMALL, MAX_RATIO * packed))

    @property
    def in_memory(self) -> int:
        """Most bytes that are taken into memory."""
        return self.max_bytes if self.max_bytes is not None else MAX_BYTES


def limits_from(environment: dict[str, str] | os._Environ[str]) -> Limits:
    """The limits, as `CALIBRATE_MAX_BYTES`, `CALIBRATE_MAX_COLUMNS` and `CALIBRATE_MAX_WAIT` (seconds) set them."""
    given: dict[str, int] = {}
    for key, what in (("max_bytes", "bytes"), ("max_columns", "columns"), ("max_wait", "seconds")):
        name = f"CALIBRATE_{key.upper()}"
        text = environment.get(name, "").strip()
        if not text:
            continue
        if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) > 0):
            raise CalibrateError("E114", f"{name}: found {shown(text)!r}, expected a whole number of {what}", "")
        given[key] = int(text)
    return Limits(**given)


@dataclass(frozen=True, eq=False)
class Opened:
    """An input that was opened: unpacked bytes, and what is known of those on disk.

    name    as the user gave it
    suffix  of the name, lower case, without the point and without `.gz`; "" where it has none
    content the bytes, unpacked
    size    bytes on disk or in the pipe
    digest  their SHA-256, or what computes it
    gzip    they are compressed
    """

    name: str
    suffix: str
    content: Content
    size: int
    digest: str | Callable[[], str]
    gzip: bool
    limits: Limits = field(default_factory=Limits)

    @cached_property
    def head(self) -> bytes:
        """The first bytes, by which containers are known."""
        return self.content.read(4096, 0)

    def error(self, code: str, message: str, hint: str = "") -> CalibrateError:
        """An error whose message starts with the name of the input."""
        return CalibrateError(code, f"{named(self.name)}: {message}", hint)


def open_input(path: str, limits: Limits) -> Opened:
    """Open `path` (`-`: standard input), once, and unpack it where it is compressed.

    Raises `CalibrateError` E101 (not there), E102 (cannot be read), E103 (a URL), E106 (broken gzip), E107 (empty),
    E114 (too large).
    """
    if _URL.match(path):
        raise CalibrateError(
            "E103", f"{shown(path)}: found a URL, expected a file; nothing was fetched", "download it first"
        )
    descriptor, first = _descriptor(path, limits)
    try:
        status = os.fstat(descriptor)
        _refuse_what_cannot_be_read(path, descriptor, status)
        plain = stat.S_ISREG(status.st_mode)
        if plain and os.pread(descriptor, 2, 0) != _GZIP and path != "-":
            content = FileBytes(path, descriptor)
            descriptor = -1
            opened = Opened(path, suffix(path), content, content.size, content.sha256, False, limits)
        else:
            opened = _into_memory(path, descriptor, first, limits)
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    if not opened.content.size:
        raise opened.error("E107", "empty (0 bytes), expected a table", "")
    if opened.gzip and opened.head.startswith(_GZIP):
        raise opened.error("E106", "found gzip inside gzip, expected a file compressed once", "unpack it: gunzip FILE")
    if path.lower().endswith(".gz") and not opened.gzip:
        raise opened.error(
            "E106", f"is not gzip-compressed: starts with {opened.head[:4]!r}", "take .gz off its name, or compress it"
        )
    return opened


def suffix(path: str) -> str:
    """`csv` of `a/b.CSV.gz`.

    >>> [suffix(p) for p in ("a/b.CSV.gz", "x.npy", "/dev/fd/63", ".csv", "-")]
    ['csv', 'npy', '', '', '']
    """
    base = os.path.basename(path).lower().removesuffix(".gz")
    return os.path.splitext(base)[1][1:]


def _descriptor(path: str, limits: Limits) -> tuple[int, bytes]:
    """And what was read of a pipe already."""
    try:
        return (os.dup(0), b"") if path == "-" else open_waiting(path, limits.max_wait)
    except OSError as error:
        raise cannot_open(path, error) from None
    except ValueError:
        raise CalibrateError(
            "E101", f"{named(path)}: found a NUL byte in the name: no file can be called so", ""
        ) from None


def _refuse_what_cannot_be_read(path: str, descriptor: int, status: os.stat_result) -> None:
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        raise CalibrateError("E102", f"{named(path)}: found a folder (directory), expected a file", "name a file in it")
    if stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        return
    if path == "-" and (os.isatty(descriptor) or _is_null(status)):
        return
    raise CalibrateError("E102", f"{named(path)}: found a device, expected a file", "")


def _is_null(status: os.stat_result) -> bool:
    """Whether standard input is the null device: an empty input, not a strange one."""
    return os.path.exists(os.devnull) and os.path.samestat(status, os.stat(os.devnull))


def _into_memory(path: str, descriptor: int, begun: bytes, limits: Limits) -> Opened:
    """Read to the end, after what was read already, unpacking gzip; the digest is of the bytes as they came."""
    import hashlib

    digest = hashlib.sha256()
    count = 0

    def counted() -> Iterator[bytes]:
        nonlocal count, begun
        while piece := begun or os.read(descriptor, PIECE):
            begun = b""
            digest.update(piece)
            count += len(piece)
            yield piece

    pieces = counted()
    first = next(pieces, b"")
    while len(first) < len(_GZIP) and (more := next(pieces, b"")):
        first += more
    gzip = first.startswith(_GZIP)
    data = bytearray()
    for piece in _unpacked(path, first, pieces) if gzip else _after(first, pieces):
        data += piece
        allowed = limits.unpacked(count) if gzip else limits.in_memory
        if gzip and limits.max_bytes is None:
            allowed = max(allowed, limits.unpacked(os.fstat(descriptor).st_size))
        if len(data) > allowed:
            verb = "unpacks to" if gzip else "has"
            hint = "set CALIBRATE_MAX_BYTES higher, or give a .npy file, which is read in blocks"
            raise CalibrateError("E114", f"{named(path)}: {verb} more than {allowed:,} bytes", hint)
    return Opened(path, suffix(path), MemoryBytes(data), count, digest.hexdigest(), gzip, limits)


def _after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _unpacked(path: str, first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """The members of a gzip stream, one after the other; zeros after the last are padding."""
    unpack = zlib.decompressobj(wbits=31)
    try:
        for packed in _after(first, rest):
            left = packed
            while left:
                if unpack.eof:
                    left = left.lstrip(b"\0")
                    unpack = zlib.decompressobj(wbits=31) if left else unpack
                    continue
                yield unpack.decompress(left, PIECE)
                left = unpack.unconsumed_tail or unpack.unused_data  # the end mark stays until all before it is out
    except zlib.error as error:
        raise CalibrateError(
            "E106", f"{named(path)}: damaged gzip: {shown(error)}", "transfer or compress it again"
        ) from None
    if not unpack.eof:
        raise CalibrateError(
            "E106", f"{named(path)}: truncated gzip: it ends before its end mark", "transfer or compress it again"
        )
