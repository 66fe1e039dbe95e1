"""Files for the reader's tests, written and read in one call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibrate.reading.dataset import Dataset, from_memory, read
from calibrate.reading.options import ReadOptions

Reader = Callable[..., Dataset]


@pytest.fixture
def reads(tmp_path: Path) -> Reader:
    """Reads texts as CSV files `scores.csv` and `labels.csv` (arrays as NPY), or what lies in memory."""

    def written(name: str, content: Any) -> str:
        if isinstance(content, np.ndarray):
            np.save(tmp_path / f"{name}.npy", content)
            return str(tmp_path / f"{name}.npy")
        if isinstance(content, dict):
            np.savez(tmp_path / f"{name}.npz", **content)
            return str(tmp_path / f"{name}.npz")
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8", newline="")
        return str(tmp_path / f"{name}.csv")

    def call(
        scores: Any, labels: Any = None, *, model: Any = None, need_labels: bool = True, **options: Any
    ) -> Dataset:
        files = written("scores", scores), None if labels is None else written("labels", labels)
        return read(*files, ReadOptions(**options), model=model, need_labels=need_labels)

    return call


@pytest.fixture
def in_memory() -> Reader:
    """The same of arrays."""

    def call(
        scores: Any, labels: Any = None, *, model: Any = None, need_labels: bool = True, **options: Any
    ) -> Dataset:
        return from_memory(scores, labels, ReadOptions(**options), model=model, need_labels=need_labels)

    return call
