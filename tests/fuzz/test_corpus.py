"""Every kept input, and every one that ever went wrong, ends in an answer or in a clean error."""

from __future__ import annotations

from pathlib import Path

import pytest
from targets import MOST, TARGETS
from verdict import finding

HERE = Path(__file__).parent
KEPT = [path for folder in ("corpus", "crashes") for path in sorted((HERE / folder).glob("*/*"))]


@pytest.mark.parametrize("path", KEPT, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_kept_input(path: Path) -> None:
    assert finding(TARGETS[path.parent.name], path.read_bytes()) == ""


def test_the_corpus_is_small_and_of_every_target() -> None:
    assert sum(path.stat().st_size for path in KEPT) < 300_000
    assert max(path.stat().st_size for path in KEPT) <= MOST
    assert {path.parent.name for path in (HERE / "corpus").glob("*/*")} == set(TARGETS)


def test_what_is_no_clean_error_is_found() -> None:
    """The judge itself: a bug, a warning, a refusal for lack of memory, a message that moves the terminal."""
    from calibrate.errors import CalibrateError

    def out_of_memory(_: bytes) -> None:
        try:
            raise MemoryError
        except MemoryError:
            raise CalibrateError("E114", "too large") from None

    def colourful(_: bytes) -> None:
        raise CalibrateError("E114", "a\x1b[31mb")

    def unexplained(_: bytes) -> None:
        raise CalibrateError("E999", "odd")

    assert finding(lambda data: data.index(b"x"), b"").startswith("ValueError at ")
    assert finding(out_of_memory, b"").startswith("MemoryError behind E114")
    assert finding(colourful, b"").startswith("a message that is no printable line")
    assert finding(unexplained, b"").startswith("unknown code E999")
    assert finding(lambda data: None, b"") == ""
