"""The core: fit, score, intervals and executors, on arrays, in units of `exp1`, beside the peers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import peers
from plan import Plan, Row, bounded, name_of, world
from timing import exp1, interleaved

import calibrate
from calibrate import Model

NUMBERS = ("nll", "brier", "accuracy", "ece")


def fit(plan: Plan) -> Iterator[Row]:
    """Fit of a temperature by `calibrate.fit` on arrays in memory."""
    for shape, single, double in zip(plan.shapes(), (6, 10), (11, 14), strict=True):
        scores, labels = world(*shape)
        wide = scores.astype(np.float64)
        cases: dict[str, Callable[[], object]] = {
            "exp1": exp1(scores),
            "float32": lambda s=scores, y=labels: calibrate.fit(s, y),
            "float64": lambda s=wide, y=labels: calibrate.fit(s, y),
            "threads": lambda s=scores, y=labels: calibrate.fit(s, y, executor="threads"),
        }
        took = interleaved(cases, plan.rounds)
        unit, size = took["exp1"], name_of(shape)
        yield Row(f"exp1, {size}", f"{unit * 1e3:.1f} ms")
        yield bounded(f"fit float32, {size}", took["float32"], unit, "exp1", single)
        yield bounded(f"fit float64, {size}", took["float64"], unit, "exp1", double)
        yield bounded(f"fit float32 in threads, {size}", took["threads"], unit, "exp1")
        true, loss = peers.reference_temperature(scores, labels)
        for what, given in (("float32", scores), ("float64", wide)):
            yield from accuracy(f"{what}, {size}", calibrate.fit(given, labels), true, loss)
        printed = calibrate.score(scores, labels, metrics=("nll",), model=calibrate.fit(wide, labels)).after
        error = abs(printed.metrics["nll"].value - loss)
        yield Row(f"NLL as `score` prints it, error, float32, {size}", f"{error:.1e}", "<= 1e-10", error <= 1e-10)
        if plan.peers:
            yield from fit_of_peers(plan, size, scores, labels, true)


def accuracy(what: str, model: Model, true: float, loss: float) -> Iterator[Row]:
    """T, the NLL at T and the passes, against a float64 reference that shares no code with ours."""
    error = abs(model.calibrator.temperature / true - 1)
    yield Row(f"T, relative error, {what}", f"{error:.1e}", "<= 1e-7", error <= 1e-7)
    error = abs(model.fit.objective_after - loss)
    yield Row(f"NLL at T as the fit records it, error, {what}", f"{error:.1e}")
    passes, partial = model.fit.passes, model.fit.partial_passes
    yield Row(f"passes, {what}", f"{passes} full, {partial} over a subsample", "<= 2.5", passes <= 2.5)


def fit_of_peers(plan: Plan, size: str, scores: np.ndarray, labels: np.ndarray, true: float) -> Iterator[Row]:
    """The same fit by others, one after the other (they are slow), ours beside each of them."""
    for name, make in peers.TEMPERATURE.items():
        try:
            theirs = make()
        except ImportError as problem:
            yield Row(f"{name}, {size}", f"not installed ({problem.name})")
            continue
        found = theirs(scores, labels)  # also the run that pays for compilers and caches
        took = interleaved(
            {"theirs": lambda f=theirs: f(scores, labels), "ours": lambda: calibrate.fit(scores, labels)},
            min(plan.rounds, 3),
            budget=20,
            warm=False,
        )
        ratio = took["theirs"] / took["ours"]
        yield Row(
            f"{name}, {size}",
            f"{ratio:.1f} x ours ({took['theirs']:.2f} s, T = {found:.5f}; {true:.5f})",
            ">= 8",
            ratio >= 8,
        )


def score(plan: Plan) -> Iterator[Row]:
    """NLL, Brier, accuracy and ECE by `calibrate.score` in one pass; with classwise ECE."""
    for shape, plain, classwise in zip(plan.shapes(), (3, 7), (5, 12), strict=True):
        scores, labels = world(*shape)
        cases: dict[str, Callable[[], object]] = {
            "exp1": exp1(scores),
            "four": lambda s=scores, y=labels: calibrate.score(s, y, metrics=NUMBERS),
            "five": lambda s=scores, y=labels: calibrate.score(s, y, metrics=(*NUMBERS, "classwise_ece")),
        }
        took = interleaved(cases, plan.rounds)
        size, unit = name_of(shape), took["exp1"]
        yield bounded(f"NLL, Brier, accuracy, ECE, {size}", took["four"], unit, "exp1", plain)
        yield bounded(f"... and classwise ECE, {size}", took["five"], unit, "exp1", classwise)
        if plan.peers:
            theirs = interleaved(
                {
                    "the four by SciPy, scikit-learn, netcal": lambda s=scores, y=labels: peers.numbers(s, y),
                    "smooth ECE by relplot": lambda s=scores, y=labels: peers.smooth_ece(s, y),
                },
                min(plan.rounds, 3),
                budget=20,
            )
            for name, time in theirs.items():
                yield bounded(f"{name}, {size}", time, took["four"], "x ours")


def intervals(plan: Plan) -> Iterator[Row]:
    """The ECE's interval and noise floor from the sums of a pass, against a bootstrap of rows with 1,000 replicates."""
    from calibrate import registry
    from calibrate.rows import from_arrays
    from calibrate.sums import total

    shape = (1_000_000 // plan.shrink, 10)
    scores, labels = world(*shape)
    link, ece = registry.make("links", "softmax"), registry.make("metrics", "ece")
    outcomes = [link.outcomes(block, ()) for block in from_arrays(scores, labels).blocks()]
    sums = {collector: total(collector, outcomes) for collector in ece.collectors("multiclass")}
    confidence = np.concatenate([part.confidence for part in outcomes])
    correct = np.concatenate([part.correct for part in outcomes])
    rng = np.random.default_rng(0)

    def replicates(count: int = 10) -> None:
        for _ in range(count):
            pick = rng.integers(0, len(confidence), len(confidence))
            c, y = confidence[pick], correct[pick]
            bins = np.minimum((c * 15).astype(np.int64), 14)
            np.abs(np.bincount(bins, c - y, 15)).sum()

    took = interleaved(
        {
            "finish": lambda: ece.finish("multiclass", sums),
            "pass": lambda: calibrate.score(scores, labels, metrics=("ece",)),
            "bootstrap": replicates,
        },
        plan.rounds,
    )
    share = took["finish"] / took["pass"]
    yield Row(
        f"ECE interval and noise floor, {shape[0]:,} rows",
        f"{took['finish'] * 1e3:.1f} ms, {share:.2f} of `score`",
        "well under one pass",
        share < 0.5,
    )
    yield Row("bootstrap of rows, 1,000 replicates", f"{took['bootstrap'] * 100:.1f} s (from 10)")


def dask(plan: Plan) -> Iterator[Row]:
    """Fit of an NPY file on two local worker processes, warm, against the same in one process."""
    from distributed import LocalCluster

    shape = (20_000_000 // plan.shrink, 10)
    scores, labels = world(*shape)
    paths = str(plan.folder / "dask.npy"), str(plan.folder / "dask_y.npy")
    np.save(paths[0], scores)
    np.save(paths[1], labels.astype(np.int8))
    del scores, labels
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        where = f"dask:address={cluster.scheduler_address}"
        both = {kind: calibrate.fit(*paths, executor=kind).calibrator.temperature for kind in ("serial", where)}
        took = interleaved(
            {"serial": lambda: calibrate.fit(*paths), "dask": lambda: calibrate.fit(*paths, executor=where)},
            min(plan.rounds, 3),
        )
    yield bounded(f"fit of {name_of(shape)} on Dask, 2 workers", took["dask"], took["serial"], "x serial", 1)
    error = abs(both[where] / both["serial"] - 1)
    yield Row("T, Dask against serial", f"{error:.1e}", "<= 1e-12", error <= 1e-12)
