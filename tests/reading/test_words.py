from __future__ import annotations

import pytest

from calibrate.reading.words import is_id, is_index, listed, plain, whole


@pytest.mark.parametrize(
    "name", ["id", "ID", "image_id", "imageId", "ImageID", "Image-ID", "filename", "file_path", "uuid", "sample"]
)
def test_ids(name: str) -> None:
    assert is_id(name)


@pytest.mark.parametrize("name", ["label", "cat", "arid", "valid", "fluid", "p0", ""])
def test_no_ids(name: str) -> None:
    assert not is_id(name)


@pytest.mark.parametrize(
    ("name", "found"),
    [("", True), ("Unnamed: 0", True), ("Unnamed: 0.1", True), ("index", True), ("Unnamed", False), ("0", False)],
)
def test_indexes(name: str, found: bool) -> None:
    assert is_index(name) is found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        ("-1", -1),
        (" 2.0 ", 2),
        ("2.", 2),
        ("2.5", None),
        ("1e3", None),
        ("", None),
        ("²", None),
        ("1_0", None),
    ],
)
def test_whole(text: str, value: int | None) -> None:
    assert whole(text) == value


def test_listed_is_short_and_safe() -> None:
    assert listed(("a", "b")) == "'a', 'b'"
    assert listed([str(i) for i in range(9)], 2) == "'0', '1', ... (9 in all)"
    assert "\x1b" not in listed(["\x1b[31m"])


def test_plain() -> None:
    assert plain(" True-Label ") == "true_label"
