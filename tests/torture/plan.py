"""What a section is given and what it gives: the plan of a run, and one outcome per trial."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """What is asked of every section.

    base   an empty folder of its own, removed at the end
    kills  random moments of SIGKILL in all; other sections scale their trials by it
    quick  a small sample of everything, for `make test`
    seed   of everything random
    """

    base: Path
    kills: int = 1000
    quick: bool = False
    seed: int = 1

    def random(self, name: str) -> random.Random:
        """A generator for one section, the same whatever ran before."""
        return random.Random(f"{self.seed} {name}")

    def most(self, full: int, quick: int) -> int:
        """How many trials: `full`, or in a quick run `quick`."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Outcome:
    """One trial: what was done and what was wrong with it.

    problems  empty where all is well
    figures   name -> number, summed over a section and shown behind its line
    left_out  why nothing could be tried here; such a trial neither passes nor fails
    """

    what: str
    problems: tuple[str, ...] = ()
    figures: Mapping[str, int] = field(default_factory=dict)
    left_out: str = ""
