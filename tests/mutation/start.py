"""mutmut as it is, but for two things: texts are not mutated, and of the tests the cheapest come first, up to a budget.

python tests/mutation/start.py SECONDS ARGUMENTS-OF-MUTMUT...
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
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
