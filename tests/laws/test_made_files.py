"""Any matrix in any file of any format is read as the very same numbers, or the cell that is none is named.

`made.py` draws the matrices and writes the files: types, byte orders, layouts, dialects, spellings, compressions; masks
(-inf), subnormal numbers and those at the end of float64. The quick run makes a few dozen files of each format,
`slow` many more.
"""

from __future__ import annotations

import bz2
import lzma
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st
from made import EVERY, FORMATS, Made, csv_files, matrices, saved
from targets import FOLDER, LIMITS, looked_over

from calibrate import registry
from calibrate.containers.container import open_table
from calibrate.containers.opening import open_input
from calibrate.errors import CalibrateError
from calibrate.formats.csv import Csv
from calibrate.reading.dataset import interpreted
from calibrate.reading.options import ReadOptions
from calibrate.rows import serial
from calibrate.table import Table

QUICK = {name: 4 if "parquet" in name else 60 for name in EVERY}
"""Files that the quick run makes: a Parquet file costs a process of its own."""
READERS = {"strictly": Csv(fast_from=1 << 30, first=1 << 20), "in pieces": Csv(fast_from=0, first=32, later=32)}


def written(made: Made) -> str:
    path = FOLDER / made.name
    path.write_bytes(made.content)
    return str(path)


def numbers(table: Table) -> np.ndarray:
    return table.numbers(range(len(table.kinds))).read(0, table.n).copy()


def the_very_same(found: np.ndarray, expected: np.ndarray) -> None:
    """To the bit, but for the sign of zero of whole numbers as text."""
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected, strict=True)


def holds(table: Table, made: Made) -> None:
    """The table is what was written; doubts are said, and never end in another number."""
    looked_over(table)
    assert len(table.kinds) == made.values.shape[1]
    if made.unsure and (table.faults or "text" in table.kinds):
        return  # 1,234 among decimal commas: refused where it is needed, since these cells are scores
    if made.doubtful and table.names is not None:
        whole = table.headerless()
        assert whole is not None and whole.names is None
        the_very_same(numbers(whole), made.values)
        assert [float(name.replace(",", ".")) for name in table.names] == made.values[0].tolist()
        the_very_same(numbers(table), made.values[1:])
        return
    assert (table.names, table.faults, table.n) == (made.names, (), len(made.values))
    the_very_same(numbers(table), made.values)
    for j in range(len(table.kinds)):
        the_very_same(table.column(j).astype(made.values.dtype), made.values[:, j])


def test_files_of_every_format_are_made() -> None:
    assert set(FORMATS) == set(registry.names("formats"))


def check_made(name: str, examples: int) -> None:
    @settings(max_examples=examples)
    @given(EVERY[name])
    def law(made: Made) -> None:
        holds(open_table(written(made), limits=LIMITS), made)

    law()


@pytest.mark.parametrize("name", EVERY)
def test_what_was_written_is_read(name: str) -> None:
    check_made(name, QUICK[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_what_was_written_is_read_of_many_files(name: str) -> None:
    check_made(name, 40 * QUICK[name] if "parquet" not in name else 60)


@pytest.mark.parametrize("how", READERS)
@given(made=csv_files())
def test_both_readers_of_csv(how: str, made: Made) -> None:
    # in pieces the first of them alone decides what is a decimal sign
    made = replace(made, unsure=made.unsure or (how == "in pieces" and made.commas))
    try:
        table = READERS[how].read(open_input(written(made), LIMITS))
    except CalibrateError as problem:
        assert made.unsure and problem.code == "E109", problem
        return
    holds(table, made)


OPEN = {"E210", "E213"}
"""What may be refused where nobody says which columns are the scores: one could be an index, or predictions."""


def labels_for(made: Made) -> Table:
    n, k = made.values.shape
    return open_table(written(Made("y.csv", b"label\n" + b"".join(b"%d\n" % (i % k) for i in range(n)), made.values)))


@pytest.mark.parametrize("name", [name for name in EVERY if "parquet" not in name])
@settings(max_examples=30)
@given(data=st.data())
def test_a_data_set_holds_what_was_written(name: str, data: st.DataObject) -> None:
    made = data.draw(EVERY[name].filter(lambda made: made.values.shape[1] > 1 and not made.unsure))
    told = data.draw(st.booleans())
    columns = (f"1-{made.values.shape[1]}",) if told else None
    options = ReadOptions(input="logits", label_base=0, score_columns=columns)
    try:
        found = interpreted(open_table(written(made), limits=LIMITS), labels_for(made), options, None, True, serial)
    except CalibrateError as problem:
        assert (problem.code in OPEN and not told) or (problem.code == "E211" and is_boolean(made)), problem
        return
    blocks = list(found.rows.blocks())
    the_very_same(np.concatenate([block.scores for block in blocks]), made.values)
    assert np.concatenate([block.labels for block in blocks]).tolist() == [
        i % made.values.shape[1] for i in range(len(made.values))
    ]


def is_boolean(made: Made) -> bool:
    return bool(np.isin(made.values, (0, 1)).all())


def spoilt(z: np.ndarray, bad: str, at: tuple[int, int]) -> np.ndarray:
    z = z.copy()
    z[at] = float(bad)
    return z


def cells(z: np.ndarray, bad: str, at: tuple[int, int]) -> list[list[str]]:
    rows = [[repr(v) for v in row] for row in z.tolist()]
    rows[at[0]][at[1]] = bad
    return rows


def spoilt_text(z: np.ndarray, bad: str, at: tuple[int, int]) -> bytes:
    return "".join(",".join(row) + "\n" for row in [[f"c{j}" for j in range(z.shape[1])], *cells(z, bad, at)]).encode()


def spoilt_lines(z: np.ndarray, bad: str, at: tuple[int, int]) -> bytes:
    return "".join(f"[{', '.join(row)}]\n" for row in cells(z, bad, at)).encode()


def spoilt_frame(z: np.ndarray, bad: str, at: tuple[int, int]) -> bytes:
    columns: Any = {f"c{j}": z[:, j].tolist() for j in range(z.shape[1])}
    columns[f"c{at[1]}"][at[0]] = None if bad == "null" else float(bad)
    return saved(pl.DataFrame(columns).write_parquet)


SPOILT: dict[str, tuple[tuple[str, ...], Callable[[np.ndarray, str, tuple[int, int]], bytes]]] = {
    "s.csv": (("nan", "inf", "", "1e999", "x", "1_0"), spoilt_text),
    "s.jsonl": (("NaN", "Infinity", "null", "1e999", '"x"', "true"), spoilt_lines),
    "s.npy": (("nan", "inf"), lambda z, bad, at: saved(np.save, spoilt(z, bad, at))),
    "s.npz": (("nan", "inf"), lambda z, bad, at: saved(np.savez, logits=spoilt(z, bad, at))),
    "s.parquet": (("nan", "inf", "null"), spoilt_frame),
}
"""File -> what no score can be, and what writes it."""


@pytest.mark.parametrize("name", SPOILT)
def test_what_no_score_can_be_is_named(name: str) -> None:
    @settings(max_examples=3 if "parquet" in name else 25)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        n, k = data.draw(st.integers(4, 6)), data.draw(st.integers(2, 4))
        z = np.arange(n * k).reshape(n, k) % 7 + 0.25
        at = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, k - 1))
        bad = data.draw(st.sampled_from(SPOILT[name][0]))
        made = Made(name, SPOILT[name][1](z, bad, at), z)
        with pytest.raises(CalibrateError) as caught:
            interpreted(open_table(written(made)), labels_for(made), ReadOptions(), None, True, serial)
        problem = caught.value
        said = {"": "an empty cell", '"x"': "'x'"}.get(bad, f"'{bad}'")
        assert problem.code == "E212" and problem.hint
        assert f"{name}: row {at[0] + 1}" in problem.message and f"column {at[1] + 1}" in problem.message
        assert f"found {said}".lower() in problem.message.lower(), problem.message

    law()


FOREIGN: dict[str, Callable[[np.ndarray], bytes]] = {
    "feather": lambda z: saved(pl.DataFrame(z).write_ipc),
    "mat": lambda z: saved(scipy.io.savemat, {"logits": z}),
    "pkl": pickle.dumps,
    "csv.bz2": lambda z: bz2.compress(spoilt_text(z, "1.5", (0, 0))),
    "csv.xz": lambda z: lzma.compress(spoilt_text(z, "1.5", (0, 0))),
    "avro": lambda z: saved(pl.DataFrame(z).write_avro),
}
"""Extension -> what writes such a file, which is not read."""


@pytest.mark.parametrize("extension", FOREIGN)
@settings(max_examples=15)
@given(z=matrices(), data=st.data())
def test_a_kind_that_is_not_read_is_known_by_its_content(extension: str, z: np.ndarray, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from((f"s.{extension}", "s", "s.csv", "s.npy", "s.jsonl")))
    with pytest.raises(CalibrateError) as caught:
        open_table(written(Made(name, FOREIGN[extension](z), z)), limits=LIMITS)
    assert caught.value.code == "E105"
    assert f"{name}: found a" in caught.value.message
    assert caught.value.hint
