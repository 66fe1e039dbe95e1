"""The installed distributions that calibrate stands on, with licences, digests and who needs whom."""

from __future__ import annotations

import re
from hashlib import sha256
from importlib import metadata
from typing import Any

MOST_LICENCE = 80
"""Characters; longer is the text of a licence and not its name."""


def packages() -> list[dict[str, Any]]:
    """Calibrate, all that it requires, and all that those require, as far as it is installed; by name.

    The extras of calibrate count where they are installed, but not what it is developed with. `record` is the SHA-256
    of the lines of its RECORD about its own files, each with the digest of the file; empty where there is none.
    """
    found: dict[str, dict[str, Any]] = {}
    waiting = ["calibrate"]
    while waiting:
        name = waiting.pop()
        try:
            one = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        needs = _needs(one)
        found[name] = {"name": name, "version": one.version, **_licence(one), "record": _record(one), "needs": needs}
        waiting += [need for need in needs if need not in found]
    return [{**one, "needs": [n for n in one["needs"] if n in found]} for _, one in sorted(found.items())]


def _needs(one: metadata.Distribution) -> list[str]:
    """Names that a distribution requires, without its extras; what a marker leaves out is mostly not here."""
    names = set()
    for text in one.requires or ():
        requirement, _, marker = text.partition(";")
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", marker)
        if extra is None or (one.name == "calibrate" and extra[1] != "dev"):
            names.add(_plain(re.split(r"[^A-Za-z0-9_.-]", requirement.strip(), maxsplit=1)[0]))
    return sorted(names)


def _plain(name: str) -> str:
    """The name as indexes normalise it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence(one: metadata.Distribution) -> dict[str, str]:
    """An SPDX expression where the distribution states one, else what it calls its licence."""
    expression = "".join(one.metadata.get_all("License-Expression") or ())
    stated = "".join(one.metadata.get_all("License") or ()).strip()
    if not stated or "\n" in stated or len(stated) > MOST_LICENCE:
        kinds = [c for c in one.metadata.get_all("Classifier") or () if c.startswith("License :: ")]
        stated = ", ".join(sorted(kind.rpartition(" :: ")[2] for kind in kinds))
    return {"expression": expression, "licence": "" if expression else stated}


def _record(one: metadata.Distribution) -> str:
    """The same whatever installed it: without scripts, compiled files and what the installer adds."""
    lines = (one.read_text("RECORD") or "").splitlines()
    own = [line for line in lines if ",sha256=" in line and not _ADDED.search(line.partition(",")[0])]
    return sha256("\n".join(sorted(own)).encode()).hexdigest() if own else ""


_ADDED = re.compile(r"^\.\.|\.dist-info/|\.pth$|\.pyc$")
