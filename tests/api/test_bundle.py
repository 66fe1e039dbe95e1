"""What is written under which name, in which format."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest

import calibrate
from calibrate.api import bundle
from calibrate.api.evaluate import Plan, evaluation
from calibrate.api.load import load
from calibrate.errors import CalibrateError
from calibrate.reading.dataset import Dataset
from calibrate.reading.options import ReadOptions


@pytest.fixture
def binary(tmp_path: Path) -> Dataset:
    """One column of logits with ids, names that a spreadsheet would run, and labels beside them."""
    rng = np.random.default_rng(3)
    scores = rng.normal(size=200) * 3
    labels = (rng.random(200) < 1 / (1 + np.exp(-scores / 2))).astype(int)
    rows = [f"=r{i},{scores[i]},{labels[i]}" for i in range(200)]
    (tmp_path / "b.csv").write_text("id,score,label\n" + "\n".join(rows) + "\n")
    return load(str(tmp_path / "b.csv"), None, ReadOptions())


def test_the_set_of_files(binary: Dataset) -> None:
    model, result = evaluation(binary, Plan("temperature", None))
    plain = bundle.files(model, result, binary, "csv", plots=False)
    assert set(plain) == {"model.json", "result.json", "probabilities.csv"}
    assert set(bundle.files(model, result, binary, "npy")) - set(bundle.NAMES) == {"probabilities.npy"}
    assert plain["model.json"] == model.to_json()


def test_ids_and_width_are_those_of_the_scores(binary: Dataset) -> None:
    model, _ = evaluation(binary, Plan("temperature", None))
    out = io.BytesIO()
    bundle.probabilities(model, binary, "csv")(out)
    head, first, *_ = out.getvalue().decode().splitlines()
    assert head == "id,score"
    assert first.startswith("'=r0,")
    expected = model.probabilities(next(binary.rows.blocks()))[0, 0]
    assert float(first.split(",")[1]) == expected


@pytest.mark.parametrize(
    ("output", "format"),
    [("p.csv", "csv"), ("a.b/p.csv.gz", "csv.gz"), ("p.npy", "npy"), ("x.y.parquet", "parquet"), ("/dev/null", "csv")],
)
def test_the_extension_names_the_format(output: str, format: str) -> None:
    assert bundle.written_as(output) == format


@pytest.mark.parametrize("output", ["p", "p.docx", "p.gz", ".csv", os.curdir, "p.csv.bz2"])
def test_what_names_no_format(output: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        bundle.written_as(output)
    assert caught.value.code == "E510"


def test_the_format_is_that_of_the_scores_unless_asked(binary: Dataset) -> None:
    array = load(np.array([[2.0, -1.0], [0.5, 3.0]]), None, ReadOptions(), need_labels=False)
    assert (bundle.format_of(None, binary), bundle.format_of(None, array)) == ("csv", "npy")
    assert bundle.format_of("parquet", binary) == "parquet"


def test_without_a_header_columns_are_called_after_the_classes() -> None:
    labels = ["cat", "dog", "cat", "dog", "dog"]
    scores = [[2.5, -0.5], [-1.5, 0.5], [-0.5, 3.0], [1.5, -0.5], [-1.0, 2.0]]
    model = calibrate.fit(scores, labels, classes=("cat", "dog"))
    assert bundle.column_names(model) == ("cat", "dog")
