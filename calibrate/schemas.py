"""JSON Schemas of what we write, from the types that read it again: what is documented cannot differ from what is read.

Texts are those of the docstrings: the first paragraph of a class, its table of fields, and the strings below fields.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from textwrap import dedent
from types import ModuleType
from typing import Any

import msgspec

from calibrate import registry
from calibrate.errors import CalibrateError, shown

DRAFT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class Written:
    """A document of ours: the module that reads it (the type `root` and its `KIND`), and where users meet it."""

    module: str
    title: str
    text: str
    root: str = "Document"


DOCUMENTS = {
    "model": Written("calibrate.model", "Model of calibrate", "model.json, as `calibrate fit` writes it"),
    "result": Written(
        "calibrate.stored", "Result of calibrate", "result.json, as `calibrate fit` writes it and --json prints it"
    ),
    "report": Written(
        "calibrate.reporting.document", "Report of calibrate", "report.json, as `calibrate report` writes it", "Report"
    ),
}
"""Name -> document; a further one is a further entry."""

PARTS = ("stored", "results", "table", "exhibits", "reporting.meta")
"""Modules of the types that documents are made of, beside their own."""


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document. Raises `CalibrateError` E601 for one that we do not write."""
    written = DOCUMENTS.get(name.lower().replace("-", "_"))
    if written is None:
        raise CalibrateError("E601", f"schema {shown(name)!r} is unknown", registry.suggestion(name, tuple(DOCUMENTS)))
    module = import_module(written.module)
    (root,), parts = msgspec.json.schema_components([vars(module)[written.root]], ref_template="#/$defs/{name}")
    homes = (module, *(import_module(f"calibrate.{part}") for part in PARTS))
    found = {part: _described(schema, _class_of(part, homes)) for part, schema in sorted(parts.items())}
    for part in ("Estimate", "FitRecord", "Gate"):
        if part in found:
            found[part]["properties"]["infinite"] = _INFINITE
    return {"$schema": DRAFT, "title": written.title, "description": written.text, **root, "$defs": found}


_INFINITE = {
    "type": "object",
    "description": "Numbers that are infinite, and so null here: name -> sign.",
    "additionalProperties": {"enum": [1, -1]},
}


def field_texts(cls: type) -> dict[str, str]:
    """What the docstrings of a class say about its fields.

    >>> from calibrate.results import FitRecord
    >>> field_texts(FitRecord)["level"]
    'Of the intervals of the parameters.'
    """
    return dict([*_in_table(inspect.getdoc(cls) or ""), *_below_fields(cls)])


def _class_of(name: str, homes: tuple[ModuleType, ...]) -> type:
    found: type = next(vars(home)[name] for home in homes if name in vars(home))
    return found


def _described(schema: dict[str, Any], cls: type) -> dict[str, Any]:
    first = (inspect.getdoc(cls) or "").partition("\n\n")[0]
    texts = field_texts(cls)
    found = {"description": " ".join(first.split()), **{k: v for k, v in schema.items() if k != "description"}}
    found["properties"] = {
        name: {**({"description": texts[name]} if name in texts else {}), **of}
        for name, of in schema["properties"].items()
    }
    if "schema" in found["properties"]:
        found["properties"]["schema"]["const"] = import_module(cls.__module__).KIND.schema
    return found


def _in_table(text: str) -> Iterator[tuple[str, str]]:
    """`low, high   the interval` of a docstring, lines that go on below it joined."""
    row: list[str] = []
    for line in [*text.splitlines(), ""]:
        start = _ROW.fullmatch(line)
        if row and line.startswith("  ") and line.strip():
            row.append(line.strip())
            continue
        if row:
            names, *words = row
            yield from ((name, " ".join(words)) for name in names.split(", "))
        row = [start[1], start[2]] if start else []


_ROW = re.compile(r"(\w+(?:, \w+)*) {2,}(\S.*)")


def _below_fields(cls: type) -> Iterator[tuple[str, str]]:
    """The strings that stand below fields."""
    body = ast.parse(dedent(inspect.getsource(cls))).body[0]
    children = body.body if isinstance(body, ast.ClassDef) else []
    for field, text in pairwise(children):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            yield ast.unparse(field.target), " ".join(str(text.value.value).split())
