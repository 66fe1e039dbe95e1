"""Which class a label is: by name where every label is a column's name, by number where the numbers leave one reading.

Class names are never sorted: their order is that of the columns. Where numbers allow two readings (1..K, columns
named c1..cK, columns out of order) nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calibrate.errors import CalibrateError, named, shown
from calibrate.reading.labels import Labels
from calibrate.reading.options import ReadOptions
from calibrate.reading.words import listed, numbered, whole
from calibrate.table import Decision

UNLABELLED = "-1 often marks rows that nobody labelled: remove them, from scores and labels alike"


@dataclass(frozen=True, eq=False)
class Coded:
    """Class numbers (n,), the class names in column order, and why.

    unsure    the numbers were taken as counted from 0, but 0 never occurs: the predictions are asked too
    """

    codes: np.ndarray
    classes: tuple[str, ...]
    decisions: tuple[Decision, ...] = field(default=())
    unsure: bool = False


def coded(labels: Labels, names: tuple[str, ...] | None, k: int, options: ReadOptions) -> Coded:
    """Labels as numbers of the `k` columns called `names`. Raises E204, E206 or E207."""
    if labels.kind == "text":
        return _texts(labels, names, k, options)
    if labels.kind == "bool":
        return _bools(labels, names, k)
    return _wholes(labels, names, k, options)


def default_names(k: int, base: int = 0) -> tuple[str, ...]:
    """`0`..`K-1`, or as the labels count."""
    return tuple(str(j + base) for j in range(k))


def _said(names: Sequence[str], why: str, flag: str = "--classes") -> Decision:
    return Decision("classes", listed(tuple(names), 10), why, flag)


def _wholes(labels: Labels, names: tuple[str, ...] | None, k: int, options: ReadOptions) -> Coded:
    numbers = [whole(n) for n in names] if names else []
    if options.label_base is None and names and numbers != list(range(k)):
        if any(v is not None for v in numbers):
            return _numbered_columns(labels, names, numbers)
        _refuse_disorder(labels, names, k)
    base = options.label_base or 0
    if options.label_base is None and labels.low >= 1 and labels.high == k:
        raise _base(labels, f"labels run from {labels.low} to {k} with {k} columns of scores")
    if options.label_base is None and k == 2 and labels.distinct == ("-1", "1"):
        return Coded(
            (labels.values + 1) // 2, names or ("-1", "1"), (_said(names or ("-1", "1"), "labels are -1 and 1"),)
        )
    if labels.low < base or labels.high >= k + base:
        outside = (labels.values < base) | (labels.values >= k + base)
        if labels.missing is not None:
            outside &= ~labels.missing
        expected = f"a whole number from {base} to {k + base - 1}"
        hint = "" if options.label_base is not None else "--label-base 1 if the first class is 1"
        raise labels.first(outside, expected, _hint(labels, outside, hint))
    classes = names or default_names(k, base)
    why = f"labels are numbers of the columns, counted from {base}"
    codes = labels.values - base if base else labels.values
    if base and labels.missing is not None:
        codes = np.where(labels.missing, 0, codes)
    return Coded(
        codes, classes, (_said(classes, why, "--label-base"),), options.label_base is None and labels.low >= 1 and k > 2
    )


def _numbered_columns(labels: Labels, names: tuple[str, ...], numbers: list[int | None]) -> Coded:
    number = {str(v): j for j, v in enumerate(numbers) if v is not None}
    if all(t in number for t in labels.distinct):
        return Coded(labels.as_numbers(number), names, (_said(names, "every label is the name of a column"),))
    strange = ~np.isin(labels.values, [v for v in numbers if v is not None])
    if labels.missing is not None:
        strange &= ~labels.missing
    raise labels.first(
        strange,
        f"the name of a column: {listed(names)}",
        _hint(labels, strange, "--label-base 0 takes labels as numbers of columns, not as names"),
    )


def _hint(labels: Labels, strange: np.ndarray, otherwise: str) -> str:
    """What to do about the first strange label: -1 is a way to say that there is none."""
    return UNLABELLED if whole(labels.as_written(int(np.argmax(strange)))) == -1 else otherwise


def _refuse_disorder(labels: Labels, names: tuple[str, ...], k: int) -> None:
    """Columns like c1, c2, c3 or c0, c1, c10, c2 beside whole labels: refused where name and position disagree."""
    pairs = [numbered(n) for n in names]
    if any(p is None for p in pairs) or len({p[0] for p in pairs if p}) != 1:
        return
    order = [p[1] for p in pairs if p]
    if order == list(range(1, k + 1)):
        if labels.low >= 1:
            raise _base(labels, f"columns are called '{shown(names[0])}' to '{shown(names[-1])}' and no label is 0")
    elif order != sorted(order) and sorted(order) in (list(range(k)), list(range(1, k + 1))):
        at = next(j for j in range(k) if order[j] != sorted(order)[j])
        raise CalibrateError(
            "E207",
            f"{named(labels.table.source.name)}: labels are numbers, and the columns of scores are not in the order "
            "of theirs: "
            f"column {at + 1} is '{shown(names[at])}'",
            "give them in class order: --score-columns "
            + ",".join(sorted(names, key=lambda n: (numbered(n) or ("", 0))[1])[:4])
            + ",...",
        )


def _base(labels: Labels, what: str) -> CalibrateError:
    return CalibrateError(
        "E206",
        f"{named(labels.table.source.name)}: {what}: is the first class 0 or 1?",
        "--label-base 1 if labels start at 1, --label-base 0 if the first class never occurs",
    )


def _bools(labels: Labels, names: tuple[str, ...] | None, k: int) -> Coded:
    if k != 2:
        raise CalibrateError(
            "E204",
            f"{named(labels.table.source.name)}: {labels.table.place(0, labels.column)}: found labels true and false "
            f"(bool), expected one of {k} classes",
            "two columns of scores, or one, go with such labels",
        )
    lowered = [n.lower() for n in names or ()]
    if sorted(lowered) == ["false", "true"]:
        return Coded(
            np.where(labels.values == 1, lowered.index("true"), lowered.index("false")),
            names or (),
            (_said(names or (), "names"),),
        )
    classes = names or ("False", "True")
    return Coded(labels.values, classes, (_said(classes, "labels are false (first column) and true (second)"),))


def _texts(labels: Labels, names: tuple[str, ...] | None, k: int, options: ReadOptions) -> Coded:
    if names is not None:
        number = {name: j for j, name in enumerate(names)}
        if all(t in number for t in labels.texts):
            return Coded(labels.as_numbers(number), names, (_said(names, "every label is the name of a column"),))
        bare = stripped(names, labels.texts)
        if bare is not None:
            number = {name: j for j, name in enumerate(bare)}
            return Coded(
                labels.as_numbers(number),
                bare,
                (_said(bare, f"every label is in the name of a column, as in {listed(names, 1)}"),),
            )
    numbers = labels.taken_as_whole()
    if numbers is not None:
        return _wholes(numbers, names, k, options)
    said = truths(labels)
    if said is not None:
        return _bools(said, names, k)
    raise _stranger(labels, names, k)


def truths(labels: Labels) -> Labels | None:
    """Labels that are the words true and false, as booleans; None where any is another word."""
    lowered = [t.lower() for t in labels.texts]
    if not lowered or not set(lowered) <= {"true", "false"}:
        return None
    return Labels(
        labels.table,
        labels.column,
        "bool",
        np.array([t == "true" for t in lowered], np.int64)[labels.values],
        (),
        labels.missing,
    )


def _stranger(labels: Labels, names: tuple[str, ...] | None, k: int) -> CalibrateError:
    """The error for texts that are not the columns' names: the odd label out, or the question for the names."""
    known = set(names or ())
    wholes = np.array([whole(t) is not None for t in labels.texts])
    by_name = np.array([t in known for t in labels.texts])
    present = np.ones(len(labels.values), bool) if labels.missing is None else ~labels.missing
    half = present.sum() / 2
    if (by_name[labels.values] & present).sum() >= half:
        strange = ~by_name[labels.values] & present
        return labels.first(strange, f"one of the classes {listed(tuple(names or ()))}", _hint(labels, strange, ""))
    if (wholes[labels.values] & present).sum() >= half:
        return labels.first(~wholes[labels.values] & present, f"a whole number from 0 to {k - 1}")
    file = named(labels.table.source.name)
    if names is None:
        hint = "name the columns in their order: --classes " + ("A,B,..." if len(labels.texts) > k else "NAME,NAME,...")
        return CalibrateError(
            "E207", f"{file}: labels are names ({listed(labels.texts)}), the columns of scores have none", hint
        )
    columns = f"columns {listed(names)}"
    hint = "--classes gives the names of the columns in their order"
    return CalibrateError("E207", f"{file}: labels {listed(labels.texts)} are not the names of the {columns}", hint)


def stripped(names: Sequence[str], labels: Sequence[str]) -> tuple[str, ...] | None:
    """Column names without what all of them have before or after the class: `prob_cat`, `prob_dog` -> `cat`, `dog`.

    None unless every label is then a name. Numbers are not stripped: `c1` may be the first class or the second.

    >>> stripped(("prob_cat", "prob_dog", "prob_fox"), ["fox", "cat"])
    ('cat', 'dog', 'fox')
    """
    if not labels or any(whole(t) is not None for t in labels):
        return None
    for name in names:
        before, found, after = name.partition(labels[0])
        if not found or not (before or after) or not all(n.startswith(before) and n.endswith(after) for n in names):
            continue
        bare = tuple(n[len(before) : len(n) - len(after)] for n in names)
        if all(bare) and set(labels) <= set(bare) and len(set(bare)) == len(bare):
            return bare
    return None
