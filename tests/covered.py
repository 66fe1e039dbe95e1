"""Say whether the tests ran enough of the branches: `python tests/covered.py`, after `pytest --cov --cov-branch`.

At least 98 % of all lines and branches, and every one of those that read files (containers, formats, their meaning),
write them (numbers, text, folders that are whole or not there), count, measure, judge, escape and end the program.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TOTAL = 98.0
WHOLE = (
    *("numerics.py", "sums.py", "spreadsheet.py", "markup.py", "versioned.py", "cli/exits.py"),
    *("containers/", "formats/", "gates/", "metrics/", "outputs/", "reading/", "uncertainty/", "writers/"),
)
"""Files and folders of `calibrate/`."""


def measured() -> dict[str, Any]:
    """What coverage.py wrote down."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        subprocess.run([sys.executable, "-m", "coverage", "json", "-q", "-o", path], check=True)
        found: dict[str, Any] = json.loads(path.read_text())
    return found


def gaps(files: dict[str, Any]) -> list[str]:
    """Files of `WHOLE` with a line or a branch that no test ran."""
    return [
        f"{name}: lines {entry['missing_lines']}, branches {entry['missing_branches']}"
        for name, entry in files.items()
        if name.removeprefix("calibrate/").startswith(WHOLE) and (entry["missing_lines"] or entry["missing_branches"])
    ]


def main() -> int:
    """Print what lacks; 1 where something does."""
    found = measured()
    total, missing = found["totals"]["percent_covered"], gaps(found["files"])
    for line in missing:
        sys.stdout.write(f"not whole: {line}\n")
    sys.stdout.write(f"{total:.2f} % of lines and branches, expected {TOTAL:g} %\n")
    return 1 if missing or total < TOTAL else 0


if __name__ == "__main__":
    raise SystemExit(main())
