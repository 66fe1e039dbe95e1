"""The methods for events and the structured ones against what other packages found (tests/data/README.md).

Where a package stops before the optimum, ours must not be above it, and near.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import calibrate
from calibrate.fitting.scale import log_mixture
from calibrate.numerics import log_softmax

Data = tuple[np.ndarray, np.ndarray, np.ndarray, str]
FUNCTIONS = {
    "isotonic": "isotonic:laplace=false",
    "venn_abers": "venn-abers",
    "histogram": "histogram:bins=10,laplace=false",
}


def logits_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    p = np.array([float(row["probability"]) for row in rows])
    return (np.log(p) - np.log1p(-p))[:, None], np.array([[int(row["label"])] for row in rows])


@pytest.fixture(scope="module")
def employment(sample_data: Path) -> Data:
    folder = sample_data / "employment"
    return *logits_of(folder / "calibration.csv"), logits_of(folder / "holdout.csv")[0], "logits"


@pytest.fixture(scope="module")
def digits(sample_data: Path) -> Data:
    parts = ("logits", "labels", "holdout_logits")
    z, y, new = (
        np.loadtxt(sample_data / "digits_multilabel" / f"{part}.csv", delimiter=",", skiprows=1) for part in parts
    )
    return z, y.astype(int), new, "sigmoid"


@pytest.fixture(params=["employment", "digits_multilabel"])
def known(request: pytest.FixtureRequest, employment: Data, digits: Data, reference: dict[str, Any]) -> Any:
    """A set, and per method the predictions (rows, events) of the package, its loss, and the rows."""

    def of(method: str) -> tuple[np.ndarray, float | None, list[int]]:
        entry = reference["methods"][method]
        if request.param == "employment":
            return np.array([entry["employment"]]).T, entry.get("nll"), reference["methods"]["rows"]
        return np.array(entry["digits_multilabel"]).T, entry.get("digits_nll"), entry["digits_rows"]

    return (employment if request.param == "employment" else digits), of


def nll(model: calibrate.Model, z: np.ndarray, y: np.ndarray) -> float:
    p = model.apply(z).reshape(y.shape)
    return float(-np.log(np.where(y > 0, p, 1 - p)).sum(axis=1).mean())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_steps_are_those_of_the_packages(name: str, known: Any) -> None:
    (z, y, new, kind), of = known
    p, _, rows = of(name)
    model = calibrate.fit(z, y, method=FUNCTIONS[name], input=kind)
    assert model.apply(new[rows]).reshape(p.shape) == pytest.approx(p, abs=1e-10)


def expect_maximum_likelihood(name: str, known: Any) -> None:
    (z, y, new, kind), of = known
    p, theirs, rows = of(name)
    model = calibrate.fit(z, y, method=f"{name}:ridge=0", input=kind)
    ours = nll(model, z, y)
    assert ours <= theirs * (1 + 1e-8)
    assert ours == pytest.approx(theirs, rel=1e-4)
    assert model.apply(new[rows]).reshape(p.shape) == pytest.approx(p, abs=1e-2)


def test_beta_is_not_above_that_of_betacal(known: Any) -> None:
    expect_maximum_likelihood("beta", known)


@pytest.mark.parametrize("known", ["employment"], indirect=True)
@pytest.mark.parametrize("name", ["affine", "quadratic"])
def test_polynomials_are_not_above_those_of_probmetrics(name: str, known: Any) -> None:
    expect_maximum_likelihood(name, known)


def test_platt_is_that_of_scikit_learn(known: Any) -> None:
    (z, y, new, kind), of = known
    p, _, rows = of("platt")
    model = calibrate.fit(z, y, method="platt", input=kind)
    assert model.apply(new[rows]).reshape(p.shape) == pytest.approx(p, abs=1e-5)


@pytest.mark.parametrize(("name", "method"), [("svs", "structured-vector"), ("sms", "structured-matrix")])
def test_structured_scaling_is_not_above_that_of_its_authors(
    name: str, method: str, sample_data: Path, reference: dict[str, Any]
) -> None:
    """The penalised objective, at the temperature of each."""
    z, y = (np.load(sample_data / "cifar10" / f"{part}.npy") for part in ("logits", "labels"))
    z, y, n, k = z.astype(np.float64), y.astype(int), len(y), z.shape[1]

    def value(temperature: float, matrix: np.ndarray, biases: np.ndarray) -> float:
        logp = log_softmax(log_mixture(z, temperature, float(n)) @ matrix.T + biases)
        off = (matrix - np.diag(np.diag(matrix))) ** 2
        beside = (np.diag(matrix) - 1) ** 2
        penalty = k / n * (beside.sum() + (biases**2).sum() + (k - 1) * off.sum())
        return float(penalty - logp[np.arange(n), y].mean())

    given, found = reference["methods"]["structured"][name], calibrate.fit(z, y, method=method).calibrator
    if name == "svs":
        theirs = value(given["temperature"], np.diag(given["slopes"]), np.array(given["biases"]))
        ours = value(found.temperature, np.diag(found.slopes), np.array(found.biases))
    else:
        both = np.array(given["matrix"])
        theirs = value(given["temperature"], both[:, :-1], both[:, -1])
        ours = value(found.temperature, np.array(found.matrix), np.array(found.biases))
    assert found.temperature == pytest.approx(given["temperature"], rel=1e-6)
    assert ours <= theirs * (1 + 1e-8)
    assert ours == pytest.approx(theirs, rel=1e-4)
