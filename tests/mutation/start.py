"""mutmut as it is, but that texts are not mutated, nothing is kept in caches, and the cheapest tests come first.

python tests/mutation/start.py SECONDS ARGUMENTS-OF-MUTMUT...
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import _lru_cache_wrapper
from typing import Any

import mutmut.__main__ as mutmut
from mutmut.mutation import file_mutation, mutators
from mutmut.runners.harness import PytestRunner
from mutmut.state import state

TEXTS = (
    mutators.operator_string,
    mutators.operator_symmetric_string_methods_swap,
    mutators.operator_unsymmetrical_string_methods_swap,
)


def main(budget: float, arguments: list[str]) -> None:
    """Change what is to be changed, and start."""
    kept = [pair for pair in mutators.mutation_operators if pair[1] not in TEXTS]
    mutators.mutation_operators = file_mutation.mutation_operators = kept
    usual = PytestRunner.run_tests

    def run_tests(self: Any, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        # Results of the program itself, kept since the tests ran for the first time in this process.
        for module in [module for name, module in sys.modules.items() if name.startswith("calibrate.")]:
            for kept in vars(module).values():
                if isinstance(kept, _lru_cache_wrapper):
                    kept.cache_clear()
        chosen, spent = [], 0.0
        for test in sorted(tests, key=lambda name: (state().duration_by_test[name], name)):
            spent += state().duration_by_test[test]
            if chosen and spent > budget and mutant_name:
                break
            chosen.append(test)
        return int(usual(self, mutant_name=mutant_name, tests=chosen))

    PytestRunner.run_tests = run_tests
    mutmut.cli(arguments)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
