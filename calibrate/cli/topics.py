"""Everything that `explain` can explain, by name: entries of registries, options, files, exit codes, terms, errors.

No text of an entry or option stands here: an entry is explained by the docstring of its module, an option by its help.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from textwrap import fill
from typing import Any

from typer.models import OptionInfo

from calibrate import registry, remedies
from calibrate.cli.app import COMMANDS
from calibrate.cli.options import FAMILIES, Choices
from calibrate.cli.pages import EXIT_CODES, FILES, LIMITS, OPTIONS
from calibrate.cli.pages import FAMILIES as FAMILY_TEXTS
from calibrate.errors import TITLES, CalibrateError, shown
from calibrate.glossary import TERMS

WIDTH = 80

ENTRIES = {
    "metrics": ("metric", "metrics", "--metrics"),
    "calibrators": ("method", "methods", "--method"),
    "links": ("link", "links", "--link"),
    "formats": ("format that is read", "formats that are read", ""),
    "writers": ("format that is written", "formats that are written", ""),
    "renderers": ("output of a result", "outputs of a result", ""),
    "executors": ("executor", "executors", "--executor"),
}
"""Registry -> what one entry is, what all are, and the option that takes them with their own options."""


@dataclass(frozen=True)
class Topic:
    """One thing that can be explained; several may share a name, as the term ECE and the metric ece do."""

    name: str
    kind: str
    group: str
    text: Callable[[], str]


def page(asked: str) -> str:
    """All that there is on a topic, in 80 columns. Raises `CalibrateError` E607, with the nearest names."""
    found = [topic for topic in topics() if _key(topic.name) == _key(asked)]
    if not found and ":" in asked:  # ece:bins=20
        return page(asked.partition(":")[0])
    if asked.startswith("--"):
        found = [topic for topic in found if topic.kind == "option"]
    if not found:
        raise _unknown(asked)
    return "\n\n".join(f"{topic.name} ({topic.kind})\n\n{wrapped(topic.text())}" for topic in found) + "\n"


def overview() -> str:
    """The names of all topics, by what they are."""
    groups: dict[str, list[str]] = {}
    for topic in topics():
        groups.setdefault(topic.group, []).append(topic.name)
    lines = [f"{group}\n{_filled(', '.join(names), '  ')}" for group, names in groups.items()]
    return "calibrate explain TOPIC explains one of these:\n\n" + "\n".join(lines) + "\n"


def topics() -> Iterator[Topic]:
    """All of them, in the order of the overview."""
    for name in COMMANDS:
        yield Topic(name, "command", "commands", partial(_command, name))
    yield from _terms()
    for registered, (one, many, option) in ENTRIES.items():
        for name in registry.names(registered):
            yield Topic(registry.spelt(registered, name), one, many, _entry(registered, name, option))
    yield Topic("auto", "choice of a method", "methods", partial(_docstring, "choosing.py"))
    yield from _options()
    for name, text in FILES.items():
        yield Topic(name, "file", "files that are written", _said(text))
    yield Topic("exit codes", "how a command ends", "how a command ends", _said(_listed(EXIT_CODES)))
    for name in ("limits", *(name for name in LIMITS if name.isupper())):
        yield Topic(name, "how much is read", "how much is read", _said(_listed(LIMITS)))
    yield from _errors()


def wrapped(text: str) -> str:
    """Paragraphs filled to 80 columns; lines that are indented (formulas, tables) stay as they are.

    >>> print(wrapped("A mean\\nof rows.\\n\\n    m = s / n"))
    A mean of rows.
    <BLANKLINE>
        m = s / n
    """
    parts = (part.strip("\n") for part in text.split("\n\n"))
    return "\n\n".join(part if part.startswith("    ") else _filled(part) for part in parts if part)


def _filled(text: str, indent: str = "") -> str:
    return fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _listed(rows: Mapping[str, str]) -> str:
    """A line or more for each, indented, so that they stay under each other."""
    look: dict[str, Any] = {"subsequent_indent": " " * 8, "break_long_words": False, "break_on_hyphens": False}
    return "\n".join(fill(f"    {name}: {text}", WIDTH, **look) for name, text in rows.items())


def _key(name: str) -> str:
    """What is the same to a reader is the same: case, `-`, `_` and blanks, dashes in front."""
    return "-".join(name.lower().replace("_", " ").replace("-", " ").split())


def _said(text: str) -> Callable[[], str]:
    return lambda: text


def _unknown(asked: str) -> CalibrateError:
    names = {_key(topic.name): topic.name for topic in topics()}
    begun = [key for key in names if asked and key.startswith(_key(asked))]
    near = (begun or difflib.get_close_matches(_key(asked), names))[:2]
    hint = f"did you mean {' or '.join(names[key] for key in near)}?" if near else "all topics: calibrate explain"
    return CalibrateError("E607", f"topic {shown(asked)!r} is unknown", hint)


def _docstring(*path: str) -> str:
    """Of a module of the package, without importing it."""
    source = Path(registry.__file__).parent.joinpath(*path)
    return ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""


def _command(name: str) -> str:
    """What a command is for, and its options by name."""
    parameters = inspect.signature(import_module(f"calibrate.cli.{name}").command).parameters.items()
    flags = [f"--{key.replace('_', '-')}" for key, one in parameters if isinstance(_told(one.annotation), OptionInfo)]
    return f"{_docstring('cli', f'{name}.py')}\n\nOptions: {', '.join(flags)}. See also: calibrate {name} --help"


def _terms() -> Iterator[Topic]:
    for name, text in TERMS.items():
        yield Topic(name, "term", "terms", _said(text))


def _entry(registered: str, name: str, option: str) -> Callable[[], str]:
    """The docstring of a module, and what its options are by default."""

    def text() -> str:
        said = _docstring(registered, f"{name}.py")
        choices = choices_of(registered, name) if option else ""
        example = f"{option} {name.replace('_', '-')}:{re.split(', | ', choices)[0]}"
        return said + (f"\n\nOptions: {choices}. As in {example}" if choices else "")

    return text


def choices_of(registered: str, name: str) -> str:
    """`bins=15, norm=l1 (or l2, max)`: the options of an entry, their defaults and other values.

    >>> choices_of("metrics", "mce")
    'bins=15'
    """
    entry = registry.load(registered, name)
    target = getattr(entry, "fit", entry) if registered == "calibrators" else entry
    hints = typing.get_type_hints(target.__init__ if inspect.isclass(target) else target)
    parts = []
    for option, default in registry.options_of(target).items():
        others = [str(value) for value in typing.get_args(hints[option]) if value not in (default, type(None))]
        closed = typing.get_origin(hints[option]) is typing.Literal
        also = f" (or {', '.join(others)})" if closed and others else ""
        usual = str(default).lower() if isinstance(default, bool) else "..." if default in ("", None) else default
        parts.append(f"{option}={usual}{also}")
    return ", ".join(parts)


def _options() -> Iterator[Topic]:
    """A page per family, then a page per option, of families and of commands alike."""
    used: dict[str, list[str]] = {}
    own: Choices = {}
    for command in COMMANDS:
        for name, parameter in inspect.signature(import_module(f"calibrate.cli.{command}").command).parameters.items():
            if isinstance(_told(parameter.annotation), OptionInfo):
                used.setdefault(name, []).append(command)
                own.setdefault(name, (parameter.annotation, parameter.default))
    for family, choices in FAMILIES.items():
        rows = _listed({_flags(name, choice[0]): _told(choice[0]).help for name, choice in choices.items()})
        yield Topic(family, "family of options", "families of options", _said(f"{FAMILY_TEXTS[family]}\n\n{rows}"))
    for name, (annotation, default) in own.items():
        usual = "" if default in (None, False) else f"\n\nBy default: {default}"
        more = f"\n\n{OPTIONS[name]}" if name in OPTIONS else ""
        of = f"\n\nOption of: {', '.join(used[name])}"
        text = f"{_flags(name, annotation)}: {_told(annotation).help}{more}{usual}{of}"
        yield Topic(f"--{name.replace('_', '-')}", "option", "options", _said(text))


def _told(annotation: Any) -> Any:
    """What Typer is told about a parameter: an argument or an option."""
    return next(iter(getattr(annotation, "__metadata__", ())), None)


def _flags(name: str, annotation: Any) -> str:
    told = _told(annotation)
    first = [told.default] if isinstance(told.default, str) and told.default.startswith("-") else []  # Annotated
    flags = ", ".join([*first, *told.param_decls]) or f"--{name.replace('_', '-')}"
    return f"{flags} {told.metavar}" if told.metavar else flags


def _errors() -> Iterator[Topic]:
    for hundred, (subject, text) in remedies.HUNDREDS.items():
        codes = _listed({code: title for code, title in TITLES.items() if code.startswith(hundred)})
        yield Topic(f"{hundred}xx", f"errors: {subject}", "errors", _said(f"{text}\n\n{codes}"))
    for code, title in TITLES.items():
        subject, common = remedies.HUNDREDS[code[:2]]
        own = remedies.REMEDIES.get(code, "")
        about = f"Errors {code[:2]}xx, {subject}: {common}"
        yield Topic(code, "error", "errors", _said(f"{title[0].upper()}{title[1:]}.\n\n{own}\n\n{about}"))
