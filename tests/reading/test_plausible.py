from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.reading.plausible import Sampled, agreement, never_seen, repeated

RNG = np.random.default_rng(11)
Y = RNG.integers(0, 4, 400)
Z = RNG.normal(size=(400, 4)) + 2.5 * np.eye(4)[Y]
B = RNG.integers(0, 2, 400)
S = RNG.normal(size=400) + 1.5 * (2 * B - 1)


def warned(notes: tuple[str, ...]) -> list[str]:
    return [note for note in notes if note.startswith("WARNING")]


@pytest.mark.parametrize(
    ("scores", "labels", "options", "words"),
    [
        (Z, Y, {}, ""),
        (Z, np.roll(Y, 1), {}, "near chance"),
        (Z, (Y + 1) % 4, {}, "below chance"),
        (100 * np.eye(4)[Y] + Z, Y, {}, "every prediction is right in the 400 rows"),
        (np.vstack([Z, Z]), np.r_[Y, Y], {}, "400 of 800 rows of scores repeat"),
        (S, B, {}, ""),
        (S, np.ones(400, int), {"classes": ("no", "yes")}, "every label is 'yes'"),
        (S, np.zeros(400, int), {"classes": ("no", "yes")}, "every label is 'no'"),
        (-S, B, {}, "below chance"),
        (S, np.roll(B, 7), {}, "near chance"),
        (S + 100.0 * B, B, {}, "perfectly"),
        (Z[:, :2], -np.eye(4, dtype=int)[Y][:, :2] + 1, {"link": "sigmoid"}, "of the labels are predicted"),
        (Z[:20], (Y[:20] + 1) % 4, {}, ""),
    ],
)
def test_warnings(in_memory: Any, scores: np.ndarray, labels: np.ndarray, options: dict[str, Any], words: str) -> None:
    found = warned(in_memory(scores, labels, **options).notes)
    assert len(found) == bool(words), found
    assert all(words in note for note in found)


def test_large_inputs_are_judged_by_a_sample(in_memory: Any) -> None:
    labels = RNG.integers(0, 3, 60_000)
    scores = RNG.normal(size=(60_000, 3)) + 5 * np.eye(3)[(labels + 1) % 3]
    (note,) = warned(in_memory(scores, labels).notes)
    assert "sampled rows" in note


def test_classes_never_seen() -> None:
    assert never_seen(np.array([1, 2]), ("a", "b")) == []
    assert never_seen(np.array([1, 0]), ("a", "b"), exclusive=False) == [
        "class never seen among the labels: 'b' (--score-columns leaves out what is no class)"
    ]
    assert never_seen(np.array([0, 3, 0, 1]), ("a", "b", "c", "d")) == [
        "2 classes never seen among the labels: 'a', 'c' (--score-columns leaves out what is no class)"
    ]


def test_labels_of_one_class_alone_are_a_warning(in_memory: Any) -> None:
    scores = RNG.normal(size=(60, 3)) + 3 * np.eye(3)[2]
    (note,) = warned(in_memory(scores, np.full(60, 2), classes=("a", "b", "c"), label_base=0).notes)
    assert note.startswith("WARNING: every label is 'c'")
    assert never_seen(np.array([0, 0]), ("a", "b"))[0].startswith("2 classes never seen")
    assert never_seen(np.array([4]), ("a",)) == []


def test_repeated_rows() -> None:
    rows = RNG.normal(size=(100, 5))
    assert repeated(rows, 100) == []
    rows[50:60] = rows[:10]
    assert repeated(rows, 100) == ["WARNING: 10 of 100 rows of scores repeat an earlier row exactly"]
    assert repeated(rows, 200) == ["WARNING: 10 of the first 100 rows of scores repeat an earlier row exactly"]
    assert repeated(np.vstack([rows[:60], RNG.normal(size=(941, 5))]), 1001) == []  # 10 of 1001: fewer than one in 100
    rows[50:60, 4] += 1
    assert repeated(rows, 100) == []
    assert repeated(np.ones((100, 5)), 100) == []


def test_agreement_of_classes_and_events() -> None:
    assert agreement(Sampled(np.array([[1.0, 2], [3, 0]]), np.array([1, 1]), 2), np.array([1, 1])) == 1
    assert agreement(Sampled(np.array([[1.0, -2]]), np.array([[1, 1]]), 1), np.array([[1, 1]])) == 1
