"""What every test stands on: the same terminal, the same random examples, and where the data lie."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Before NumPy is imported, as `calibrate.__main__` does: threads of BLAS change the last bits.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.update(COLUMNS="80", NO_COLOR="1", TERM="dumb", MPLBACKEND="agg")

# A shell that runs us in the background, and nohup, ignore signals for us and for every process that a test starts.
for number, usual in {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}.items():
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)

# The same examples in every run, so that a law fails for everybody; `--hypothesis-profile=search` looks for new ones.
# No clock decides: a busy machine draws slowly.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The folder of real model outputs."""
    return ROOT / "sample_data"


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    """Numbers of independent programs on `sample_data`; tests/data/README.md says whose."""
    found: dict[str, Any] = json.loads((ROOT / "tests/data/reference.json").read_text())
    return found
