"""A stored result comes back with every bit of every number, and what is no result is refused with a code."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calibrate
from calibrate.api.load import MOST_BYTES
from calibrate.errors import CalibrateError
from calibrate.outputs.write import write_folder
from calibrate.renderers import bins, terminal
from calibrate.renderers.json import render
from calibrate.results import Check, Estimate, FitRecord, Gate, Result, Variant
from calibrate.stored import SCHEMA, document, from_document, from_json

RNG = np.random.default_rng(7)
LABELS = RNG.integers(0, 3, 120)
LOGITS = RNG.normal(size=(120, 3)) + 2 * np.eye(3)[LABELS]
PROBABILITIES = np.vstack([np.full((119, 3), 0.2) + 0.4 * np.eye(3)[LABELS[:-1]], np.eye(3)[(LABELS[-1] + 1) % 3]])
INF = math.inf


def _judged() -> Result:
    """With gates of every kind of number, and what they come to."""
    plain = Gate("nll", "max", 0.5, "safe", "error", "FAIL", True, Estimate(INF, reason="infinite: 1 row"), "above 0.5")
    rise = Gate("ece:bins=20", "max_increase", 0.01, "lenient", "warn", "INCONCLUSIVE", False,
                Estimate(0.1, -INF, INF, debiased=-INF), "too few", group=("sex", "f"), label="x", source="--max",
                old=0.1 + 0.2, new=INF, needed=10_000, pass_probability=0.5, pass_needed=3, guaranteed=False,
                notes=("a", "b"))  # fmt: skip
    check = Check(
        1,
        "failed",
        "1 of 2 gates failed",
        "before",
        against="baseline.json",
        comparison="paired",
        notes=("paired by id",),
    )
    return replace(calibrate.score(LOGITS, LABELS, metrics="nll"), gates=(plain, rise), check=check)


def _grouped(folder: Path) -> Result:
    """Of a file, with groups, a model, an infinite NLL and options that hold tuples."""
    path = folder / "scores.csv"
    columns = zip(PROBABILITIES.tolist(), LABELS, "fm" * 60, strict=True)
    rows = [",".join(map(str, (*p, y, sex))) for p, y, sex in columns]
    path.write_text("\n".join(["a,b,c,label,sex", *rows]))
    return calibrate.score(str(path), groups=("sex",), input="probs", label_column="label")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """One of every kind."""
    return {
        "fit": calibrate.evaluate(LOGITS, LABELS),
        "holdout": calibrate.evaluate(LOGITS, LABELS, holdout=0.3),
        "model": calibrate.score(LOGITS, LABELS, model=calibrate.fit(LOGITS, LABELS)),
        "binary": calibrate.score(LOGITS[:, 0], LABELS == 0, input="logits"),
        "grouped": _grouped(tmp_path_factory.mktemp("grouped")),
        "judged": _judged(),
    }


KINDS = ("fit", "holdout", "model", "binary", "grouped", "judged")


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_comes_back(kind: str, results: dict[str, Result]) -> None:
    result = results[kind]
    again = from_json(render(result).encode(), "result.json")
    assert document(again) == document(result)
    assert render(again) == render(result)
    assert from_document(document(result), "result.json") == again
    assert replace(again, options=result.options) == result


def test_infinite_numbers_come_back(results: dict[str, Result]) -> None:
    grouped = results["grouped"]
    text = render(grouped)
    nll = json.loads(text)["before"]["nll"]
    assert (nll["value"], nll["infinite"]) == (None, {"value": 1})
    assert from_json(text.encode(), "r").before.metrics["nll"].value == INF
    assert from_json(text.encode(), "r").groups["sex"]["m"].before.metrics["nll"].value == INF


@given(st.floats(allow_nan=False), st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_every_number_comes_back_bitwise(a: float, b: float, c: float) -> None:
    part = Estimate(c, b, a, debiased=c, reason="x")
    estimate = Estimate(a, b, c, noise_floor=a, noise_floor_p95=b, reason="x", parts=(part,))
    fit = FitRecord(3, 3.0, {"temperature": estimate}, "NLL", a, b, 1, 0, True)
    result = Result("binary", "sigmoid", 3, 3.0, ("no", "yes"), Variant({"nll": estimate}), fit=fit)
    again = from_json(render(result).encode(), "r")
    assert repr(again.before) == repr(result.before)
    assert repr(again.fit) == repr(result.fit)


def test_what_later_versions_add_is_passed_over(results: dict[str, Result]) -> None:
    found = json.loads(render(results["fit"]))
    found["later"] = found["before"]["nll"]["later"] = found["fit"]["later"] = {"x": [1]}
    assert document(from_document(found, "r")) == document(results["fit"])


def _changed(**changes: Any) -> bytes:
    return json.dumps({**document(calibrate.score(LOGITS, LABELS)), **changes}).encode()


def _curves(**changes: Any) -> dict[str, Any]:
    (curve, *_) = document(calibrate.score(LOGITS, LABELS))["bins"]["before"]
    return {"before": [{**curve, **changes}]}


@pytest.mark.parametrize(
    ("data", "code", "word"),
    [
        (b"", "E411", "not a result"),
        (b"PK\x03\x04", "E411", "not a result"),
        (b"[" * 100_000, "E411", "not a result"),
        (b'{"schema": "calibrate/result/1", "options": ' + b'{"a":' * 400 + b"1" + b"}" * 401, "E411", "64 levels"),
        (b'{"schema": "calibrate/result/1", "task": "\xff"}', "E411", "utf-8"),
        (b"[]", "E411", "Expected `object`, got `array`"),
        (b"{}", "E411", "schema"),
        (b'{"schema": 1}', "E411", "Expected `str`, got `int` - at `$.schema`"),
        (_changed(schema="calibrate/model/1"), "E411", SCHEMA),
        (_changed(schema="calibrate/result/2"), "E412", "reads up to calibrate/result/1"),
        (_changed(n="120"), "E411", "Expected `int`, got `str` - at `$.n`"),
        (_changed(n=-1), "E411", "$.n"),
        (_changed(level=95), "E411", "$.level"),
        (_changed(task="regression"), "E411", "$.task"),
        (_changed(weight=10**400), "E411", "more than 64 bits"),
        (_changed(n=10**30), "E411", "more than 64 bits"),
        (_changed(before={"nll": {"value": "0.5"}}), "E411", "$.before"),
        (_changed(before={"nll": {"value": None, "infinite": {"value": 2}}}), "E411", "$.before.nll.infinite.value"),
        (_changed(before={"nll": {"value": 0.5, "infinite": {"value": 1}}}), "E411", "$.before.nll.infinite.value"),
        (_changed(before={"nll": {"value": 0.5, "infinite": True}}), "E411", "$.before.nll.infinite"),
        (_changed(groups={"sex": {"f": {"schema": SCHEMA}}}), "E411", "$.groups"),
        (_changed(groups={"sex": {}}), "E411", "$.groups.sex"),
        (_changed(bins=_curves(count=[1])), "E411", "1 count"),
        (_changed(bins={"after": _curves()["before"]}), "E411", "after"),
        (_changed(weight="WEIGHT").replace(b'"WEIGHT"', b"NaN"), "E411", "malformed"),
        (_changed(weight="WEIGHT").replace(b'"WEIGHT"', b"1e999"), "E411", "out of range"),
        (_changed()[:-2], "E411", "truncated"),
    ],
)
def test_what_is_no_result_is_refused(data: bytes, code: str, word: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        from_json(data, "result.json")
    assert caught.value.code == code
    assert caught.value.message.startswith("result.json: ")
    assert word in caught.value.message
    assert caught.value.hint


def places(found: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything inside a document."""
    children = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["value", "infinite", "parts", "x"]), st.none() | st.integers(), max_size=2),
)


@settings(max_examples=150)
@given(data=st.data())
@pytest.mark.parametrize("kind", KINDS)
def test_damage_makes_a_result_or_an_error_with_a_code(kind: str, results: dict[str, Result], data: Any) -> None:
    found = copy.deepcopy(json.loads(render(results[kind])))
    *way, last = data.draw(st.sampled_from(list(places(found))))
    inside = found
    for step in way:
        inside = inside[step]
    if data.draw(st.booleans()):
        del inside[last]
    else:
        inside[last] = data.draw(JUNK)
    try:
        result = from_json(json.dumps(found).encode(), "r")
    except CalibrateError as error:
        assert error.code in {"E411", "E412"}
        return
    assert document(from_document(document(result), "r")) == document(result)
    render(result), terminal.render(result), bins.render(result, per_class=False)


def test_files(results: dict[str, Result], tmp_path: Path) -> None:
    result = results["model"]
    calibrate.save_result(result, tmp_path / "r.json")
    assert (tmp_path / "r.json").read_text() == render(result)
    assert document(calibrate.load_result(tmp_path / "r.json")) == document(result)


def test_a_file_of_a_broken_set_is_refused(results: dict[str, Result], tmp_path: Path) -> None:
    content = render(results["judged"])
    write_folder(tmp_path / "out", {"result.json": content.encode()})
    path = tmp_path / "out" / "result.json"
    assert calibrate.load_result(path).check == results["judged"].check
    path.write_text(content.replace("FAIL", "PASS"))
    with pytest.raises(CalibrateError, match=r"MANIFEST\.sha256 beside it") as caught:
        calibrate.load_result(path)
    assert caught.value.code == "E506"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with open(tmp_path / "large.json", "wb") as file:
        file.truncate(MOST_BYTES + 1)
    for name, word in (("large.json", "over 256 MiB"), ("nowhere.json", "cannot be read"), (".", "cannot be read")):
        with pytest.raises(CalibrateError, match=word) as caught:
            calibrate.load_result(tmp_path / name)
        assert (caught.value.code, "result.json" in caught.value.hint) == ("E411", True)
