"""audit.toml: what no data can tell about a model and the people who answer for it.

Every key may be left out; the report then says "not provided". A key that is not known is refused, so that a slip of
the pen does not become an empty field; the table [extra] takes any key.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from calibrate.errors import CalibrateError, shown


@dataclass(frozen=True)
class Person:
    """Somebody who signs."""

    name: str = ""
    role: str = ""
    date: str = ""


@dataclass(frozen=True)
class Meta:
    """The fields of audit.toml; `prepared_by` and its like are a name, or a table of name, role and date."""

    title: str = ""
    model_name: str = ""
    model_version: str = ""
    purpose: str = ""
    intended_use: str = ""
    scope: str = ""
    out_of_scope: str = ""
    owner: str = ""
    developers: tuple[str, ...] = ()
    contact: str = ""
    data_description: str = ""
    prepared_by: Person = field(default_factory=Person)
    reviewed_by: Person = field(default_factory=Person)
    approved_by: Person = field(default_factory=Person)
    limitations: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)


LISTS = ("developers", "limitations")
PEOPLE = ("prepared_by", "reviewed_by", "approved_by")


def meta_of(content: bytes, name: str) -> Meta:
    """The fields in `content`, the bytes of the TOML file `name`. Raises `CalibrateError` E631.

    >>> meta_of(b'title = "Churn"\\ndevelopers = "A. Noether"', "audit.toml").developers
    ('A. Noether',)
    """
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise CalibrateError(
            "E631", f"{shown(name)}: not TOML: {shown(problem, 200)}", 'a line is like: title = "Credit scoring"'
        ) from problem
    _known(table, [f.name for f in fields(Meta)], name)
    for key in PEOPLE:
        if isinstance(table.get(key), dict):
            _known(table[key], [f.name for f in fields(Person)], f"{name}: {key}")
    try:
        return msgspec.convert(_tidy(table), Meta)
    except (msgspec.ValidationError, RecursionError) as problem:
        raise CalibrateError(
            "E631", f"{shown(name)}: {shown(problem, 200)}", 'fields are text: title = "Credit scoring"'
        ) from problem


def _known(table: Mapping[str, Any], names: list[str], where: str) -> None:
    for key in table:
        if key not in names:
            close = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
            meant = f"did you mean {close[0]}? " if close else ""
            raise CalibrateError(
                "E631",
                f"{shown(where, 255)}: unknown key {shown(key)!r}",
                f"{meant}known: {', '.join(names)}; free keys go under [extra]",
            )


def _tidy(table: Mapping[str, Any]) -> dict[str, Any]:
    """One text where a list or a person is meant is a list of one, or a person's name; dates and numbers are text."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found[key] = {name: _text(entry) for name, entry in value.items()}
        elif isinstance(value, list):
            found[key] = [_text(entry) for entry in value]
        elif key in LISTS:
            found[key] = [_text(value)]
        else:
            found[key] = {"name": _text(value)} if key in PEOPLE else _text(value)
    return found


def _text(value: Any) -> Any:
    """Scalars as text; what is nested deeper stays, to be refused where text is expected."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str | list | dict) else shown(value)
