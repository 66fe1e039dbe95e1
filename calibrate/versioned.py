"""Documents as we write and read them: one form of JSON; what is none of ours, damaged or newer is refused alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from calibrate.errors import CalibrateError, shown

MOST_DEPTH = 64
"""Levels of nesting; ours have a dozen, and what is deeper would exhaust the stack of whoever walks it."""
MOST_WHOLE = 1 << 64
"""Whole numbers of our documents are counts and seeds: smaller than this."""


def encoded(document: Any) -> bytes:
    r"""The document as JSON: UTF-8, two spaces a level, full precision, a line end.

    >>> encoded({"n": 0.1})
    b'{\n  "n": 0.1\n}\n'
    """
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def spelt(document: Any) -> str:
    r"""The same as text that may be printed: what a terminal or a CI runner would obey in a name is spelt out.

    Those are control and format characters beyond the ASCII ones, which JSON spells out anyway, and `##[...]`.

    >>> spelt({"a": "\x9b1m \u202e ##[error]"})
    '{\n  "a": "\\u009b1m \\u202e \\u0023\\u0023[error]"\n}\n'
    """
    return _FOREIGN.sub(_spelt, encoded(document).decode().replace("##", "\\u0023\\u0023"))


_FOREIGN = re.compile(r"[^\n\x20-\x7e]")


def _spelt(match: re.Match[str]) -> str:
    return match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1]


@dataclass(frozen=True)
class Kind:
    """A kind of document, and how this version complains about one that it cannot read.

    what       "model": for messages
    schema     "calibrate/model/1": the newest that this version reads
    damaged    code of what is no such document; `newer` of one of a later schema
    origin     hint where the file cannot be read: which file is meant; `again`, where it is damaged: how to make it
    """

    what: str
    schema: str
    damaged: str
    newer: str
    origin: str
    again: str

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Whatever fails inside is an error of the file `name`, with its code."""
        try:
            yield
        except (ValueError, TypeError, OverflowError, RecursionError) as problem:  # those of msgspec are ValueErrors
            text = f"{shown(name)}: not a {self.what} of calibrate: {shown(problem, 200)}"
            raise CalibrateError(self.damaged, text, self.again) from problem
        except CalibrateError as problem:
            raise CalibrateError(problem.code, f"{shown(name)}: {problem.message}", problem.hint) from problem

    def decoded(self, data: bytes) -> dict[str, Any]:
        """The JSON object in `data`, its schema known. To be called where `reading` is at work."""
        return self.known(msgspec.json.decode(data))

    def known(self, document: Any) -> dict[str, Any]:
        """`document`, if it is an object of a schema that this version reads, no deeper and with no larger counts."""
        self._check(msgspec.convert(document, _Schema).schema)
        _check_values(document)
        return document  # type: ignore[no-any-return]

    def _check(self, schema: str) -> None:
        family, _, newest = self.schema.rpartition("/")
        found = re.fullmatch(rf"{re.escape(family)}/(\d{{1,9}})", schema)
        if not found:
            raise ValueError(f"its schema is {schema!r}, expected {self.schema!r}")
        if int(found[1]) > int(newest):
            text = f"schema {schema}; this version reads up to {self.schema}"
            raise CalibrateError(self.newer, text, "update calibrate")


class _Schema(msgspec.Struct):
    schema: str


def _check_values(document: Any) -> None:
    level = [document]
    for _ in range(MOST_DEPTH):
        inside = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
        if any(isinstance(child, int) and abs(child) >= MOST_WHOLE for child in inside):
            raise ValueError("a whole number has more than 64 bits")
        level = [child for child in inside if isinstance(child, (dict, list, tuple))]
        if not level:
            return
    raise ValueError(f"it is nested deeper than {MOST_DEPTH} levels")
