"""The strength that `auto` chooses: an independent loop over folds finds the same, equal data lead to equal ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from calibrate import fit as fit_model
from calibrate.calibrators.affine import Affine
from calibrate.calibrators.beta import Beta
from calibrate.calibrators.dirichlet import Dirichlet
from calibrate.calibrators.matrix import Matrix
from calibrate.calibrators.quadratic import Quadratic
from calibrate.calibrators.structured_matrix import StructuredMatrix
from calibrate.calibrators.structured_vector import StructuredVector
from calibrate.calibrators.vector import Vector
from calibrate.errors import CalibrateError
from calibrate.fitting.strength import FACTORS, FOLDS, dealt, least
from calibrate.folds import with_folds
from calibrate.links.sigmoid import Sigmoid
from calibrate.links.softmax import Softmax
from calibrate.rows import from_arrays

CLASSES = [(Vector, 1e-3, ("reg",)), (Matrix, 1e-3, ("reg", "odir")), (Dirichlet, 1e-3, ("odir", "reg")),
           (Dirichlet, 1e-3, ("odir",)), (StructuredVector, 1.0, ("reg",)),
           (StructuredMatrix, 1.0, ("reg",))]  # fmt: skip
EVENTS = [Affine, Quadratic, Beta]


def data(n: int = 90, k: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Classes that are confused, with scores that are too sure and tilted."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 2, (n, k))
    p = special.softmax(z @ (0.4 * np.eye(k) + 0.1) + np.linspace(-0.5, 0.5, k), axis=1)
    return z, np.minimum((p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1), k - 1)


def binary(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 2, (n, 1))
    return z, (rng.random((n, 1)) < special.expit(0.3 * z - 1)).astype(np.int64)


def folds_of(rows: Any) -> np.ndarray:
    return np.concatenate([block.folds for block in dealt(rows).blocks()])


def independent(entry: Any, z: np.ndarray, y: np.ndarray, link: Any, strengths: Any, names: Any) -> float:
    """A cold fit of every strength in every fold, and the strength of least held-out loss."""
    folds, sums = folds_of(from_arrays(z, y)), []
    for strength in strengths:
        loss = 0.0
        for fold in range(FOLDS):
            own = folds == fold
            try:
                one = entry.fit(from_arrays(z[~own], y[~own]), link, **dict.fromkeys(names, strength)).calibrator
                loss += link.loss(one.transform(z[own]), y[own]).sum()
            except CalibrateError:
                loss = np.inf
        sums.append(loss)
    return float(strengths[int(np.argmin(sums))])


@pytest.mark.parametrize(("entry", "usual", "names"), CLASSES)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_least_held_out_loss_of_classes(entry: Any, usual: float, names: tuple[str, ...], seed: int) -> None:
    z, y = data(seed=seed)
    wanted = independent(entry, z, y, Softmax(), [f * usual for f in FACTORS], names)
    found = entry.fit(from_arrays(z, y), Softmax(), **dict.fromkeys(names, "auto"))
    plain = entry.fit(from_arrays(z, y), Softmax(), **dict.fromkeys(names, wanted)).calibrator
    assert {name: found.record.parameters[name].value for name in names} == dict.fromkeys(names, wanted)
    assert found.calibrator == plain


@pytest.mark.parametrize("entry", EVENTS)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_least_held_out_loss_of_events(entry: Any, seed: int) -> None:
    z, y = binary(seed=seed)
    wanted = independent(entry, z, y, Sigmoid(), [f * 0.1 for f in FACTORS], ("ridge",))
    found = entry.fit(from_arrays(z, y), Sigmoid(), ridge="auto")
    assert found.record.parameters["ridge"].value == wanted
    assert found.calibrator == entry.fit(from_arrays(z, y), Sigmoid(), ridge=wanted).calibrator


def test_each_outer_fold_chooses_from_its_own_rows() -> None:
    z, y = data(n=120)
    rows, _ = with_folds(from_arrays(z, y), 3, 0)
    numbers = np.concatenate([np.asarray(block.folds) for block in rows.blocks()])
    found = StructuredMatrix.fit(rows, Softmax(), folds=3, reg="auto")
    for fold, one in enumerate(found.folds):
        kept = numbers != fold
        alone = StructuredMatrix.fit(from_arrays(z[kept], y[kept]), Softmax(), reg="auto").calibrator
        assert one.transform(z) == pytest.approx(alone.transform(z), abs=1e-6)


def test_weights_are_rows() -> None:
    z, y = data()
    times = np.random.default_rng(1).integers(0, 3, len(y))
    weighted = from_arrays(z, y, times.astype(np.float64))
    repeated = from_arrays(np.repeat(z, times, axis=0), np.repeat(y, times))
    assert np.array_equal(np.repeat(folds_of(weighted), times[times > 0]), folds_of(repeated))
    one, other = (StructuredVector.fit(rows, Softmax(), reg="auto") for rows in (weighted, repeated))
    assert one.record.parameters["reg"] == other.record.parameters["reg"]
    assert one.calibrator.transform(z) == pytest.approx(other.calibrator.transform(z), abs=1e-9)


def test_neither_the_order_of_rows_nor_the_blocks_matter() -> None:
    z, y = data()
    turn = np.random.default_rng(2).permutation(len(y))
    whole = folds_of(from_arrays(z, y))
    assert np.array_equal(folds_of(from_arrays(z[turn], y[turn])), whole[turn])
    assert np.array_equal(folds_of(from_arrays(z, y, rows_per_block=7)), whole)
    strengths = {
        Dirichlet.fit(rows, Softmax(), odir="auto", reg="auto").record.parameters["odir"].value
        for rows in (from_arrays(z, y), from_arrays(z[turn], y[turn]), from_arrays(z, y, rows_per_block=7))
    }
    assert len(strengths) == 1


def test_every_class_has_its_share_of_every_fold() -> None:
    z, y = data(n=200)
    table = np.array([np.bincount(folds_of(from_arrays(z, y))[y == j], minlength=FOLDS) for j in range(3)])
    assert np.all(np.ptp(table, axis=1) <= 1)


def test_where_no_fold_has_an_answer_the_usual_strength_is_taken() -> None:
    assert least(np.full(len(FACTORS), np.inf)) == FACTORS.index(1.0)
    z, y = np.array([[1.0, 0.0]]), np.array([0])
    assert StructuredVector.fit(from_arrays(z, y), Softmax(), reg="auto").record.parameters["reg"].value == 1.0


def test_it_is_an_option_of_the_method() -> None:
    z, y = data()
    model = fit_model(z, y, method="structured-vector:reg=auto")
    assert model.method == "structured_vector:reg=auto"
    assert model.fit.parameters["reg"].value in FACTORS
    with pytest.raises(CalibrateError, match="expected a number or auto"):
        fit_model(z, y, method="structured-vector:reg=maybe")
