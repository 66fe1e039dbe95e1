"""What `result.json` holds, as types: the report reads its result from there and from nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from calibrate.results import Check, ClassTotal, Curve, Estimate, Gate, Input, Verdict


@dataclass(frozen=True)
class Fit:
    """How the calibrator was fitted."""

    n: int
    objective: str
    weight: float = 0.0
    parameters: dict[str, Estimate] = field(default_factory=dict)
    objective_before: float | None = None
    objective_after: float | None = None
    passes: int = 0
    partial_passes: int = 0
    converged: bool = True
    notes: tuple[str, ...] = ()
    level: float = 0.95


@dataclass(frozen=True)
class Decision:
    """One thing that the reader concluded, why, and the flag that pins it."""

    what: str
    value: str
    why: str = ""
    flag: str = ""
    where: str = ""


@dataclass(frozen=True)
class Measured:
    """The whole result; `bins` and `totals` by side ("before", "after"), `groups` by column and value."""

    schema: str
    task: str
    link: str
    n: int
    weight: float
    classes: tuple[str, ...]
    before: dict[str, Estimate]
    after: dict[str, Estimate] | None = None
    change: dict[str, Estimate] | None = None
    after_is: str | None = None
    reason: str = ""
    method: str | None = None
    level: float = 0.95
    verdict: Verdict | None = None
    fit: Fit | None = None
    bins: dict[str, tuple[Curve, ...]] = field(default_factory=dict)
    totals: dict[str, tuple[ClassTotal, ...]] = field(default_factory=dict)
    groups: dict[str, dict[str, Measured]] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()
    check: Check | None = None
    inputs: tuple[Input, ...] = ()
    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def judged(self) -> dict[str, Estimate]:
        """The metrics that count: after calibration where there is an after."""
        return self.before if self.after is None else self.after

    @property
    def sides(self) -> dict[str, dict[str, Estimate]]:
        """Side -> metrics, of the sides that there are."""
        return {"before": self.before} if self.after is None else {"before": self.before, "after": self.after}

    @property
    def weighted(self) -> bool:
        """Whether rows counted unequally."""
        return self.weight != self.n
