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
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import BinaryIO, cast

from calibrate.outputs import aside
from calibrate.outputs.aside import Content, refusing
from calibrate.outputs.exchange import UNSUPPORTED, exchange, held, sync_folder
from calibrate.outputs.manifest import MANIFEST, contents, text
from calibrate.outputs.places import OWN, STREAMS, Path, file_target, ready_for_folder


def write_file(path: Path, content: Content) -> None:
    """Write one file, whole or not at all; an existing one keeps its mode, a symbolic link its place.

    A pipe or device (`/dev/stdout`, a FIFO, `/dev/null`) is written as it is: there is nothing to rename.
    Raises `CalibrateError` E501 (the system refuses), E502 (a folder, `-`), E503 (no such folder), `BrokenPipeError`.
    """
    write_files({os.fspath(path): content})


def write_files(files: Mapping[str, Content]) -> None:
    """Write files that may lie anywhere: all of them lie whole aside before the first takes its place.

    For each as `write_file`. Only a kill, or a rename that the system refuses, can fall between two of them.
    """
    with _all_aside(files) as place:
        place()


def write_folder(
    folder: Path, files: Mapping[str, Content], *, force: bool = False, beside: Mapping[str, Content] | None = None
) -> None:
    """Write a set of files as one: afterwards the folder holds this set, or what it held before.

    `files` maps names (fixed by us, without folders) to contents; `MANIFEST.sha256` is added. Folders above are made,
    and removed again where nothing comes of it. `force` allows a folder that holds other files: those are not touched.
    `beside` maps paths elsewhere to contents that belong to the set: they lie whole aside before the folder takes its
    place, and take theirs right after it, as in `write_files`.
    Raises `CalibrateError` E501 (the system refuses), E502 (a file is in the way), E504 (files that are not ours).
    """
    with _all_aside(beside or {}) as place:
        _write_set(folder, files, force)
        place()


def _write_set(folder: Path, files: Mapping[str, Content], force: bool) -> None:
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


def gzipped(write: Callable[[BinaryIO], None]) -> Callable[[BinaryIO], None]:
    """The same content as gzip, without time and name, so that every run gives the same bytes."""
    return partial(_write_gzip, write)


def _write_gzip(write: Callable[[BinaryIO], None], out: BinaryIO) -> None:
    from gzip import GzipFile

    with GzipFile(filename="", mode="wb", compresslevel=6, fileobj=out, mtime=0) as packed:
        write(cast(BinaryIO, packed))


@contextmanager
def _all_aside(files: Mapping[str, Content]) -> Iterator[Callable[[], None]]:
    """All files lie whole aside; the function that comes has them take their places (pipes are written then)."""
    targets = {name: file_target(name) for name in files}
    with ExitStack() as stack:
        moves = []
        for name, target in targets.items():
            if target is not None:
                moves.append((stack.enter_context(_written_aside(name, target, files[name])), target, name))

        def place() -> None:
            for name, target in targets.items():
                if target is None:
                    _write_through(name, files[name])
            _place(moves)

        yield place


@contextmanager
def _written_aside(name: str, target: str, content: Content) -> Iterator[str]:
    """The content in a new file beside `target`, with its mode."""
    folder = os.path.dirname(target)
    aside.sweep(folder)
    with aside.new_file(folder, name) as (temporary, descriptor):
        _keep_mode(target, temporary)
        aside.fill(descriptor, content, name)
        yield temporary


def _place(moves: Sequence[tuple[str, str, str]]) -> None:
    """Files that lie aside take their places: temporary, target, name as given."""
    left = list(moves)
    try:
        while left:
            temporary, target, name = left[0]
            with refusing(name):
                os.replace(temporary, target)
            del left[0]
    except (KeyboardInterrupt, SystemExit):
        for temporary, target, _ in left:  # between two of them is no place to stop
            with suppress(OSError):
                os.replace(temporary, target)
        raise
    for _, target, name in moves:
        with refusing(name):
            sync_folder(os.path.dirname(target))


def _write_through(name: str, content: Content) -> None:
    own = OWN.fullmatch(name)
    with refusing(name):
        # a descriptor that we have is shared: opened anew, a file behind it would be written from another place
        descriptor = os.dup(int(own[1] or STREAMS[name])) if own else os.open(name, os.O_WRONLY | os.O_APPEND)
    try:
        aside.fill(descriptor, content, name, lasting=False)
    finally:
        os.close(descriptor)


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
    """The files of `new` replace those of `home`, the manifest last; files that only the earlier set had go.

    What fails or is interrupted in between is undone.
    """
    names = sorted(set(os.listdir(new)) - {MANIFEST})
    with held(home):
        found = contents(home)
        gone = sorted(found.ours - {MANIFEST, *names})
        earlier = _kept(home, (*names, *gone), new)
        try:
            for name in names:
                os.replace(os.path.join(new, name), os.path.join(home, name))
            for name in gone:
                os.unlink(os.path.join(home, name))
            sync_folder(home)
            os.replace(os.path.join(new, MANIFEST), os.path.join(home, MANIFEST))
            sync_folder(home)
        except BaseException:
            if os.path.lexists(os.path.join(new, MANIFEST)):  # no manifest says that these are ours
                _restore(earlier, home)
                for name in set(names) - found.ours - set(found.foreign):
                    with suppress(OSError):
                        os.unlink(os.path.join(home, name))
            raise
    aside.sweep(home)


def _kept(home: str, names: Iterable[str], new: str) -> str:
    """A folder in `new` with second names of these files, as far as the file system gives any."""
    earlier = aside.new_name(new)
    os.mkdir(earlier)
    for name in names:
        try:
            os.link(os.path.join(home, name), os.path.join(earlier, name), follow_symlinks=False)
        except FileNotFoundError:
            continue
        except OSError as problem:
            if problem.errno not in UNSUPPORTED:
                raise
    return earlier


def _restore(earlier: str, home: str) -> None:
    """What was kept takes its place again."""
    for name in os.listdir(earlier):
        with suppress(OSError):
            os.replace(os.path.join(earlier, name), os.path.join(home, name))


def _keep_mode(old: str, new: str) -> None:
    with suppress(OSError):
        os.chmod(new, stat.S_IMODE(os.stat(old).st_mode))
