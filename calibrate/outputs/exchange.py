"""What only the operating system can do: exchange two folders in one step, hold one, make a change lasting.

Linux: renameat2(2) with RENAME_EXCHANGE. macOS: renamex_np(2) with RENAME_SWAP. Elsewhere the answer is "no", and the
caller has another way. No lock file is ever made: a lock is a flock(2) on the folder or file itself, and ends with
the process that has it, however that ends.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

UNSUPPORTED = frozenset(
    {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV, errno.EBUSY, errno.EPERM}
)
"""Answers that mean "not here" or "not this way", against those that mean trouble (EIO, ENOSPC, ...)."""

_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2 and RENAME_SWAP of renamex_np have the same value
_AT_FDCWD = -100
_ATTEMPTS, _PAUSE = 2000, 0.005  # 10 s, where a rename takes a millisecond


def exchange(left: str, right: str) -> bool:
    """Exchange two existing folders of one file system in a single step; False: that cannot be done here.

    Raises `OSError` for what is no lack of support: EIO, ENOENT, EROFS, ...
    """
    import ctypes  # costs start-up, and only this function needs it

    libc = ctypes.CDLL(None, use_errno=True)
    a, b, flag = os.fsencode(left), os.fsencode(right), ctypes.c_uint(_EXCHANGE)
    if sys.platform == "darwin" and hasattr(libc, "renamex_np"):
        answer = libc.renamex_np(a, b, flag)
    elif hasattr(libc, "renameat2"):
        answer = libc.renameat2(_AT_FDCWD, a, _AT_FDCWD, b, flag)
    else:
        return False
    number = ctypes.get_errno() if answer else 0
    if number and number not in UNSUPPORTED:
        raise OSError(number, os.strerror(number), right)
    return not number


def take(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file or folder until it is closed; False: another has it, or the file system knows no locks.

    `wait` is bounded: who is stopped in the middle of a rename must not stop everybody else for good.
    """
    for attempt in range(_ATTEMPTS if wait else 1):
        if attempt:
            time.sleep(_PAUSE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            continue
        except OSError:
            return False
    return False


@contextmanager
def held(folder: str) -> Iterator[None]:
    """Inside, no other run changes `folder`; one that just exchanges it is waited for, then the new one held."""
    while True:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            if not take(descriptor, wait=True) or is_at(descriptor, folder):
                yield
                return
        finally:
            os.close(descriptor)


def is_at(descriptor: int, path: str) -> bool:
    """Whether what was opened as `descriptor` is what lies at `path` now."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def sync_folder(folder: str) -> None:
    """Make the names in a folder outlast a power failure, where the file system can."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as problem:
        if problem.errno not in UNSUPPORTED:
            raise
    finally:
        os.close(descriptor)
