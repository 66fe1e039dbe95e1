"""Parquet: exact numbers under their names, ids as text, the same bytes every time."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from calibrate.errors import CalibrateError
from calibrate.outputs.write import write_file
from calibrate.writers import parquet


def write(
    array: np.ndarray, step: int, ids: list[str] | None = None, names: tuple[str, ...] = ("cat", "dog,=1")
) -> bytes:
    out = io.BytesIO()
    blocks = (array[start : start + step] for start in range(0, len(array), step))
    parquet.write(out, blocks, names=names, ids=ids, id_name="key" if ids else None, n=len(array))
    return out.getvalue()


@pytest.mark.parametrize("ids", [None, ["=a", "", "ü"]])
@pytest.mark.parametrize("step", [1, 2, 100])
def test_what_is_read_back(ids: list[str] | None, step: int) -> None:
    import pyarrow.parquet

    array = np.array([[0.1, 0.9], [5e-324, 1.0], [-0.0, 1 / 3]])
    data = write(array, step, ids)
    table = pyarrow.parquet.read_table(io.BytesIO(data))
    assert table.column_names == [*(["key"] if ids else []), "cat", "dog,=1"]
    for j, name in enumerate(("cat", "dog,=1")):
        np.testing.assert_array_equal(table[name].to_numpy().view(np.int64), array[:, j].copy().view(np.int64))
    assert not ids or table["key"].to_pylist() == ids
    assert data == write(array, 3, ids)


def test_it_goes_through_an_output(tmp_path: Path) -> None:
    array = np.random.default_rng(1).random((1000, 2))
    write_file(
        tmp_path / "p.parquet",
        lambda out: parquet.write(out, iter([array]), names=("a", "b"), ids=None, id_name=None, n=1000),
    )
    assert (tmp_path / "p.parquet").read_bytes() == write(array, 1000, names=("a", "b"))


def test_names_must_differ() -> None:
    with pytest.raises(CalibrateError, match="two columns 'key'") as caught:
        write(np.ones((1, 2)), 1, ["a"], ("cat", "key"))
    assert caught.value.code == "E507"


def test_all_rows_are_owed() -> None:
    with pytest.raises(ValueError, match="1 rows of probabilities, expected 2"):
        parquet.write(io.BytesIO(), iter([np.ones((1, 1))]), names=("a",), ids=None, id_name=None, n=2)
