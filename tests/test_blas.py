"""One thread of BLAS while we work: the same bits however many threads it has, which it has again afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

import calibrate
from calibrate.blas import VARIABLES, one_thread

BLAS = ThreadpoolController().select(user_api="blas")

pytestmark = pytest.mark.skipif(not BLAS.lib_controllers, reason="no BLAS here that can be told a number of threads")


def threads() -> set[int]:
    return {library["num_threads"] for library in BLAS.info()}


@pytest.fixture
def four_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a program of somebody else: the environment says nothing, and BLAS has four threads."""
    for name in VARIABLES:
        monkeypatch.delenv(name)
    with BLAS.limit(limits=4):
        yield


@pytest.mark.usefixtures("four_threads")
def test_one_thread_inside_and_as_before_outside() -> None:
    assert threads() == {4}
    with one_thread():
        assert threads() == {1}
        with one_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {4}


@pytest.mark.usefixtures("four_threads")
def test_an_error_gives_the_threads_back() -> None:
    with pytest.raises(calibrate.CalibrateError):
        calibrate.fit([[1.0, 0.0]], [0])
    assert threads() == {4}


@pytest.mark.usefixtures("four_threads")
def test_two_that_overlap_leave_the_threads_as_they_were() -> None:
    second_came, first_left = threading.Event(), threading.Event()

    def other() -> None:
        with one_thread():
            second_came.set()
            first_left.wait(10)

    thread = threading.Thread(target=other)
    with one_thread():
        thread.start()
        assert second_came.wait(10)
        assert threads() == {1}
    first_left.set()
    thread.join()
    assert threads() == {4}


@pytest.mark.usefixtures("four_threads")
def test_where_the_environment_says_one_nothing_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "1")
    with one_thread():
        assert threads() == {4}


@pytest.mark.usefixtures("four_threads")
def test_the_same_bits_for_any_number_of_threads() -> None:
    rng = np.random.default_rng(7)
    logits, labels, weights = rng.normal(size=(40_000, 3)), rng.integers(0, 3, 40_000), rng.random(40_000)
    logits[np.arange(40_000), labels] += 1.0
    products, found = set(), set()
    for n in (1, 2, 4, 16):
        with BLAS.limit(limits=n):
            products.add(float(weights @ weights))
            found.add(repr(everything(logits, labels, weights)))
    assert len(products) > 1  # the threads do change bits where nobody holds them back
    assert len(found) == 1


def everything(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[Any, ...]:
    """All numbers of fit, score, evaluate and apply."""
    model = calibrate.fit(logits, labels, weights=weights)
    after = calibrate.score(logits, labels, model=model, weights=weights, metrics=("nll", "ece"))
    honest = calibrate.evaluate(logits, labels, weights=weights, metrics="nll")
    return model.fit, after, honest, calibrate.apply(model, logits).tobytes()
