"""The same bytes in every run: whatever the threads, the folder, the locale, the time zone and the hash seed."""

from __future__ import annotations

import locale
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., Any]


def commands(world: Path, executor: str = "serial") -> dict[str, list[str]]:
    """All that measures, on several blocks of rows; and all that fits, draws and reports, on fewer rows."""
    many = [str(world / "scores.npy"), str(world / "labels.npy"), "--executor", executor]
    few = [str(world / "few_scores.npy"), str(world / "few_labels.npy"), "--executor", executor]
    model = ["--model", "fit/model.json"]
    return {
        "fit": ["fit", *many, "-o", "fit", "--no-plot"],
        "score": ["score", *many, *model, "--json"],
        "apply": ["apply", "fit/model.json", many[0], "-o", "applied.npy"],
        "check": ["check", *many, *model, "--max", "ece=0.03", "--junit", "check.xml", "--md", "check.md"],
        "fit few": ["fit", *few, "-o", "few"],
        "fit auto": ["fit", *few, "-o", "auto", "--method", "auto", "--no-plot"],
        "compare": ["compare", *few, "--json", "-o", "compared.svg", "--md", "compared.md"],
        "report": ["report", *few, "--model", "few/model.json", "--max", "nll=0.5", "-o", "report"],
    }


@pytest.fixture(scope="module")
def usual(world: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a plain run leaves."""
    return run(commands(world), tmp_path_factory.mktemp("usual"))


ENVIRONMENTS: dict[str, dict[str, str]] = {
    "again": {},
    **{f"{n} threads of BLAS": dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), n)
       for n in ("1", "2", "4", "16")},
    "4 threads of polars": {"POLARS_MAX_THREADS": "4"},
    **{f"locale {name}": {"LC_ALL": name, "LANG": name} for name in ("C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8")},
    **{f"time zone {name}": {"TZ": name} for name in ("UTC", "Asia/Kathmandu", "Pacific/Kiritimati")},
    **{f"hash seed {n}": {"PYTHONHASHSEED": n} for n in ("0", "1", "4294967295")},
}  # fmt: skip


def there(name: str) -> bool:
    """Whether this system has the locale."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_ALL, before)
    return True


def same(one: Any, other: Any) -> None:
    assert one.said == other.said
    assert one.files.keys() == other.files.keys()
    assert [name for name in one.files if one.files[name] != other.files[name]] == []


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_whatever_the_environment(name: str, world: Path, run: Run, usual: Any, tmp_path: Path) -> None:
    environment = ENVIRONMENTS[name]
    if not there(environment.get("LC_ALL", "C")):
        pytest.skip(f"this system has no {name}")
    same(run(commands(world), tmp_path, environment), usual)


@pytest.mark.parametrize("workers", [1, 2, 4, 16])
def test_whatever_the_workers(workers: int, world: Path, run: Run, usual: Any, tmp_path: Path) -> None:
    same(run(commands(world, f"threads:workers={workers}"), tmp_path), usual)


def test_whatever_the_folder(world: Path, run: Run, usual: Any, tmp_path: Path) -> None:
    folder = tmp_path / "über all" / "a" / "b"
    folder.mkdir(parents=True)
    same(run(commands(world), folder), usual)
