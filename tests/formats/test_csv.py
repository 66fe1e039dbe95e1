"""CSV: the layouts that people write, what is refused and where, and that both readers agree."""

from __future__ import annotations

import hashlib
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibrate.containers.content import MemoryBytes
from calibrate.containers.opening import Limits, Opened, open_input
from calibrate.containers.text_table import TextTable
from calibrate.errors import CalibrateError
from calibrate.formats.csv import Csv

SMALL = Csv(fast_from=1 << 60, first=300)
FAST = Csv(fast_from=0, first=300, later=2000)
"""Both readers, with pieces so small that a test has several."""


def opened(text: str | bytes, limits: Limits = Limits()) -> Opened:  # noqa: B008  a frozen constant
    data = text.encode() if isinstance(text, str) else text
    return Opened("x.csv", "csv", MemoryBytes(data), len(data), "", False, limits)


def table(text: str | bytes) -> TextTable:
    return Csv().read(opened(text))


def refused(text: str | bytes, entry: Csv = Csv()) -> tuple[str, str]:  # noqa: B008
    with pytest.raises(CalibrateError) as caught:
        entry.read(opened(text))
    assert "\n" not in caught.value.message
    return caught.value.code, caught.value.message


def cells(found: TextTable) -> list[list[str]]:
    return [list(row) for row in zip(*(found.text(j) for j in range(len(found.kinds))), strict=True)]


LAYOUTS = {
    "plain": ("a,b\n1.5,2\n-3,4.5\n", ("a", "b")),
    "no header": ("1.5,2\n-3,4.5\n", None),
    "no last line end": ("1.5,2\n-3,4.5", None),
    "numbered header": ("0,1\n1.5,2\n-3,4.5\n", ("0", "1")),
    "CRLF": ("a,b\r\n1.5,2\r\n-3,4.5\r\n", ("a", "b")),
    "CR": ("a,b\r1.5,2\r-3,4.5\r", ("a", "b")),
    "byte order mark": ("\ufeffa,b\n1.5,2\n-3,4.5\n", ("a", "b")),
    "byte order mark before a number": ("\ufeff1.5,2\n-3,4.5\n", None),
    "quotes": ('"a","b"\n"1.5","2"\n"-3","4.5"\n', ("a", "b")),
    "padded quotes": ('"a", "b"\n"1.5", "2"\n"-3", "4.5"\n', ("a", "b")),
    "blanks": ("a, b\n 1.5 , 2\n-3 ,\t4.5\n", ("a", "b")),
    "blank lines at the end": ("a,b\n1.5,2\n-3,4.5\n\n \n\n", ("a", "b")),
    "semicolon": ("a;b\n1.5;2\n-3;4.5\n", ("a", "b")),
    "decimal comma": ("a;b\n1,5;2\n-3;4,5\n", ("a", "b")),
    "decimal comma, no header": ("1,5;2\n-3;4,5\n", None),
    "decimal comma, tab": ("1,5\t2\n-3\t4,5\n", None),
    "tab": ("a\tb\n1.5\t2\n-3\t4.5\n", ("a", "b")),
    "bar": ("a|b\n1.5|2\n-3|4.5\n", ("a", "b")),
    "comments": ("# made by\n# nobody\na,b\n1.5,2\n-3,4.5\n", ("a", "b")),
    "savetxt": ("# a,b\n1.5,2\n-3,4.5\n", ("a", "b")),
    "comment above numbers": ("# 2024, by nobody, at all\n1.5,2\n-3,4.5\n", None),
    "hostile names": ('"<b>","\'=cmd|x!A0"\n1.5,2\n-3,4.5\n', ("<b>", "=cmd|x!A0")),
}


@pytest.mark.parametrize(("text", "names"), LAYOUTS.values(), ids=LAYOUTS)
def test_layouts(text: str, names: tuple[str, ...] | None) -> None:
    found = table(text)
    assert found.names == names
    assert found.numbers([0, 1]).read(0, 9).tolist() == [[1.5, 2.0], [-3.0, 4.5]]
    assert found.faults == ()


HEADERS = [
    ("0\n1\n2\n0\n", None, False),
    ("label\n1\n2\n", ("label",), False),
    ("cat\ndog\ncat\n", None, False),
    ("label\ndog\ncat\n", ("label",), True),
    ("0,1\n1,2\n2,3\n", None, False),
    (",0,1\n0,.5,1.5\n1,2.5,3\n", ("", "0", "1"), True),
    (",c0,c1\n0,.5,1.5\n1,2.5,3\n", ("", "c0", "c1"), False),
    (",0,1\n0,5,7\n1,2,3\n", ("", "0", "1"), True),
    (",label\n0,cat\n1,dog\n", ("", "label"), False),
    (",label\n1,cat\n2,dog\n3,cat\n", ("", "label"), False),
    (",label,site\n2,cat,a\n0,dog,b\n1,cat,a\n", ("", "label", "site"), True),
    (",cat\n2,dog\n7,cat\n", None, False),
    (",cat\n2,dog\n2,fox\n", None, False),
    (",cat\n.5,dog\n2,fox\n", None, False),
    (",cat\nx,dog\n2,fox\n3,fox\n", None, False),
    (",\n0,dog\n1,fox\n", None, False),
    ("7,42\n" + ".5,1.5\n" * 10, ("7", "42"), True),
    ("7,42\n" + ".5,1.5\n" * 9, None, False),
    ("7,42\n" + ".5,1.5\n" * 9 + "1,.5\n", None, False),
    ("id,0,1\na,.5,1.5\nb,2.5,3\n", ("id", "0", "1"), True),
    ("a,.5,1\nb,.25,2\n", None, False),
    ("zero,1,2\n.1,.2,.3\n.5,.6,.7\n", ("zero", "1", "2"), False),
    ("nan,.1\n.2,.3\n.5,.6\n", None, False),
    (".1,x\n.2,.3\n.5,.6\n", None, False),
    ("2.3,-1.2,0.7", None, False),
]


@pytest.mark.parametrize(("text", "names", "doubtful"), HEADERS)
def test_headers(text: str, names: tuple[str, ...] | None, doubtful: bool) -> None:
    found = table(text)
    assert found.names == names
    whole = found.headerless()
    assert (whole is not None) is doubtful
    if whole is not None:
        assert (whole.names, whole.n) == (None, found.n + 1)
        assert [whole.text(j)[0] for j in range(len(whole.kinds))] == list(names or ())
        assert whole.headerless() is None


REFUSED = {
    "empty": ("\n\n\n", "E107", "no rows"),
    "only a byte order mark": ("\ufeff", "E107", "no rows"),
    "only a header": ("a,b\n", "E107", "no rows"),
    "only comments": ("# a\n# b\n", "E107", "no rows"),
    "short row": ("a,b\n1,2\n3\n", "E109", "row 2 (line 3): found 1 field, expected 2"),
    "short row without header": ("1,2\n3,4\n3\n", "E109", "row 3 (line 3): found 1 field, expected 2"),
    "long first row": ("a,b,c\n1,2,3,4\n1,2,3\n", "E109", "row 1 (line 2): found 4 fields, expected 3"),
    "trailing commas": ("a,b\n1,2,\n3,4,\n", "E109", "row 1 (line 2): found 3 fields, expected 2"),
    "trailing commas everywhere": ("a,b,\n1,2,\n3,4,\n", "E109", "column 3 holds nothing"),
    "unquoted decimal comma": ("a,b\n1,5,2,5\n", "E109", "found 4 fields, expected 2"),
    "blank line": ("a,b\n1,2\n\n3,4\n", "E109", "row 2 (line 3): found a blank line"),
    "blank line in one column": ("a\n1\n\n3\n", "E109", "row 2 (line 3): found a blank line"),
    "blanks between numbers": ("1 2 3\n4 5 6\n", "E109", "separated by blanks"),
    "name twice": ("a,b,a\n1,2,3\n", "E110", "header, columns 1 and 3: found the name 'a' twice"),
    "open quote": ('a,b\n1,2\n1,"2\n3,4\n', "E111", "line 3: found a quote"),
    "text behind a quote": ('a,b\n1,"2"x\n3,4\n', "E111", "line 2: found a quote"),
    "Latin-1": ("caf\u00e9,b\n1,2\n".encode("latin-1"), "E108", "line 1: found byte 0xe9, expected UTF-8"),
    "NUL": ("a,b\n1,\x002\n", "E108", "line 2: found a NUL byte"),
    "long field": ("a\n" + "x" * 200_000 + "\n", "E114", "line 2"),
}


@pytest.mark.parametrize(("text", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str | bytes, code: str, words: str) -> None:
    found, message = refused(text)
    assert (found, words in message) == (code, True), message
    assert message.startswith("x.csv: ")


@pytest.mark.parametrize(
    ("cell", "why", "value"),
    [
        ("", "empty", math.nan),
        ('""', "empty", math.nan),
        ("null", "not a number", math.nan),
        ("#N/A", "not a number", math.nan),
        ("1_000", "not a number", math.nan),
        ("12%", "not a number", math.nan),
        ("0x1f", "not a number", math.nan),
        ('"1,5"', "decimal comma", math.nan),
        ("٣", "not a number", math.nan),
        ("\x1b[31m", "not a number", math.nan),
        ("nan", "not finite", math.nan),
        ("inf", "not finite", math.inf),
        ("1e999", "too large", math.inf),
        ("-1e999", "too large", -math.inf),
    ],
)
def test_faults_are_kept_with_their_place(cell: str, why: str, value: float) -> None:
    found = table("c0,c1\n" + "1.5,2.5\n" * 10 + f"1.5,{cell}\n" + "1.5,2.5\n" * 3)
    (fault,) = found.faults
    assert (fault.row, fault.column, fault.text, fault.why) == (10, 1, cell.strip('"'), why)
    assert found.place(fault.row, fault.column) == "row 11 (line 12), column 2 'c1'"
    assert found.kinds == ("float", "float")
    np.testing.assert_equal(found.column(1)[10], value)


def test_a_comment_that_is_longer_than_a_field_may_be() -> None:
    found = table("# " + "x" * 200_000 + "\n1.5,2\n3,4\n")
    assert (found.n, found.names) == (2, None)


def test_a_masked_class_is_a_number() -> None:
    found = table("a,b\n-inf,1\n2,-Infinity\n")
    assert found.faults == ()
    assert found.numbers([0, 1]).read(0, 2).tolist() == [[-math.inf, 1], [2, -math.inf]]


def test_text_survives_exactly() -> None:
    labels = ["9223372036854775808", "007", " 1", "+2", "-0"]
    assert table("label\n" + "\n".join(labels) + "\n").text(0) == labels
    assert table("a,b\n" + "".join(f"{t},x\n" for t in ["9007199254740993.0", "1 2", "3"])).text(0)[:2] == [
        "9007199254740993.0",
        "1 2",
    ]
    assert table('t,n\n"a\nb",1\n" c",2\n"",3\n"d""e",4\n').text(0) == ["a\nb", " c", "", 'd"e']
    assert table("t,n\n'=x,1\n'tis,2\n").text(0) == ["=x", "'tis"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([2**63, 0, 1], np.uint64),
        ([2**62 + 1, -1], np.int64),
        ([1, -2], np.int64),
        ([2**63, -1], np.float64),
        ([2**64, 1], np.float64),
    ],
)
def test_whole_numbers_are_exact_where_64_bits_hold_them(values: list[int], dtype: type) -> None:
    found = table("".join(f"{v}\n" for v in values))
    assert found.kinds == ("int",)
    assert found.column(0).dtype == dtype
    assert [int(v) for v in found.column(0)] == [int(dtype(v)) for v in values]


def test_columns_in_any_order() -> None:
    found = table("id,a,b,c\nx,1.5,2,3.5\ny,4.5,5,6.5\n")
    assert found.kinds == ("text", "float", "int", "float")
    assert found.numbers([3, 1]).read(1, 2).tolist() == [[6.5, 4.5]]
    assert found.numbers([1, 2]).read(0, 1).flags.c_contiguous
    with pytest.raises(TypeError):
        found.numbers([0])


def test_lines_are_counted_over_quoted_line_ends() -> None:
    found = table('t,n\n"a\nb",1\nc,2\n"d\n\n",3\ne,4\n')
    assert [found.place(r) for r in range(4)] == [
        "row 1 (line 2)",
        "row 2 (line 4)",
        "row 3 (line 5)",
        "row 4 (line 8)",
    ]


def test_a_sign_of_the_limits() -> None:
    with pytest.raises(CalibrateError, match="3 columns, at most 2"):
        Csv().read(opened("1,2,3\n", Limits(max_columns=2)))
    with pytest.raises(CalibrateError, match="more than 5 bytes"):
        Csv().read(opened("1,2,3\n", Limits(max_bytes=5)))


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbfa,b\n" + b"1,2\n" * 500
    (tmp_path / "x.csv").write_bytes(data)
    for entry in (Csv(), SMALL, FAST):
        found = entry.read(open_input(str(tmp_path / "x.csv"), Limits()))
        assert found.source.sha256 == hashlib.sha256(data).hexdigest()
        assert found.source.size == len(data)


NUMBER = st.floats(allow_nan=False, allow_infinity=False).map(repr)
ODD = st.sampled_from(
    [
        "inf",
        "-inf",
        "nan",
        "1e999",
        "-1e999",
        "0x1f",
        " 1.5 ",
        "1,5",
        "null",
        '"q"',
        '"a\nb"',
        "007",
        "2\n\n3",
        "9223372036854775808",
        "+5",
        ".5",
        "5.",
        "٣",
        "é",
        "1 2",
        "'=x",
        "-Infinity",
        "1\r",
        '"',
        "",
    ]
)
WORD = st.sampled_from(["cat", "dog", "a b", "", "=x", "é"])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    delimiter = draw(st.sampled_from(",;\t|"))
    kinds = [draw(st.sampled_from([NUMBER, st.integers(-9, 9).map(str), WORD])) for _ in range(draw(st.integers(1, 4)))]
    block = draw(st.lists(st.tuples(*kinds), min_size=3, max_size=12))
    rows = [list(row) for row in block] * draw(st.sampled_from([1, 10, 40]))
    row = rows[draw(st.integers(0, len(rows) - 1))]
    defect = draw(st.sampled_from(["none", "cell", "cell", "field"]))
    if defect == "cell":
        row[draw(st.integers(0, len(row) - 1))] = draw(ODD)
    elif defect == "field":
        row.append("1")
    lines = [delimiter.join(row) for row in rows]
    if draw(st.booleans()):
        lines.insert(0, delimiter.join(f"c{j}" for j in range(len(kinds))))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return (end.join(lines) + draw(st.sampled_from(["", end, end * 3]))).encode()


def outcome(data: bytes, entry: Csv) -> TextTable | tuple[str, str]:
    try:
        return entry.read(opened(data))
    except CalibrateError as error:
        return error.code, error.message


@settings(deadline=None, max_examples=150)
@given(files())
def test_law_both_readers_are_equal(data: bytes) -> None:
    strict, fast = outcome(data, SMALL), outcome(data, FAST)
    if isinstance(strict, tuple) or isinstance(fast, tuple):
        assert strict == fast
        return
    same = ("n", "names", "kinds", "faults", "decisions")
    assert [getattr(strict, a) for a in same] == [getattr(fast, a) for a in same]
    np.testing.assert_array_equal(strict.values, fast.values)
    assert cells(strict) == cells(fast)
    for j in range(len(strict.kinds)):
        assert strict.column(j).dtype == fast.column(j).dtype
        np.testing.assert_array_equal(strict.column(j), fast.column(j))
    assert [strict.place(r, 0) for r in range(strict.n)] == [fast.place(r, 0) for r in range(strict.n)]


@pytest.mark.parametrize("bad", ["", "inf", "1e999", "x", "1 2", '"a', "1,2", "1\n\n2", "1\n"])
def test_errors_of_large_files_name_row_and_line(bad: str) -> None:
    lines = ["1.5,2.5"] * 400
    lines[300] = f"1.5,{bad}"
    text = "a,b\n" + "\n".join(lines) + "\n"
    strict, fast = outcome(text.encode(), SMALL), outcome(text.encode(), FAST)
    if isinstance(strict, tuple) or isinstance(fast, tuple):
        assert strict == fast
        assert "302" in str(strict) or "303" in str(strict)
    else:
        assert strict.faults == fast.faults
        assert strict.faults[0].row == 300
        assert fast.place(300, 1) == "row 301 (line 302), column 2 'b'"


@pytest.mark.parametrize("blank", ["\n", "\n\n", " \n"])
@pytest.mark.parametrize("entry", [SMALL, FAST], ids=["strict", "fast"])
def test_a_blank_line_at_the_end_of_a_piece_is_none_at_the_end_of_the_file(entry: Csv, blank: str) -> None:
    """The first piece ends behind the blank line, and the rows go on in the next."""
    above = "a,b\n" + "1.5,2.5\n" * ((300 - 4 - len(blank)) // 8)
    above += "1" * (300 - len(above) - len(blank) - 4) + ",.5\n" + blank
    assert len(above) == 300
    code, message = refused(above + "3.5,4.5\n" * 400, entry)
    rows = above.count(",") - 1
    assert code == "E109"
    assert f"row {rows + 1} (line {rows + 2}): found a blank line" in message
    assert entry.read(opened(above)).n == rows


def test_text_that_changed_since_it_was_read_is_read_with_care(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"name,a\n" + b"cat,1.5\n" * 400)
    found = FAST.read(open_input(str(path), Limits()))
    with path.open("r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(b"\xff")
    with pytest.raises(CalibrateError, match="line 401: found byte 0xff, expected UTF-8") as caught:
        found.text(0)
    assert caught.value.code == "E108"


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=200, max_size=200))
def test_law_polars_values_are_correctly_rounded(values: list[float]) -> None:
    spelled = [f"{v:.{i % 25}e}" for i, v in enumerate(values)]
    found = FAST.read(opened("\n".join(["1.5", *spelled]) + "\n"))
    wanted = np.array([1.5, *map(float, spelled)])
    np.testing.assert_array_equal(found.values[:, 0], wanted)


def test_the_fast_reader_is_used_where_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the strict reader was asked")

    text = "id,a,b,n\n" + "".join(f"r{i},{i / 7!r},-inf,{i}\n" for i in range(2000))
    first = SMALL.read(opened(text))
    monkeypatch.setattr("calibrate.formats.csv._Reading._strict", never)
    found = FAST.read(opened(text))
    np.testing.assert_array_equal(found.values, first.values)
    assert found.text(0) == first.text(0)
    assert found.kinds == ("text", "float", "float", "int")
