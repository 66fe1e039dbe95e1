"""NPY: every type of number, in blocks; hostile headers; memory."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibrate.containers.content import MemoryBytes
from calibrate.containers.opening import Limits, Opened, open_input
from calibrate.errors import CalibrateError
from calibrate.formats.npy import Npy

X = np.arange(12).reshape(4, 3)
TYPES = ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "g", "i1", "<i2", ">i4", "<i8", "u1", ">u2", "<u4", "<u8", "?"]


def opened(data: bytes) -> Opened:
    return Opened("x.npy", "npy", MemoryBytes(data), len(data), "", False)


def saved(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=version)
    return buffer.getvalue()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_of_number(dtype: str, order: str) -> None:
    array = np.array(X, dtype=dtype, order=order)  # type: ignore[call-overload]
    found = Npy().read(opened(saved(array)))
    wanted = np.float32 if array.dtype.kind == "f" and array.dtype.itemsize <= 4 else np.float64
    numbers = found.numbers(range(3))
    assert (found.n, found.names, numbers.shape, numbers.dtype) == (4, None, (4, 3), wanted)
    block = numbers.read(1, 3)
    assert block.dtype == wanted
    assert block.flags.c_contiguous
    np.testing.assert_array_equal(block, array[1:3].astype(wanted))
    for j in range(3):
        np.testing.assert_array_equal(found.column(j), array[:, j])
    assert found.kinds[0] == {"f": "float", "b": "bool"}.get(array.dtype.kind, "int")


def test_whole_numbers_are_exact() -> None:
    for values in (np.array([2**63 + 1, 1], np.uint64), np.array([2**62 + 1, -1], np.int64)):
        found = Npy().read(opened(saved(values)))
        assert found.column(0).tolist() == values.tolist()
        assert found.text(0) == [str(v) for v in values.tolist()]


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("shape", [(5,), (5, 1), (1, 5)])
def test_versions_and_shapes(version: tuple[int, int], shape: tuple[int, ...]) -> None:
    array = np.linspace(-1, 1, 5).reshape(shape)
    found = Npy().read(opened(saved(array, version)))
    np.testing.assert_array_equal(found.numbers(range(len(found.kinds))).read(0, 9), array.reshape(shape[0], -1))


@pytest.mark.parametrize(
    ("array", "code", "words"),
    [
        (np.array(["a"]), "E112", "text"),
        (np.array([b"a"]), "E112", "text"),
        (np.zeros(2, "M8[s]"), "E112", "datetime"),
        (np.zeros(2, "m8[s]"), "E112", "timedelta"),
        (np.zeros(2, [("a", "f8"), ("b", "f8")]), "E112", "structured"),
        (np.zeros(2, complex), "E112", "complex"),
        (np.zeros(2, "V4"), "E112", "void"),
        (np.float64(3), "E113", "0-d"),
        (np.zeros((2, 2, 2)), "E113", "3 dimensions"),
        (np.zeros((200, 0)), "E113", "(200, 0)"),
        (np.zeros((0, 3)), "E113", "no rows"),
    ],
)
def test_what_is_no_table_of_numbers(array: np.ndarray, code: str, words: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        Npy().read(opened(saved(np.asarray(array))))
    assert caught.value.code == code
    assert words in caught.value.message


def test_objects_are_never_unpickled() -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}, []], dtype=object), allow_pickle=True)
    with pytest.raises(CalibrateError, match="pickle") as caught:
        Npy().read(opened(buffer.getvalue()))
    assert "numpy.save" in caught.value.hint


def test_too_wide() -> None:
    data = saved(np.zeros((1, 11)))
    with pytest.raises(CalibrateError, match="11 columns"):
        Npy().read(Opened("x.npy", "npy", MemoryBytes(data), len(data), "", False, Limits(max_columns=10)))


def test_blocks_of_a_file_in_threads_and_processes(tmp_path: Path) -> None:
    array = np.random.default_rng(0).standard_normal((5000, 7)).astype(np.float32)
    path = str(tmp_path / "x.npy")
    np.save(path, array)
    numbers = Npy().read(open_input(path, Limits())).numbers(range(7))
    copy = pickle.loads(pickle.dumps(numbers))
    wrong: list[int] = []

    def check(start: int) -> None:
        for _ in range(20):
            wanted = array[start : start + 100]
            wrong.extend(start for x in (numbers, copy) if not np.array_equal(x.read(start, start + 100), wanted))

    threads = [threading.Thread(target=check, args=(k * 1000,)) for k in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert numbers.read(0, 3) is not numbers.read(1, 4)
    assert numbers.read(0, 3).base is numbers.read(1, 4).base


@settings(max_examples=50)
@given(st.integers(1, 40), st.integers(1, 6), st.booleans(), st.data())
def test_law_blocks_are_the_rows(n: int, k: int, fortran: bool, data: st.DataObject) -> None:
    array = np.arange(n * k, dtype=">f8").reshape(n, k)
    found = Npy().read(opened(saved(np.asfortranarray(array) if fortran else array)))
    columns = data.draw(st.lists(st.integers(0, k - 1), min_size=1, max_size=4))
    start, stop = sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n))))
    np.testing.assert_array_equal(found.numbers(columns).read(start, stop), array[start:stop][:, columns])


MEASURE = """
import resource, sys
import numpy as np
from calibrate.containers.container import open_table
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
table = open_table(sys.argv[1])
numbers = table.numbers(range(100))
total = sum(float(numbers.read(a, a + 10485).sum()) for a in range(0, table.n, 10485))
column = table.column(1)
table.source.sha256
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) / 1024, total == float(table.n * 100))
print(sorted({"polars", "pandas", "pyarrow", "scipy"} & set(sys.modules)))
"""


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<f2"])
def test_memory_is_that_of_a_block_and_no_data_frame_library_is_imported(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.ones((300_000, 100), dtype))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True, env=environment
    )
    measured, modules = done.stdout.splitlines()
    mebibytes, right = measured.split()
    assert float(mebibytes) <= 32
    assert right == "True"
    assert modules == "[]"


def test_beside_an_array_without_a_name_there_is_none() -> None:
    found = Npy().read(opened(saved(np.eye(2))))
    assert found.arrays == ()
    with pytest.raises(KeyError):
        found.other("labels")
