"""Laws that every link obeys, whatever its file: run over the registry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibrate import registry
from calibrate.rows import Block

OPTIONS = {"gumbel_softmax": ("", ":seed=3", ":seed=3,temperature=0.5")}
LINKS = [name + option for name in registry.names("links") for option in OPTIONS.get(name, ("",))]


def world(link: Any, seed: int, m: int = 12, k: int = 4, scale: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, scale, (m, k))
    labels = rng.integers(0, 2, (m, k)) if link.has_events else rng.integers(0, k, m)
    return scores, labels


def one_hot(link: Any, labels: np.ndarray, k: int) -> np.ndarray:
    return labels if link.has_events else np.eye(k)[labels]


def total(loss: np.ndarray) -> np.ndarray:
    return loss if loss.ndim == 1 else loss.sum(axis=1)


@pytest.fixture(params=LINKS)
def link(request: pytest.FixtureRequest) -> Any:
    return registry.make("links", request.param)


@pytest.mark.parametrize("seed", range(5))
def test_slope_of_the_loss_is_p_minus_one_hot(link: Any, seed: int) -> None:
    z, y = world(link, seed)
    h = 1e-5
    slopes = np.empty_like(z)
    for j in range(z.shape[1]):
        step = h * np.eye(z.shape[1])[j]
        slopes[:, j] = (total(link.loss(z + step, y)) - total(link.loss(z - step, y))) / (2 * h)
    assert slopes == pytest.approx(link(z) - one_hot(link, y, z.shape[1]), abs=1e-8)


@pytest.mark.parametrize("b", [0.03, 0.4, 1.0, 2.5])
def test_derivatives_in_b(link: Any, b: float) -> None:
    z, y = world(link, 7)
    block = Block(0, z, y)
    here = link.derivatives(block, b)
    assert link.derivatives(block, 1.0).loss == pytest.approx(link.loss(z, y), rel=1e-13, abs=1e-13)
    h = 1e-5
    above, below = link.derivatives(block, b + h), link.derivatives(block, b - h)
    smooth = np.ones(here.loss.shape, dtype=bool)
    if not link.log_loss:  # piecewise quadratic: away from its kinks
        smooth = np.abs(above.second - below.second) < 1e-9
    for value, slope in (("loss", "first"), ("first", "second"), ("second", "third")):
        found = (getattr(above, value) - getattr(below, value)) / (2 * h)
        assert found[smooth] == pytest.approx(getattr(here, slope)[smooth], rel=1e-6, abs=1e-6)


def test_slope_at_zero_is_the_limit(link: Any) -> None:
    z, y = world(link, 3)
    z[0, 1] = -np.inf if not link.has_events else z[0, 1]
    if not link.has_events:
        y[0] = 0
    zero, near = link.derivatives(Block(0, z, y), 0.0), link.derivatives(Block(0, z, y), 1e-9)
    for key in ("loss", "first", "second", "third"):
        assert getattr(zero, key) == pytest.approx(getattr(near, key), rel=1e-6, abs=1e-6)


def test_order_one_has_the_same_slope(link: Any) -> None:
    z, y = world(link, 4)
    full, short = link.derivatives(Block(0, z, y), 0.7), link.derivatives(Block(0, z, y), 0.7, 1)
    assert short.loss == pytest.approx(full.loss, rel=1e-14, abs=1e-15)
    assert short.first == pytest.approx(full.first, rel=1e-12, abs=1e-13)


@given(seed=st.integers(0, 1000), cut=st.integers(1, 11), bins=st.sampled_from([(), (15,), (2, 10)]))
@settings(max_examples=20)
@pytest.mark.parametrize("name", LINKS)
def test_chunks_do_not_matter(name: str, seed: int, cut: int, bins: tuple[int, ...]) -> None:
    link = registry.make("links", name)
    z, y = world(link, seed)
    whole = link.outcomes(Block(5, z, y), bins)
    parts = [link.outcomes(Block(5, z[:cut], y[:cut]), bins), link.outcomes(Block(5 + cut, z[cut:], y[cut:]), bins)]
    for key in ("loss", "nll", "brier", "correct"):
        assert np.concatenate([getattr(part, key) for part in parts]) == pytest.approx(getattr(whole, key), rel=1e-12)
    for b in bins:
        for key in ("count", "predicted", "observed"):
            found = sum(getattr(part.event_bins[b], key) for part in parts)
            assert found == pytest.approx(getattr(whole.event_bins[b], key), abs=1e-12)
    pieces = [link(z[:cut], 5), link(z[cut:], 5 + cut)]
    assert np.concatenate(pieces).tolist() == link(z, 5).tolist()


@pytest.mark.parametrize("k", [1, 3, 63, 64, 65, 200])
@pytest.mark.parametrize("scale", [0.5, 30.0, 1e300])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_outcomes_are_what_the_probabilities_say(link: Any, k: int, scale: float, dtype: Any) -> None:
    if dtype == np.float32 and scale > 1e38:
        scale = 1e38
    if k == 1 and not link.has_events:
        k = 2
    z, y = world(link, k, m=200, k=k, scale=1.0)
    z = (np.clip(z, -3, 3) * scale).astype(dtype)
    z[:20] = np.round(z[:20] / scale) * scale  # ties
    found, p = link.outcomes(Block(9, z, y), (15,)), link(z, 9)
    hot = one_hot(link, y, k)
    assert found.brier == pytest.approx(((p - hot) ** 2).sum(axis=1), abs=1e-12)
    bins = found.event_bins[15]
    assert bins.predicted.sum(axis=1) == pytest.approx(p.sum(axis=0), abs=1e-9)
    assert bins.observed.sum(axis=1).tolist() == hot.sum(axis=0).tolist()
    assert bins.count.sum(axis=1).tolist() == [200.0] * k
    with np.errstate(divide="ignore"):
        nll = -np.log(np.where(hot == 1, p, 1 - p if link.has_events else 1.0)).sum(axis=1)
    sure = (nll < 20) & (found.nll < 20)
    assert found.nll[sure] == pytest.approx(nll[sure], rel=1e-7, abs=1e-12)
    assert np.all((found.nll >= 20) == (nll >= 20))
    if not link.has_events:
        assert found.confidence == pytest.approx(p.max(axis=1), abs=1e-12)
        if "Gumbel" not in type(link).__name__:
            assert found.correct.tolist() == (z.argmax(axis=1) == y).astype(float).tolist()
    assert not any(np.isnan(getattr(found, key)).any() for key in ("loss", "nll", "brier", "correct"))


@given(seed=st.integers(0, 1000), shift=st.floats(-1e3, 1e3))
@settings(max_examples=20)
@pytest.mark.parametrize("name", [name for name in LINKS if name != "sigmoid"])
def test_a_constant_added_to_a_row_changes_nothing(name: str, seed: int, shift: float) -> None:
    link = registry.make("links", name)
    z, y = world(link, seed)
    assert link(z + shift) == pytest.approx(link(z), abs=1e-11)
    assert link.loss(z + shift, y) == pytest.approx(link.loss(z, y), abs=1e-10)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8])
def test_narrow_containers_are_taken_as_they_are(link: Any, dtype: Any) -> None:
    z, y = world(link, 1)
    z = z.astype(dtype)
    assert link(z).tolist() == link(z.astype(np.float64)).tolist()
    assert link.loss(z, y) == pytest.approx(link.loss(z.astype(np.float64), y), abs=2e-6)
