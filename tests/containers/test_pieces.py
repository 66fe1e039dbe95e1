"""Pieces of a text: cut at the ends of rows only, and complete."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibrate.containers import pieces as module
from calibrate.containers.content import MemoryBytes
from calibrate.containers.pieces import ahead, count, pieces
from calibrate.errors import CalibrateError


@given(
    st.lists(st.sampled_from(["a,b", "", '"x\ny",1', '"q""q"', "long" * 9]), max_size=60),
    st.integers(1, 40),
    st.booleans(),
)
def test_law_pieces_are_the_text_cut_between_rows(rows: list[str], first: int, mark: bool) -> None:
    data = "".join(row + "\n" for row in rows).encode()
    seen: list[bytes] = []
    whole = b"\xef\xbb\xbf" * mark + data
    found = list(pieces(MemoryBytes(whole), first, first, "x", seen.append))
    assert b"".join(piece for _, piece in found) == data
    assert b"".join(seen) == whole
    for span, piece in found:
        assert piece.count(b'"') % 2 == 0
        assert piece.endswith(b"\n")
        assert whole[span.at : span.at + span.size] == piece
        assert span.line == 1 + whole[: span.at].count(b"\n")
        assert span.ends == piece.count(b"\n")
    assert list(ahead(iter(found))) == found


@pytest.mark.parametrize("before", ["", "# one\n# two\n"])
def test_the_first_piece_holds_more_than_a_header(before: str) -> None:
    data = (before + "class_0,class_1\n" + "0.5,0.25\n" * 9).encode()
    (_, piece), *_ = pieces(MemoryBytes(data), 8, 8, "x")
    assert piece.count(b"0.5,0.25\n") >= 1
    assert [piece for _, piece in pieces(MemoryBytes(data[: len(before) + 16]), 8, 8, "x")] == [
        data[: len(before) + 16]
    ]


@given(st.binary(max_size=300))
def test_law_count(data: bytes) -> None:
    assert count(data, ",") == data.count(b",")


def test_an_endless_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROW", 1000)
    data = b"a,b\n1,2\n" + b"x" * 9000 + b"\n1,2\n"
    with pytest.raises(CalibrateError, match="line 3: a row is longer"):
        list(pieces(MemoryBytes(data), 10, 10, "x"))


def test_an_error_of_the_thread_that_fetches_comes_through() -> None:
    def broken() -> object:
        yield from ()
        raise CalibrateError("E117", "changed")

    with pytest.raises(CalibrateError, match="changed"):
        list(ahead(broken()))  # type: ignore[arg-type]
