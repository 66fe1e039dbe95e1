"""A real scheduler and two real worker processes on loopback: fit and score give what the serial executor gives."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import calibrate
from calibrate.results import Estimate

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


def test_the_workers_are_other_processes(address: str) -> None:
    with distributed.Client(address) as client:
        pids = client.run(os.getpid)
    assert len(set(pids.values())) == 2
    assert os.getpid() not in pids.values()


def numbers(estimate: Estimate) -> list[float]:
    """What of an estimate is a number."""
    return [v for v in (estimate.value, estimate.low, estimate.high, estimate.noise_floor) if v is not None]
