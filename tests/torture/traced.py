"""Calls of a real process, and what strace can inject into them: a signal or an error at the n-th."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from warm import Ended, ended, real

CALLS = "write,fsync,rename,renameat2,mkdir,openat,unlink,rmdir,chmod"


@cache
def missing() -> str:
    """Why strace cannot be used here; empty where it can."""
    strace = shutil.which("strace")
    if strace is None:
        return "strace is not installed"
    tried = subprocess.run([strace, "-o", "/dev/null", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "strace may not trace here"


def calls(arguments: Sequence[str], out: Path, log: Path) -> list[tuple[str, int]]:
    """(call, which one of the main thread's) of every call that touches `out`, of an undisturbed run."""
    prefix = ["strace", "-f", "-y", "-s", "0", "-o", str(log), "-e", f"trace={CALLS}"]
    done = ended(real(arguments, prefix=prefix, cwd=log.parent))
    if done.code:
        raise RuntimeError(f"a traced run ends with {done.code}: {done.said}")
    found = []
    counts: Counter[str] = Counter()
    main = ""
    for line in log.read_text(errors="replace").splitlines():
        seen = re.match(r"(\d+)\s+(\w+)\((.*)", line)
        main = main or (seen[1] if seen else "")
        if not seen or seen[1] != main:
            continue
        counts[seen[2]] += 1
        if str(out) in seen[3] and (seen[2] != "openat" or "O_CREAT" in seen[3]):
            found.append((seen[2], counts[seen[2]]))
    return found


def disturbed(arguments: Sequence[str], call: str, number: int, what: str) -> Ended:
    """A run with `what` (`signal=SIGKILL`, `error=EIO`) at the n-th `call`."""
    inject = f"inject={call}:{what}:when={number}"
    return ended(real(arguments, prefix=["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject]))
