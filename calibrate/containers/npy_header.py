"""The header of an .npy array, read without trusting it: a small grammar, no evaluation, no allocation by its word.

Format: magic, version (1 to 3), length of the header, `{'descr': '<f8', 'fortran_order': False, 'shape': (200, 3), }`.
Reference: NEP 1, https://numpy.org/neps/nep-0001-npy-format.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from calibrate.containers.content import Content
from calibrate.errors import CalibrateError, shown

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 1 << 16
"""Bytes; NumPy itself reads no header beyond 10,000."""

_DTYPE = r"'[^'\\]*'|\"[^\"\\]*\"|\[[^{}]*\]"
_SHAPE = r"\((?:\s*-?\d{1,30}L?\s*,)*\s*(?:-?\d{1,30}L?)?\s*\)"
_ITEM = re.compile(rf"\s*['\"](\w+)['\"]\s*:\s*({_DTYPE}|True|False|{_SHAPE})\s*(,|(?=\}}))", re.ASCII)
_SIMPLE = re.compile(r"[<>|=]?([a-zA-Z?])(\d*)(?:\[[^\]]*\])?", re.ASCII)
_REFUSED = {
    "O": "objects (a pickle, which can run any code)",
    "M": "datetime",
    "m": "timedelta",
    "U": "text (strings)",
    "S": "text (byte strings)",
    "a": "text (byte strings)",
    "V": "raw bytes (void)",
    "c": "complex numbers",
}
_HINTS = {
    "O": "where it was made: numpy.save(FILE, numpy.array(list_of_rows, dtype=float))",
    "U": "where it was made: numpy.save(FILE, array.astype(float)); names of classes go into a CSV file",
    "S": "where it was made: numpy.save(FILE, array.astype(float)); names of classes go into a CSV file",
    "c": "where it was made: numpy.save(FILE, array.real)",
}


@dataclass(frozen=True)
class Header:
    """What the header says: `offset` is where the data start."""

    dtype: np.dtype[np.generic]
    fortran: bool
    shape: tuple[int, ...]
    offset: int


def read_header(content: Content, where: str) -> Header:
    """The header, checked against the size of the content before anything is allocated.

    Raises `CalibrateError` E106 (no or a damaged header, truncated, trailing bytes) or E112 (no numbers).
    """
    start = content.read(12, 0)
    if start[:6] != MAGIC:
        raise CalibrateError(
            "E106", f"{where}: is no npy array: starts with {start[:6]!r}, expected the magic bytes {MAGIC!r}", ""
        )
    version = tuple(start[6:8])
    if version not in {(1, 0), (2, 0), (3, 0)}:
        raise _damaged(where, f"found version {'.'.join(map(str, version))}, expected 1.0, 2.0 or 3.0")
    wide = 2 if version == (1, 0) else 4
    length = int.from_bytes(start[8 : 8 + wide], "little")
    offset = 8 + wide + length
    if length > LONGEST_HEADER or offset > content.size:
        raise _damaged(
            where, f"it claims {length:,} bytes, of a file of {content.size:,}, at most {LONGEST_HEADER:,} are read"
        )
    text = content.read(length, 8 + wide).decode("utf-8" if version == (3, 0) else "latin-1", "replace")
    items = _items(text, where)
    shape = tuple(int(part.rstrip("L")) for part in re.findall(r"-?\d+L?", items["shape"]))
    if any(side < 0 for side in shape):
        raise _damaged(where, f"shape {shown(items['shape'])} has a negative side")
    header = Header(_dtype(items["descr"], where), items["fortran_order"] == "True", shape, offset)
    _check_size(header, content.size, where)
    return header


def _items(text: str, where: str) -> dict[str, str]:
    body = text.strip(" \n\0")
    items: dict[str, str] = {}
    at = 1
    while body[:1] == "{" and (item := _ITEM.match(body, at)):
        if item[1] in items:
            raise _damaged(where, f"{item[1]!r} stands in it twice")
        items[item[1]] = item[2]
        at = item.end()
    is_whole = body[:1] == "{" and body[at:].strip() == "}"
    kinds = {"descr": "'\"[", "fortran_order": "TF", "shape": "("}
    if not is_whole or items.keys() != kinds.keys() or any(items[k][0] not in first for k, first in kinds.items()):
        raise _damaged(where, f"found {shown(body)!r}, expected descr, fortran_order and shape")
    return items


def _dtype(descr: str, where: str) -> np.dtype[np.generic]:
    if descr[0] == "[":
        raise CalibrateError(
            "E112",
            f"{where}: found a structured dtype {shown(descr)}, expected an array of one type of numbers",
            "where it was made: numpy.save(FILE, numpy.lib.recfunctions.structured_to_unstructured(array))",
        )
    simple = _SIMPLE.fullmatch(descr[1:-1])
    if simple is None:
        raise _damaged(where, f"found the dtype {shown(descr)}")
    letter = simple[1]
    if letter in _REFUSED:
        hint = _HINTS.get(letter, "where it was made: numpy.save(FILE, array.astype(float))")
        raise CalibrateError(
            "E112", f"{where}: found the dtype {shown(descr)}: {_REFUSED[letter]}, expected numbers", hint
        )
    try:
        dtype = np.dtype(descr[1:-1])
    except (TypeError, ValueError):
        dtype = np.dtype(np.void)
    if dtype.kind not in "fiub" or dtype.itemsize == 0:
        raise CalibrateError(
            "E112", f"{where}: found the dtype {shown(descr)}, which is unknown here; expected numbers", _HINTS["U"]
        )
    return dtype


def _check_size(header: Header, size: int, where: str) -> None:
    count = 1
    for side in header.shape:
        count *= side
    needed = header.offset + count * header.dtype.itemsize
    if needed == size:
        return
    what = f"the header says shape {shown(header.shape)} of {header.dtype}, which takes {needed:,} bytes"
    if needed > size:
        raise CalibrateError("E106", f"{where}: truncated: {what}, the file has {size:,}", "transfer or write it again")
    extra = size - needed
    raise CalibrateError(
        "E106", f"{where}: {extra:,} extra (trailing) bytes: {what}, the file has {size:,}", "write it again"
    )


def _damaged(where: str, what: str) -> CalibrateError:
    return CalibrateError("E106", f"{where}: damaged npy header: {what}", "transfer or write it again")
