from __future__ import annotations

from typing import Any

import numpy as np


def test_saturated_probabilities_are_said_loudly(in_memory: Any) -> None:
    p = np.tile([[1.0, 0.0], [0.75, 0.25]], (20, 1))
    assert any("20 of 40 rows hold a probability of exactly 1" in note for note in in_memory(p, [0, 1] * 20).notes)


def test_percentages_of_one_event_are_asked_about(in_memory: Any) -> None:
    scores, labels = np.linspace(0, 100, 30), [0, 1] * 15
    asked = [note for note in in_memory(scores, labels).notes if "are these percentages?" in note]
    assert len(asked) == 1 and asked[0].startswith("WARNING: no logit is below 0")
    for other in (scores - 1, scores[:28]):
        assert not any("percentages" in note for note in in_memory(other, labels[: len(other)]).notes)
    assert not any("percentages" in note for note in in_memory(scores, labels, input="logits").notes)


def test_sums_that_were_rounded_are_said(in_memory: Any) -> None:
    thirds = np.tile([[0.332, 0.333, 0.333], [0.2, 0.3, 0.5], [0.5, 0.3, 0.2]], (3, 1))
    found = in_memory(thirds, [0, 2, 0] * 3)
    assert found.scale == "probs"
    assert "rows sum to 1 only within 0.002 (rounded?; accepted up to 0.01)" in found.notes
