"""Damage to a file: bytes flipped, set, cut out, put in, doubled or spliced from another file, headers rewritten."""

from __future__ import annotations

import re

from hypothesis import strategies as st

TOKENS = (
    *b"'<f8' '>f8' '<f4' '<i8' '|O' '<U8' '|V8' '<c16' True False (3,2) (1,6) (6,) () (0,6) (-1,6) (9999,)".split(),
    *b"{} [[1]] null NaN -Infinity PAR1 ARROW1 BZh PK\x03\x04 \x93NUMPY \x1f\x8b \x89HDF \x80\x04".split(),
    *b"7 -2.5 3e-5 00 1e3 inf nan -inf 1e999 1_0 0x1 \" ; , # | ' \0 \xff\xfe \xef\xbb\xbf".split(),
    *(b" ", b"\t", b"\r", b"\n", b"\n\n", b"\r\n"),
)
"""What the headers and cells of one format or another hold."""
NUMBERS = (b"7", b"0.5", b"25", b"3e-5", b"1e300")
"""What takes the place of another number."""
HEADS = re.compile(rb"'[<>|]\w\d+'|True|False|\([\d, ]*\)|PK..|PAR1|c\d|[\d.]+|[,;|\t\n]", re.DOTALL)
"""Fields that are rewritten: of headers, and cells of text."""


@st.composite
def damage(draw: st.DrawFn, data: bytes, other: bytes = b"") -> bytes:
    """`data` with one or two kinds of damage; `other` is what pieces are spliced from."""
    for _ in range(draw(st.sampled_from((1, 1, 2)))):
        data = _once(draw, data, other)
    return data


def flipped(draw: st.DrawFn, data: bytes) -> bytes:
    """One bit is another."""
    at, bit = draw(st.integers(0, len(data) - 1)), draw(st.integers(0, 7))
    return data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]


def _once(draw: st.DrawFn, data: bytes, other: bytes) -> bytes:
    if not data:
        return other[: draw(st.integers(0, 40))]
    how = draw(st.sampled_from(("flip", "end", "field", "field", "change", "change", "change")))
    if how == "flip":
        return flipped(draw, data)
    if how == "end":
        return data[: draw(st.integers(0, len(data) - 1))]
    if how == "field" and (fields := list(HEADS.finditer(data))):
        field = draw(st.sampled_from(fields))
        tokens = NUMBERS if field[0][:1].isdigit() and draw(st.booleans()) else TOKENS
        changed = data[: field.start()] + draw(st.sampled_from(tokens)) + data[field.end() :]
        return _as_long(changed, data) if data.startswith(b"\x93NUMPY") and draw(st.booleans()) else changed
    at, size = draw(st.integers(0, len(data) - 1)), draw(st.integers(0, min(64, len(data))))
    start = draw(st.integers(0, max(0, len(other) - 1)))
    new = draw(
        st.one_of(
            st.just(b""),  # cut out
            st.just(data[at : at + size] * 2),  # doubled
            st.just(other[start : start + size]),  # spliced
            st.sampled_from(TOKENS),
            st.binary(max_size=8),
        )
    )
    return data[:at] + new + data[at + (size if draw(st.booleans()) else 0) :]


def _as_long(changed: bytes, data: bytes) -> bytes:
    """The header of an npy file at its former length, so that nothing but the field tells of the change."""
    before, end, after = data.partition(b"\n")
    header = changed[: len(changed) - len(after) - len(end)].rstrip(b" ")
    return header.ljust(len(before))[: len(before)] + end + after
