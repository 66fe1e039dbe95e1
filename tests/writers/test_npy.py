"""NPY: what NumPy itself would have written, block by block."""

from __future__ import annotations

import io

import numpy as np
import pytest

from calibrate.writers import npy


@pytest.mark.parametrize("shape", [(7, 3), (5, 1), (0, 2)])
@pytest.mark.parametrize("step", [1, 3, 100])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_bytes_are_those_of_numpy(shape: tuple[int, int], step: int, order: str) -> None:
    array = np.random.default_rng(1).random(shape)
    expected, found = io.BytesIO(), io.BytesIO()
    np.save(expected, array)
    stored = np.asarray(array, order=order)  # type: ignore[call-overload]
    blocks = (stored[start : start + step] for start in range(0, shape[0], step))
    npy.write(found, blocks, names=("a",) * shape[1], ids=None, id_name=None, n=shape[0])
    assert found.getvalue() == expected.getvalue()


def test_all_rows_are_owed() -> None:
    with pytest.raises(ValueError, match="1 rows of probabilities, expected 2"):
        npy.write(io.BytesIO(), iter([np.ones((1, 1))]), names=("a",), ids=None, id_name=None, n=2)
