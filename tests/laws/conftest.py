"""What the laws of made files stand on lies beside them, and beside the fuzzer."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "fuzz")]

collect_ignore = ["made.py", "mutated.py", "independent.py"]
