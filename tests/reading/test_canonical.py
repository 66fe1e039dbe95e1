from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.reading.canonical import Canonical, in_memory, rows_of
from calibrate.rows import serial
from calibrate.table import Matrix, Picked


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_are_not_copied(dtype: type) -> None:
    raw = np.array([[1.5, -2]], dtype=dtype)
    assert Canonical()(raw) is raw


def test_log_and_logit() -> None:
    p = np.array([[0.25, 0.75], [0.0, 1.0]])
    assert Canonical("log")(p).tolist() == [[np.log(0.25), np.log(0.75)], [-np.inf, 0.0]]
    assert Canonical("logit")(p).tolist() == [
        [np.log(0.25) - np.log(0.75), np.log(0.75) - np.log1p(-0.75)],
        [-np.inf, np.inf],
    ]


def test_float32_stays() -> None:
    assert Canonical("logit")(np.array([[0.25]], np.float32)).dtype == np.float32


def test_log_to_logit_keeps_small_probabilities() -> None:
    logs = np.array([[-1e-18], [-800.0], [np.log(0.5)]])
    np.testing.assert_allclose(
        Canonical("log to logit")(logs).ravel(), [-np.log(1e-18), -800, 0], rtol=1e-12, atol=1e-12
    )


def test_clip_is_that_of_the_probabilities_in_float64() -> None:
    p = np.array([[0.0], [1.0], [0.5], [1e-20]], np.float32)
    kept = np.clip(p.astype(float), 1e-15, 1 - 1e-15)
    assert Canonical("logit", 1e-15)(p).tolist() == (np.log(kept) - np.log1p(-kept)).tolist()
    assert Canonical("log", 1e-3)(np.array([[0.0, 1.0]])).tolist() == [[np.log(1e-3), 0.0]]
    np.testing.assert_allclose(Canonical("log to logit", 0.1)(np.array([[-50.0, 0.0]])), [[-np.log(9), np.log(9)]])


@pytest.mark.parametrize(
    ("how", "raw", "changed"),
    [
        ("log", [0.0, 0.05, 0.5, 1.0], 2),
        ("logit", [0.0, 0.05, 0.5, 1.0], 3),
        ("as is", [-np.inf, -3.0, -1.0, 0.0], 2),
        ("log to logit", [-np.inf, -3.0, -1.0, 0.0], 3),
    ],
)
def test_clips_counts_what_clipping_changes(how: Any, raw: list[float], changed: int) -> None:
    step, values = Canonical(how, 0.1), np.array([raw])
    assert step.clips(values) == changed
    assert Canonical(how).clips(values) == 0
    with np.errstate(divide="ignore"):
        plain = np.isclose(step(values), Canonical(how)(values))
    assert np.count_nonzero(~plain) == changed


def test_rounding_beyond_one_is_moved_to_one() -> None:
    assert Canonical("logit", tidy=True)(np.array([[1.0000001]])).tolist() == [[np.inf]]
    assert Canonical("log", tidy=True)(np.array([[1.0000001, -1e-9]])).tolist() == [[0, -np.inf]]


class OnDisk:
    """Numbers that pretend to lie in a file."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.array[start:stop].copy()


def test_files_are_read_block_by_block_and_lose_dropped_rows() -> None:
    n, k = 2_500, 1_000
    scores = np.arange(n * k, dtype=np.float32).reshape(n, k)
    keep = np.ones(n, bool)
    keep[[0, 1_500]] = False
    keep[1048:2096] &= np.arange(1048) < 500
    labels = np.arange(keep.sum())
    rows = rows_of(OnDisk(scores), Canonical(), labels, labels * 2.0, keep, serial)
    blocks = list(rows.blocks())
    assert [b.start for b in blocks] == np.cumsum([0, *(len(b) for b in blocks)])[:-1].tolist()
    assert np.array_equal(np.concatenate([b.scores for b in blocks]), scores[keep])
    assert np.concatenate([b.labels for b in blocks]).tolist() == labels.tolist()
    assert np.concatenate([b.weights for b in blocks]).tolist() == (labels * 2.0).tolist()
    assert rows.n == keep.sum()


def test_arrays_stay_where_they_are() -> None:
    scores = np.ones((4, 3))
    assert in_memory(Picked(Matrix(scores), (0, 2)))
    assert not in_memory(OnDisk(scores))
    block = rows_of(Matrix(scores), Canonical(), None, None, None, serial).loads[0]()
    assert np.shares_memory(block.scores, scores)
