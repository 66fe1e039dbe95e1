"""Print the oldest versions that pyproject.toml allows as constraints: `numpy>=2.0` becomes `numpy==2.0`."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
OF_THEIR_TIME = ("pyparsing<3.3",)
"""What the oldest stand on, where its newest only warns: Matplotlib 3.9 uses names that pyparsing 3.3 took away."""


def requirements() -> Iterator[str]:
    """Of the package and of all its extras; the extras that name other extras are left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for text in [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]:
        if not text.startswith("calibrate["):
            yield text


def lowest(requirement: str) -> str:
    """The oldest version that one requirement allows."""
    found = re.fullmatch(r"([A-Za-z0-9_-]+)>=([0-9.]+)(,<[0-9.]+)?", requirement)
    if found is None:
        raise SystemExit(f"{requirement}: expected NAME>=VERSION in pyproject.toml, so that its oldest can be tested")
    return f"{found[1]}=={found[2]}"


if __name__ == "__main__":
    sys.stdout.writelines(f"{text}\n" for text in (*map(lowest, requirements()), *OF_THEIR_TIME))
