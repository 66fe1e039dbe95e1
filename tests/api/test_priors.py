"""A model at other class frequencies: given, estimated from scores, or from errors on labelled rows; refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import calibrate
from calibrate.api.priors import estimate_prior
from calibrate.cli.start import start
from calibrate.errors import CalibrateError

SOURCE, TARGET = np.array([0.6, 0.3, 0.1]), np.array([0.2, 0.3, 0.5])


def drawn(n: int, prior: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Over-confident logits of three classes."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, n, p=prior)
    x = rng.normal(size=(n, 3))
    x[np.arange(n), y] += 2.0
    return 2 * (2.0 * x + np.log(SOURCE)), y


Z, Y = drawn(6000, SOURCE, 0)
NEW, TRUE = drawn(5000, TARGET, 1)
MODEL = calibrate.fit(Z, Y, classes=("cat", "dog", "fox"))


def nll(p: np.ndarray, y: np.ndarray = TRUE) -> float:
    return float(-np.log(p[np.arange(len(y)), y]).mean())


def test_the_frequencies_of_the_rows_are_kept() -> None:
    assert MODEL.priors == pytest.approx(tuple(np.bincount(Y) / len(Y)), abs=1e-15)
    binary = calibrate.fit([0.9, 0.2, 0.6, 0.4], [1, 0, 0, 1], weights=[1, 1, 1, 3])
    assert binary.priors == pytest.approx((4 / 6,))


def test_a_shift_that_is_known_or_estimated_helps_and_its_absence_costs() -> None:
    plain = nll(calibrate.apply(MODEL, NEW))
    known = nll(calibrate.apply(MODEL, NEW, prior=dict(zip(MODEL.classes, TARGET, strict=True))))
    estimated = nll(calibrate.apply(MODEL, NEW, prior="em"))
    assert known < 0.9 * plain
    assert estimated == pytest.approx(known, abs=0.002)
    assert nll(calibrate.apply(MODEL, NEW, prior="uniform")) < plain
    same = dict(zip(MODEL.classes, MODEL.priors or (), strict=True))
    assert calibrate.apply(MODEL, NEW, prior=same) == pytest.approx(calibrate.apply(MODEL, NEW), abs=1e-14)


def test_the_confusion_of_labelled_rows_says_the_frequencies_too() -> None:
    found = estimate_prior(MODEL, (Z, Y), NEW)
    assert list(found) == ["cat", "dog", "fox"]
    for true, (value, low, high) in zip(TARGET, found.values(), strict=True):
        assert low < value < high
        assert value == pytest.approx(true, abs=0.04)


def test_one_event() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(4000) < 0.2).astype(int)
    z = 2 * (rng.normal(size=4000) + 2 * y - 1) + np.log(0.25)
    model = calibrate.fit(z, y, classes=("no", "yes"), method="affine")
    more = (rng.random(4000) < 0.7).astype(int)
    new = 2 * (rng.normal(size=4000) + 2 * more - 1) + np.log(0.25)
    p = calibrate.apply(model, new, prior="em")
    assert p.mean() == pytest.approx(more.mean(), abs=0.03)
    assert calibrate.apply(model, new, prior="yes=0.7") == pytest.approx(
        calibrate.apply(model, new, prior={"no": 0.3, "yes": 0.7})
    )
    assert calibrate.apply(model, new, prior="uniform").mean() > calibrate.apply(model, new).mean()
    value, low, high = estimate_prior(model, (z, y), new)["yes"]
    assert low < more.mean() < high and value == pytest.approx(more.mean(), abs=0.04)


def test_several_labels_shift_on_their_own() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random((500, 2)) < [0.3, 0.6]).astype(int)
    z = rng.normal(size=(500, 2)) + 2 * y - 1
    model = calibrate.fit(z, y, link="sigmoid", classes=("a", "b"))
    both = calibrate.apply(model, z, prior="a=0.5,b=0.1")
    assert both[:, 0].mean() > calibrate.apply(model, z)[:, 0].mean()
    assert both[:, 1].mean() < calibrate.apply(model, z)[:, 1].mean()
    assert np.all(np.isfinite(calibrate.apply(model, z, prior="em")))
    with pytest.raises(CalibrateError, match="no classes of which one is true"):
        estimate_prior(model, (z, y), z)


@pytest.mark.parametrize(
    ("prior", "code", "word"),
    [
        ("cat=0.5,dog=0.5", "E603", "'fox'"),
        ("cat=0.5,dog=0.3,cow=0.2", "E603", "no class is called 'cow'"),
        ("cat=0.5,dog=0.5,fox=0.5", "E603", "sum to 1.5"),
        ("cat=1.5,dog=-0.5,fox=0", "E603", "between 0 and 1"),
        ("cat=nan,dog=0.5,fox=0.5", "E603", "class=frequency"),
        ("cat=0_5.0e-1,dog=0.25,fox=0.25", "E603", "class=frequency"),
        ("cat=\u0660.5,dog=0.25,fox=0.25", "E603", "class=frequency"),
        ("cat=0.5,cat=0.3,fox=0.2", "E603", "twice"),
        ("EM", "E603", "class=frequency"),
        ("cat=half", "E603", "class=frequency"),
        ("", "E603", "class=frequency"),
    ],
)
def test_what_is_no_prior(prior: str, code: str, word: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        calibrate.apply(MODEL, NEW[:5], prior=prior)
    assert caught.value.code == code and word in caught.value.message and caught.value.hint


def test_models_that_cannot_be_shifted() -> None:
    with pytest.raises(CalibrateError) as caught:
        calibrate.apply(replace(MODEL, priors=None), NEW[:5], prior="em")
    assert caught.value.code == "E404"
    never = replace(MODEL, priors=(0.6, 0.4, 0.0))
    with pytest.raises(CalibrateError, match="cannot get"):
        calibrate.apply(never, NEW[:5], prior="uniform")
    assert np.all(calibrate.apply(never, NEW[:50], prior="em")[:, 2] == 0)
    top = replace(MODEL, task="top-label", n_columns=1, classes=())
    with pytest.raises(CalibrateError, match="top-label"):
        calibrate.apply(top, np.array([0.5]), prior="em")


def test_predictions_that_tell_nothing() -> None:
    flat = np.tile([[3.0, 0.0, 0.0]], (30, 1))
    with pytest.raises(CalibrateError, match="cannot be estimated"):
        estimate_prior(MODEL, (flat, Y[:30]), NEW)


def test_at_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    monkeypatch.chdir(tmp_path)
    calibrate.save_model(MODEL, "model.json")
    np.save("new.npy", NEW)
    assert start(["apply", "model.json", "new.npy", "--prior", "em", "-o", "p.npy"]) == 0
    said = capfd.readouterr().err
    assert "prior: cat 0." in said and ", fitted 0." in said and " to 0." in said
    assert np.load("p.npy") == pytest.approx(calibrate.apply(calibrate.load_model("model.json"), NEW, prior="em"))
    assert start(["apply", "model.json", "new.npy", "--prior", "cat=1"]) == 2
    assert "error[E603]: --prior:" in capfd.readouterr().err


def test_the_sentence_on_many_classes_is_short() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(200) % 10
    z = rng.normal(size=(200, 10)) + 2 * np.eye(10)[y]
    from calibrate.api.priors import shifted
    from calibrate.rows import from_arrays

    assert "10 classes" in shifted(calibrate.fit(z, y), from_arrays(z), "uniform").notes()[0]
