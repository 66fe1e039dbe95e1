"""Where outputs are to lie: what could not be written there is refused before anything is computed."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable

from calibrate.errors import CalibrateError, shown
from calibrate.outputs.aside import at, refusing
from calibrate.outputs.exchange import held
from calibrate.outputs.manifest import MANIFEST, contents, is_name

_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""File managers leave these in any folder: not ours, never touched, and no reason to refuse."""

OWN = re.compile(r"/dev/stdout|/dev/stderr|(?:/dev/fd|/proc/self/fd)/([0-9]{1,9})")
STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
"""Names of descriptors that we have already, and those of the standard ones."""

Path = str | os.PathLike[str]


def ready_for_file(path: Path) -> None:
    """Raise now what `write_file` would raise for this path, before anything is computed."""
    name = os.fspath(path)
    target = file_target(name)
    if target is not None:
        _expect_writable(os.path.dirname(target), name)


def ready_for_folder(folder: Path, names: Iterable[str], *, force: bool = False) -> None:
    """Raise now what `write_folder` would raise for these files, before anything is computed."""
    given, wanted = os.fspath(folder), sorted(names)
    if wrong := [name for name in wanted if not is_name(name)]:
        raise ValueError(f"no names of outputs: {wrong}")
    _refuse_stream(given, "folder")
    if not given:
        raise CalibrateError("E502", "the name of the output folder is empty, expected a folder")
    with refusing(given):
        home = os.path.realpath(given)
        nearest = home
        while not os.path.lexists(nearest):
            nearest = os.path.dirname(nearest)
        if not stat.S_ISDIR(os.stat(nearest).st_mode):
            raise CalibrateError(
                "E502", f"{at(given)}: {at(nearest)} is a file, expected a folder", "choose another folder"
            )
        _expect_writable(nearest, given)
        if nearest == home:
            _refuse_foreign(home, given, wanted, force)


def same_file(left: Path, right: Path) -> bool:
    """Whether both paths lead to the same file, there or not yet; through links of either kind."""
    try:
        return os.path.samefile(left, right)
    except OSError:
        return os.path.realpath(left) == os.path.realpath(right)


def refuse_inputs(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Raise `CalibrateError` E505 where an output is one of the inputs."""
    sources = [os.fspath(source) for source in inputs]
    for output in [os.fspath(output) for output in outputs]:
        for source in sources:
            if same_file(output, source):
                found = f"{at(output)}: is the input {at(source)}, expected a file of its own"
                raise CalibrateError("E505", found, "choose another output")


def file_target(name: str) -> str | None:
    """The path behind all links at which the file is to lie; None for what is no file but can be written."""
    _refuse_stream(name, "file")
    if not name or name.endswith(os.sep):
        raise CalibrateError("E502", f"{at(name)!r}: is no name of a file, expected one", "name the file to write")
    with refusing(name):
        target = os.path.realpath(name)
        try:
            mode = os.stat(name).st_mode
        except FileNotFoundError:
            return _new_target(target, name)
        if stat.S_ISDIR(mode):
            raise CalibrateError("E502", f"{at(name)}: is a folder, expected a file", "name a file in it")
        if not stat.S_ISREG(mode) or OWN.fullmatch(name):
            return None
        _expect_writable(target, name)
        return target


def _new_target(target: str, name: str) -> str:
    folder = os.path.dirname(target)
    if os.path.isdir(folder):
        return target
    if os.path.lexists(folder):
        raise CalibrateError("E502", f"{at(name)}: {at(folder)} is a file, expected a folder", "choose another place")
    raise CalibrateError("E503", f"{at(name)}: found no folder {at(folder)}, expected one", "make the folder first")


def _refuse_stream(name: str, kind: str) -> None:
    """`-` is standard output wherever it is anything, and that holds the answer: no file is called so by accident."""
    if name == "-":
        hint = "./- is one of that name" + (
            "; /dev/stdout writes it there, before the answer" if kind == "file" else ""
        )
        raise CalibrateError("E502", f"-: stands for standard output, expected a {kind}", hint)


def _expect_writable(path: str, name: str) -> None:
    if not os.access(path, os.W_OK):
        place = "it" if path == os.path.realpath(name) else at(path)
        raise CalibrateError("E501", f"{at(name)}: cannot be written: {place} is read-only", "choose another place")


def _refuse_foreign(home: str, given: str, wanted: list[str], force: bool) -> None:
    for name in wanted:
        path = os.path.join(home, name)
        if os.path.isdir(path) and not os.path.islink(path):
            raise CalibrateError(
                "E502", f"{at(path)}: is a folder, expected a file or nothing", "choose another folder"
            )
    with held(home):  # another run may be replacing files just now: what it has not listed yet is ours too
        foreign = [name for name in contents(home).foreign if name not in _LITTER]
    if MANIFEST in foreign:
        found = f"{at(given)}: holds a {MANIFEST} that is not calibrate's"
        raise CalibrateError("E504", found, "choose another folder")
    if foreign and not force:
        found = f"{at(given)}: holds {shown(foreign[0])!r}, which is not known to come from calibrate"
        taken = sorted(set(foreign) & set(wanted))
        then = f"to replace {' and '.join(taken)}" if taken else "to write beside it"
        raise CalibrateError("E504", found, f"choose another folder, or --force {then}")
