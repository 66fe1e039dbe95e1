"""What kind of file this is: known by its first bytes, then by its extension; then read by the entry of `formats`.

`open_table` is the one way in. What is known but not read (pickles, torch files, workbooks, ...) is refused with the
line of Python that converts it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from calibrate.containers.foreign import FOREIGN
from calibrate.containers.opening import Limits, Opened, limits_from, open_input
from calibrate.errors import CalibrateError, named, shown
from calibrate.registry import load, names
from calibrate.table import Decision, Table


def open_table(
    path: str,
    *,
    key: str | None = None,
    wanted: Sequence[str] = (),
    limits: Limits | None = None,
) -> Table:
    """The table in the file `path`; `-` is standard input.

    key      of an NPZ: the array to take
    wanted   of an NPZ without `key`: names to look for, best first, where it holds several arrays
    limits   of bytes and columns; None: the defaults, or what `CALIBRATE_MAX_BYTES` says

    Raises `CalibrateError` E1xx: everything that can be wrong with a file before anybody asks what it means.
    """
    try:
        opened = open_input(path, limits or limits_from(os.environ))
        entry = recognised(opened)
        table = entry.choose(opened, key, wanted) if hasattr(entry, "choose") else entry.read(opened)
        found: Table = replace(table, decisions=(_known_by(opened, table, entry), *table.decisions))
        return found
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CalibrateError("E102", f"{named(path)}: cannot be read: {shown(reason)}", "") from None
    except MemoryError:
        raise CalibrateError(
            "E114", f"{named(path)}: does not fit into memory", "give a .npy file, which is read in blocks"
        ) from None


def recognised(opened: Opened) -> Any:
    """An instance of the entry of `formats` that reads this input."""
    head = opened.head.lstrip(b"\xef\xbb\xbf \t\r\n") if opened.head[:1] != b"\x93" else opened.head
    for name in names("formats"):  # the usual case first, for which no other format need be imported
        if name == opened.suffix and _starts(opened, entry := load("formats", name)):
            return entry()
    entries = [load("formats", name) for name in names("formats")]
    for entry in entries:
        if _starts(opened, entry):
            return entry()
    _refuse_foreign(opened, head)
    for entry in entries:
        if opened.suffix in entry.extensions:
            if entry.magic:
                raise _not_that(opened, entry, entries)
            return entry()
    if opened.suffix:
        known = ", ".join(f".{e}" for entry in entries for e in entry.extensions)
        raise opened.error(
            "E104",
            f"found the extension .{shown(opened.suffix)}, which is not known",
            f"known: {known}, each also with .gz",
        )
    if b"\0" in opened.head[:16]:  # a NUL further on is a fault in a text, which its reader names by line
        raise opened.error(
            "E104",
            f"a binary file of no known kind: starts with {opened.head[:6]!r}",
            "give it the extension of what it is, or convert it",
        )
    return load("formats", "jsonl" if head[:1] in {b"{", b"["} else "csv")()


def _starts(opened: Opened, entry: Any) -> bool:
    return bool(entry.magic) and opened.head.startswith(entry.magic)


def _known_by(opened: Opened, table: Table, entry: Any) -> Decision:
    if opened.suffix in entry.extensions:
        why = "its extension and its first bytes" if entry.magic else "its extension"
    else:
        why = "its first bytes" if entry.magic else "its content"
        why += f"; its name says .{opened.suffix}" if opened.suffix else ""
    return Decision("container", table.source.container + (", gzip-compressed" if opened.gzip else ""), why)


def _refuse_foreign(opened: Opened, head: bytes) -> None:
    is_html = head[:14].lower().startswith((b"<!doctype html", b"<html", b"<head", b"<?xml"))
    for kind in FOREIGN:
        by_content = opened.head.startswith(kind.magic) or (is_html and "html" in kind.extensions)
        if by_content or opened.suffix in kind.extensions:
            raise opened.error("E105", f"found {kind.what}, expected a table", kind.hint)


def _not_that(opened: Opened, entry: Any, entries: Sequence[Any]) -> CalibrateError:
    kind = entry.extensions[0]
    looks = "text" if b"\0" not in opened.head and opened.head[:4].isascii() else "something else"
    message = f"is no {kind} file: starts with {opened.head[:6]!r}, expected the magic bytes {entry.magic!r}"
    return opened.error("E106", message, f"it looks like {looks}: give it the extension of what it is")
