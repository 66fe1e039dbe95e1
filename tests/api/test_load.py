"""A saved model is loaded whole, or refused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import calibrate
from calibrate.api.load import MOST_BYTES
from calibrate.errors import CalibrateError
from calibrate.model import Model
from calibrate.outputs.write import write_folder

LOGITS, LABELS = [[2.5, -0.5], [1.5, -0.5], [-0.5, 3.0], [1.5, -0.5]], [0, 0, 1, 1]


@pytest.fixture(scope="module")
def model() -> Model:
    return calibrate.fit(LOGITS, LABELS)


def test_a_saved_model_is_the_same(model: Model, tmp_path: Path) -> None:
    calibrate.save_model(model, tmp_path / "m.json")
    assert calibrate.load_model(tmp_path / "m.json").to_json() == model.to_json()
    assert calibrate.apply(os.fspath(tmp_path / "m.json"), LOGITS).tobytes() == model.apply(LOGITS).tobytes()  # type: ignore[arg-type]


def test_a_file_of_a_broken_set_is_refused(model: Model, tmp_path: Path) -> None:
    write_folder(tmp_path / "out", {"model.json": model.to_json(), "result.json": b"{}"})
    path = tmp_path / "out" / "model.json"
    assert calibrate.load_model(path).to_json() == model.to_json()
    path.write_bytes(model.to_json().replace(b"multiclass", b"multiclass "))  # as a run killed between two renames
    for load in (calibrate.load_model, lambda name: calibrate.apply(str(name), LOGITS)):
        with pytest.raises(CalibrateError, match=r"model\.json: found SHA-256 .* MANIFEST\.sha256 beside it") as caught:
            load(path)
        assert caught.value.code == "E506"
    path.rename(tmp_path / "model.json")  # out of its folder it stands for itself
    with pytest.raises(CalibrateError) as caught:
        calibrate.load_model(tmp_path / "model.json")
    assert caught.value.code == "E401"


def test_a_folder_that_is_exchanged_meanwhile_is_no_broken_one(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from calibrate.api import load

    write_folder(tmp_path / "out", {"model.json": model.to_json()})
    contents = iter([b"of the folder that was there before", model.to_json()])
    monkeypatch.setattr(load, "_content", lambda *_: next(contents))
    assert calibrate.load_model(tmp_path / "out" / "model.json").to_json() == model.to_json()


@pytest.mark.parametrize("name", ["nowhere.json", ".", "a\0b"])
def test_what_cannot_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(CalibrateError, match="cannot be read") as caught:
        calibrate.load_model(tmp_path / name)
    assert (caught.value.code, "calibrate fit" in caught.value.hint) == ("E401", True)


def test_a_file_too_large_for_a_model(tmp_path: Path) -> None:
    with open(tmp_path / "m.json", "wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(CalibrateError, match="over 256 MiB"):
        calibrate.load_model(tmp_path / "m.json")


@pytest.mark.parametrize(
    ("weights", "word"),
    [([1.0, 1.0], "shape"), ([1.0, -1.0, 1.0, 1.0], "row 2"), ([1.0, 1.0, np.nan, 1.0], "row 3"), ([0.0] * 4, "all")],
)
def test_weights_that_are_none(weights: list[float], word: str) -> None:
    with pytest.raises(CalibrateError, match=word) as caught:
        calibrate.fit(LOGITS, LABELS, weights=weights)
    assert caught.value.code == "E218"


def test_a_weight_of_two_is_a_row_twice() -> None:
    twice = calibrate.fit([*LOGITS, LOGITS[3]], [*LABELS, LABELS[3]])
    weighted = calibrate.fit(LOGITS, LABELS, weights=[1.0, 1.0, 1.0, 2.0])
    assert weighted.calibrator.temperature == pytest.approx(twice.calibrator.temperature, rel=1e-12)  # type: ignore[attr-defined]


def test_masked_weights_are_none() -> None:
    weights = np.ma.array(np.ones(len(LABELS)), mask=np.arange(len(LABELS)) == 1)
    with pytest.raises(CalibrateError, match="row 2: found nan") as caught:
        calibrate.fit(LOGITS, LABELS, weights=weights)
    assert caught.value.code == "E218"
    assert calibrate.fit(LOGITS, LABELS, weights=np.ma.array(weights.data)).fit is not None
