"""Where two documents differ: by JSON path, numbers to a tolerance, whole texts where their beginnings are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any

from calibrate.errors import LONGEST, shown

RELATIVE, ABSOLUTE = 1e-9, 1e-12
"""Numbers agree where they differ by no more than this share of them, or by no more than this."""
OF_THE_MACHINE = re.compile(r"\$\.result\.(environment(\.|$)|inputs\[\d+\]\.name$)")
"""What may differ on another machine, or of a file that was renamed, without any number being another."""
BEYOND = 8
"""Characters that are shown from the first on that differs."""


@dataclass(frozen=True)
class Finding:
    """One thing that does not agree: where, and what was found and expected."""

    where: str
    what: str


def differences(found: Any, again: Any, where: str, tolerance: float) -> Iterator[Finding]:
    """Where two documents differ, by JSON path, in the order of the first."""
    if OF_THE_MACHINE.match(where):
        return
    if isinstance(found, Mapping) and isinstance(again, Mapping):
        for key in (*found, *(key for key in again if key not in found)):
            at = f"{where}.{key}" if re.fullmatch(r"\w+", key) else f"{where}[{shown(key, 255)!r}]"
            if key not in found or key not in again:
                yield Finding(at, "is missing" if key not in found else "is not what the data give: nothing")
            else:
                yield from differences(found[key], again[key], at, tolerance)
    elif isinstance(found, list) and isinstance(again, list):
        if len(found) != len(again):
            yield Finding(where, f"found {len(found)} entries, expected {len(again)}")
        for i, pair in enumerate(zip(found, again, strict=False)):
            yield from differences(*pair, f"{where}[{i}]", tolerance)
    elif not _agree(found, again, tolerance):
        yield Finding(where, "found {}, expected {}".format(*told_apart(found, again)))


def told_apart(found: object, expected: object, longest: int = LONGEST) -> tuple[str, str]:
    """Both as texts of about `longest` characters, longer where it takes more to see that they differ.

    >>> told_apart("a" * 90 + "b", "a" * 90 + "c", 4) == ("a" * 90 + "b", "a" * 90 + "c"), told_apart(1.5, None)
    (True, ('1.5', 'None'))
    """
    texts = str(found), str(expected)
    same = next((i for i, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts)))
    enough = max(longest, same + BEYOND)
    return shown(texts[0], enough), shown(texts[1], enough)


def _agree(found: Any, again: Any, tolerance: float) -> bool:
    numbers = [isinstance(x, int | float) and not isinstance(x, bool) for x in (found, again)]
    if all(numbers):
        return bool(found == again) or isclose(found, again, rel_tol=tolerance, abs_tol=ABSOLUTE if tolerance else 0.0)
    return bool(found == again) and isinstance(found, bool) == isinstance(again, bool)
