"""Files that claim, unpack to or hold more than anybody can read; pipes and devices that never end or never begin.

Every one ends in an error with the code that is documented, within a minute and a few hundred megabytes. Memory is
the peak of the process, as the system counted it; some also run under a cap of the address space.
"""

from __future__ import annotations

import gzip
import os
import resource
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import warm
from jobs import Bench
from plan import Outcome, Plan

MB = 1 << 20
CAPS = (16, 64, 128, 192, 256, 320, 384, 512, 768, 1024, 1536, 2048)
"""Megabytes of address space: from what Python starts in to what everything fits into."""
Make = Callable[[Path], None]


@dataclass(frozen=True)
class Monster:
    """An input that must be refused.

    make       writes it
    code       of the error
    megabytes  that the run may take beyond one that reads a small file
    arguments  with `{it}`; by default it is read as scores
    limits     environment variables
    slow       left out of a quick run
    feed       a command whose output is standard input
    """

    what: str
    code: str
    megabytes: int
    make: Make = lambda path: None
    arguments: tuple[str, ...] = ("inspect", "{it}")
    limits: tuple[tuple[str, str], ...] = ()
    slow: bool = False
    feed: tuple[str, ...] = ()
    name: str = "it"


def run(plan: Plan) -> Iterator[Outcome]:
    """Each monster once, then some under a cap of memory, then the limits themselves."""
    bench = Bench(plan.base / "bench")
    usual = _ended(bench, Monster("a small file", "", 0, arguments=("inspect", "{scores}")), plan.base)
    for monster in MONSTERS:
        if monster.slow and plan.quick:
            continue
        ended = _ended(bench, monster, plan.base)
        wrongs = list(ended.wrongs)
        if ended.code != 2 or f"error[{monster.code}]" not in ended.said:
            wrongs.append(f"exit code {ended.code}, expected 2 and {monster.code}: {ended.said[-300:]}")
        more = ended.megabytes - usual.megabytes
        if more > monster.megabytes:
            wrongs.append(f"took {more} MB more than a small file, expected at most {monster.megabytes}")
        yield Outcome(monster.what, tuple(wrongs), {"refused": 1, "MB in all": max(0, more)})
    for job, data in _tables(bench):
        for cap in CAPS[:: 3 if plan.quick else 1]:
            yield _capped(bench, job, data, cap)
    yield _raised(bench, plan.base)


def _ended(bench: Bench, monster: Monster, base: Path) -> warm.Ended:
    """How the program ends that gets it; with its own memory, for the child of the warmed process starts with that."""
    folder = base / monster.what.replace("/", " ")
    folder.mkdir()
    it = folder / monster.name
    monster.make(it)
    known = {"{it}": str(it), "{scores}": str(bench.base / "data/new/scores.csv"), "{out}": str(folder / "out.csv")}
    known["{model}"] = str(bench.base / "first/model.json")
    arguments = [known.get(part, part) for part in monster.arguments]
    source = subprocess.Popen(monster.feed, stdout=subprocess.PIPE) if monster.feed else None

    def before() -> None:
        os.environ.update(monster.limits)
        if source is not None and source.stdout is not None:
            os.dup2(source.stdout.fileno(), 0)

    ended = warm.run(arguments, cwd=folder, before=before)
    if source is not None and source.stdout is not None:
        source.kill()
        source.stdout.close()
        source.wait()
    if it.is_file():
        it.unlink()
    return ended


def _capped(bench: Bench, job: str, data: Path, megabytes: int) -> Outcome:
    """A process of its own that may have so much address space: whole, or refused with E509, and nothing else."""
    name = f"{job} {data.name} within {megabytes} MB"
    if not os.path.exists("/proc/self/statm"):
        return Outcome(name, left_out="there is no /proc here")
    out = bench.base / name
    most = megabytes * MB
    arguments = [job, str(data), "-o", str(out)]
    cap = partial(resource.setrlimit, resource.RLIMIT_AS, (most, most))
    ended = warm.ended(warm.real(arguments, cwd=bench.base, preexec_fn=cap))
    wrongs = list(ended.wrongs)
    if ended.code != 0 and (ended.code, "error[E509]" in ended.said) != (2, True):
        wrongs.append(f"exit code {ended.code}: {ended.said[-300:]}")
    if (ended.code == 0) != out.exists():
        wrongs.append(f"exit code {ended.code}, but the output is {'' if out.exists() else 'not '}there")
    return Outcome(name, tuple(wrongs), {"caps": 1, "caps that were met": ended.code == 0})


def _tables(bench: Bench) -> Iterator[tuple[str, Path]]:
    """Jobs and their data: a small table, and one that is large enough for polars, as CSV and as Parquet."""
    import polars as pl

    header, rows = "cat,dog,fox,label\n", "1.25,-0.5,0.125,cat\n0.5,2.5,-1.5,dog\n-1,1,0.5,fox\n0.1,0.2,0.3,cat\n"
    few, many = bench.base / "few.csv", bench.base / "many.csv"
    few.write_text(header + rows * 50)
    many.write_text(header + rows * 80_000)
    packed = bench.base / "many.parquet"
    pl.read_csv(many).write_parquet(packed)
    return iter((("fit", few), ("report", few), ("fit", many), ("fit", packed)))


def _raised(bench: Bench, base: Path) -> Outcome:
    """What a lower limit refuses, a higher one reads."""
    wrongs = []
    for name, low, high, code in (
        ("CALIBRATE_MAX_BYTES", "100", "100000", "E114"),
        ("CALIBRATE_MAX_COLUMNS", "2", "3", "E114"),
    ):
        for value, expected in ((low, code), (high, "")):
            monster = Monster(f"{name} {value}", "", 0, arguments=("inspect", "{scores}"), limits=((name, value),))
            ended = _ended(bench, monster, base)
            if (ended.code, f"error[{expected}]" in ended.said) != ((2, True) if expected else (0, False)):
                wrongs.append(f"{name}={value}: exit code {ended.code}: {ended.said[-200:]}")
    return Outcome("limits that are set", tuple(wrongs), {"limits": 2})


def _npy(shape: tuple[int, ...]) -> bytes:
    header = str({"descr": "<f8", "fortran_order": False, "shape": shape}).encode()
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def _npz_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("scores.npy", "w") as member:
        member.write(_npy((31_250_000, 4)))
        for _ in range(1000):
            member.write(bytes(1_000_000))


def _gzip_bomb(path: Path) -> None:
    with gzip.open(path, "wb", 1) as out:
        out.write(b"a,b\n")
        for _ in range(400):
            out.write(b"1.5,2\n" * 160_000)


def _sparse(size: int) -> Make:
    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(size)

    return make


def _text(text: Callable[[], str]) -> Make:
    return lambda path: path.write_text(text()) and None


def _wide() -> str:
    return ",".join(["1.5"] * 1_000_001) + "\n" + ",".join(["2.5"] * 1_000_001) + "\n"


_WAIT = (("CALIBRATE_MAX_WAIT", "1"),)
_SMALL = (("CALIBRATE_MAX_BYTES", "50000000"),)
_AS_MODEL = ("apply", "{it}", "{scores}", "--output", "{out}")

MONSTERS = (
    Monster("npy that claims 80 TB", "E106", 50, lambda p: p.write_bytes(_npy((10**12, 10)) + bytes(800)) and None),
    Monster("npy of 10^18 columns", "E106", 50, lambda p: p.write_bytes(_npy((1, 10**18)) + bytes(800)) and None),
    Monster("npz that unpacks to 1 GB", "E114", 50, _npz_bomb, slow=True, name="it.npz"),
    Monster("gzip that unpacks to 400 MB", "E114", 400, _gzip_bomb, slow=True, name="it.csv.gz"),
    Monster("CSV of 1,000,001 columns", "E114", 400, _text(_wide), slow=True, name="it.csv"),
    Monster("CSV cell of 10 MB", "E114", 400, _text(lambda: "a,b\n1,2\n" + "9" * 10**7 + ",1\n"), name="it.csv"),
    Monster("CSV cell of 10 MB, text", "E114", 400, _text(lambda: "a,b\n1,2\n" + "x" * 10**7 + ",1\n"), name="it.csv"),
    Monster("CSV quote never closed", "E114", 400, _text(lambda: 'a,b\n1,"' + "x,1\n" * 10**6), name="it.csv"),
    Monster("sparse CSV of 1 TB", "E114", 50, _sparse(1 << 40), name="it.csv"),
    Monster("JSON lines nested 10^6 deep", "E116", 200, _text(lambda: '{"a":' + "[" * 10**6 + "\n"), name="it.jsonl"),
    Monster("endless standard input", "E114", 200, arguments=("inspect", "-"), limits=_SMALL, feed=("yes", "1.5,2.5")),
    Monster("endless zeros", "E114", 200, arguments=("inspect", "-"), limits=_SMALL, feed=("cat", "/dev/zero")),
    Monster("pipe without a writer", "E102", 20, os.mkfifo, limits=_WAIT),
    Monster("pipe without a writer as model", "E102", 20, os.mkfifo, _AS_MODEL, _WAIT),
    Monster("/dev/zero", "E102", 20, arguments=("inspect", "/dev/zero")),
    Monster("/dev/zero as model", "E401", 600, arguments=("apply", "/dev/zero", "{scores}", "--output", "{out}")),
    Monster("link to itself", "E102", 20, lambda p: p.symlink_to("it")),
    Monster("folder", "E102", 20, Path.mkdir),
    Monster("model of 1 GB", "E401", 600, _sparse(1 << 30), _AS_MODEL),
    Monster("model nested 10^7 deep", "E401", 100, _text(lambda: "[" * 10**7), _AS_MODEL),
    Monster("gates nested 10^5 deep", "E625", 100, _text(lambda: "a = " + "[" * 10**5), ("check", "{scores}", "--gates", "{it}")),  # noqa: E501
)  # fmt: skip
