"""Laws of every calibrator under every link that it is for: run over the registry, so that a new entry is covered.

A fit depends on the rows alone: not on their order, their blocks, threads, the unit of the weights; equal weights are
no weights, rows of weight 0 no rows, and a weight of 2 is the row twice wherever the number of rows does not matter.
What it answers lies on the simplex, survives JSON bit by bit, keeps the
predicted class where it says so, and never does worse on its own rows than doing nothing where it minimises the NLL.
"""

from __future__ import annotations

import typing
from typing import Any

import numpy as np
import pytest

from calibrate import registry
from calibrate.api.fit import fitted
from calibrate.errors import CalibrateError
from calibrate.folds import with_folds
from calibrate.model import Model, from_json
from calibrate.rows import Rows, from_arrays

NAMES = registry.names("calibrators")
LINKS = ("softmax", "sigmoid")
OWN_LINKS = {"temperature": registry.names("links"), "none": registry.names("links")}


def entry(method: str) -> Any:
    return registry.load("calibrators", registry.parse("calibrators", method).name)


def reductions(name: str) -> list[str]:
    """The method with every value of its option `multiclass` but the default, where it has one."""
    known = typing.get_args(typing.get_type_hints(entry(name).fit).get("multiclass"))
    return [f"{name}:multiclass={value}" for value in known[1:]]


PAIRS = [
    (name, key)
    for name in NAMES
    for key in OWN_LINKS.get(name, LINKS)
    if entry(name).for_events in (None, registry.load("links", key).has_events)
] + [(method, "softmax") for name in NAMES for method in reductions(name)]


def world(key: str, seed: int = 0, m: int = 300, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Over-confident scores with labels that come from them, (m, k); two events under the sigmoid."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(m, k)) * 1.5
    if registry.load("links", key).has_events:
        z = z[:, :2]
        return 2 * z, (rng.random(z.shape) < 1 / (1 + np.exp(-z))).astype(np.int64)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return 2 * z, np.minimum((p.cumsum(axis=1) < rng.random((m, 1))).sum(axis=1), k - 1)


def calibrated(name: str, key: str, rows: Rows, scores: np.ndarray) -> np.ndarray:
    link = registry.make("links", key)
    found = fitted(rows, name, link).calibrator
    return np.asarray(link(found.transform(scores)))


@pytest.mark.parametrize(("name", "key"), PAIRS)
def test_probabilities_are_probabilities(name: str, key: str) -> None:
    z, y = world(key)
    p = calibrated(name, key, from_arrays(z, y), z)
    assert p.shape == z.shape
    assert np.all((p >= 0) & (p <= 1))
    if not registry.load("links", key).has_events:
        assert p.sum(axis=1) == pytest.approx(np.ones(len(z)), abs=1e-12)


@pytest.mark.parametrize(("name", "key"), PAIRS)
def test_blocks_threads_and_the_order_of_rows_do_not_matter(name: str, key: str) -> None:
    z, y = world(key)
    one = calibrated(name, key, from_arrays(z, y), z)
    assert calibrated(name, key, from_arrays(z, y, rows_per_block=37), z) == pytest.approx(one, abs=1e-7)
    threads = registry.make("executors", "threads:workers=3")
    assert np.array_equal(
        calibrated(name, key, from_arrays(z, y, rows_per_block=37, execute=threads), z),
        calibrated(name, key, from_arrays(z, y, rows_per_block=37), z),
    )
    if key != "gumbel_softmax":
        turn = np.random.default_rng(1).permutation(len(z))
        assert calibrated(name, key, from_arrays(z[turn], y[turn]), z) == pytest.approx(one, abs=1e-7)


WEIGHTS = {
    "any": np.random.default_rng(2).exponential(size=300),
    "with ties": np.random.default_rng(2).integers(0, 4, 300).astype(float),
    "few heavy": np.where(np.arange(300) % 50 == 7, 40.0, 1.0),
}


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize(("name", "key"), PAIRS)
def test_weights_have_no_unit(name: str, key: str, kind: str) -> None:
    (z, y), w = world(key), WEIGHTS[kind]
    z = z.round(1) if kind == "with ties" else z
    one = calibrated(name, key, from_arrays(z, y, w), z)
    assert np.array_equal(calibrated(name, key, from_arrays(z, y, w * 2.0**-40), z), one)
    for factor in (1000.0, 1 / len(z), 1 / w.sum()):
        assert calibrated(name, key, from_arrays(z, y, w * factor), z) == pytest.approx(one, abs=1e-9, rel=0)


@pytest.mark.parametrize(("name", "key"), PAIRS)
def test_equal_weights_are_no_weights(name: str, key: str) -> None:
    z, y = world(key)
    one = calibrated(name, key, from_arrays(z, y), z)
    for weight in (1 / len(z), 1.0, 1000.0):
        assert np.array_equal(calibrated(name, key, from_arrays(z, y, np.full(len(z), weight)), z), one)


# But under Gumbel-softmax, whose noise belongs to the number of the row: rows that are cut out or doubled are others.
STEADY = [pair for pair in PAIRS if pair[1] != "gumbel_softmax"]


@pytest.mark.parametrize(("name", "key"), STEADY)
def test_weights_of_0_and_1_are_a_choice_of_rows(name: str, key: str) -> None:
    z, y = world(key)
    chosen = np.random.default_rng(2).random(len(z)) < 0.6
    one = calibrated(name, key, from_arrays(z[chosen], y[chosen]), z)
    for weight in (1.0, 0.3):
        assert calibrated(name, key, from_arrays(z, y, weight * chosen), z) == pytest.approx(one, abs=1e-9, rel=0)


# What these do depends on how many rows there are: one more row that knows nothing, Platt's targets, a strength that
# falls with n, sizes of bins. Weights of 1 and 2 are fewer rows than the second ones written twice (of which nobody
# would know whether they were one row or two), so the law holds with the option that takes the number out, if any.
NUMBER = {
    "affine": "ridge=0", "beta": "ridge=0", "histogram": "laplace=false", "isotonic": "laplace=false",
    "platt": "smoothing=false", "quadratic": "ridge=0",
    "bbq": None, "platt_probability": None, "scaling_binning": None, "spline": None, "structured_matrix": None,
    "structured_vector": None, "temperature_mixture": None, "venn_abers": None,
}  # fmt: skip


def without_number(method: str) -> str | None:
    """The method with the option with which the number of rows does not matter; None where it always does."""
    name, _, options = method.partition(":")
    if name not in NUMBER:
        return method
    return NUMBER[name] and f"{name}:{','.join(filter(None, [options, NUMBER[name]]))}"


@pytest.mark.parametrize(("name", "key"), [(without_number(name), key) for name, key in STEADY if without_number(name)])
def test_weights_are_rows(name: str, key: str) -> None:
    z, y = world(key, m=120)
    w = np.random.default_rng(2).integers(0, 3, len(z)).astype(float)
    w[:2] = 1.0
    times = np.repeat(np.arange(len(z)), w.astype(int))
    weighted = calibrated(name, key, from_arrays(z, y, w), z)
    assert weighted == pytest.approx(calibrated(name, key, from_arrays(z[times], y[times]), z), abs=1e-6)


def certain(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first five true outcomes have probability 0: a loss that is infinite before, and for some methods after."""
    z = z.copy()
    z[np.arange(5), y[:5] if y.ndim == 1 else 0] = -np.inf
    return z, y if y.ndim == 1 else np.concatenate([np.ones_like(y[:5]), y[5:]])


@pytest.mark.parametrize(("name", "key"), PAIRS)
@pytest.mark.parametrize("change", [lambda z, y: (z, y), certain], ids=["usual", "zeros"])
def test_json_predicts_the_same_bits(name: str, key: str, change: Any) -> None:
    z, y = change(*world(key))
    link = registry.make("links", key)
    try:
        found = fitted(from_arrays(z, y), name, link)
    except CalibrateError as problem:
        assert change is certain and problem.code == "E304"
        return
    classes = tuple("ab") if link.has_events else tuple("abc")
    task: Any = "multilabel" if link.has_events else "multiclass"
    model = Model(link, found.calibrator, task, "logits", classes, z.shape[1], name, key, found.record)
    again = from_json(model.to_json(), "model.json")
    assert np.array_equal(again.apply(z), model.apply(z))
    assert again.to_json() == model.to_json()


@pytest.mark.parametrize("w", [None, WEIGHTS["any"]], ids=["equal", "weighted"])
@pytest.mark.parametrize(("name", "key"), PAIRS)
def test_folds_are_fitted_on_the_other_rows(name: str, key: str, w: np.ndarray | None) -> None:
    z, y = world(key)
    link = registry.make("links", key)
    rows = with_folds(from_arrays(z, y, w), 3, 0)[0]
    found = fitted(rows, name, link, folds=3)
    assert len(found.folds) == 3
    folds = np.concatenate([np.asarray(block.folds) for block in rows.blocks()])
    others = from_arrays(z[folds != 1], y[folds != 1], None if w is None else w[folds != 1])
    if key != "gumbel_softmax" and found.folds[1] is not None:
        p, q = (np.asarray(link(c.transform(z))) for c in (found.folds[1], fitted(others, name, link).calibrator))
        assert p == pytest.approx(q, abs=1e-6)


@pytest.mark.parametrize(("name", "key"), PAIRS)
def test_the_predicted_class_stays_where_that_is_claimed(name: str, key: str) -> None:
    if not entry(name).keeps_top:
        return
    z, y = world(key, seed=3)
    found = fitted(from_arrays(z, y), name, registry.make("links", key)).calibrator
    fresh = np.random.default_rng(4).normal(size=(500, z.shape[1])) * 4
    changed = found.transform(fresh)
    if registry.load("links", key).has_events:
        assert np.array_equal(changed > 0, fresh > 0)
    else:
        assert np.array_equal(changed.argmax(axis=1), fresh.argmax(axis=1))


HARD = {
    "one row": lambda z, y: (z[:1], y[:1]),
    "two rows": lambda z, y: (z[:2], y[:2]),
    "constant scores": lambda z, y: (np.ones_like(z), y),
    "one class alone": lambda z, y: (z, np.ones_like(y)),
    "duplicates": lambda z, y: (np.repeat(z[:5], 40, axis=0), np.repeat(y[:5], 40, axis=0)),
    "every prediction right": lambda z, y: (z, z.argmax(axis=1) if y.ndim == 1 else (z > 0).astype(int)),
    "a class that never happens": lambda z, y: (z, np.minimum(y, 1) if y.ndim == 1 else y * [1, 0]),
    "weights over many decades": lambda z, y: (z, y, 10 ** np.random.default_rng(5).uniform(-12, 12, len(z))),
    "tiny scores": lambda z, y: (z * 1e-12, y),
    "huge scores": lambda z, y: (z * 1e12, y),
}


@pytest.mark.parametrize(("name", "key"), PAIRS)
@pytest.mark.parametrize("case", HARD)
def test_hard_data_have_an_answer_or_a_coded_error(name: str, key: str, case: str) -> None:
    z, *rest = HARD[case](*world(key))
    try:
        p = calibrated(name, key, from_arrays(z, *rest), z)
    except CalibrateError as problem:
        assert problem.code.startswith("E3")
        assert problem.hint
        return
    assert np.all(np.isfinite(p))
    assert np.all((p >= 0) & (p <= 1))


@pytest.mark.parametrize(
    "name", [name for name, key in PAIRS if key == "softmax" and reductions(name.partition(":")[0])]
)
def test_a_masked_class_keeps_probability_0(name: str) -> None:
    z, y = world("softmax")
    z[np.arange(100), (y[:100] + 1) % 3] = -np.inf
    p = calibrated(name, "softmax", from_arrays(z, y), z)
    assert np.array_equal(p[np.isneginf(z)], np.zeros(100))
    assert p.sum(axis=1) == pytest.approx(np.ones(len(z)))


@pytest.mark.parametrize(
    "name",
    # Of top labels the predicted class alone gets another probability, and no zero is one.
    [
        name
        for name, key in PAIRS
        if key == "softmax" and reductions(name.partition(":")[0]) and name[-5:] not in ("label", "dence")
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_where_a_true_class_has_probability_0_no_zero_is_a_mask(name: str, dtype: type) -> None:
    z, y = world("softmax")
    z = z.astype(dtype)
    z[np.arange(60), y[:60]] = -np.inf
    z[np.arange(60, 100), (y[60:100] + 1) % 3] = -np.inf
    p = calibrated(name, "softmax", from_arrays(z, y), z)
    assert p.sum(axis=1) == pytest.approx(np.ones(len(z)), abs=1e-6)
    assert np.all(p[np.arange(60), y[:60]] > 1e-3)
