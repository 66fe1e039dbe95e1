"""What is fuzzed lies beside its tests, and runs without pytest too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

collect_ignore = ["fuzz.py", "seeds.py", "targets.py", "verdict.py"]
