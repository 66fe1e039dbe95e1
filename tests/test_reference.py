"""The main job on the sample data, against what independent programs found (tests/data/README.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import calibrate

METRICS = {
    "accuracy": ("accuracy", "gold"),
    "nll": ("nll", "gold"),
    "brier": ("brier_sum", "gold"),
    "ece": ("ece15_width", "gold (lo,hi]"),
    "mce": ("mce15_width", "gold (lo,hi]"),
    "classwise_ece": ("classwise_ece15", "gold (lo,hi]"),
}
"""Ours -> the entry of the reference, and who computed it in float64."""


def cifar10(sample_data: Path, rows: str = "", kind: str = "npy") -> tuple[str, str]:
    folder = sample_data / "cifar10"
    return str(folder / f"{rows}logits.{kind}"), str(folder / f"{rows}labels.{kind}")


@pytest.fixture(scope="module")
def model(sample_data: Path) -> calibrate.Model:
    return calibrate.fit(*cifar10(sample_data))


def test_temperature_is_the_root_of_the_slope(model: calibrate.Model, reference: dict[str, Any]) -> None:
    found = model.calibrator.temperature
    by_others = dict(reference["cifar10"]["temperature"])
    assert found == pytest.approx(by_others.pop("gold"), rel=1e-7)
    for program, value in by_others.items():
        assert found == pytest.approx(value, rel=1e-6), program


def test_fit_records_the_loss_before_and_after(model: calibrate.Model, reference: dict[str, Any]) -> None:
    known = reference["cifar10"]["nll_fitted_rows"]
    assert model.fit is not None
    assert model.fit.objective_before == pytest.approx(known["before"], abs=1e-7)
    assert model.fit.objective_after == pytest.approx(known["after"], abs=1e-7)


def test_csv_with_names_gives_the_temperature_of_npy(model: calibrate.Model, sample_data: Path) -> None:
    from_csv = calibrate.fit(*cifar10(sample_data, kind="csv"))
    assert from_csv.calibrator.temperature == pytest.approx(model.calibrator.temperature, rel=1e-7)
    assert from_csv.classes[:3] == ("airplane", "automobile", "bird")


@pytest.mark.parametrize(("variant", "entry"), [("before", "holdout_before"), ("after", "holdout_after")])
def test_numbers_of_the_holdout(
    variant: str, entry: str, model: calibrate.Model, sample_data: Path, reference: dict[str, Any]
) -> None:
    result = calibrate.score(*cifar10(sample_data, "holdout_"), model=model, metrics=tuple(METRICS))
    found, known = getattr(result, variant).metrics, reference["cifar10"][entry]
    within = 1e-10
    for ours, (theirs, who) in METRICS.items():
        assert found[ours].value == pytest.approx(known[theirs][who], abs=within), f"{ours} {variant}"


@pytest.mark.parametrize(("per_label", "entry"), [("false", "one_temperature"), ("true", "temperature_per_label")])
def test_labels_that_exclude_nothing(per_label: str, entry: str, sample_data: Path, reference: dict[str, Any]) -> None:
    folder, known = sample_data / "digits_multilabel", reference["digits_multilabel"]
    model = calibrate.fit(
        str(folder / "logits.csv"),
        str(folder / "labels.csv"),
        input="sigmoid",
        method=f"temperature:per_label={per_label}",
    )
    assert model.calibrator.temperature == pytest.approx(known[entry]["T"], rel=1e-6)
    result = calibrate.score(
        str(folder / "holdout_logits.csv"), str(folder / "holdout_labels.csv"), model=model, metrics=("nll", "brier")
    )
    assert result.after is not None
    n_labels = 6  # the reference's means are over cells, ours over rows
    assert result.after.metrics["nll"].value == pytest.approx(known[entry]["test"]["nll_mean_over_cells"] * n_labels)
    assert result.after.metrics["brier"].value == pytest.approx(
        known[entry]["test"]["brier_mean_over_cells"] * n_labels
    )
