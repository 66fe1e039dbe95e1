"""The registries: folders in which the file name is the name, and the options are the fields.

`load("metrics", "ece")` is the class `Ece` of `calibrate/metrics/ece.py`; `make("metrics", "ece:bins=20")` an
instance of it. A new entry is a new file: nothing here, nor anywhere else, lists them.
"""

from __future__ import annotations

import difflib
import inspect
import math
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union

from calibrate.errors import CalibrateError, shown


@dataclass(frozen=True)
class Spec:
    """`ece:bins=20,norm=l2`, taken apart; `key` is what the user wrote, with underscores."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


@cache
def names(kind: str) -> tuple[str, ...]:
    """Names of all entries of a registry, from the file names alone; nothing is imported."""
    folder = Path(__file__).parent / kind
    return tuple(sorted(p.stem for p in folder.glob("*.py") if not p.stem.startswith("_")))


def parse(kind: str, text: str) -> Spec:
    """The entry and the options that `text` names; `-` and `_` are the same.

    >>> parse("metrics", "classwise-ece:bins=20").key
    'classwise_ece:bins=20'
    """
    head, _, tail = text.partition(":")
    name = head.strip().replace("-", "_")
    if name not in names(kind):
        raise CalibrateError(
            "E601",
            f"{one_of(kind)} {shown(head)!r} is unknown",
            suggestion(head, tuple(spelt(kind, known) for known in names(kind))),
        )
    options: dict[str, str] = {}
    for part in filter(None, tail.split(",")):
        option, equals, value = part.partition("=")
        option = option.strip().replace("-", "_")
        if not equals or not option or option in options:
            raise CalibrateError(
                "E602",
                f"{shown(text)!r}: found {shown(part)!r}, expected option=value, each once",
                f"as in {name}:option=value",
            )
        options[option] = value.strip()
    key = name + (":" + ",".join(f"{k}={v}" for k, v in options.items()) if options else "")
    return Spec(name, options, key)


def split(text: str) -> Iterator[str]:
    """`nll,ece:bins=20,norm=l2,mce` at the commas that are not between options of one metric."""
    part = ""
    for piece in text.split(","):
        if part and "=" in piece and ":" not in piece:
            part += "," + piece
            continue
        if part:
            yield part
        part = piece
    yield part


def load(kind: str, name: str) -> Any:
    """What the file of that name defines under its name in CamelCase; else (executors, renderers) its module."""
    module = import_module(f"calibrate.{kind}.{name}")
    called = name.title().replace("_", "")
    return getattr(module, called, getattr(module, f"{called}_", module))  # None_: a name that Python keeps


def make(kind: str, text: str) -> Any:
    """An instance of the entry, its options set."""
    spec = parse(kind, text)
    entry = load(kind, spec.name)
    return entry(**typed(spec, entry))


def typed(spec: Spec, target: Callable[..., Any]) -> dict[str, Any]:
    """The options of `spec` as the annotated parameters of `target` take them (int, float, bool, str, Literal)."""
    hints = typing.get_type_hints(target.__init__ if inspect.isclass(target) else target)
    known = {
        k: hints[k] for k, p in inspect.signature(target).parameters.items() if k in hints and _is_option(hints[k], p)
    }
    for option in spec.options:
        if option not in known:
            raise CalibrateError(
                "E602", f"{spec.name!r} has no option {shown(option)!r}", suggestion(option, tuple(known))
            )
    return {option: _value(spec.name, option, text, known[option]) for option, text in spec.options.items()}


def options_of(target: Callable[..., Any]) -> dict[str, Any]:
    """Option names of an entry (or of a calibrator's `fit`) with their defaults."""
    hints = typing.get_type_hints(target.__init__ if inspect.isclass(target) else target)
    return {
        k: p.default for k, p in inspect.signature(target).parameters.items() if k in hints and _is_option(hints[k], p)
    }


def key_of(name: str, entry: Any) -> str:
    """The shortest text from which `make` gives this entry again: only options that differ from their defaults."""
    changed = {k: getattr(entry, k) for k, default in options_of(type(entry)).items() if getattr(entry, k) != default}
    text = {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in changed.items()}
    return name + (":" + ",".join(f"{k}={v}" for k, v in text.items()) if text else "")


def spelt(kind: str, name: str) -> str:
    """A name as people see it: metrics are the keys of results, with `_`; methods, links and the rest have `-`.

    >>> spelt("metrics", "classwise_ece"), spelt("calibrators", "structured_matrix:reg=auto")
    ('classwise_ece', 'structured-matrix:reg=auto')
    """
    head, colon, options = name.partition(":")
    return (head if kind == "metrics" else head.replace("_", "-")) + colon + options


def suggestion(wrong: str, known: tuple[str, ...]) -> str:
    """A hint for a misspelt name: the nearest ones, or all, as they are spelt in `known`; `-` and `_` are the same."""
    by_key = {name.replace("-", "_"): name for name in known}
    near = difflib.get_close_matches(wrong.replace("-", "_"), by_key, n=2)
    if near:
        return f"did you mean {' or '.join(by_key[key] for key in near)}?"
    return f"known: {', '.join(known) or 'none'}"


def one_of(kind: str) -> str:
    """`metrics` -> `metric`, for messages."""
    return kind.removesuffix("s")


_OF_THE_RUN = {"folds", "level"}
"""What a run gives to all its entries alike, and no user to one of them."""


def _is_option(hint: Any, parameter: inspect.Parameter) -> bool:
    simple = hint in (int, float, bool, str) or typing.get_origin(hint) in (Literal, Union, UnionType)
    return simple and parameter.name not in _OF_THE_RUN and parameter.default is not inspect.Parameter.empty


def _value(name: str, option: str, text: str, hint: Any) -> Any:
    kinds = typing.get_args(hint) if typing.get_origin(hint) in (Union, UnionType) else (hint,)
    for kind in kinds:
        value = _one_value(text, kind)
        if value is not None:
            return value
    wanted = " or ".join(_in_words(k) for k in kinds if k is not type(None))
    raise CalibrateError("E602", f"{name}:{option}: found {shown(text)!r}, expected {wanted}", "")


def _one_value(text: str, kind: Any) -> Any:
    if typing.get_origin(kind) is Literal:
        return text if text in typing.get_args(kind) else None
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower())
    if kind is str:
        return text
    if not text.isascii() or "_" in text:  # Python takes 1_0 and the digits of other scripts
        return None
    try:
        number = kind(text)
        return number if math.isfinite(number) else None
    except (ValueError, TypeError, OverflowError):
        return None


def _in_words(kind: Any) -> str:
    if typing.get_origin(kind) is Literal:
        return " or ".join(map(str, typing.get_args(kind)))
    return {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}.get(kind, str(kind))
