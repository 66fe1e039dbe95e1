"""Probabilities of new scores: those of the model, from memory or from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import calibrate
from calibrate.errors import CalibrateError
from calibrate.rows import block_rows

RNG = np.random.default_rng(4)
LABELS = RNG.integers(0, 3, 500)
LOGITS = RNG.normal(size=(500, 3)) + 2.0 * (LABELS[:, None] == np.arange(3))
MODEL = calibrate.fit(LOGITS, LABELS)


def test_arrays_and_files_give_the_same_bits_in_any_number_of_blocks(tmp_path: Path) -> None:
    many = np.tile(LOGITS, (1 + 2 * block_rows(3) // 500, 1))
    np.save(tmp_path / "z.npy", many)
    whole = calibrate.apply(MODEL, many)
    assert calibrate.apply(MODEL, tmp_path / "z.npy").tobytes() == whole.tobytes() == MODEL.apply(many).tobytes()
    assert np.array_equal(whole[:500], calibrate.apply(MODEL, LOGITS))
    assert whole.sum(axis=1) == pytest.approx(np.ones(len(many)), abs=1e-12)


def test_scores_of_another_width_are_refused() -> None:
    with pytest.raises(CalibrateError, match="2 columns"):
        calibrate.apply(MODEL, LOGITS[:, :2])
