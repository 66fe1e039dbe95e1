"""`MANIFEST.sha256`: what in a folder is ours, and whether it is whole.

Every folder that we write holds it, with the digest of every other file of the set, in the form that `sha256sum -c`
reads. It says what is ours: a run may replace that, and nothing else, without being told to. It is the last file to
come where files are replaced one by one: until then digests do not agree, or there is none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import file_digest, sha256

from calibrate.errors import CalibrateError
from calibrate.outputs import aside
from calibrate.outputs.aside import at

MANIFEST = "MANIFEST.sha256"
_FIRST_LINE = f"# the files of one run of calibrate; sha256sum -c {MANIFEST} checks them\n"
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._-]*)\n")
_LONGEST = 1 << 20  # characters: many times what a set of ours can need
_AGAIN = f"run the command that wrote it once more; where a change was meant, remove {MANIFEST}"


@dataclass(frozen=True)
class Contents:
    """What a folder holds: names that a manifest of ours lists, all others, and whether a run is at work inside."""

    ours: frozenset[str]
    foreign: tuple[str, ...]
    busy: bool


def is_name(name: str) -> bool:
    """Whether a file of a set may be called so: plain, no folder, not hidden, not the manifest."""
    return name != MANIFEST and _LINE.fullmatch(f"{'0' * 64}  {name}\n") is not None


def text(digests: Mapping[str, str]) -> bytes:
    """The manifest of a set of files, name -> SHA-256, in order of the names."""
    return (_FIRST_LINE + "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))).encode()


def listed(folder: str) -> dict[str, str]:
    """Name -> SHA-256 by the manifest of `folder`; empty where it has none, or one that is not ours."""
    try:
        with open(os.path.join(folder, MANIFEST), encoding="ascii", newline="") as file:
            first, *lines = file.read(_LONGEST).splitlines(keepends=True) or [""]
    except (OSError, UnicodeDecodeError):
        return {}
    entries = [_LINE.fullmatch(line) for line in lines]
    if first != _FIRST_LINE:
        return {}
    return {entry[2]: entry[1] for entry in entries if entry}


def contents(folder: str) -> Contents:
    """What `folder` holds. A run that was killed while it replaced files left its manifest aside: that counts too."""
    with os.scandir(folder) as entries:
        files = {entry.name: entry.is_file(follow_symlinks=False) for entry in entries}
    asides = [name for name in files if aside.is_aside(name)]
    left = [name for name in asides if aside.is_free(os.path.join(folder, name))]
    known: set[str] = set()
    for place in ("", *left):
        found = listed(os.path.join(folder, place))
        known.update(found, [MANIFEST] if found and not place else ())
    ours = frozenset(name for name in known if files.get(name))
    return Contents(ours, tuple(sorted(files.keys() - ours - set(asides))), len(left) < len(asides))


def check_file(path: str, content: bytes) -> None:
    """Raise `CalibrateError` E506 where the manifest beside `path` is ours and lists it, but not with this content.

    Only this one file is looked at: one that no manifest lists may lie anywhere.
    """
    folder, name = os.path.split(path)
    expected = listed(folder or os.curdir).get(name)
    if expected is not None and sha256(content).hexdigest() != expected:
        raise _differs(path, sha256(content).hexdigest(), expected)


def _differs(path: str, found: str, expected: str) -> CalibrateError:
    text = f"{at(path)}: found SHA-256 {found[:16]}..., {MANIFEST} beside it expects {expected[:16]}..."
    return CalibrateError("E506", text, _AGAIN)


def check_folder(folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Names of the set in `folder`, if it is whole and as it was written. Raises `CalibrateError` E506 otherwise."""
    given = os.fspath(folder)
    expected = listed(given)
    if not expected:
        raise CalibrateError("E506", f"{at(given)}: found no {MANIFEST} of calibrate, expected one", _AGAIN)
    for name, digest in expected.items():
        path = os.path.join(given, name)
        try:
            with open(path, "rb") as file:
                found = file_digest(file, "sha256").hexdigest()
        except OSError as problem:
            reason = os.strerror(problem.errno or 0)
            raise CalibrateError("E506", f"{at(path)}: stands in {MANIFEST}, but: {reason}", _AGAIN) from problem
        if found != digest:
            raise _differs(path, found, digest)
    return tuple(expected)
