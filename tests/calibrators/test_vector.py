"""Vector scaling: an independent solver, reference values, known parameters, no optimum said plainly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from calibrate.calibrators.vector import Vector
from calibrate.errors import CalibrateError
from calibrate.links.softmax import Softmax
from calibrate.rows import from_arrays

FORMS = {
    "log-softmax": lambda z: special.log_softmax(z, axis=1),
    "centred": lambda z: z - z.mean(axis=1, keepdims=True),
    "raw": lambda z: z,
}


def fit(z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None, **options: Any) -> Any:
    return Vector.fit(from_arrays(z, y, w), Softmax(), **options).calibrator


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("reg", [0.0, 0.01])
def test_is_the_least(form: str, reg: float, world: Any, least: Any, nll: Any) -> None:
    z, y = world(lambda x: x * [0.3, 0.6, 0.9, 0.5] + [0.5, 0, 0, -0.5])
    x = FORMS[form](z)

    def penalty(u: np.ndarray) -> float:
        return reg * float(np.square(u - np.repeat([1, 0], 4)).sum())

    known = least(lambda u: x * u[:4] + u[4:], penalty, y, np.repeat([1.0, 0.0], 4))
    found = fit(z, y, input=form, reg=reg)
    value = nll(found.transform(z), y) + penalty(np.array([*found.slopes, *found.biases]))
    assert value == pytest.approx(known.fun, rel=1e-8)
    assert value <= known.fun + 1e-13


@pytest.mark.parametrize("form", FORMS)
def test_reference_on_real_scores(form: str, sample_data: Any, reference: dict[str, Any], nll: Any) -> None:
    known = reference["cifar10"]["vector_scaling"][form]
    read = {part: np.load(sample_data / "cifar10" / f"{part}.npy") for part in ("logits", "labels")}
    found = fit(read["logits"].astype(float), read["labels"].astype(int), input=form)
    assert nll(found.transform(read["logits"].astype(float)), read["labels"]) == pytest.approx(known, rel=1e-10)


def test_known_parameters_come_back(world: Any) -> None:
    slopes, biases = np.array([0.5, 1.0, 1.5, 0.8]), np.array([0.4, -0.2, 0.1, -0.3])
    found = fit(*world(lambda x: x * slopes + biases, m=100_000))
    assert found.slopes == pytest.approx(slopes, abs=0.05)
    assert found.biases == pytest.approx(biases, abs=0.1)


def test_masked_classes_stay_masked(world: Any) -> None:
    z, y = world()
    z[np.where(y != 1)[0][::2], 1] = -np.inf
    found = fit(z, y).transform(z)
    assert np.array_equal(np.isneginf(found), np.isneginf(z))


def test_units_of_the_scores_do_not_matter_far_from_the_usual(world: Any) -> None:
    z, y = world()
    one = fit(z * 2.0**-40, y).transform(z * 2.0**-40)
    assert fit(z * 2.0**60, y).transform(z * 2.0**60) == pytest.approx(one, abs=1e-9)


@pytest.mark.parametrize(
    ("case", "code"), [("missing", "E302"), ("separable", "E302"), ("equal", "E301"), ("impossible", "E304")]
)
def test_no_answer_is_said(case: str, code: str, world: Any) -> None:
    z, y = world()
    if case == "missing":
        y = y % 3
    elif case == "separable":
        y = z.argmax(axis=1)
    elif case == "equal":
        z = np.ones_like(z)
    else:
        z[5, y[5]] = -np.inf
    with pytest.raises(CalibrateError) as caught:
        fit(z, y)
    assert caught.value.code == code
    assert caught.value.hint
    if case in ("missing", "separable"):
        assert np.isfinite(fit(z, y, reg=1e-3).transform(z)).all()
