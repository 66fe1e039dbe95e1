"""Matrix scaling: an independent solver, reference values, a known matrix, no optimum said plainly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from calibrate.calibrators.matrix import Matrix
from calibrate.errors import CalibrateError
from calibrate.links.softmax import Softmax
from calibrate.rows import from_arrays

TRUE = np.array([[0.8, 0.2, 0.0], [-0.1, 0.6, 0.3], [0.0, 0.0, 1.0]])
FORMS = {
    "log-softmax": lambda z: special.log_softmax(z, axis=1),
    "centred": lambda z: z - z.mean(axis=1, keepdims=True),
    "raw": lambda z: z,
}


def fit(z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None, **options: Any) -> Any:
    return Matrix.fit(from_arrays(z, y, w), Softmax(), **options).calibrator


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("reg", "odir"), [(0.0, 0.0), (0.01, 0.0), (0.0, 0.05), (0.01, 0.02)])
def test_is_the_least(form: str, reg: float, odir: float, world: Any, least: Any, nll: Any) -> None:
    z, y = world(lambda x: x @ TRUE.T + [0.3, 0, -0.3], k=3)
    x, beside = FORMS[form](z), ~np.eye(3, dtype=bool)

    def penalty(u: np.ndarray) -> float:
        w, b = u[:9].reshape(3, 3), u[9:]
        return float(reg * (np.square(w - np.eye(3)).sum() + np.square(b).sum()) + odir * np.square(w[beside]).sum())

    known = least(lambda u: x @ u[:9].reshape(3, 3).T + u[9:], penalty, y, np.array([*np.eye(3).ravel(), 0, 0, 0]))
    found = fit(z, y, input=form, reg=reg, odir=odir)
    value = nll(found.transform(z), y) + penalty(np.array([*np.ravel(found.matrix), *found.biases]))
    assert value == pytest.approx(known.fun, rel=1e-8)
    assert value <= known.fun + 1e-13


@pytest.mark.parametrize("form", FORMS)
def test_reference_on_real_scores(form: str, sample_data: Any, reference: dict[str, Any], nll: Any) -> None:
    known = reference["cifar10"]["matrix_scaling"][form]
    read = {part: np.load(sample_data / "cifar10" / f"{part}.npy") for part in ("logits", "labels")}
    found = fit(read["logits"].astype(float), read["labels"].astype(int), input=form)
    assert nll(found.transform(read["logits"].astype(float)), read["labels"]) == pytest.approx(known, rel=1e-8)


def test_a_known_matrix_comes_back(world: Any) -> None:
    z, y = world(lambda x: x @ TRUE.T, k=3, m=100_000)
    p = special.softmax(fit(z, y).transform(z), axis=1)
    assert np.abs(p - special.softmax(special.log_softmax(z, axis=1) @ TRUE.T, axis=1)).mean() < 0.01


def test_no_answer_is_said(world: Any) -> None:
    z, y = world()
    masked = np.where(np.arange(4) == (y[:, None] + 1) % 4, -np.inf, z)
    for scores, labels, code in ((z, y % 3, "E302"), (z, z.argmax(axis=1), "E302"), (masked, y, "E304")):
        with pytest.raises(CalibrateError) as caught:
            fit(scores, labels)
        assert caught.value.code == code and caught.value.hint
    with pytest.raises(CalibrateError, match="sum"):
        fit(z, y).transform(masked)
    assert np.isfinite(fit(z, y % 3, reg=1e-3).transform(z)).all()
