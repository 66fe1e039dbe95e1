"""Quadratic calibration: the optimum, tangents beyond the fitted scores, stretches that fall, units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from calibrate.calibrators.quadratic import Quadratic
from calibrate.errors import CalibrateError
from calibrate.links.sigmoid import Sigmoid
from calibrate.rows import from_arrays


def fit(z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None, **options: Any) -> Any:
    return Quadratic.fit(from_arrays(z, y, w), Sigmoid(), **options)


def curved(z: Any) -> Any:
    return 0.1 * z**2 + 0.8 * z - 0.5


@pytest.mark.parametrize("ridge", [0.0, 2.0])
def test_the_optimum(events: Callable[..., Any], naive: Callable[..., np.ndarray], ridge: float) -> None:
    z, y = events(300, curve=curved)
    u = (z[:, 0] - z.mean()) / z.std()
    x = np.column_stack([u, (u**2 - 1) / np.std(u**2)])
    g, s, q = naive(x, y[:, 0], ridge=ridge)
    assert fit(z, y, ridge=ridge).calibrator.transform(z)[:, 0] == pytest.approx(g + x @ [s, q], rel=1e-8)


def test_known_parameters_are_recovered(events: Callable[..., Any]) -> None:
    z, y = events(200_000, curve=curved)
    found = fit(z, y).calibrator
    inner = np.linspace(-4, 4, 9)[:, None]
    assert found.transform(inner) == pytest.approx(curved(inner), abs=0.06)
    assert found.n_parameters == 3


@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_predictions_do_not_depend_on_unit_and_origin(events: Callable[..., Any], unit: float) -> None:
    z, y = events(100, curve=curved)
    one = fit(z, y).calibrator.transform(z)
    assert fit(z * unit, y).calibrator.transform(z * unit) == pytest.approx(one, rel=1e-10)
    assert fit(z + 1000, y).calibrator.transform(z + 1000) == pytest.approx(one, rel=1e-8)


def test_beyond_the_fitted_scores_it_follows_its_tangent_and_never_falls() -> None:
    rising = Quadratic((-1.0,), (0.0,), (0.0,), (0.0,), (1.0,), (-2.0,), (-0.5,))
    assert rising.transform(np.array([[-3.0], [-2.0], [-0.5], [1.5], [np.inf], [-np.inf]]))[:, 0].tolist() == [
        -8.0, -4.0, -0.25, 1.75, np.inf, -np.inf,
    ]  # fmt: skip
    turning = Quadratic((-1.0,), (0.0,), (0.0,), (0.0,), (1.0,), (-2.0,), (1.0,))
    assert turning.transform(np.array([[1.0], [3.0], [np.inf]]))[:, 0].tolist() == [-1.0, -1.0, -1.0]


@pytest.mark.parametrize(
    ("curve", "word"),
    [
        (lambda z: 2 - z**2, "not monotone: p falls as the logit rises from"),
        (lambda z: z**2 - 2, "not monotone: p falls as the logit rises from"),
        (lambda z: -2 * z, "falls over all scores"),
    ],
)
def test_stretches_that_fall_are_noted(events: Callable[..., Any], curve: Any, word: str) -> None:
    z, y = events(3000, curve=curve)
    found = fit(np.clip(z, -2.5, 2.5), y)
    assert word in found.record.notes[0]
    if "rises" in word:
        turn = float(found.record.notes[0].split()[-3 if curve(0) > 0 else -1])
        assert turn == pytest.approx(0, abs=0.3)


def test_a_monotone_curve_has_no_note(events: Callable[..., Any]) -> None:
    assert fit(*events(1000, curve=lambda z: z)).record.notes == ()


def test_separable_events() -> None:
    z = np.concatenate([np.linspace(-3, -1.2, 10), np.linspace(-0.8, 0.8, 20), np.linspace(1.2, 3, 10)])[:, None]
    inside = (np.abs(z) < 1).astype(int)
    p = Sigmoid()(fit(z, inside).calibrator.transform(z))
    assert np.array_equal(p > 0.5, inside == 1)
    with pytest.raises(CalibrateError) as caught:
        fit(z, inside, ridge=0.0)
    assert caught.value.code == "E302"


def test_two_scores_have_no_parabola_but_an_answer() -> None:
    z, y = np.array([[-1.0], [-1], [-1], [1], [1], [1]]), np.array([[0], [0], [1], [1], [1], [0]])
    p = Sigmoid()(fit(z, y, ridge=1e-9).calibrator.transform(z))
    assert p[[0, 3], 0] == pytest.approx([1 / 3, 2 / 3], abs=1e-6)
