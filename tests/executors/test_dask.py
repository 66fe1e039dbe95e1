"""A real scheduler and two real worker processes on loopback: fit and score give what the serial executor gives."""

import ctypes
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import calibrate
from calibrate import registry
from calibrate.api.fit import fitted
from calibrate.errors import CalibrateError
from calibrate.executors.dask import Dask, _memory_kept
from calibrate.fitting.slopes import Losses, Problem, Reach
from calibrate.links.softmax import Softmax
from calibrate.results import Estimate
from calibrate.rows import from_arrays, serial

distributed = pytest.importorskip("distributed", reason="the extra [dask] is not installed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

RNG = np.random.default_rng(11)
N, K = 300_000, 10


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the scheduler listens; workers are processes, one thread each."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Over-confident logits of several blocks, as NPY, and their labels."""
    folder = tmp_path_factory.mktemp("partitioned")
    logits = RNG.normal(size=(N, K)) * 2
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (p.cumsum(axis=1) < RNG.random((N, 1))).sum(axis=1).clip(max=K - 1)
    np.save(folder / "logits.npy", logits * 1.7)
    np.save(folder / "labels.npy", labels)
    return folder / "logits.npy", folder / "labels.npy"


def test_fit_and_score_agree_with_serial(address: str, files: tuple[Path, Path]) -> None:
    executor = f"dask:address={address}"
    serial, cluster = calibrate.fit(*files), calibrate.fit(*files, executor=executor)
    assert cluster.calibrator.temperature == pytest.approx(serial.calibrator.temperature, rel=1e-12)  # type: ignore[attr-defined]
    assert serial.calibrator.temperature == pytest.approx(1.7, rel=0.02)  # type: ignore[attr-defined]
    here, there = (calibrate.score(*files, model=serial, executor=e) for e in ("serial", executor))
    assert here.after is not None and there.after is not None
    for side, other in ((here.before, there.before), (here.after, there.after)):
        for key, estimate in side.metrics.items():
            assert numbers(other.metrics[key]) == pytest.approx(numbers(estimate), rel=1e-12, abs=1e-15), key


def test_arrays_in_memory_are_shipped_too(address: str) -> None:
    logits, labels = RNG.normal(size=(1000, 3)), RNG.integers(0, 3, 1000)
    logits[np.arange(1000), labels] += 1.0
    serial, cluster = calibrate.fit(logits, labels), calibrate.fit(logits, labels, executor=f"dask:address={address}")
    assert cluster.calibrator.temperature == pytest.approx(serial.calibrator.temperature, rel=1e-12)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", registry.names("calibrators"))
def test_every_method_fits_there(address: str, name: str) -> None:
    key = "sigmoid" if registry.load("calibrators", name).for_events else "softmax"
    rng = np.random.default_rng(3)
    z, y = rng.normal(size=(400, 3)), rng.integers(0, 3, 400)
    z[np.arange(400), y] += 1.0
    labels = y if key == "softmax" else np.eye(3, dtype=int)[y]
    link, cluster = registry.make("links", key), registry.make("executors", f"dask:address={address}")
    here, there = (
        fitted(from_arrays(z, labels, rows_per_block=90, execute=execute), name, link).calibrator.transform(z)
        for execute in (serial, cluster)
    )
    assert there == pytest.approx(here, rel=1e-9, abs=1e-9)


def test_the_workers_are_other_processes(address: str) -> None:
    with distributed.Client(address) as client:
        pids = client.run(os.getpid)
    assert len(set(pids.values())) == 2
    assert os.getpid() not in pids.values()


def test_arrays_travel_once(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scattered: list[int] = []
    scatter = distributed.Client.scatter

    def counting(client: Any, data: list[Any], **options: Any) -> Any:
        scattered.append(sum(array.nbytes for arrays in data for array in arrays))
        return scatter(client, data, **options)

    monkeypatch.setattr(distributed.Client, "scatter", counting)
    scores, labels, weights = RNG.normal(size=(1000, 3)), RNG.integers(0, 3, 1000), RNG.random(1000)
    rows = from_arrays(scores, labels, rows_per_block=10).weigh(weights)
    there, problem = replace(rows, execute=Dask(address)), Problem(Softmax())
    for collect in (Losses(problem), Losses(problem), Reach(problem)):
        there.sum(collect)
    assert there.sum(Losses(problem))["loss"] == pytest.approx(rows.sum(Losses(problem))["loss"], rel=1e-12)
    assert scattered == [scores.nbytes + labels.nbytes + weights.nbytes]


def test_a_cluster_that_gives_up_is_an_error_of_ours() -> None:
    def lost(*_: object) -> None:
        raise distributed.KilledWorker("task", SimpleNamespace(address="tcp://a:1"), 3)

    executor = Dask("tcp://127.0.0.1:1")
    client = SimpleNamespace(scatter=lambda data, **_: data, submit=lambda *_, **__: None, gather=lost)
    executor.__dict__["_client"] = client
    with pytest.raises(CalibrateError, match="gave up: KilledWorker") as caught:
        executor(Losses(Problem(Softmax())), from_arrays(np.zeros((9, 2))).loads)
    assert caught.value.code == "E610"


@pytest.mark.parametrize(
    ("threshold", "calls"), [("", []), ("65536", [(-1, 1 << 25), (-3, 1 << 25), (-1, 65536), (-3, 1 << 17)])]
)
def test_memory_stays_for_the_next_block(
    threshold: str, calls: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", threshold)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(mallopt=lambda *call: told.append(call)))
    with _memory_kept():
        assert told == calls[:2]
    assert told == calls


def numbers(estimate: Estimate) -> list[float]:
    """What of an estimate is a number."""
    return [v for v in (estimate.value, estimate.low, estimate.high, estimate.noise_floor) if v is not None]
