"""Documents as released versions wrote them stay readable, and say what they said; those of later versions are refused.

`tests/data/golden/KIND/SCHEMA/` holds them, one of every calibrator and link, and of every kind of result and report.
"""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibrate import model, stored
from calibrate.api.load import load_model
from calibrate.cli.start import start
from calibrate.errors import CalibrateError
from calibrate.renderers import bins, terminal
from calibrate.reporting import document as reports
from calibrate.reporting import html, markdown, tables
from calibrate.versioned import encoded

FOLDER = Path(__file__).parent / "data" / "golden"
MAKE = "python tests/data/golden/make.py"
KINDS = {"model": model.KIND, "result": stored.KIND, "report": reports.KIND}


def files(kind: str) -> list[Path]:
    return sorted((FOLDER / kind).glob("*/*.json"))


def by_name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def holds(again: Any, released: Any) -> bool:
    """Whether a document says all that an older one says; what was added since does not matter."""
    if isinstance(released, dict):
        return isinstance(again, dict) and all(k in again and holds(again[k], v) for k, v in released.items())
    if isinstance(released, list):
        return isinstance(again, list) and len(again) == len(released) and all(map(holds, again, released))
    return type(again) is type(released) and bool(again == released)


def test_there_is_one_of_everything() -> None:
    spec = importlib.util.spec_from_file_location("make_golden", FOLDER / "make.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    missing = [str(path.relative_to(FOLDER)) for path in maker.expected() if not path.exists()]
    assert not missing, f"no golden file {missing}: make it with `{MAKE}` and commit it"


def test_every_released_schema_has_its_files() -> None:
    for name, kind in KINDS.items():
        newest = int(kind.schema.rpartition("/")[2])
        there = {int(path.name) for path in (FOLDER / name).iterdir() if path.is_dir()}
        assert there == set(range(1, newest + 1)), f"a schema without golden files: {MAKE}"


@pytest.mark.parametrize("path", files("model"), ids=by_name)
def test_a_released_model_answers_the_same(path: Path) -> None:
    content = path.read_bytes()
    found = model.from_json(content, path.name)
    answers = json.loads(path.parent.with_suffix(".answers.json").read_bytes())
    said = found.apply(np.array(answers[path.stem]["scores"]))
    # To rounding: the exponential of another kind of processor differs in its last bits.
    np.testing.assert_allclose(said, answers[path.stem]["probabilities"], rtol=1e-12, atol=0.0)
    assert holds(json.loads(found.to_json()), json.loads(content) | {"schema": model.SCHEMA})
    assert model.from_json(found.to_json(), "again").apply(np.array(answers[path.stem]["scores"])).tobytes() == (
        said.tobytes()
    )


def test_every_answer_has_its_model() -> None:
    for answers in (FOLDER / "model").glob("*.answers.json"):
        folder = answers.with_name(answers.name.partition(".")[0])
        assert set(json.loads(answers.read_bytes())) == {path.stem for path in folder.glob("*.json")}


@pytest.mark.parametrize("path", files("result"), ids=by_name)
def test_a_released_result_says_the_same(path: Path) -> None:
    released = json.loads(path.read_bytes())
    found = stored.from_json(path.read_bytes(), path.name)
    assert holds(json.loads(encoded(stored.document(found))), released | {"schema": stored.SCHEMA})
    assert terminal.render(found)
    assert bins.render(found, per_class=False)


@pytest.mark.parametrize("path", files("report"), ids=by_name)
def test_a_released_report_is_read_and_rendered(path: Path) -> None:
    released = json.loads(path.read_bytes())
    assert reports.digest(released) == released["id"]
    found = reports.typed(released)
    assert holds(json.loads(encoded(stored.document(found.result)))["before"], released["result"]["before"])
    assert released["id"] in html.render(released)
    assert released["id"] in markdown.render(released)
    assert tables.tables(released)["metrics.csv"]


def newer(path: Path) -> bytes:
    """The same under the schema after the newest that is known."""
    text, count = re.subn(
        rb'"schema": "calibrate/(\w+)/\d+"', rb'"schema": "calibrate/\1/NEXT"', path.read_bytes(), count=1
    )
    assert count == 1
    number = int(KINDS[path.parent.parent.name].schema.rpartition("/")[2])
    return text.replace(b"NEXT", str(number + 1).encode())


@pytest.mark.parametrize("name", KINDS)
def test_a_newer_schema_is_refused(name: str) -> None:
    read = {
        "model": lambda data: model.from_json(data, "x.json"),
        "result": lambda data: stored.from_json(data, "x.json"),
        "report": lambda data: reports.typed(json.loads(data)),
    }[name]
    for path in files(name):
        with pytest.raises(CalibrateError, match=f"this version reads up to {KINDS[name].schema}") as caught:
            read(newer(path))
        assert (caught.value.code, caught.value.hint) == (KINDS[name].newer, "update calibrate")


def test_a_newer_model_is_refused_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.json").write_bytes(newer(FOLDER / "model" / "1" / "temperature-softmax.json"))
    (tmp_path / "z.csv").write_text("a,b,c\n0.5,1.5,2.5\n")
    assert start(["apply", str(tmp_path / "model.json"), str(tmp_path / "z.csv")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "error[E402]" in said.err
    assert "update calibrate" in said.err
    with pytest.raises(CalibrateError, match="reads up to"):
        load_model(tmp_path / "model.json")
