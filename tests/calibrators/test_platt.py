"""Platt scaling: LibSVM's and scikit-learn's numbers, the optimum, intervals, weights, what has no answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from calibrate.calibrators.platt import Platt
from calibrate.errors import CalibrateError
from calibrate.links.sigmoid import Sigmoid
from calibrate.results import Fitted
from calibrate.rows import from_arrays


def fit(z: Any, y: Any, w: np.ndarray | None = None, **options: Any) -> Fitted:
    z, y = np.asarray(z, dtype=float), np.asarray(y)
    z, y = (column if column.ndim == 2 else column[:, None] for column in (z, y))
    return Platt.fit(from_arrays(z, y, w), Sigmoid(), **options)


def lines(found: Fitted) -> tuple[float, float]:
    return found.calibrator.a[0], found.calibrator.b[0]


def test_numbers_of_libsvm() -> None:
    # LibSVM stops at a gradient of 1e-5; its A and B are those of 1 / (1 + exp(A f + B)).
    a, b = lines(fit([5, -4, 1], [1, 0, 0]))
    assert (-a, -b) == pytest.approx((-0.20261354391187855, 0.65236314980010512), abs=1e-5)


def smoothed(y: np.ndarray, w: np.ndarray | None = None) -> np.ndarray:
    w = np.ones(len(y)) if w is None else w
    yes, no = w[y == 1].sum(), w[y == 0].sum()
    return np.where(y == 1, (yes + 1) / (yes + 2), 1 / (no + 2))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("smoothing", [True, False])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_gradient_vanishes(events: Callable[..., Any], seed: int, smoothing: bool, weighted: bool) -> None:
    z, y = events(100, seed=seed)
    w = np.random.default_rng(seed).integers(1, 4, 100).astype(float) if weighted else None
    a, b = lines(fit(z, y, w, smoothing=smoothing))
    every = np.ones(100) if w is None else w
    t = smoothed(y[:, 0], w) if smoothing else y[:, 0]
    gap = every * (1 / (1 + np.exp(-a * z[:, 0] - b)) - t)
    assert gap.sum() == pytest.approx(0, abs=1e-11)
    assert gap @ z[:, 0] == pytest.approx(0, abs=1e-11)


def test_scikit_learn_minimises_the_same(events: Callable[..., Any]) -> None:
    from sklearn.calibration import _SigmoidCalibration

    z, y = events(500)
    other = _SigmoidCalibration().fit(z[:, 0], y[:, 0])
    assert lines(fit(z, y)) == pytest.approx((-other.a_, -other.b_), rel=1e-4)


def test_labels_are_fitted_on_their_own(events: Callable[..., Any]) -> None:
    z, y = events(300, labels=3)
    found = fit(z, y)
    assert set(found.record.parameters) == {f"{name}[{j}]" for name in "ab" for j in range(3)}
    assert found.calibrator.n_parameters == 6
    for j in range(3):
        alone = lines(fit(z[:, j], y[:, j]))
        assert (found.calibrator.a[j], found.calibrator.b[j]) == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize("unit", [1e-150, 1e-12, 1e-3, 1e12, 1e150])
def test_units_of_the_scores_are_units_of_the_slope(events: Callable[..., Any], unit: float) -> None:
    z, y = events(200)
    (a, b), (c, d) = lines(fit(z, y)), lines(fit(z * unit, y))
    assert (c * unit, d) == pytest.approx((a, b), rel=1e-11)


@pytest.mark.slow
def test_the_intervals_cover() -> None:
    hits = np.zeros(2)
    for seed in range(600):
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(400, 1)) * 2
        y = (rng.random(z.shape) < 1 / (1 + np.exp(-0.8 * z + 0.5))).astype(int)
        found = fit(z, y, smoothing=False).record.parameters
        hits += [found[name].low <= true <= found[name].high for name, true in (("a", 0.8), ("b", -0.5))]  # type: ignore[operator]
    assert np.all((hits / 600 > 0.925) & (hits / 600 < 0.975))


def test_the_interval_is_that_of_the_textbook(events: Callable[..., Any]) -> None:
    z, y = events(5000)
    found = fit(z, y, smoothing=False)
    a, b = lines(found)
    x = np.column_stack([np.ones(5000), z[:, 0]])
    p = 1 / (1 + np.exp(-a * z[:, 0] - b))
    inverse = np.linalg.inv((x * (p * (1 - p))[:, None]).T @ x)
    meat = (x * ((y[:, 0] - p) ** 2)[:, None]).T @ x
    errors = np.sqrt(np.maximum(np.diag(inverse), np.diag(inverse @ meat @ inverse) * 5000 / 4998))
    for name, value, error in (("b", b, errors[0]), ("a", a, errors[1])):
        seen = found.record.parameters[name]
        assert (seen.low, seen.high) == pytest.approx((value - 1.959963985 * error, value + 1.959963985 * error))


def test_rows_without_an_error_and_of_one_outcome_have_an_answer() -> None:
    a, b = lines(fit([-2, -1, 1, 2], [0, 0, 1, 1]))
    assert 0 < a < 5 and b == pytest.approx(0, abs=1e-12)
    found = fit([-2, -1, 1, 2], [1, 1, 1, 1])
    assert lines(found) == pytest.approx((0, np.log(5)), abs=1e-12)
    assert found.record.notes == ("the event always happens in these rows",)
    constant = fit([3, 3, 3, 3], [1, 0, 0, 0], smoothing=False)
    assert lines(constant) == pytest.approx((0, -np.log(3)), abs=1e-12)
    assert "equal" in constant.record.notes[0]
    assert constant.record.parameters["a"].low is None


@pytest.mark.parametrize(
    ("z", "y", "code", "word"),
    [
        ([-2, -1, 1, 2], [0, 0, 1, 1], "E302", "threshold"),
        ([-2, -1, 1, 1, 2], [0, 0, 0, 1, 1], "E302", "threshold"),
        ([2, 1, -1, -2], [0, 0, 1, 1], "E302", "threshold"),
        ([2, 1, -1, -2], [1, 1, 1, 1], "E302", "all labels are the same, 1"),
        ([2, 1, np.inf, -2], [1, 1, 0, 1], "E304", "row 3"),
        ([np.inf, -np.inf], [1, 0], "E301", "infinite"),
        ([2, -1, np.inf, -2, 1, 3], [0, 1, 1, 1, 0, 0], "E302", "threshold"),
        ([2, -1, np.inf, -2, 1, 3, -3], [0, 1, 1, 1, 0, 0, 0], "E303", "negative"),
    ],
)
def test_what_has_no_answer_without_smoothing(z: list[float], y: list[int], code: str, word: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        fit(z, y, smoothing=False)
    assert caught.value.code == code
    assert word in caught.value.message
    assert caught.value.hint


def test_infinite_logits_on_the_right_side_take_no_part(events: Callable[..., Any]) -> None:
    z, y = events(100)
    more = np.concatenate([z, [[np.inf], [-np.inf], [-np.inf]]])
    found = fit(more, np.concatenate([y, [[1], [0], [0]]]))
    assert lines(found) == lines(fit(z, y))
    assert "3 infinite logits" in found.record.notes[0]
    assert np.array_equal(found.calibrator.transform(np.array([[np.inf], [-np.inf]])), [[np.inf], [-np.inf]])
    flat = Platt((0.0,), (0.5,))
    assert np.array_equal(flat.transform(np.array([[np.inf], [1.0]], dtype=np.float32)), [[0.5], [0.5]])


def test_weights_of_nothing_are_refused() -> None:
    with pytest.raises(CalibrateError, match="positive weight"):
        fit([1, 2], [0, 1], np.zeros(2))


def test_a_parameter_that_no_float_holds_is_refused() -> None:
    with pytest.raises(CalibrateError) as caught:
        Platt((np.inf,), (0.0,))
    assert caught.value.code == "E305"


def test_many_rows_begin_on_a_part_of_them_and_end_the_same() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(140_000, 1)) * 2
    y = (rng.random(z.shape) < 1 / (1 + np.exp(-z / 2))).astype(int)
    found = fit(z, y, smoothing=False)
    assert found.record.passes <= 8
    gap = 1 / (1 + np.exp(-found.calibrator.transform(z))) - y
    assert (gap.mean(), (gap * z).mean()) == pytest.approx((0, 0), abs=1e-14)
    with pytest.raises(CalibrateError):
        fit(z, (z > 0).astype(int), smoothing=False)


def test_folds_without_an_answer_are_said(events: Callable[..., Any]) -> None:
    from dataclasses import replace

    z, y = np.array([[-2.0], [-1], [1], [2], [0.5]]), np.array([[0], [1], [0], [1], [1]])
    rows = from_arrays(z, y).map(lambda block: replace(block, folds=np.array([0, 1, 1, 0, 0])))
    found = Platt.fit(rows, Sigmoid(), folds=2, smoothing=False)
    assert None in found.folds and "separable" in found.reason
