"""Columns of numbers that nothing explains: a stray feature taken for an eleventh class is a silent disaster.

A column counts as a class only if its name, the labels or the sums of the rows say so, or if it would change next to
nothing as a class; else it is named and the user is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.classes import stripped
from calibrate.reading.columns import label_of
from calibrate.reading.labels import Labels
from calibrate.reading.words import SIDE_DATA, is_score, listed, numbered, plain, whole
from calibrate.table import Table

HEAD = 256
"""Rows that are looked at to see whether rows sum to 1."""
FEW = 10
"""Rows below which whole numbers may be so by chance."""
RARE, RARE_SHARE, RAREST_SHARE = 3, 0.005, 0.05
"""Labels that may be expected of a class of which there is none: a few, and of few rows never more than a share."""
SPANS, SPAN_ELEMENTS = 16, 1 << 20
"""Parts of the rows, and scores in all of them, from which labels are expected."""


def refuse_unexplained(table: Table, numbers: list[int], labels: Labels | None) -> None:
    """Raises E210 at a column of numbers that nothing says is a class, and E110 at one without a name."""
    if sums_to_one(np.asarray(table.numbers(numbers).read(0, min(table.n, HEAD)), dtype=np.float64)):
        return
    unnamed = next((j for j in numbers if table.names is not None and not table.names[j]), None)
    if unnamed is not None:
        raise CalibrateError(
            "E110",
            f"{named(table.source.name)}: header: {label_of(table, unnamed)}: found an empty name, expected one",
            "name every column, or name the scores: --score-columns 1,2,... (their numbers)",
        )
    stray, why = _unlike(table, numbers, labels)
    if not stray:
        return
    others = [j for j in numbers if j not in stray]
    if table.names is not None:
        scores = [j for j in numbers if is_score(table.names[j])]
        events = labels is not None and len(labels.distinct) <= 2 and len(scores) == 1  # beside features, say
        if (
            len(numbers) > len(scores)
            and not set(others) & set(scores)
            and (events or len(scores) >= max(1, len(others)))
        ):
            stray, others, why = [j for j in numbers if j not in scores], scores, _NO_SCORE
    beside = f"{len(others)} column{'s' if len(others) != 1 else ''} of scores"
    raise CalibrateError(
        "E210",
        f"{named(table.source.name)}: "
        f"{' and '.join(label_of(table, j) for j in stray[:3])}{' ...' if len(stray) > 3 else ''}: "
        f"found numbers beside {beside}, expected only scores: {why}",
        f"name the scores: --score-columns {_list(table, others)}; or say what {label_of(table, stray[0])} is: "
        f"--weight, --group or --id-column {_list(table, stray[:1])}; if every column is a class: --score-columns '*'",
    )


def _list(table: Table, columns: Sequence[int]) -> str:
    """The columns as an option names them; an example where there are none."""
    names = [table.names[j] if table.names is not None else str(j + 1) for j in columns[:4]]
    return ",".join(shown(n, 30) for n in names) + (",..." if len(columns) > 4 else "") if names else "A,B,..."


def sums_to_one(head: np.ndarray) -> bool:
    """Whether the first rows are probabilities, or logs of probabilities, over exactly these columns."""
    if not len(head) or not np.isfinite(head).all():
        return False
    if head.min() >= 0 and head.max() <= 1:
        return bool(np.abs(head.sum(axis=1) - 1).max() < 1e-3)
    return bool(head.max() <= 0 and np.abs(np.exp(head).sum(axis=1) - 1).max() < 1e-3)


def _unlike(table: Table, numbers: list[int], labels: Labels | None) -> tuple[list[int], str]:
    """The columns that may be no class, and why."""
    if table.names is None:
        return _unlike_in_kind(table, numbers, labels)
    names = [table.names[j] for j in numbers]
    seen = set(labels.distinct) if labels is not None else set()
    wholes = {v for t in seen if (v := whole(t)) is not None} if not seen <= set(names) else set()
    if seen >= set(names) or (len(names) > 2 and _reach(wholes, len(names))):
        return [], ""
    scores = [j for j, name in zip(numbers, names, strict=True) if is_score(name)]
    if len(scores) == 1 and len(numbers) == 2:
        return [j for j in numbers if j not in scores], _NO_SCORE
    sides = [j for j in numbers if _side(table, j)]
    odd = [j for j in numbers if table.kinds[j] == "int"]
    if len(odd) < len(numbers) and set(odd) & set(sides):
        return sorted(set(odd) & set(sides)), _BY_NAME
    other = _otherwise_numbered(numbers, names)
    if other is not None or labels is None:
        found = sides or (odd if len(odd) < len(numbers) / 2 else [])
        return (other, _of_other(other, sides)) if other is not None else (found, _why(sides))
    return _unlabelled(table, numbers, labels, wholes, sides)


_BY_NAME = "by its name it is no class"
_NO_SCORE = "nothing says that it is a score"
_UNREACHED = "no label is this column's number"


def _why(sides: list[int]) -> str:
    return _BY_NAME if sides else "whole numbers, unlike the others"


def _of_other(other: Sequence[int], sides: Sequence[int]) -> str:
    return _BY_NAME if set(other) & set(sides) else "its name is unlike the others"


def _unlabelled(
    table: Table, numbers: list[int], labels: Labels, wholes: Set[int], sides: list[int]
) -> tuple[list[int], str]:
    """The columns that no label speaks for: by name where labels are names of columns, else by number."""
    names = [(table.names or ())[j] for j in numbers]
    if labels.distinct and stripped(names, labels.distinct):
        return [], ""
    if labels.distinct and set(labels.distinct) <= set(names):
        unseen = [j for j, n in zip(numbers, names, strict=True) if n not in labels.distinct]
        return _likely(table, numbers, unseen), f"no label has this name ({listed(labels.distinct)})"
    if sides or len(wholes) < len(labels.distinct) or not wholes or _reach(wholes, len(names)):
        return sides, _BY_NAME
    unseen = [j for at, j in enumerate(numbers) if at > max(wholes) or (at == 0 and 0 not in wholes)]
    found = f"labels {labels.low} to {labels.high}, {len(names)} columns of numbers"
    return _likely(table, numbers, unseen), f"{_UNREACHED} ({found})"


def _reach(wholes: Set[int], k: int) -> bool:
    """Whether numbers as labels need all of `k` columns, counted from 0 or from 1."""
    return {0, k - 1} <= wholes or {1, k} <= wholes


def _otherwise_numbered(numbers: Sequence[int], names: Sequence[str]) -> list[int] | None:
    """The columns called otherwise than most, which have one name with different numbers; None: they do not."""
    pairs = [numbered(n) for n in names]
    prefix, count = Counter(p[0] for p in pairs if p).most_common(1)[0] if any(pairs) else ("", 0)
    if count < 2 or count <= len(names) / 2:
        return None
    return [j for j, p in zip(numbers, pairs, strict=True) if p is None or p[0] != prefix]


def _unlike_in_kind(table: Table, numbers: list[int], labels: Labels | None) -> tuple[list[int], str]:
    """Without names: columns of whole numbers among others, of which no label is the number; labels left in, say."""
    odd = [j for j in numbers if table.kinds[j] == "int"]
    if not 0 < len(odd) < len(numbers) / 2 or table.n < FEW:
        return [], ""
    if labels is None:
        return odd, "whole numbers, unlike the others"
    wholes = {v for t in labels.distinct if (v := whole(t)) is not None}
    if len(wholes) < len(labels.distinct) or _reach(wholes, len(numbers)):
        return [], ""
    if held := [j for j in odd if np.array_equal(table.column(j), labels.values)]:
        return held, "it holds the labels"
    return odd, f"{_UNREACHED} (labels {labels.low} to {labels.high}, {len(numbers)} columns of numbers)"


def _likely(table: Table, numbers: Sequence[int], unseen: Sequence[int]) -> list[int]:
    """Those of the columns without a label that would have some if they were classes.

    A class may be missing among the labels because it is rare; then its scores say so too: the softmax expects hardly
    any label of it. A column that the softmax leaves next to nothing changes next to nothing, whatever it is; one of
    whole numbers among others is none of them.
    """
    expected = _expected(table, numbers)
    most = min(RARE + RARE_SHARE * table.n, RAREST_SHARE * table.n)
    is_mixed = len({table.kinds[j] for j in numbers}) > 1
    heavy = {j for j, m in zip(numbers, expected.tolist(), strict=True) if not m <= most}
    return [j for j in unseen if j in heavy or (is_mixed and table.kinds[j] == "int")]


def _expected(table: Table, numbers: Sequence[int]) -> np.ndarray:
    """Labels of each column that the softmax of the scores expects, estimated from evenly spaced rows."""
    scores = table.numbers(numbers)
    rows = max(1, SPAN_ELEMENTS // len(numbers) // SPANS)
    starts = range(0, table.n, max(rows, -(-table.n // SPANS)))
    head = np.concatenate([scores.read(start, min(start + rows, table.n)).astype(np.float64) for start in starts])
    head = head[np.isfinite(head).all(axis=1)]
    with np.errstate(over="ignore"):
        p = np.exp(head - head.max(axis=1, keepdims=True, initial=-np.inf))
    return (
        np.asarray((p / p.sum(axis=1, keepdims=True)).mean(axis=0) * table.n) if len(p) else np.full(p.shape[1], np.inf)
    )


def _side(table: Table, j: int) -> bool:
    return table.names is not None and plain(table.names[j]) in SIDE_DATA
