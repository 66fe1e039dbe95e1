"""What a run measures on, what it may spend, and what one line of its tables says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

TEMPERATURE = 1.7
"""The truth of every synthetic world."""


@dataclass(frozen=True)
class Plan:
    """What a run may spend: sizes shrink by `shrink`, cases repeat `rounds` times; `data`: a folder of more sets."""

    shrink: int
    rounds: int
    peers: bool
    folder: Path
    data: Path | None = None

    def shapes(self) -> tuple[tuple[int, int], ...]:
        return (50_000 // self.shrink, 1_000), (1_000_000 // self.shrink, 10)


@dataclass(frozen=True)
class Row:
    """One line of a table: what was measured, and what was to be reached at least (empty: nothing was promised)."""

    what: str
    found: str
    least: str = ""
    reached: bool | None = None


def world(n: int, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Over-confident logits (n, k), float32, and labels drawn from softmax(logits / T): the truth is T = 1.7."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((n, k), dtype=np.float32)
    labels = np.empty(n, np.int64)
    step = max(1, (1 << 22) // k)
    for start in range(0, n, step):
        part = scores[start : start + step]
        part *= 2
        part[np.arange(len(part)), rng.integers(0, k, len(part))] += np.float32(4 + np.log(k))
        noise = -np.log(rng.standard_exponential(part.shape))
        labels[start : start + step] = (part / np.float32(TEMPERATURE) + noise).argmax(axis=1)
    return scores, labels


def name_of(shape: tuple[int, int]) -> str:
    return f"{shape[0]:,} x {shape[1]:,}"


def bounded(what: str, took: float, base: float, unit: str, limit: float | None = None) -> Row:
    """Seconds in units of `base` seconds, with the limit that was to be kept, if any."""
    ratio = took / base
    found = f"{ratio:.2f} {unit} ({took:.3f} s over {base:.3f})"
    return Row(what, found) if limit is None else Row(what, found, f"<= {limit:g}", ratio <= limit)
