"""Files and folders written aside: hidden, locked by their writer, gone at the end unless renamed to their place.

Their names are `.calibrate-` and 16 hexadecimal digits. A live run holds a lock on each of its own, so what nobody
holds was left by a run that was killed, and `sweep` removes it.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, cast

from calibrate.errors import CalibrateError, shown
from calibrate.outputs.exchange import is_at, take

if TYPE_CHECKING:
    from typing_extensions import Buffer


Content = bytes | Callable[[BinaryIO], None]
"""What a file is to hold: its bytes, or a function that writes them to a stream without seeking."""

_NAME = re.compile(r"\.calibrate-[0-9a-f]{16}")
_BUFFER = 1 << 20
_PATH = 300  # characters of a path that are shown

_NO_PLACE = "choose a place that you may write to"
_NO_ROOM = "free some space there, or choose another place"
_HINTS = {
    errno.EACCES: _NO_PLACE,
    errno.EPERM: _NO_PLACE,
    errno.EROFS: _NO_PLACE,
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EFBIG: "a limit on the size of a file is in force, see ulimit -f",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EIO: "the disk or its connection is failing, choose another place",
}


def at(path: str) -> str:
    """`path` as messages show it."""
    return shown(path, _PATH)


@contextmanager
def refusing(path: str) -> Iterator[None]:
    """Inside, what the system refuses is the user's error E501 about `path`; a closed pipe stays one."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as problem:
        reason = os.strerror(problem.errno) if problem.errno else str(problem)
        hint = _HINTS.get(problem.errno or 0, "choose another place")
        raise CalibrateError("E501", f"{at(path)}: cannot be written: {reason}", hint) from problem


class _Stream(io.RawIOBase):
    """The descriptor of an output, with the digest of what went through; after a failure it swallows the rest."""

    def __init__(self, descriptor: int, path: str) -> None:
        self._descriptor = descriptor
        self._path = path
        self.digest = hashlib.sha256()
        self.broken = False

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        view = memoryview(data).cast("B")
        if self.broken:
            return len(view)
        with refusing(self._path):
            written = os.write(self._descriptor, view)
        self.digest.update(view[:written])
        return written


def fill(descriptor: int, content: Content, path: str, *, lasting: bool = True) -> str:
    """Write `content` and fsync it; the hexadecimal SHA-256 of what was written. `path` is for messages only."""
    stream = _Stream(descriptor, path)
    buffered = io.BufferedWriter(stream, _BUFFER)
    out = cast(BinaryIO, buffered)
    try:
        if callable(content):
            content(out)
        else:
            out.write(content)
        out.flush()
        if lasting:
            with refusing(path):
                os.fsync(descriptor)
    except BaseException:
        stream.broken = True  # what is still buffered must not fail once more when it is let go
        raise
    finally:
        buffered.detach()
    return stream.digest.hexdigest()


@contextmanager
def new_file(folder: str, path: str) -> Iterator[tuple[str, int]]:
    """A new file in `folder` for the output `path`: its name and descriptor."""
    with _claimed(folder, path, _make_file) as claimed:
        yield claimed


@contextmanager
def new_folder(folder: str, path: str) -> Iterator[str]:
    """A new folder in `folder` for the output `path`: its name."""
    with _claimed(folder, path, _make_folder) as (name, _):
        yield name


def is_aside(name: str) -> bool:
    """Whether a base name is one of ours for what is not finished."""
    return _NAME.fullmatch(name) is not None


def is_free(path: str) -> bool:
    """Whether nobody holds what lies aside at `path`: its run was killed."""
    try:
        descriptor = _opened(path)
    except OSError:
        return False
    try:
        return take(descriptor, wait=False)
    finally:
        os.close(descriptor)


def sweep(folder: str) -> None:
    """Remove what killed runs left in `folder`; what live ones hold stays, and so does what cannot be removed."""
    with suppress(OSError), os.scandir(folder) as entries:
        found = [entry.path for entry in entries if is_aside(entry.name)]
        for path in found:
            with suppress(OSError):
                descriptor = _opened(path)
                try:
                    if take(descriptor, wait=False):
                        remove(path)
                finally:
                    os.close(descriptor)


def remove(path: str) -> None:
    """Remove what lies aside: a file, or a folder with the files in it; a later run tries again what fails."""
    with suppress(OSError):
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return
        for name in os.listdir(path):
            inner = os.path.join(path, name)
            if is_aside(name):
                remove(inner)
            else:
                with suppress(OSError):
                    os.unlink(inner)
        os.rmdir(path)


def new_name(folder: str) -> str:
    """A name in `folder` that nothing has."""
    return os.path.join(folder, f".calibrate-{os.urandom(8).hex()}")


@contextmanager
def _claimed(folder: str, path: str, make: Callable[[str], int]) -> Iterator[tuple[str, int]]:
    """What `make` makes under a new name, locked; removed at the end if it is still there under that name."""
    name = new_name(folder)  # known before it exists, so that no interruption falls between making and removing
    descriptor = -1
    try:
        with refusing(path):
            while descriptor < 0:
                descriptor = make(name)
                if take(descriptor, wait=True) and not is_at(descriptor, name):  # swept between making and locking
                    os.close(descriptor)
                    descriptor = -1
        yield name, descriptor
    finally:
        try:
            remove(name)
        except BaseException:  # interrupted, which happens once: what is left goes all the same
            remove(name)
            raise
        finally:
            if descriptor >= 0:
                os.close(descriptor)


def _make_file(name: str) -> int:
    return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)


def _make_folder(name: str) -> int:
    os.mkdir(name)
    try:
        return os.open(name, os.O_RDONLY)
    except FileNotFoundError:  # swept between making and opening
        return _make_folder(name)


def _opened(path: str) -> int:
    """Open what lies at `path`, never through a symbolic link, and never waiting for the other end of a pipe."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
