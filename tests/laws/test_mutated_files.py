"""A damaged file is refused cleanly, or read as what another program finds in it: never a third.

Of every format, files of drawn matrices are damaged (`mutated.py`). What may come of it: the numbers that were written;
the numbers that NumPy, PyArrow or Python's own modules read in the damaged bytes (`independent.py`); or an error with a
code that is explained and with the name of the file. Where the container has checksums (gzip, npz) a flipped bit
never gives another number.
"""

from __future__ import annotations

from pathlib import Path

import independent
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import EVERY, Made
from mutated import damage, flipped
from targets import FOLDER, LIMITS, looked_over, understood
from verdict import finding

from calibrate.containers.container import open_table
from calibrate.errors import CalibrateError
from calibrate.reading.options import ReadOptions
from calibrate.table import Table

QUICK = {name: 3 if "parquet" in name else 100 for name in EVERY}


def read(name: str, data: bytes) -> Table:
    path = FOLDER / name
    path.write_bytes(data)
    try:
        return open_table(str(path), limits=LIMITS)
    except CalibrateError as problem:
        assert path.name in problem.message, f"{problem} names no file"
        raise


def numbers(table: Table) -> tuple[list[int], np.ndarray]:
    """The columns of numbers, and what stands in them."""
    columns = [j for j, kind in enumerate(table.kinds) if kind != "text"]
    found = table.numbers(columns).read(0, table.n).astype(np.float64) if columns else np.empty((table.n, 0))
    return columns, found


def outcome(made: Made, data: bytes) -> str:
    """What came of it. Raises what is no clean error, and AssertionError where numbers come from nowhere."""
    table = read(made.name, data)
    looked_over(table)
    columns, found = numbers(table)
    found = np.where(np.isposinf(found), np.nan, found)  # is refused where it is read, as NaN is
    untouched = made.values.astype(np.float64)
    if found.shape == untouched.shape and np.array_equal(found, untouched):
        return "untouched"
    other = independent.read(data, table)
    assert other is not None, f"no other program reads it; here {found.tolist()}"
    with np.errstate(over="ignore", invalid="ignore"):
        other = other.astype(np.float64)[:, columns]
    other[np.isposinf(other)] = np.nan
    np.testing.assert_array_equal(found, other)
    if table.n < 100:
        path = Path(FOLDER / "y.csv")
        path.write_bytes(b"label\n" + b"".join(b"%d\n" % (i % 2) for i in range(table.n)))
        understood(table, open_table(str(path)), ReadOptions())
    return "as another program reads it"


def check(name: str, examples: int) -> None:
    @settings(max_examples=examples)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        made = data.draw(EVERY[name])
        splice = data.draw(st.sampled_from([n for n in EVERY if "parquet" not in n]))
        content = data.draw(damage(made.content, data.draw(EVERY[splice]).content))
        came: list[str] = []
        assert finding(lambda content: came.append(outcome(made, content)), content) == "", content
        seen.update(came or ["refused"])

    seen: set[str] = set()
    law()
    assert examples < 50 or "refused" in seen
    assert examples < 1000 or "as another program reads it" in seen or name not in {"csv", "jsonl", "npy"}


@pytest.mark.parametrize("name", EVERY)
def test_a_damaged_file(name: str) -> None:
    check(name, QUICK[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_many_damaged_files(name: str) -> None:
    check(name, 60 if "parquet" in name else 1500)


@pytest.mark.parametrize("name", [name for name in EVERY if "gzip" in name or name == "npz"])
def test_checksums_find_a_flipped_bit(name: str) -> None:
    @settings(max_examples=QUICK[name])
    @given(st.data())
    def law(data: st.DataObject) -> None:
        made = data.draw(EVERY[name])
        content = flipped(data.draw, made.content)
        try:
            table = read(made.name, content)
        except CalibrateError:
            return
        if not made.unsure and not made.doubtful:
            np.testing.assert_array_equal(numbers(table)[1], made.values)

    law()
