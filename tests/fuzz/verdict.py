"""What one input came to: all is well, or a finding, with the place where it happened."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from calibrate.errors import TITLES, CalibrateError

LONGEST = 2_000
"""Characters of a message."""


def finding(target: Callable[[bytes], None], data: bytes) -> str:
    """What is wrong with how `target` takes `data`: the kind of exception and its place; empty where nothing is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            target(data)
    except CalibrateError as problem:
        return _of_error(problem)
    except Exception as problem:
        return f"{type(problem).__name__} at {_place(problem)}: {str(problem)[:200]}"
    return ""


def _of_error(problem: CalibrateError) -> str:
    """An error has a code that is explained, one line, nothing that moves a terminal, and no lack of memory behind."""
    message = problem.message
    at = _place(problem)
    if problem.code not in TITLES:
        return f"unknown code {problem.code} at {at}"
    if not message or "\n" in message or not message.isprintable() or len(message) > LONGEST:
        return f"a message that is no printable line at {at}: {message[:100]!r}"
    if not problem.hint.isprintable():
        return f"a hint that is no printable line at {at}: {problem.hint[:100]!r}"
    behind: BaseException | None = problem
    while behind is not None:
        if isinstance(behind, MemoryError | AssertionError | TimeoutError):
            return f"{type(behind).__name__} behind {problem.code} at {at}"
        behind = behind.__cause__ or behind.__context__
    return ""


def _place(problem: BaseException) -> str:
    """The last line of ours: where the product let it happen."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if "calibrate" in Path(frame.filename).parts] or list(frames)
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
