"""What runs save is read back to the bit with any numbers in it, and refused cleanly when it is damaged.

Saved models and results, files of gates, bundles and manifests: of the kept files of the fuzzer, with drawn numbers in
place of theirs, and with drawn damage.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import targets
from hypothesis import given, settings
from hypothesis import strategies as st
from mutated import damage
from targets import TARGETS
from verdict import finding

from calibrate import model, stored
from calibrate.errors import TITLES, CalibrateError
from calibrate.renderers import json

CORPUS = Path(targets.__file__).parent / "corpus"
MODELS = sorted((CORPUS / "model_file").iterdir())
RESULTS = [path for path in sorted((CORPUS / "result_file").iterdir()) if path.name in {"score", "fit", "check"}]
NAMES = {
    "model_file": ("model.json", "--prior"),  # or the flag that asks for what this model has not
    "result_file": ("result.json",),
    "edited": ("model.json", "result.json", "--prior"),
    "order": ("options.json",),
    "gates": ("calibrate.toml", "pyproject.toml", "--max", "--min"),  # or the flag that is beside it
    "toml": ("calibrate.toml",),
    "meta": ("audit.toml",),
    "listing": ("MANIFEST.sha256", "model.json"),
    "bundle": ("bundle",),
    "edited_bundle": ("bundle",),
}
"""Target of the fuzzer -> files of which an error names one."""
numbers = st.one_of(
    st.floats(1e-3, 1e3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([5e-324, 1e-308, 1.7976931348623157e308, 0.1, 1 / 3, 1.0, -1.0]),
)


def leaves(document: Any) -> list[tuple[Any, Any]]:
    """Every place of a number that is no whole one: container and key."""
    entries = list(document.items() if isinstance(document, dict) else enumerate(document))
    own = [(document, key) for key, value in entries if isinstance(value, float)]
    return own + list(chain.from_iterable(leaves(value) for _, value in entries if isinstance(value, dict | list)))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
@settings(max_examples=25)
@given(data=st.data())
def test_a_model_holds_the_numbers_that_its_file_holds(path: Path, data: st.DataObject) -> None:
    document = msgspec.json.decode(path.read_bytes())
    places = leaves(document["calibrator"])
    for where, key in data.draw(st.lists(st.sampled_from(places), max_size=3)) if places else []:
        where[key] = data.draw(numbers)
    written = msgspec.json.encode(document)
    try:
        known = model.from_json(written, "model.json")
    except CalibrateError as problem:
        assert problem.code in {"E305", "E401"} and "model.json" in problem.message
        return
    again = known.to_json()
    assert document["calibrator"].items() <= msgspec.json.decode(again)["calibrator"].items()  # others have a default
    assert model.from_json(again, "model.json").to_json() == again
    scores = np.linspace(-3.0, 3.0, 4 * known.n_columns).reshape(4, -1)
    try:
        p = known.apply(scores)
    except CalibrateError as problem:
        assert problem.code in {"E304", "E305"}
        return
    assert (p >= 0).all() and (p <= 1 + 1e-12).all()
    np.testing.assert_array_equal(model.from_json(again, "model.json").apply(scores), p)


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.name)
@settings(max_examples=40)
@given(data=st.data())
def test_a_result_holds_the_numbers_that_its_file_holds(path: Path, data: st.DataObject) -> None:
    document = msgspec.json.decode(path.read_bytes())
    for where, key in data.draw(st.lists(st.sampled_from(leaves(document)), max_size=3)):
        where[key] = data.draw(numbers)
    try:
        found = stored.from_json(msgspec.json.encode(document), "result.json")
    except CalibrateError as problem:
        assert problem.code in TITLES and "result.json" in problem.message
        return
    assert document.items() <= msgspec.json.decode(json.render(found)).items()


def check_damaged(target: str, examples: int) -> None:
    files = sorted((CORPUS / target).iterdir())
    others = sorted(CORPUS.glob("*/*"))

    @settings(max_examples=examples)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        other = data.draw(st.sampled_from(others)).read_bytes()
        content = data.draw(damage(data.draw(st.sampled_from(files)).read_bytes(), other))
        assert finding(naming(target), content) == "", content

    law()


def naming(target: str) -> Callable[[bytes], None]:
    """The target, whose errors must name the file."""

    def named(data: bytes) -> None:
        try:
            TARGETS[target](data)
        except CalibrateError as problem:
            assert any(name in problem.message for name in NAMES[target]), f"{problem} names no file"
            raise

    return named


QUICK = {name: 20 if "bundle" in name else 80 for name in NAMES}


@pytest.mark.parametrize("target", NAMES)
def test_a_damaged_artefact(target: str) -> None:
    check_damaged(target, QUICK[target])


@pytest.mark.slow
@pytest.mark.parametrize("target", NAMES)
def test_many_damaged_artefacts(target: str) -> None:
    check_damaged(target, 25 * QUICK[target])
