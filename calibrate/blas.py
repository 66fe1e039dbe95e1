"""Products by one thread of BLAS: with several, the last bits of a sum depend on how many there are."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, cast

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment that the libraries read once, when NumPy is imported; the command line sets it before."""


def one_thread() -> AbstractContextManager[object]:
    """Inside, BLAS works with one thread in this process; afterwards with as many as before.

    It costs 0.01 ms (the first time 10 ms), and nothing where the environment says 1 already. The number is one for
    the whole process: of two calls that overlap in two Python threads, the first to come gives it back when it leaves.
    """
    if all(os.environ.get(name) == "1" for name in VARIABLES):
        return nullcontext()
    return cast(AbstractContextManager[object], _libraries().limit(limits=1))


@cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
