"""On a Dask cluster the same bytes with one worker as with two; as serially, to the bit or to the last digits.

Blocks are cut into tasks of eight, whatever the workers. Up to eight blocks are one task, which adds as the serial
executor does: all bytes are the same. Of more blocks the sums merge along a tree, so numbers agree to 1e-12.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibrate.executors.dask import BLOCKS_PER_TASK
from calibrate.rows import block_rows

distributed = pytest.importorskip("distributed", reason="the extra [dask] is not installed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

Run = Callable[..., Any]
WARNINGS = {"PYTHONWARNINGS": "error,ignore::DeprecationWarning,ignore::ResourceWarning"}
"""Those of Dask are not ours."""


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """The executor on a scheduler with so many processes, one thread each; 0: the serial one."""
    if not workers:
        yield "serial"
        return
    with distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as started:
        yield f"dask:address={started.scheduler_address}"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of two tasks."""
    folder = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(13)
    k = 20
    n = (BLOCKS_PER_TASK + 1) * block_rows(k) + 1000
    labels = rng.integers(0, k, n)
    scores = rng.normal(0, 2, (n, k))
    scores[np.arange(n), labels] += rng.normal(3, 3, n)
    np.save(folder / "scores.npy", scores)
    np.save(folder / "labels.npy", labels)
    return folder


def commands(world: Path, executor: str) -> dict[str, list[str]]:
    files = [str(world / "scores.npy"), str(world / "labels.npy"), "--executor", executor]
    return {
        "fit": ["fit", *files, "-o", "fit", "--no-plot", "--format", "npy"],
        "score": ["score", *files, "--model", "fit/model.json", "--json"],
    }


@pytest.fixture(scope="module")
def left(world: Path, large: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Any]:
    """What fit and score leave of either file, serially (0) and with 1 and 2 workers."""
    found = {}
    for workers in (0, 1, 2):
        with cluster(workers) as executor:
            for name, folder in (("small", world), ("large", large)):
                found[name, workers] = run(commands(folder, executor), tmp_path_factory.mktemp(name), WARNINGS)
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_one_task_gives_the_bytes_of_the_serial_executor(left: dict[tuple[str, int], Any], workers: int) -> None:
    here, there = left["small", 0], left["small", workers]
    assert there.said == here.said
    assert {name for name in here.files if there.files[name] != here.files[name]} == set()


def test_one_worker_gives_the_bytes_of_two(left: dict[tuple[str, int], Any]) -> None:
    one, two = left["large", 1], left["large", 2]
    assert one.said == two.said
    assert {name for name in one.files if one.files[name] != two.files[name]} == set()


def test_more_tasks_agree_with_the_serial_executor(left: dict[tuple[str, int], Any]) -> None:
    here, there = left["large", 0], left["large", 2]
    assert here.files.keys() == there.files.keys()
    for one, other in (
        (here.files["fit/model.json"], there.files["fit/model.json"]),
        (here.files["fit/result.json"], there.files["fit/result.json"]),
        (here.said["score"][1], there.said["score"][1]),
    ):
        assert apart(json.loads(one), json.loads(other)) == []
    p, q = (np.load(io.BytesIO(each.files["fit/probabilities.npy"])) for each in (here, there))
    np.testing.assert_allclose(p, q, rtol=1e-12, atol=0)


def leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a JSON document, by its path; without what was read, of which the model is one."""
    if isinstance(document, dict | list):
        for key, value in document.items() if isinstance(document, dict) else enumerate(document):
            if key != "inputs":
                yield from leaves(value, f"{path}/{key}")
    else:
        yield path, document


def apart(one: Any, other: Any) -> list[str]:
    """Leaves that differ by more than rounding."""
    left, right = dict(leaves(one)), dict(leaves(other))
    assert left.keys() == right.keys()
    return [
        f"{path}: {left[path]!r} {right[path]!r}"
        for path in left
        if not (
            math.isclose(left[path], right[path], rel_tol=1e-12, abs_tol=1e-14)
            if isinstance(left[path], float) and isinstance(right[path], float)
            else left[path] == right[path]
        )
    ]
