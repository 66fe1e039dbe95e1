"""Fuzz the readers and every loader of a saved file, for a bounded time.

    python tests/fuzz/fuzz.py [--seconds 60] [--only csv,npy] [--engine auto|atheris|random] [--seed 0]

Under atheris, which follows what an input covers, where it is installed; else inputs are mutated blindly, and the first
line says so. Each target runs in a process of its own, with a limit of memory and of seconds for one input. What was
found is kept in `.fuzz/findings/`, what covers more in `.fuzz/corpus/`. Exit code 1 where there was a finding.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import mmap
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEPT = Path(os.environ.get("FUZZ_KEPT", ROOT / ".fuzz"))
MOST = 1 << 16
"""Bytes of an input."""
SLOWEST = 5
"""Seconds of one input."""
SILENT = 60
"""Seconds without an execution after which a process is stopped: code that Python cannot interrupt."""
MEMORY = 3 << 30
"""Bytes of address space beyond what the process has when it starts."""
COUNTS = struct.Struct("<QQ")
TOKENS = (
    *(b"nan", b"inf", b"-inf", b"1e400", b"null", b"true", b"\0\n", b'"', b"''", b",", b";", b"\t", b"|", b"\r\n"),
    *(b"label", b"id", b"c0", b"weight", b"0x1f", b"1_0", b"\xef\xbb\xbf", b"\xff", b"{}", b"[]", b"-1", b"1.5"),
    *(b"9" * 25, b"[" * 200, b"\x93NUMPY", b"PK\x03\x04", b"PAR1", b"\x1f\x8b", b"\xd9\xa1", b"#", b"=", b"1,5"),
)


class Ledger:
    """What a process has done, in a file that survives it: executions, and the input it is at."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(COUNTS.size + MOST))
        self._file = path.open("r+b")
        self._map = mmap.mmap(self._file.fileno(), COUNTS.size + MOST)

    def note(self, data: bytes) -> None:
        """One more execution, of this input."""
        COUNTS.pack_into(self._map, 0, self.executions + 1, len(data))
        self._map[COUNTS.size : COUNTS.size + len(data)] = data

    @property
    def executions(self) -> int:
        """How many."""
        return int(COUNTS.unpack_from(self._map)[0])

    @property
    def last(self) -> bytes:
        """The input of the last."""
        return bytes(self._map[COUNTS.size : COUNTS.size + COUNTS.unpack_from(self._map)[1]])


def mutated(one: bytes, other: bytes, source: random.Random) -> bytes:
    """`one` with a few changes: bits, bytes, tokens, parts that are gone, doubled, or of the `other` input."""
    data = bytearray(one)
    for _ in range(1 + int(source.expovariate(0.5))):
        at = source.randrange(len(data) + 1)
        stop = min(len(data), at + int(source.expovariate(0.1)))
        how = source.randrange(7)
        if how == 0 and at < len(data):
            data[at] ^= 1 << source.randrange(8)
        elif how == 1:
            data[at:at] = source.choice(TOKENS)
        elif how == 2:
            data[at:stop] = source.choice(TOKENS)
        elif how == 3:
            del data[at:stop]
        elif how == 4:
            data[at:at] = data[at:stop] * source.randrange(1, 4)
        elif how == 5 and other:
            begin = source.randrange(len(other))
            data[at:stop] = other[begin : begin + int(source.expovariate(0.05))]
        else:
            data[at:stop] = source.randbytes(stop - at)
    return bytes(data[:MOST])


def work(name: str, seconds: float, engine: str, seed: int) -> None:
    """Fuzz one target in this process."""
    if engine == "atheris":
        import atheris  # type: ignore[import-not-found]

        with atheris.instrument_imports(include=["calibrate"], enable_loader_override=False):
            import targets
    else:
        import targets
    from verdict import finding

    target = targets.TARGETS[name]
    for path in seeds_of(name):
        finding(target, path.read_bytes())  # what is imported late and made once is there before memory is limited
    ledger, seen = Ledger(KEPT / f"{name}.ledger"), set()

    def late(*_: Any) -> None:
        raise TimeoutError(f"over {SLOWEST} s")

    signal.signal(signal.SIGALRM, late)
    with open("/proc/self/statm") as file:
        limit = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    def one(data: bytes) -> None:
        ledger.note(data)
        signal.setitimer(signal.ITIMER_REAL, SLOWEST)
        found = finding(target, data)
        signal.setitimer(signal.ITIMER_REAL, 0)
        key = found.partition(": ")[0]
        if found and key not in seen:
            seen.add(key)
            keep(name, data, found)

    own = KEPT / "corpus" / name
    own.mkdir(parents=True, exist_ok=True)
    if engine == "atheris":
        options = [
            f"-max_total_time={int(seconds)}",
            "-timeout=0",
            "-rss_limit_mb=0",
            f"-max_len={MOST}",
            f"-seed={seed + 1}",
        ]
        dictionary = KEPT / "tokens.dict"
        dictionary.write_text("".join('"' + "".join(f"\\x{b:02x}" for b in token) + '"\n' for token in TOKENS))
        atheris.Setup(
            [
                "fuzz",
                *options,
                "-verbosity=0",
                "-print_final_stats=0",
                f"-dict={dictionary}",
                str(own),
                str(HERE / "corpus" / name),
            ],
            one,
        )
        atheris.Fuzz()
    source, end = random.Random(seed), time.monotonic() + seconds
    pool = [path.read_bytes() for path in seeds_of(name)] or [b""]
    while time.monotonic() < end:
        one(mutated(source.choice(pool), source.choice(pool), source))


def seeds_of(name: str) -> list[Path]:
    """The kept inputs of a target."""
    return sorted((HERE / "corpus" / name).glob("*")) + sorted((HERE / "crashes" / name).glob("*"))


def keep(name: str, data: bytes, what: str) -> None:
    """Write a finding down."""
    folder = KEPT / "findings"
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    (folder / stem).write_bytes(data)
    with (folder / "findings.jsonl").open("a") as file:
        file.write(json.dumps({"target": name, "input": stem, "what": what}) + "\n")


def run(name: str, seconds: float, engine: str, seed: int) -> tuple[int, list[str]]:
    """Fuzz one target in a process of its own: executions, and what was found."""
    path = KEPT / f"{name}.ledger"
    path.unlink(missing_ok=True)
    ledger, before = Ledger(path), len(findings(name))
    command = [
        sys.executable,
        __file__,
        "--work",
        name,
        "--seconds",
        str(seconds),
        "--engine",
        engine,
        "--seed",
        str(seed),
    ]
    with (KEPT / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
        at, moved = -1, time.monotonic()
        while child.poll() is None:
            time.sleep(0.2)
            if ledger.executions != at:
                at, moved = ledger.executions, time.monotonic()
            elif time.monotonic() - moved > SILENT:
                child.kill()
                child.wait()
    if child.returncode != 0:
        keep(name, ledger.last, f"the process ended with {child.returncode}: see {name}.log")
    return ledger.executions, findings(name)[before:]


def findings(name: str) -> list[str]:
    """What was found in a target, in this run and before."""
    path = KEPT / "findings" / "findings.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [f"{each['input']}: {each['what']}" for each in map(json.loads, lines) if each["target"] == name]


def main() -> int:
    """Fuzz what was asked for; 1 where anything was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="of all targets together (60)")
    parser.add_argument("--only", default="", help="names of targets, separated by commas")
    parser.add_argument("--engine", choices=("auto", "atheris", "random"), default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.seconds, asked.engine, asked.seed)
        return 0
    there = importlib.util.find_spec("atheris") is not None
    engine = asked.engine if asked.engine != "auto" else "atheris" if there else "random"
    print(
        f"engine: {engine}" + ("" if there else " (atheris is not installed: mutations do not follow what they cover)")
    )
    names = [name for name in asked.only.split(",") if name] or sorted(
        path.name for path in (HERE / "corpus").iterdir()
    )
    KEPT.mkdir(exist_ok=True)
    total, found = 0, 0
    for name in names:
        start = time.monotonic()
        executions, new = run(name, max(1.0, asked.seconds / len(names)), engine, asked.seed)
        total, found = total + executions, found + len(new)
        print(
            f"{name:14} {executions:9,} executions, {executions / (time.monotonic() - start):6,.0f} a second, "
            f"{len(new)} findings",
            flush=True,
        )
        for what in new:
            print(f"    {what}", flush=True)
    print(f"{total:,} executions, {found} uncaught exceptions")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
