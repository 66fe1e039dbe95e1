"""Classes out of balance: said from the counts, weighed where asked; the fit is that of the same weights by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import calibrate
from calibrate.cli.start import start
from calibrate.errors import CalibrateError
from calibrate.reading import imbalance
from calibrate.reading.dataset import from_memory
from calibrate.reading.options import ReadOptions


def rows(n: int = 300, rare: int = 12) -> tuple[np.ndarray, np.ndarray]:
    y = np.zeros(n, dtype=int)
    y[:rare], y[rare : n // 2] = 2, 1
    z = np.random.default_rng(0).normal(size=(n, 3))
    z[np.arange(n), y] += 1.0
    return z, y


def test_a_class_with_a_tenth_of_the_rows_of_another_is_said() -> None:
    z, y = rows()
    (found,) = [d for d in from_memory(z, y).decisions if d.what == "imbalance"]
    assert found.value == "12 of 300 rows are '2', 150 '0'"
    assert found.flag == "--class-weight"


@pytest.mark.parametrize(("n", "rare"), [(300, 30), (50, 2)])
def test_what_chance_can_do_is_not_said(n: int, rare: int) -> None:
    z, y = rows(n, rare)
    assert not [d for d in from_memory(z, y).decisions if d.what == "imbalance"]


def test_balanced_gives_every_class_the_same_weight_and_keeps_the_sum() -> None:
    z, y = rows()
    data = from_memory(z, y, ReadOptions(class_weight="balanced"))
    w = np.concatenate([np.asarray(block.weights) for block in data.rows.blocks()])
    assert np.bincount(y, w) == pytest.approx(np.full(3, 100.0))


def test_balanced_counts_weights_and_not_rows() -> None:
    y, w = np.array([0, 0, 1]), np.array([1.0, 3.0, 2.0])
    found = imbalance.weighed(y, w, ("a", "b", "c"), "multiclass", "balanced")
    assert found == pytest.approx(np.array([0.75, 2.25, 3.0]))


@pytest.mark.parametrize("asked", ["balanced", "2=25,0=2"])
@pytest.mark.parametrize("method", ["temperature", "vector", "structured-matrix"])
def test_a_fit_is_that_of_the_same_weights(asked: str, method: str) -> None:
    z, y = rows()
    factor = {"balanced": 100 / np.bincount(y), "2=25,0=2": np.array([2.0, 1.0, 25.0])}[asked]
    one = calibrate.fit(z, y, method=method, class_weight=asked)
    other = calibrate.fit(z, y, method=method, weights=factor[y])
    assert np.array_equal(one.apply(z), other.apply(z))
    assert one.priors == pytest.approx(np.bincount(y, factor[y]) / factor[y].sum())


def test_prior_shift_takes_the_weights_back() -> None:
    rng = np.random.default_rng(1)
    y = (rng.random(40_000) < 0.05).astype(int)
    z = np.column_stack([np.zeros(len(y)), rng.normal(size=len(y)) + 2 * y])
    model = calibrate.fit(z, y, method="vector", class_weight="balanced")
    assert model.apply(z)[:, 1].mean() > 0.15
    back = calibrate.apply(model, z, prior={"0": 1 - y.mean(), "1": y.mean()})
    assert back[:, 1].mean() == pytest.approx(y.mean(), abs=0.003)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("fox=2", "no class is called 'fox'"),
        ("0=2,0=3", "names '0' twice"),
        ("0", "found '0', expected balanced"),
        ("0=-1", "found '0=-1'"),
        ("0=nan", "found '0=nan'"),
        ("0=two", "found '0=two'"),
        ("0=", "found '0='"),
        ("0=inf", "found '0=inf'"),
        ("0=0,1=0,2=0", "every row has weight 0"),
    ],
)
def test_what_is_no_class_weight_is_refused(asked: str, found: str) -> None:
    z, y = rows()
    with pytest.raises(CalibrateError, match=r"--class-weight") as problem:
        from_memory(z, y, ReadOptions(class_weight=asked))
    assert problem.value.code == "E218" and found in problem.value.message


@pytest.mark.parametrize(
    ("labels", "options", "found"),
    [(None, {}, "no labels"), (np.array([[0, 1, 1], [1, 0, 1]]), {"link": "sigmoid"}, "multilabel rows")],
)
def test_only_classes_have_weights(labels: Any, options: dict[str, str], found: str) -> None:
    with pytest.raises(CalibrateError, match=found):
        from_memory(
            np.arange(6.0).reshape(2, 3), labels, ReadOptions(class_weight="balanced", **options), need_labels=None
        )


def test_two_weights_are_one_too_many() -> None:
    z, y = rows()
    with pytest.raises(CalibrateError, match="weights and class_weight"):
        calibrate.fit(z, y, weights=np.ones(len(y)), class_weight="balanced")


def test_the_terminal_says_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    z, y = rows()
    np.save(tmp_path / "z.npy", z)
    np.save(tmp_path / "y.npy", y)
    assert start(["score", str(tmp_path / "z.npy"), str(tmp_path / "y.npy"), "--class-weight", "balanced"]) == 0
    assert "imbalance: 12 of 300 rows are '2'" in capfd.readouterr().err
