"""audit.toml: everything may be missing, nothing may be misspelt."""

from __future__ import annotations

import pytest

from calibrate.errors import CalibrateError
from calibrate.reporting.meta import Meta, Person, meta_of

FULL = """
title = "Churn"
developers = ["A", "B"]
limitations = "only by day"
reviewed_by = "R. Viewer"
model_version = 3
[prepared_by]
name = "P. Repared"
date = 2026-04-30
[extra]
ticket = 17
done = true
"""


def test_fields_are_read() -> None:
    found = meta_of(FULL.encode(), "audit.toml")
    assert found == Meta(
        title="Churn",
        developers=("A", "B"),
        limitations=("only by day",),
        reviewed_by=Person("R. Viewer"),
        model_version="3",
        prepared_by=Person("P. Repared", "", "2026-04-30"),
        extra={"ticket": "17", "done": "yes"},
    )


def test_nothing_is_needed() -> None:
    assert meta_of(b"", "audit.toml") == Meta()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("titel = 'x'", "did you mean title?"),
        ("[prepared_by]\nnam = 'x'", "did you mean name?"),
        ("qqqq = 1", "free keys go under [extra]"),
        ("title = ", "a line is like"),
        ("title = ['x']", "fields are text"),
        ("[title]\nx = 1", "fields are text"),
        ("[extra.deeper]\nx = 1", "fields are text"),
        ("[[developers]]\nx = 1", "fields are text"),
        ("title = " + "9" * 5000, "a line is like"),
    ],
)
def test_what_is_wrong_is_refused(text: str, hint: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        meta_of(text.encode(), "audit.toml")
    assert caught.value.code == "E631"
    assert hint in caught.value.hint


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(CalibrateError, match="not TOML"):
        meta_of(b"\xff", "audit.toml")
