"""JSON lines: objects and arrays, strictly."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibrate.containers.column_table import ColumnTable
from calibrate.containers.content import MemoryBytes
from calibrate.containers.opening import Limits, Opened
from calibrate.errors import CalibrateError
from calibrate.formats.jsonl import Jsonl


def table(text: str | bytes, limits: Limits = Limits()) -> ColumnTable:  # noqa: B008  a frozen constant
    data = text.encode() if isinstance(text, str) else text
    return Jsonl().read(Opened("x.jsonl", "jsonl", MemoryBytes(data), len(data), "", False, limits))


def test_objects() -> None:
    found = table('{"id":"a","x":1.5,"y":9007199254740993,"ok":true}\n{"y":-1,"x":2,"id":"b","ok":false}\n')
    assert found.names == ("id", "x", "y", "ok")
    assert found.kinds == ("text", "float", "int", "bool")
    assert found.text(0) == ["a", "b"]
    assert found.column(2).tolist() == [9007199254740993, -1]
    assert found.column(3).tolist() == [True, False]
    assert found.numbers([2, 1]).read(1, 2).tolist() == [[-1.0, 2.0]]
    assert found.place(1, 2) == "row 2 (line 2), column 3 'y'"


def test_arrays() -> None:
    found = table("\ufeff[1, 2.5]\r\n[3, -4e1]\r\n\r\n")
    assert (found.names, found.kinds, found.n) == (None, ("int", "float"), 2)
    assert found.text(1) == ["2.5", "-4e1"]


@pytest.mark.parametrize(
    ("cell", "why", "value"),
    [
        ("null", "", math.nan),
        ("NaN", "not finite", math.nan),
        ("Infinity", "not finite", math.inf),
        ("1e999", "too large", math.inf),
        ('"1.5"', "text or a boolean, no number", math.nan),
        ("true", "text or a boolean, no number", math.nan),
        ("1" * 5000, "too large", math.inf),
    ],
)
def test_faults(cell: str, why: str, value: float) -> None:
    found = table(f'{{"a":1.5}}\n{{"a":2}}\n{{"a":{cell}}}\n{{"a":3}}\n')
    (fault,) = found.faults
    assert (fault.row, fault.column, fault.why) == (2, 0, why)
    np.testing.assert_equal(found.column(0)[2], value)


def test_a_masked_class_is_a_number() -> None:
    found = table("[-Infinity,1]\n[2,3]\n")
    assert found.faults == ()
    assert found.column(0).tolist() == [-math.inf, 2.0]


@pytest.mark.parametrize(
    ("values", "dtype"), [([2**63, 1], np.uint64), ([-(2**63), 1], np.int64), ([2**64, 1], np.float64)]
)
def test_whole_numbers(values: list[int], dtype: type) -> None:
    found = table("".join(f"[{v}]\n" for v in values))
    assert (found.kinds, found.column(0).dtype) == (("int",), dtype)
    assert found.text(0) == list(map(str, values))


def test_a_log_of_predictions() -> None:
    found = table('{"id":"a","logits":[1.5,-2],"label":1}\n{"label":0,"logits":[0,3],"id":"b"}\n')
    assert found.names == ("id", "logits_0", "logits_1", "label")
    assert [found.column(j).tolist() for j in range(4)] == [["a", "b"], [1.5, 0.0], [-2, 3], [1, 0]]


def test_an_object_by_class() -> None:
    found = table('{"p":{"cat":0.25,"dog":0.75},"label":"cat"}\n{"p":{"dog":0.5,"cat":0.5},"label":"dog"}\n')
    assert found.names == ("cat", "dog", "label")
    assert [found.column(j).tolist() for j in range(2)] == [[0.25, 0.5], [0.75, 0.5]]


REFUSED = {
    "no JSON": ("{'a':1}\n", "E116", "row 1 (line 1): found no JSON"),
    "one document": ("[\n[1,2]\n]\n", "E116", "line 1"),
    "a list of rows": ("[[1,2],[3,4]]\n", "E116", "nested"),
    "an object in a list": ('{"a":[{"b":1}]}\n', "E116", "nested"),
    "a list in an object in an object": ('{"a":{"b":[1]}}\n', "E116", "nested"),
    "an empty list": ('{"a":[]}\n', "E116", "nested"),
    "a shorter list": ('{"a":[1,2]}\n{"a":[1]}\n', "E116", "row 2 (line 2): 'a': found a list of 1, expected 2 values"),
    "no list": ('{"a":[1,2]}\n{"a":1}\n', "E116", "row 2 (line 2): 'a': found no list, expected 2 values"),
    "a list all at once": ('{"a":1}\n{"a":[1]}\n', "E116", "row 2 (line 2): column 1: found a nested value"),
    "other classes": (
        '{"a":{"x":1}}\n{"a":{"y":1}}\n',
        "E116",
        "'a': found an object of other keys, expected 1 values",
    ),
    "a class twice": ('{"a":{"x":1,"x":2}}\n', "E116", "key 'x' stands there twice"),
    "a column of that name": ('{"a":[1],"a_0":2}\n', "E116", "key 'a_0' stands there twice"),
    "a number": ("1\n", "E116", "found 1, expected an object"),
    "other keys": ('{"a":1}\n{"b":1}\n', "E116", "row 2 (line 2): key 'a' is missing"),
    "more keys": ('{"a":1}\n{"a":1,"b":1}\n', "E116", "key 'b' is not in the first line"),
    "key twice": ('{"a":1,"a":2}\n', "E116", "key 'a' stands there twice"),
    "other length": ("[1,2]\n[1]\n", "E116", "row 2 (line 2): found 1 values, expected 2"),
    "both kinds": ('[1]\n{"a":1}\n', "E116", "arrays and objects"),
    "blank line": ("[1]\n\n[2]\n", "E116", "line 2): found a blank line"),
    "nothing": ("\n\n", "E107", "no rows"),
    "empty rows": ("[]\n[]\n", "E116", "0 columns"),
    "deep": ("[" * 100_000 + "\n", "E116", "no JSON"),
    "Latin-1": ('{"a":"é"}\n'.encode("latin-1"), "E108", "line 1"),
}


@pytest.mark.parametrize(("text", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str | bytes, code: str, words: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        table(text)
    assert (caught.value.code, words in caught.value.message) == (code, True), caught.value.message
    assert caught.value.message.isprintable()


def test_rows_over_several_pieces() -> None:
    line = '{"a": 1.5, "t": "' + "x" * 1000 + '"}\n'
    found = table(line * 3000)
    assert found.n == 3000
    assert found.column(0).tolist() == [1.5] * 3000


def test_limits() -> None:
    with pytest.raises(CalibrateError, match="expected 1 to 2"):
        table("[1,2,3]\n", Limits(max_columns=2))
    with pytest.raises(CalibrateError, match="expected 1 to 2"):
        table('{"a":[1,2,3]}\n', Limits(max_columns=2))
    with pytest.raises(CalibrateError, match="more than 3 bytes"):
        table("[1,2,3]\n", Limits(max_bytes=3))


@given(
    st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.text(), st.booleans()), min_size=1, max_size=9
    )
)
def test_law_round_trip(rows: list[tuple[float, str, bool]]) -> None:
    found = table("".join(json.dumps({"x": x, "t": t, "b": b}) + "\n" for x, t, b in rows))
    assert found.column(0).tolist() == [x for x, _, _ in rows]
    assert found.text(1) == [t for _, t, _ in rows]
    assert found.column(2).tolist() == [b for _, _, b in rows]
