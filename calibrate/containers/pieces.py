"""A long text in pieces of whole rows: cut at line ends, never inside a field in quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from calibrate.containers.content import Content
from calibrate.errors import CalibrateError

FIRST = 1 << 20
"""Bytes of the first piece, from which the layout is concluded."""
LEAST_FIRST = 2
"""Lines of the first piece without comments, however long: a header alone says nothing of the columns below it."""
LEAST_ROWS = 64
"""Rows of a later piece, however long they are: both readers work by columns."""
MAX_ROW = 256 << 20
"""Longest row in bytes."""
NEAR = 1 << 16
"""Bytes at the end of a piece in which a line end is looked for before the piece is read."""
BOM = b"\xef\xbb\xbf"
Item = TypeVar("Item")


@dataclass(frozen=True)
class Span:
    """Where a piece lies: `size` bytes from `at`, starting on `line` (from 1), with `ends` line ends in it."""

    at: int
    size: int
    line: int
    ends: int


def pieces(
    content: Content, first: int, later: int, where: str, read: Callable[[bytes], object] | None = None
) -> Iterator[tuple[Span, bytes]]:
    """The text without its byte order mark: about `first` bytes (or a header and a row), then about `later` at a time.

    `read` is called with all bytes in their order, for a digest. Raises `CalibrateError` E114 for an endless row.
    """
    at = len(BOM) if content.read(len(BOM), 0) == BOM else 0
    if read is not None:
        read(BOM[:at])
    line, n, is_first = 1, first, True
    while at < content.size:
        data = _near_row_end(content, n, at)
        cut = len(data) if at + len(data) >= content.size else _last_row_end(data)
        if not cut or (is_first and at + cut < content.size and not _says_enough(data, cut)):
            if n >= MAX_ROW:
                long = line + data.count(b"\n", 0, cut)
                message = f"{where}: line {long}: a row is longer than {n >> 20} MiB, or a quote is never closed"
                raise CalibrateError("E114", message, "look at that line")
            n *= 4
            continue
        data = data[:cut]
        if read is not None:
            read(data)
        ends = count(data, "\n")
        yield Span(at, cut, line, ends), data
        line += ends + _lone_returns(data)
        at, n, is_first = at + cut, max(later, LEAST_ROWS * (cut // max(1, ends))), False


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same, the next one being made by another thread while this one is worked on."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item


def count(data: bytes, char: str) -> int:
    """How often an ASCII character occurs: twice as fast as `bytes.count` where it is frequent."""
    codes, block = np.frombuffer(data, np.uint8), 1 << 18
    return sum(int(np.count_nonzero(codes[at : at + block] == ord(char))) for at in range(0, len(codes), block))


def _says_enough(data: bytes, cut: int) -> bool:
    """Whether `LEAST_FIRST` lines stand before `cut`, without comments."""
    at = lines = 0
    while lines < LEAST_FIRST and (end := data.find(b"\n", at, cut)) >= 0:
        lines += not data.startswith(b"#", at)
        at = end + 1
    return lines == LEAST_FIRST


def _lone_returns(data: bytes) -> int:
    """Carriage returns that end a line by themselves, as they did on old Macs."""
    return count(data, "\r") - data.count(b"\r\n") if b"\r" in data else 0


def _near_row_end(content: Content, n: int, at: int) -> bytes:
    """About `n` bytes from `at`, up to a line end where one is near: cutting it off later would copy them all."""
    tail = min(n, NEAR)
    end = content.read(tail, at + n - tail).rfind(b"\n") + 1 if at + n < content.size else 0
    return content.read(n - tail + end if end else n, at)


def _last_row_end(data: bytes) -> int:
    """The end of the last line that is not inside quotes; 0 if there is none."""
    end = data.rfind(b"\n") + 1
    if b'"' not in data:
        return end
    quotes = data.count(b'"', 0, end)
    while end and quotes % 2:
        before = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    return end
