"""What is shown of foreign text is one safe line."""

import pickle
import re
from pathlib import Path

import pytest

from calibrate import errors
from calibrate.errors import CalibrateError, shown


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("cat", "cat"),
        ("Füchse", "Füchse"),
        ("狐", "狐"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("two\nlines", r"two\nlines"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("not utf-8 \udcff", r"not utf-8 \udcff"),
        ("x" * 100, "x" * 60 + "..."),
        (1.5, "1.5"),
    ],
)
def test_shown(text: object, safe: str) -> None:
    assert shown(text) == safe


def test_a_number_that_python_does_not_write_is_shown_in_words() -> None:
    for found in (10**5000, [10**5000]):
        assert shown(found) == "a number of thousands of digits"


def test_an_error_survives_the_way_back_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(CalibrateError("E101", "found x", "do y")))
    assert (error.code, error.message, error.hint) == ("E101", "found x", "do y")


def test_every_code_has_a_title_and_every_title_a_use() -> None:
    package = Path(errors.__file__).parent
    lists = {"errors.py", "remedies.py"}
    texts = [path.read_text(encoding="utf-8") for path in package.rglob("*.py") if path.name not in lists]
    used = {code for text in texts for code in re.findall(r'"(E\d{3})"', text)}
    assert used == set(errors.TITLES)
