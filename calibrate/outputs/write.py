"""Outputs that appear whole or not at all: one file, or a folder of files that belong together.

A file is written aside in the same folder, fsynced and renamed. A set of files is written into a new folder beside the
old one; the new folder takes its place by one rename, over our own earlier output by one exchange of the two. Where
that cannot be, the files are replaced one by one and `MANIFEST.sha256` last (see `manifest.py`):

- in a folder with files that are not ours (needs `force`; they are not touched),
- in the current folder and in a mount point, which must stay the folders that they are,
- where the folder above may not be written, or the file system cannot exchange.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import BinaryIO, cast

from calibrate.errors import CalibrateError, shown
from calibrate.outputs import aside
from calibrate.outputs.aside import Content, at, refusing
from calibrate.outputs.exchange import UNSUPPORTED, exchange, held, sync_folder
from calibrate.outputs.manifest import MANIFEST, contents, is_name, text

_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""File managers leave these in any folder: not ours, never touched, and no reason to refuse."""

_OWN = re.compile(r"/dev/stdout|/dev/stderr|(?:/dev/fd|/proc/self/fd)/([0-9]{1,9})")
_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}

Path = str | os.PathLike[str]


def write_file(path: Path, content: Content) -> None:
    """Write one file, whole or not at all; an existing one keeps its mode, a symbolic link its place.

    A pipe or device (`/dev/stdout`, a FIFO, `/dev/null`) is written as it is: there is nothing to rename.
    Raises `CalibrateError` E501 (the system refuses), E502 (a folder), E503 (no such folder), `BrokenPipeError`.
    """
    name = os.fspath(path)
    target = _file_target(name)
    if target is None:
        _write_through(name, content)
        return
    folder = os.path.dirname(target)
    aside.sweep(folder)
    with aside.new_file(folder, name) as (temporary, descriptor):
        _keep_mode(target, temporary)
        aside.fill(descriptor, content, name)
        with refusing(name):
            os.replace(temporary, target)
            sync_folder(folder)


def write_folder(folder: Path, files: Mapping[str, Content], *, force: bool = False) -> None:
    """Write a set of files as one: afterwards the folder holds this set, or what it held before.

    `files` maps names (fixed by us, without folders) to contents; `MANIFEST.sha256` is added. Folders above are made,
    and removed again where nothing comes of it. `force` allows a folder that holds other files: those are not touched.
    Raises `CalibrateError` E501 (the system refuses), E502 (a file is in the way), E504 (files that are not ours).
    """
    given = os.fspath(folder)
    ready_for_folder(given, files, force=force)
    with refusing(given):
        home = os.path.realpath(given)
    above = os.path.dirname(home)
    with _folders_made(above, given):
        aside.sweep(above)
        with refusing(given):
            whole = _may_be_exchanged(home)
        with aside.new_folder(above if whole else home, given) as new:
            _fill(new, files, given)
            with refusing(given):
                if not whole:
                    _replace_each(new, home)
                elif not _take_place(new, home):
                    _move_in(new, home, given)


def ready_for_file(path: Path) -> None:
    """Raise now what `write_file` would raise for this path, before anything is computed."""
    name = os.fspath(path)
    target = _file_target(name)
    if target is not None:
        _expect_writable(os.path.dirname(target), name)


def ready_for_folder(folder: Path, names: Iterable[str], *, force: bool = False) -> None:
    """Raise now what `write_folder` would raise for these files, before anything is computed."""
    given, wanted = os.fspath(folder), sorted(names)
    if wrong := [name for name in wanted if not is_name(name)]:
        raise ValueError(f"no names of outputs: {wrong}")
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


def gzipped(write: Callable[[BinaryIO], None]) -> Callable[[BinaryIO], None]:
    """The same content as gzip, without time and name, so that every run gives the same bytes."""
    return partial(_write_gzip, write)


def _write_gzip(write: Callable[[BinaryIO], None], out: BinaryIO) -> None:
    from gzip import GzipFile

    with GzipFile(filename="", mode="wb", compresslevel=6, fileobj=out, mtime=0) as packed:
        write(cast(BinaryIO, packed))


def _file_target(name: str) -> str | None:
    """The path behind all links at which the file is to lie; None for what is no file but can be written."""
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
        if not stat.S_ISREG(mode) or _OWN.fullmatch(name):
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


def _write_through(name: str, content: Content) -> None:
    own = _OWN.fullmatch(name)
    with refusing(name):
        # a descriptor that we have is shared: opened anew, a file behind it would be written from another place
        descriptor = os.dup(int(own[1] or _STREAMS[name])) if own else os.open(name, os.O_WRONLY | os.O_APPEND)
    try:
        aside.fill(descriptor, content, name, lasting=False)
    finally:
        os.close(descriptor)


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
    foreign = [name for name in contents(home).foreign if name not in _LITTER]
    if MANIFEST in foreign:
        found = f"{at(given)}: holds a {MANIFEST} that is not calibrate's"
        raise CalibrateError("E504", found, "choose another folder")
    if foreign and not force:
        found = f"{at(given)}: holds {shown(foreign[0])!r}, which is not known to come from calibrate"
        taken = sorted(set(foreign) & set(wanted))
        then = f"to replace {' and '.join(taken)}" if taken else "to write beside it"
        raise CalibrateError("E504", found, f"choose another folder, or --force {then}")


@contextmanager
def _folders_made(folder: str, given: str) -> Iterator[None]:
    """Make `folder` and those above it; what was made is removed again when the work inside fails."""
    missing = []
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    try:
        with refusing(given):
            for path in reversed(missing):
                with suppress(FileExistsError):
                    os.mkdir(path)
        yield
        with refusing(given):
            for path in (*missing, folder):
                sync_folder(path)
    except BaseException:
        for path in missing:
            with suppress(OSError):
                os.rmdir(path)
        raise


def _fill(new: str, files: Mapping[str, Content], given: str) -> None:
    """Write all files and the manifest into the folder `new`, and make them last."""
    digests: dict[str, str] = {}
    for name, content in files.items():
        digests[name] = _write_new(os.path.join(new, name), content, os.path.join(given, name))
    _write_new(os.path.join(new, MANIFEST), text(digests), os.path.join(given, MANIFEST))
    with refusing(given):
        sync_folder(new)


def _write_new(path: str, content: Content, name: str) -> str:
    with refusing(name):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        return aside.fill(descriptor, content, name)
    finally:
        os.close(descriptor)


def _may_be_exchanged(home: str) -> bool:
    """Whether nobody would miss the folder itself: it is not there, or holds our files only and may be renamed."""
    if not os.path.lexists(home):
        return True
    above = os.path.dirname(home)
    if os.path.ismount(home) or os.path.samefile(home, os.curdir) or not os.access(above, os.W_OK | os.X_OK):
        return False
    found = contents(home)
    return not found.foreign and not found.busy


def _take_place(new: str, home: str) -> bool:
    """`new` becomes `home` in one step, and what `home` was lies at `new`; False: only file by file."""
    while True:
        _keep_mode(home, new)
        try:
            os.rename(new, home)  # not there, or empty
            return True
        except OSError as problem:
            if problem.errno in UNSUPPORTED and os.path.isdir(home):
                return False
            if problem.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
        with suppress(FileNotFoundError), held(home):  # removed meanwhile: once more
            if not _may_be_exchanged(home) or not exchange(new, home):
                return False
            for name in contents(new).foreign:  # came in the last moment
                os.rename(os.path.join(new, name), os.path.join(home, name))
            return True


def _move_in(new: str, home: str, given: str) -> None:
    """The finished set at `new` replaces that in `home` file by file after all."""
    with aside.new_folder(home, given) as inner:
        for name in os.listdir(new):
            source, target = os.path.join(new, name), os.path.join(inner, name)
            try:
                os.rename(source, target)
            except OSError as problem:
                if problem.errno != errno.EXDEV:
                    raise
                with open(source, "rb") as file:
                    _write_new(target, partial(shutil.copyfileobj, file), os.path.join(given, name))
        _replace_each(inner, home)


def _replace_each(new: str, home: str) -> None:
    """The files of `new` replace those of `home`, the manifest last; files that only the earlier set had go."""
    names = sorted(set(os.listdir(new)) - {MANIFEST})
    with held(home):
        found = contents(home)
        try:
            for name in names:
                os.replace(os.path.join(new, name), os.path.join(home, name))
            for name in sorted(found.ours - {MANIFEST, *names}):
                os.unlink(os.path.join(home, name))
            sync_folder(home)
            os.replace(os.path.join(new, MANIFEST), os.path.join(home, MANIFEST))
            sync_folder(home)
        except BaseException:
            if os.path.lexists(os.path.join(new, MANIFEST)):  # no manifest says that these are ours
                for name in set(names) - found.ours - set(found.foreign):
                    with suppress(OSError):
                        os.unlink(os.path.join(home, name))
            raise
    aside.sweep(home)


def _keep_mode(old: str, new: str) -> None:
    with suppress(OSError):
        os.chmod(new, stat.S_IMODE(os.stat(old).st_mode))
