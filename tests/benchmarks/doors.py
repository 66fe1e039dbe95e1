"""What lies around the core: CSV in and out, the start of the command, and the memory of a run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from plan import Plan, Row, bounded, name_of, world
from timing import answer, child, command, interleaved

CALIBRATE = str(Path(sys.executable).with_name("calibrate"))


def csv(plan: Plan) -> Iterator[Row]:
    """CSV, reading (to float64 and checked) and writing (bit-exact), as fast as the fastest library."""
    import pandas as pd
    import polars as pl
    import pyarrow.csv

    from calibrate import registry
    from calibrate.api.load import load
    from calibrate.reading.options import ReadOptions

    for shape in plan.shapes():
        scores, labels = world(*shape)
        names = [f"class_{j}" for j in range(shape[1])]
        path, answers = plan.folder / "scores.csv", plan.folder / "labels.npy"
        pl.DataFrame(scores, schema=names).write_csv(path)
        np.save(answers, labels)
        size = f"{name_of(shape)}, {path.stat().st_size / 1e6:.0f} MB"

        def ours(path: Path = path, answers: Path = answers) -> None:
            for _ in load(str(path), str(answers), ReadOptions()).rows.blocks():
                pass

        cases: dict[str, Callable[[], object]] = {
            "ours": ours,
            "polars": lambda p=path: pl.read_csv(p).to_numpy(),
            "polars, float32": lambda p=path, n=names: pl.read_csv(p, schema=dict.fromkeys(n, pl.Float32)).to_numpy(),
        }
        if plan.peers:
            cases["pandas"] = lambda p=path: pd.read_csv(p).to_numpy()
            cases["pyarrow"] = lambda p=path: pyarrow.csv.read_csv(p)
        took = interleaved(cases, min(plan.rounds, 3), budget=30)
        yield from beside("reading", size, took)

        wide = scores.astype(np.float64)

        def write(wide: np.ndarray = wide, names: tuple[str, ...] = tuple(names)) -> None:
            block = max(1, (1 << 20) // len(names))
            parts = (wide[start : start + block] for start in range(0, len(wide), block))
            with (plan.folder / "ours.csv").open("wb") as out:
                registry.load("writers", "csv").write(out, parts, names=names, ids=None, id_name=None, n=len(wide))

        cases = {
            "ours": write,
            "polars": lambda w=wide, n=names: pl.DataFrame(w, schema=n).write_csv(plan.folder / "polars.csv"),
        }
        if plan.peers:
            cases["pandas"] = lambda w=wide, n=names: pd.DataFrame(w, columns=n).to_csv(
                plan.folder / "pandas.csv", index=False
            )
        yield from beside("writing", size, interleaved(cases, min(plan.rounds, 3), budget=30))


def beside(what: str, size: str, took: dict[str, float]) -> Iterator[Row]:
    """Ours against polars, and the others for comparison."""
    yield bounded(f"CSV, {what}, {size}", took["ours"], took["polars"], "x polars", 1.3)
    for name, seconds in took.items():
        if name != "ours":
            yield Row(f"{name}, {what}, {size}", f"{seconds:.2f} s")


def startup(plan: Plan) -> Iterator[Row]:
    """What a user waits for before anything happens, against the imports that nobody can avoid."""
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((1_000, 3)).astype(np.float32) * 3
    labels = (scores / 2 - np.log(rng.standard_exponential(scores.shape))).argmax(axis=1)
    np.save(plan.folder / "s.npy", scores)
    np.save(plan.folder / "y.npy", labels)
    np.savetxt(plan.folder / "s.csv", scores, "%.9g", delimiter=",")
    np.savetxt(plan.folder / "y.csv", labels, "%d")

    def calibrate_fit(kind: str, *options: str) -> Callable[[], None]:
        return command(
            CALIBRATE, "fit", f"s.{kind}", f"y.{kind}", "-o", f"out_{kind}{len(options)}", *options, cwd=plan.folder
        )

    took = interleaved(
        {
            "pass": child("pass"),
            "--version": command(CALIBRATE, "--version"),
            "faces": child("import typer, rich.console, rich.table, rich.panel"),
            "--help": command(CALIBRATE, "--help"),
            "core": child("import numpy, typer, rich.console, rich.table"),
            "fit npy": calibrate_fit("npy", "--no-plot"),
            "fit csv": calibrate_fit("csv", "--no-plot"),
            "figures": child(
                "import numpy, typer, rich.console, rich.table, matplotlib.figure, matplotlib.backends.backend_agg"
            ),
            "fit png": calibrate_fit("npy"),
        },
        plan.rounds * 3,
    )
    for what, case, base, limit in (
        ("`--version`, over `python -c pass`", "--version", "pass", 1.5),
        ("`--help`, over importing Typer and Rich", "--help", "faces", 1.5),
        ("`fit` of 1,000 x 3 NPY, no plot, over importing NumPy, Typer and Rich", "fit npy", "core", 1.5),
        ("`fit` of 1,000 x 3 NPY with diagrams, over importing Matplotlib too", "fit png", "figures", 2),
    ):
        yield bounded(what, took[case], took[base], "x", limit)
    extra = took["fit csv"] - took["fit npy"]
    yield Row("`fit` of the same as CSV, beyond NPY", f"{extra * 1e3:+.0f} ms", "<= 50 ms", extra <= 0.05)


# VmHWM and not ru_maxrss, which a child inherits from the process that started it.
EXTRA_MEMORY = """
import re, sys
from calibrate.cli.start import start
def run(scores, labels, out):
    code = start(["fit", scores, labels, "-o", out, "--no-plot", "--quiet", "--json"])
    assert code == 0, code
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read()).group(1)) / 1024
small, large, labels_small, labels_large, folder = sys.argv[1:]
base = run(small, labels_small, folder + "/small")
print("\\n" + str(run(large, labels_large, folder + "/large") - base))
"""


def memory(plan: Plan) -> Iterator[Row]:
    """Peak memory of the command `fit` on a large NPY, beyond that of the same command on a small one (Linux)."""
    for shape in ((5_000_000 // plan.shrink, 10), (200_000 // plan.shrink, 1_000)):
        scores, labels = world(*shape)
        files = {"small": (scores[:1_000], labels[:1_000]), "large": (scores, labels.astype(np.int32))}
        for name, (s, y) in files.items():
            np.save(plan.folder / f"{name}.npy", s)
            np.save(plan.folder / f"{name}_y.npy", y)
        del scores, labels
        paths = [str(plan.folder / f) for f in ("small.npy", "large.npy", "small_y.npy", "large_y.npy")]
        extra = float(answer(EXTRA_MEMORY, *paths, str(plan.folder)).split()[-1])
        megabytes = (plan.folder / "large.npy").stat().st_size / 2**20
        what = f"extra memory of `fit` on an NPY of {name_of(shape)} ({megabytes:.0f} MiB)"
        yield Row(what, f"{extra:.1f} MiB", "<= 32 MiB", extra <= 32)
