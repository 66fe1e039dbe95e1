"""Over kernels of BLAS and SIMD levels of NumPy numbers agree to 1e-12, classes and verdicts are the same.

Other kernels add in another order and round exp differently, so that bytes cannot be the same; what is made of the
numbers can. Float32 scores of 5 million or more are fitted in float32: 1e-6.
"""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

pytestmark = pytest.mark.slow

Run = Callable[..., Any]


def commands(world: Path) -> dict[str, list[str]]:
    many = [str(world / "scores.npy"), str(world / "labels.npy")]
    few = [str(world / "few_scores.npy"), str(world / "few_labels.npy")]
    model = ["--model", "fit/model.json"]
    return {
        "fit": ["fit", *many, "-o", "fit", "--no-plot", "-q"],
        "fit few": ["fit", *few, "-o", "fit_few", "--no-plot", "-q"],
        "check": ["check", *many, *model, "--max", "ece=0.05", "--min", "accuracy=0.5", "--json", "-q"],
        "compare": ["compare", *few, "--json", "-q"],
        "report": ["report", *few, "--model", "fit_few/model.json", "-o", "report", "-q"],
    }


def kernels() -> list[str]:
    """Kernels of OpenBLAS that any processor of this kind runs, and the newer ones that this one runs."""
    if platform.machine() not in {"x86_64", "AMD64"} or not any(
        library["internal_api"] == "openblas" for library in threadpool_info()
    ):
        return []
    known = features()
    newer = {"Haswell": "AVX2", "Zen": "AVX2", "SkylakeX": "AVX512_SKX"}
    return ["Prescott", "Nehalem", *(kernel for kernel, needs in newer.items() if known.get(needs, False))]


def features() -> dict[str, bool]:
    from numpy._core._multiarray_umath import __cpu_features__

    return dict(__cpu_features__)


def levels() -> dict[str, str]:
    """SIMD levels that NumPy dispatches to here, left out one by one from the highest: down to its baseline."""
    from numpy._core._multiarray_umath import __cpu_dispatch__

    here = [name for name in __cpu_dispatch__ if features().get(name, False)]
    return {f"without {' '.join(here[i:])}": " ".join(here[i:]) for i in range(len(here))}


ENVIRONMENTS = {
    **{f"OpenBLAS as on {name}": {"OPENBLAS_CORETYPE": name} for name in kernels()},
    **{f"NumPy {name}": {"NPY_DISABLE_CPU_FEATURES": disabled} for name, disabled in levels().items()},
}


BITS = """
import hashlib, numpy as np
z = np.random.default_rng(0).normal(0, 5, (300, 300))
print(hashlib.sha256(np.exp(z).tobytes() + (z @ z).tobytes()).hexdigest())
"""


@pytest.mark.skipif(len(ENVIRONMENTS) < 2, reason="this processor has one kernel and one level alone")
def test_the_environments_do_change_bits() -> None:
    bits = {
        subprocess.run(
            [sys.executable, "-c", BITS], env=dict(os.environ) | environment, capture_output=True, check=True
        ).stdout
        for environment in ENVIRONMENTS.values()
    }
    assert len(bits) > 1


def numbers(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a JSON document, by its path."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from numbers(value, f"{path}/{key}")
    elif isinstance(document, list):
        for i, value in enumerate(document):
            yield from numbers(value, f"{path}/{i}")
    else:
        yield path, document


def apart(one: Any, other: Any, relative: float, absolute: float) -> list[str]:
    """Leaves that differ by more: words, counts and nulls by anything."""
    left, right = dict(numbers(one)), dict(numbers(other))
    assert left.keys() == right.keys()
    return [
        f"{path}: {left[path]!r} {right[path]!r}"
        for path in left
        if not (
            math.isclose(left[path], right[path], rel_tol=relative, abs_tol=absolute)
            if isinstance(left[path], float) and isinstance(right[path], float)
            else left[path] == right[path]
        )
    ]


def documents(left: Any) -> dict[str, Any]:
    """The JSON documents of a run, without hashes of what differs in the last digits."""
    found = {name: json.loads(left.said[name][1]) for name in ("check", "compare")}
    found |= {name: json.loads(left.files[name]) for name in left.files if name.endswith(".json")}
    for document in found.values():
        for key in ("id", "files", "inputs", "model", "serialNumber"):
            document.pop(key, None)
    return found


@pytest.fixture(scope="module")
def usual(world: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    folder = tmp_path_factory.mktemp("usual")
    return run(commands(world), folder), folder


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_numbers_agree(name: str, world: Path, run: Run, usual: tuple[Any, Path], tmp_path: Path) -> None:
    found = run(commands(world), tmp_path, ENVIRONMENTS[name])
    assert {key: code for key, (code, _, _) in found.said.items()} == {
        k: code for k, (code, _, _) in usual[0].said.items()
    }
    one, other = documents(found), documents(usual[0])
    assert one.keys() == other.keys()
    assert {key: apart(one[key], other[key], 1e-12, 1e-14) for key in one} == {key: [] for key in one}
    p, q = (np.load(folder / "fit" / "probabilities.npy") for folder in (tmp_path, usual[1]))
    np.testing.assert_allclose(p, q, rtol=1e-12, atol=0)
    assert (p.argmax(axis=1) == q.argmax(axis=1)).all()


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Float32 scores, enough of them to be fitted in float32."""
    folder = tmp_path_factory.mktemp("single")
    rng = np.random.default_rng(9)
    n, k = 252_000, 20
    labels = rng.integers(0, k, n)
    scores = rng.normal(0, 2, (n, k)).astype(np.float32)
    scores[np.arange(n), labels] += rng.normal(8, 3, n).astype(np.float32)
    np.save(folder / "scores.npy", scores)
    np.save(folder / "labels.npy", labels)
    return [str(folder / "scores.npy"), str(folder / "labels.npy")]


@pytest.fixture(scope="module")
def usual_single(single: list[str], run: Run, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return fitted_single(single, run, tmp_path_factory.mktemp("usual"), {})


def fitted_single(single: list[str], run: Run, folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    left = run({"fit": ["fit", *single, "-o", "fit", "--no-plot", "-q"]}, folder, environment)
    found: dict[str, Any] = json.loads(left.files["fit/result.json"])
    return {key: found[key] for key in ("fit", "before", "after", "change", "verdict", "n", "classes")}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_numbers_computed_in_float32_agree(
    name: str, single: list[str], run: Run, usual_single: Any, tmp_path: Path
) -> None:
    found = fitted_single(single, run, tmp_path, ENVIRONMENTS[name])
    assert apart(found, usual_single, 1e-6, 1e-8) == []
