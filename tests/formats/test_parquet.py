"""Parquet: types, nulls, and files that are broken or lie."""

from __future__ import annotations

import io
import random

import numpy as np
import polars as pl
import pytest

from calibrate.containers.content import MemoryBytes
from calibrate.containers.opening import Limits, Opened
from calibrate.errors import CalibrateError
from calibrate.formats.parquet import Parquet

FRAME = pl.DataFrame({"a": [1.5, -2.5, 3.5], "t": ["x", "", "z"], "n": [1, 2, 3], "b": [True, False, True]})


def opened(data: bytes, limits: Limits = Limits()) -> Opened:  # noqa: B008  a frozen constant
    return Opened("x.parquet", "parquet", MemoryBytes(data), len(data), "", False, limits)


def saved(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def refused(data: bytes, limits: Limits = Limits()) -> CalibrateError:  # noqa: B008
    with pytest.raises(CalibrateError) as caught:
        Parquet().read(opened(data, limits))
    assert caught.value.message.isprintable()
    return caught.value


def test_types() -> None:
    found = Parquet().read(opened(saved(FRAME)))
    assert (found.names, found.kinds, found.n) == (("a", "t", "n", "b"), ("float", "text", "int", "bool"), 3)
    assert found.text(1) == ["x", "", "z"]
    assert found.column(2).dtype == np.int64
    assert found.column(3).dtype == bool
    assert found.numbers([2, 0]).read(1, 3).tolist() == [[2.0, -2.5], [3.0, 3.5]]
    with pytest.raises(TypeError):
        found.numbers([0, 1])
    assert found.headerless() is None


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        ((pl.Float32, pl.Float32), np.float32),
        ((pl.Float32, pl.Float64), np.float64),
        ((pl.Float32, pl.Int8), np.float64),
        ((pl.UInt8, pl.Int64), np.float64),
        ((pl.Boolean, pl.Float32), np.float64),
    ],
)
def test_float32_stays_where_all_are(types: tuple[type[pl.DataType], ...], wanted: type) -> None:
    frame = pl.DataFrame({"a": pl.Series([0, 1]).cast(types[0]), "b": pl.Series([1, 0]).cast(types[1])})
    numbers = Parquet().read(opened(saved(frame))).numbers([0, 1])
    assert (numbers.dtype, numbers.read(0, 2).dtype) == (wanted, wanted)
    assert numbers.read(0, 2).tolist() == [[0, 1], [1, 0]]


def test_unsigned_numbers_are_exact() -> None:
    found = Parquet().read(opened(saved(pl.DataFrame({"u": pl.Series([2**63 + 1, 0], dtype=pl.UInt64)}))))
    assert found.column(0).tolist() == [2**63 + 1, 0]
    assert found.text(0) == [str(2**63 + 1), "0"]


@pytest.mark.parametrize("values", [[1.5, None, 2.5], [1, None, 3], [True, None, False]])
def test_nulls_are_faults(values: list[object]) -> None:
    found = Parquet().read(opened(saved(pl.DataFrame({"z": [0.5, 1.5, 2.5], "a": values}))))
    (fault,) = found.faults
    assert (fault.row, fault.column, fault.why) == (1, 1, "")
    assert found.place(fault.row, fault.column) == "row 2, column 2 'a'"
    assert np.isnan(found.numbers([1]).read(1, 2)[0, 0])


def test_a_column_of_categories_is_text() -> None:
    frame = FRAME.with_columns(pl.col("t").cast(pl.Categorical))
    assert Parquet().read(opened(saved(frame))).text(1) == ["x", "", "z"]


@pytest.mark.parametrize("dtype", [pl.List(pl.Float64), pl.List(pl.Float32), pl.Array(pl.Float64, 2)])
def test_a_list_of_numbers_is_a_column_for_each(dtype: pl.DataType) -> None:
    frame = pl.DataFrame({"id": ["a", "b"], "p": [[1.5, 2.5], [0.5, -1.0]]}, schema={"id": pl.String, "p": dtype})
    found = Parquet().read(opened(saved(frame)))
    assert found.names == ("id", "p_0", "p_1")
    assert [found.column(j).tolist() for j in (1, 2)] == [[1.5, 0.5], [2.5, -1.0]]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ([[1.0, 2.0], [1.0]], "row 2, column 1 'a': found a list of 1, expected 2"),
        ([[1.0, 2.0], None], "row 2, column 1 'a': found a list of 0, expected 2"),
        ([[], [1.0]], "row 1, column 1 'a': found a list of 0, expected 1"),
        ([["x"], ["y"]], "column 1 'a': found the type List(String)"),
        ([[[1.0]], [[2.0]]], "column 1 'a': found the type List(List(Float64))"),
    ],
)
def test_lists_that_are_no_columns_of_numbers(column: list[object], words: str) -> None:
    error = refused(saved(pl.DataFrame({"a": column})))
    assert (error.code, words in error.message) == ("E112", True), error.message


def test_a_null_in_a_list_is_a_fault_of_its_column() -> None:
    found = Parquet().read(opened(saved(pl.DataFrame({"a": [[1.0, 2.0], [None, 3.0]]}))))
    assert [(f.row, f.column, f.text) for f in found.faults] == [(1, 0, "null")]


def test_a_place_in_a_list_that_is_called_like_a_column() -> None:
    error = refused(saved(pl.DataFrame({"a": [[1.0, 2.0]], "a_1": [1.0]})))
    assert (error.code, "two columns are called 'a_1'" in error.message) == ("E112", True)


def test_lists_keep_to_the_limits() -> None:
    long = saved(pl.DataFrame({"a": [[0.0] * 5000]}))
    assert refused(long, Limits(max_columns=4999)).code == "E114"
    many = saved(pl.DataFrame({"a": [[0.0] * 5000] * 100}))
    assert refused(many, Limits(max_bytes=len(many) + 1000)).code == "E114"


def test_lists_beyond_all_memory_end_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calibrate.formats.parquet.POLARS", 0)
    monkeypatch.setattr("calibrate.formats.parquet.of_polars", lambda data: 600 << 20)
    long = saved(pl.DataFrame({"a": [[0.0] * 40_000_000]}))
    assert "its lists take more memory than is allowed" in refused(long).message


def test_no_lists_and_empty_tables() -> None:
    assert refused(saved(FRAME.clear())).code == "E107"
    assert refused(saved(FRAME.with_columns(raw=pl.lit(b"x")))).message.endswith("expected numbers, booleans or text")


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pl.date(2020, 1, 2), "2020-01-02"),
        (pl.datetime(2020, 1, 2, 3), "2020-01-02 03:00:00.000000"),
        (pl.time(4, 5), "04:05:00"),
    ],
)
def test_dates_and_times_are_texts(column: pl.Expr, texts: str) -> None:
    found = Parquet().read(opened(saved(FRAME.with_columns(when=column))))
    assert (found.kinds[-1], set(found.text(len(found.kinds) - 1))) == ("text", {texts})


def test_a_column_of_nulls_is_one_of_numbers_that_are_missing() -> None:
    found = Parquet().read(opened(saved(pl.DataFrame({"a": [0.5, 1.5], "b": [None, None]}))))
    assert (found.kinds, [(f.row, f.column, f.text) for f in found.faults]) == (
        ("float", "float"),
        [(0, 1, "null"), (1, 1, "null")],
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (saved(FRAME)[:-20], "footer"),
        (saved(FRAME)[:10], "parquet"),
        (b"PAR1", "parquet"),
        (saved(FRAME)[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1", "footer"),
        (saved(FRAME)[:-8] + (1).to_bytes(4, "little") + b"PAR1", "parquet"),
    ],
)
def test_broken(data: bytes, words: str) -> None:
    error = refused(data)
    assert error.code == "E106"
    assert words in error.message


def test_limits() -> None:
    wide = saved(pl.DataFrame({"a": np.random.default_rng(0).normal(size=1000)}))
    found = refused(wide, Limits(max_bytes=len(wide) - 1))
    assert (found.code, found.hint) == ("E114", "set CALIBRATE_MAX_BYTES higher")
    assert f"has more than {len(wide) - 1:,} bytes" in found.message
    many = saved(pl.DataFrame({"a": np.zeros(200_000)}))
    assert refused(many, Limits(max_bytes=1000)).code == "E114"
    assert refused(many, Limits(max_bytes=len(many) + 1000)).code == "E114"
    assert refused(saved(FRAME), Limits(max_columns=3)).code == "E114"


def test_flipped_bytes_end_in_a_table_or_a_clean_error(capfd: pytest.CaptureFixture[str]) -> None:
    data, chance = saved(FRAME), random.Random(5)
    for _ in range(60):
        broken = bytearray(data)
        broken[chance.randrange(4, len(data) - 4)] = chance.randrange(256)
        try:
            found = Parquet().read(opened(bytes(broken)))
        except CalibrateError as error:
            assert error.code in {"E106", "E107", "E112", "E114"}
        else:
            assert found.n > 0
    capfd.readouterr()


def test_a_panic_of_polars_is_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no other process can be started, or it had more luck."""

    def panic(*_: object) -> pl.DataFrame:
        raise pl.exceptions.PanicException("index out of bounds")

    monkeypatch.setattr("sys.executable", "")
    assert Parquet().read(opened(saved(FRAME))).n == 3
    monkeypatch.setattr(pl, "read_parquet", panic)
    error = refused(saved(FRAME))
    assert error.code == "E106"
    assert error.message == "x.parquet: damaged parquet file: its metadata contradict its data"
    assert error.hint == "transfer or write it again"


@pytest.mark.parametrize("end", ["import os; os.abort()", "import sys; sys.exit(int(sys.argv[2]))"])
def test_a_crash_of_the_other_process_is_an_error_of_the_file(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr("calibrate.formats.parquet._TRIED", end)
    error = refused(saved(FRAME))
    assert error.code == "E106"
    assert error.message.startswith("x.parquet: damaged parquet file: its pages contradict its metadata")
