"""The reference: losses, slopes and temperatures of the same floats by mpmath, at 50 digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import pytest

DIGITS = 50

Exact = Any
"""An mpmath number."""


def exact_row(row: Sequence[float], label: int, b: Exact = 1) -> dict[str, Exact]:
    """Log probabilities of b z, the loss and its derivatives in b of one row, and what rounding is measured against.

    sizes   E[|u| (1 + b |u|)], E[u^2 (1 + b |u|)], u = z - z_y: an error of one digit in u, times what exp makes of it
    """
    with mpmath.workdps(DIGITS):
        z = {k: mpmath.mpf(float(v)) for k, v in enumerate(row) if v != -np.inf}
        top = max(z.values())
        e = {k: mpmath.exp(b * (v - top)) for k, v in z.items()}
        total = mpmath.fsum(e.values())
        log_total = mpmath.log(total)
        logs = [b * (z[k] - top) - log_total if k in z else -mpmath.inf for k in range(len(row))]
        u = {k: v - z[label] for k, v in z.items()}
        p = {k: w / total for k, w in e.items()}
        mean = mpmath.fsum(p[k] * u[k] for k in z)
        return {
            "logs": logs,
            "p": [p.get(k, mpmath.mpf(0)) for k in range(len(row))],
            "loss": -logs[label],
            "first": mean,
            "second": mpmath.fsum(p[k] * (u[k] - mean) ** 2 for k in z),
            "sizes": [mpmath.fsum(p[k] * abs(u[k]) ** j * (1 + b * abs(u[k])) for k in z) for j in (1, 2)],
        }


@dataclass(frozen=True)
class Best:
    """The temperature of least loss, and how well it is determined.

    condition   sum of the rows' E[|u| (1 + b |u|)] over b times the loss's curvature: what a relative error of the
                differences of scores is multiplied by on its way to T
    """

    temperature: Exact
    condition: float


def exact_temperature(z: np.ndarray, y: np.ndarray) -> Best:
    """T to 50 digits: the power of two by bisection of the sign of the slope, then a bracketed Newton search."""
    with mpmath.workdps(DIGITS + 10):

        def slopes(b: Exact) -> tuple[Exact, Exact, Exact]:
            rows = [exact_row(row, int(label), b) for row, label in zip(z, y, strict=True)]
            sums = zip(*((r["first"], r["second"], r["sizes"][0]) for r in rows), strict=True)
            first, second, size = map(mpmath.fsum, sums)
            return first, second, size

        exponents = [-1200, 1200]
        while exponents[1] - exponents[0] > 1:
            middle = sum(exponents) // 2
            exponents[int(slopes(mpmath.mpf(2) ** middle)[0] > 0)] = middle
        low, high = (mpmath.mpf(2) ** k for k in exponents)
        b = low
        while True:
            first, second, size = slopes(b)
            low, high = (b, high) if first < 0 else (low, b)
            aim = b - first / second
            if not low < aim < high:
                aim = (low + high) / 2
            if abs(aim - b) <= mpmath.mpf(10) ** -DIGITS * b:
                return Best(1 / aim, float(size / (b * second)))
            b = aim


@pytest.fixture(scope="session")
def row_exactly() -> Callable[..., dict[str, Exact]]:
    """`exact_row`."""
    return exact_row


@pytest.fixture(scope="session")
def best_exactly() -> Callable[[np.ndarray, np.ndarray], Best]:
    """`exact_temperature`."""
    return exact_temperature
