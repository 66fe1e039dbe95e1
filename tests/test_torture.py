"""A small sample of every section of `make torture`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

TORTURE = Path(__file__).parent / "torture"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in (TORTURE / "sections").glob("*.py")))
def test_a_sample_of(name: str) -> None:
    command = [sys.executable, str(TORTURE / "torture.py"), "--quick", "--only", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^[1-9]\d* passed, 0 failed$", done.stdout, re.MULTILINE)
