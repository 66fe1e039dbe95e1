"""JSON lines: a row a line, all of them objects with the same keys or arrays of the same length.

Numbers are those of JSON, read from their digits (correctly rounded, whole numbers exact); `null`, `NaN` and
`Infinity` are faults in a column of numbers. Booleans and strings are what they are. A list in an object, as logs of
predictions have it, is a column for each of its values, `logits_0` and so on, and an object in it one for each of its
keys; what lies deeper is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from calibrate.containers import grammar
from calibrate.containers.column_table import Column, ColumnTable
from calibrate.containers.opening import Opened
from calibrate.containers.pieces import FIRST, pieces
from calibrate.containers.strict_csv import decode
from calibrate.errors import CalibrateError, named, shown
from calibrate.table import Decision, Fault, Source

FAULTS = 5
"""Faults that are kept of every column."""


@dataclass(frozen=True)
class Jsonl:
    """Reads JSON lines."""

    extensions: ClassVar[tuple[str, ...]] = ("jsonl", "ndjson", "json")
    magic: ClassVar[bytes] = b""

    def read(self, opened: Opened) -> ColumnTable:
        """The table. Raises `CalibrateError` E107, E108, E114 or E116."""
        where = named(opened.name)
        if opened.content.size > opened.limits.in_memory:
            raise opened.error(
                "E114", f"has more than {opened.limits.in_memory:,} bytes", "set CALIBRATE_MAX_BYTES higher"
            )
        lines = _Lines(where, opened.limits.max_columns)
        for span, data in pieces(opened.content, FIRST, FIRST, where):
            text = decode(data, span.line, where)
            if not lines.rows:
                _refuse_own(text, where)
            lines.take(text, span.line)
        if not lines.rows:
            raise opened.error("E107", "empty: no rows of data", "")
        columns = tuple(map(_column, zip(*lines.rows, strict=True)))
        kind = "arrays" if lines.keys is None else "objects"
        source = Source(opened.name, "jsonl", opened.digest, opened.size)
        return ColumnTable(source, columns, lines.keys, (Decision("rows", kind, "the first line"),), 1)


class _Lines:
    """The rows so far; numbers are kept as their digits (`bytes`), so that they differ from strings."""

    def __init__(self, where: str, most: int) -> None:
        self.where = where
        self.most = most
        self.keys: tuple[str, ...] | None = None
        self.width = 0
        self.rows: list[Sequence[Any]] = []
        self.blank: int | None = None
        self.inner: dict[str, tuple[str, ...]] = {}
        self._read = json.JSONDecoder(
            parse_int=str.encode, parse_float=str.encode, parse_constant=str.encode, object_pairs_hook=_Pairs
        ).decode

    def take(self, text: str, line: int) -> None:
        """The lines of a piece of text, which starts on `line`."""
        for at, row in enumerate(text.removesuffix("\n").split("\n"), line):
            if not row.strip(" \t\r"):
                self.blank = self.blank or at
                continue
            if self.blank:
                raise self._wrong(self.blank, "found a blank line between rows, expected a row of JSON")
            self.rows.append(self._values(row, at))

    def _values(self, row: str, line: int) -> Sequence[Any]:
        try:
            found = self._read(row)
        except (ValueError, RecursionError) as error:
            raise self._wrong(line, f"found no JSON: {shown(error)}") from None
        if isinstance(found, _Pairs):
            found = _Pairs(self._flat(found.pairs, line))
        values = [value for _, value in found.pairs] if isinstance(found, _Pairs) else found
        if not isinstance(values, list):
            raise self._wrong(line, f"found {shown(row.strip())}, expected an object or an array")
        keys = self._keys(found, line) if isinstance(found, _Pairs) else None
        if not self.rows:
            self.keys, self.width = keys, len(values)
            if not values or len(values) > self.most:
                raise self._wrong(line, f"found {len(values)} columns, expected 1 to {self.most:,}")
        elif (keys is None) != (self.keys is None):
            raise self._wrong(line, "found arrays and objects in the same file, expected rows of one kind")
        elif keys is not None and self.keys is not None and keys != self.keys:
            values = self._ordered(dict(found.pairs), line)
        if len(values) != self.width:
            raise self._wrong(line, f"found {len(values)} values, expected {self.width}")
        nested = next((j for j, v in enumerate(values) if isinstance(v, (list, _Pairs))), None)
        if nested is not None:
            raise self._wrong(line, f"column {nested + 1}: found a nested value, expected a number or text", FLAT)
        return values

    def _flat(self, pairs: list[tuple[str, Any]], line: int) -> list[tuple[str, Any]]:
        """The pairs with those in place of lists and objects that the first row has for the same keys."""
        if not self.rows:
            self.inner = {key: names for key, value in pairs if (names := _names(key, value))}
        if not self.inner:
            return pairs
        flat = []
        for key, value in pairs:
            names, known = _names(key, value), self.inner.get(key)
            if known is None:
                flat.append((key, value))
            elif names is None or set(names) != set(known):
                raise self._wrong(
                    line, f"{shown(key)!r}: found {_what(value)}, expected {len(known)} values as in row 1"
                )
            else:
                flat += zip(names, [v for _, v in value.pairs] if isinstance(value, _Pairs) else value, strict=True)
        return flat

    def _keys(self, found: _Pairs, line: int) -> tuple[str, ...]:
        keys = tuple(key for key, _ in found.pairs)
        if len(set(keys)) < len(keys):
            twice = next(key for i, key in enumerate(keys) if key in keys[:i])
            raise self._wrong(line, f"key {shown(twice)!r} stands there twice")
        return keys

    def _ordered(self, values: dict[str, Any], line: int) -> list[Any]:
        """Values in the order of the first line's keys."""
        keys = self.keys or ()
        missing = [key for key in keys if key not in values]
        strange = [key for key in values if key not in set(keys)]
        if missing or strange:
            what = (
                f"key {shown(missing[0])!r} is missing"
                if missing
                else f"key {shown(strange[0])!r} is not in the first line"
            )
            raise self._wrong(line, what)
        return [values[key] for key in keys]

    def _wrong(self, line: int, what: str, hint: str = "") -> CalibrateError:
        usual = "one row a line: pandas.DataFrame.to_json(FILE, orient='records', lines=True)"
        return CalibrateError("E116", f"{self.where}: row {len(self.rows) + 1} (line {line}): {what}", hint or usual)


def _refuse_own(text: str, where: str) -> None:
    """Raise E116 where a document of ours stands for a file of scores or labels."""
    found = OWN.match(text)
    if found is not None:
        told = f"{where}: found a {found[1]} that calibrate wrote, expected rows of scores or labels"
        raise CalibrateError("E116", told, OWN_HINTS.get(found[1], "name the file of the scores"))


OWN = re.compile(r'\s*\{\s*"schema": ?"calibrate/([a-z]+)/')
OWN_HINTS = {
    "result": "calibrate compare --result new.json --baseline old.json compares two, check --result FILE judges one",
    "model": "name it with --model, and the file of the scores before",
    "report": "a bundle is checked with: calibrate verify BUNDLE",
}

FLAT = "give every class a key of its own, one key a list of numbers, or every line an array of numbers alone"


@dataclass(frozen=True)
class _Pairs:
    """An object, its keys possibly double."""

    pairs: list[tuple[str, Any]]


def _names(key: str, value: Any) -> tuple[str, ...] | None:
    """The columns that a list or an object under this key is; None where it is neither."""
    if isinstance(value, list):
        return tuple(f"{key}_{i}" for i in range(len(value)))
    return tuple(inner for inner, _ in value.pairs) if isinstance(value, _Pairs) else None


def _what(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "an object of other keys" if isinstance(value, _Pairs) else "no list"


def _column(cells: Sequence[Any]) -> Column:
    if all(isinstance(c, bool) for c in cells):
        return Column(np.array(cells, dtype=bool), "bool")
    texts = tuple(c.decode() if isinstance(c, bytes) else _spelled(c) for c in cells)
    numbers = sum(isinstance(c, bytes) for c in cells)
    if numbers <= sum(isinstance(c, (str, bool)) for c in cells):
        return Column(np.array(texts, dtype=object), "text", texts)
    parsed = grammar.parse([t if isinstance(c, bytes) else "" for c, t in zip(cells, texts, strict=True)])
    wrong = set(parsed.wrong) | {i for i, t in enumerate(texts) if t == "-Infinity"}
    values = parsed.values
    values[[i for i in wrong if texts[i] == "-Infinity"]] = -np.inf
    wrong -= {i for i in wrong if texts[i] == "-Infinity"}
    faults = tuple(Fault(i, 0, texts[i], _why(cells[i], texts[i])) for i in sorted(wrong)[:FAULTS])
    if not parsed.whole or wrong or np.abs(values).max() < grammar.EXACT:
        is_int = parsed.whole and not wrong
        return Column(values.astype(np.int64) if is_int else values, "int" if parsed.whole else "float", texts, faults)
    exact = list(map(int, texts))
    dtype = np.int64 if min(exact) >= -(2**63) and max(exact) < 2**63 else np.uint64
    fits = dtype is np.int64 or (min(exact) >= 0 and max(exact) < 2**64)
    return Column(np.array(exact, dtype=dtype) if fits else values, "int", texts)


def _spelled(cell: Any) -> str:
    return {None: "null", True: "true", False: "false"}[cell] if cell is None or isinstance(cell, bool) else cell


def _why(cell: Any, text: str) -> str:
    if cell is None:
        return ""
    return grammar.why_no_number(text) if isinstance(cell, bytes) else "text or a boolean, no number"
