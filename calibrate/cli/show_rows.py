"""Probabilities as people read them: per row the classes from the likeliest down, in per cent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibrate.errors import shown

MOST_CLASSES = 5
"""Classes of a row that are named; the others are counted."""


def render(
    probabilities: np.ndarray, names: Sequence[str], ids: Sequence[str] | None, n: int, *, exclusive: bool
) -> str:
    """Lines for the first rows of `n`; `exclusive`: the columns are classes of which one is true, not separate events.

    >>> print(render(np.array([[0.812, 0.024, 0.164]]), ["cat", "dog", "fox"], None, 1, exclusive=True), end="")
    cat 81.2 %  fox 16.4 %  dog 2.4 %
    """
    lines = []
    for i, row in enumerate(probabilities):
        order = np.argsort(-row, kind="stable") if exclusive else np.arange(len(row))
        named = [f"{shown(names[k], 24)} {_per_cent(row[k])}" for k in order[:MOST_CLASSES]]
        more = [f"and {len(row) - MOST_CLASSES} more"] if len(row) > MOST_CLASSES else []
        head = [f"{shown(ids[i], 24)}: "] if ids is not None else []
        lines.append("".join(head) + "  ".join(named + more))
    if n > len(probabilities):
        lines.append(f"... {n - len(probabilities):,} more rows; -o FILE writes them all")
    return "\n".join(lines) + "\n"


def _per_cent(p: float) -> str:
    """One decimal, but never 0.0 or 100.0 for what is neither 0 nor 1."""
    text = f"{100 * p:.1f}"
    if text == "0.0" and p > 0:
        return "< 0.1 %"
    if text == "100.0" and p < 1:
        return "> 99.9 %"
    return f"{text} %"
