"""Sums: the only thing one pass over the rows leaves, and the only way two passes are combined.

A total is never a mean of means: collectors leave sums, sums are added, a metric divides at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np

    Sums = dict[str, np.ndarray | float | int | tuple[Any, ...]]
else:
    Sums = dict

Item = TypeVar("Item")


def merge(left: Sums, right: Sums) -> Sums:
    """The sums of two disjoint sets of rows: arrays and numbers add, tuples concatenate (which is `+` as well).

    >>> merge({"n": 2, "column": ("a",)}, {"n": 3, "column": ("b",)})
    {'n': 5, 'column': ('a', 'b')}

    Raises `KeyError` when the two do not hold the same keys: they were not left by the same collector.
    """
    if left.keys() != right.keys():
        raise KeyError(f"sums of different collectors: {sorted(left.keys() ^ right.keys())}")
    return {key: left[key] + right[key] for key in left}  # type: ignore[operator]


def total(collect: Callable[[Item], Sums], items: Iterable[Item]) -> Sums:
    """Sums of all `items`, added in their order, so that the last bit does not depend on who computed them when."""
    return reduce(merge, map(collect, items))
