"""Where a report comes from: the day, the caller's repository, the installed packages, the command."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib import metadata
from typing import Any

from calibrate.api.audit import Order
from calibrate.errors import CalibrateError, shown
from calibrate.gates.policy import Limit

_PATIENCE = 20.0
"""Seconds that git may take."""


def created(environment: Mapping[str, str] | None = None) -> str:
    """The day of the report, UTC: that of SOURCE_DATE_EPOCH where it is set, else today's.

    >>> created({"SOURCE_DATE_EPOCH": "86400"})
    '1970-01-02'
    """
    text = (os.environ if environment is None else environment).get("SOURCE_DATE_EPOCH")
    if text is None:
        return datetime.now(UTC).date().isoformat()
    try:
        return _day(int(text)).isoformat()
    except (ValueError, OverflowError, OSError):
        raise CalibrateError(
            "E603",
            f"SOURCE_DATE_EPOCH: found {shown(text)!r}, expected seconds since 1970, a whole number",
            "or unset it",
        ) from None


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()


def repository() -> dict[str, Any] | None:
    """Commit and dirty flag of the repository that the caller stands in; None outside one, or without git.

    Files that git does not know are no change: the report itself may be one.
    """
    commit = _git("rev-parse", "--verify", "HEAD")
    if commit is None or not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        return None
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return None if changes is None else {"commit": commit, "dirty": bool(changes)}


def _git(*arguments: str) -> str | None:
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *arguments]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        run = subprocess.run(  # noqa: S603 - fixed words, no shell
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False, env=environment, errors="replace"
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.strip() if run.returncode == 0 else None


def lock() -> list[dict[str, str]]:
    """The installed packages that calibrate stands on, with their versions, by name."""
    try:
        requirements = metadata.requires("calibrate") or []
    except metadata.PackageNotFoundError:
        return []
    names = sorted({re.split(r"[^A-Za-z0-9_.-]", text, maxsplit=1)[0] for text in requirements if "extra" not in text})
    found = []
    for name in names:
        try:
            found.append({"name": name, "version": metadata.version(name)})
        except metadata.PackageNotFoundError:
            continue
    return found


def command(files: Mapping[str, str], order: Order) -> str:
    """The command that makes the report again, with files by their own names and DIR for the output folder.

    files   argument or option ("scores", "labels", "--model", "--meta", ...) -> path
    """
    words = ["calibrate", "report"]
    for name, path in files.items():
        words += [name, os.path.basename(path)] if name.startswith("-") else [os.path.basename(path)]
    for name, value in order.reading.items():
        words += _flag(name, value)
    default = Order()
    for name, flag in (("link", "link"), ("metrics", "metrics"), ("bins", "bins"), ("level", "ci")):
        if getattr(order, name) != getattr(default, name):
            value = getattr(order, name)
            words += [f"--{flag}", value if isinstance(value, str) else _text(value)]
    if order.minimum_n != default.minimum_n:
        words += ["--minimum-n", str(order.minimum_n)]
    if order.policy is not None:
        words += _of_policy(order)
    return shlex.join([*words, "--output-dir", "DIR"])


def _of_policy(order: Order) -> list[str]:
    """What the command line asked of the gates; the rest stands in the file of gates."""
    policy = order.policy
    if policy is None:
        return []
    words = [word for limit in policy.limits if limit.source.startswith("--") for word in _of_limit(limit)]
    words += ["--preset", policy.preset] if policy.preset is not None else []
    words += ["--on", policy.on] if policy.on != "safe" else []
    words += ["--inconclusive", policy.inconclusive] if policy.inconclusive != "fail" else []
    return words + (["--fail-on-warn"] if order.fail_on_warn else [])


def _of_limit(limit: Limit) -> list[str]:
    return [limit.source, f"{limit.metric}={limit.limit!r}"]


def _flag(name: str, value: Any) -> list[str]:
    flag = "--" + {"groups": "group"}.get(name, name).replace("_", "-")
    if name == "groups":
        return [word for column in value for word in (flag, str(column))]
    return [flag] if value is True else [flag, _text(value)]


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
