"""What the user may say about the meaning of a table; everything that is left open the reader concludes or refuses.

Every conclusion of the reader names the field that would pin it (as a flag: `label_base` is `--label-base`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Protocol

from calibrate.errors import CalibrateError, shown
from calibrate.protocols import Task

INPUTS = ("auto", "logits", "probs", "log-probs", "sigmoid")
JOINS = ("auto", "position", "number")


class KnownModel(Protocol):
    """What the reader needs of a model, so that nothing is guessed about the scores it is applied to."""

    @property
    def link_key(self) -> str: ...
    @property
    def task(self) -> Task: ...
    @property
    def scale(self) -> str: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def n_columns(self) -> int: ...
    @property
    def clip(self) -> float | None: ...


@dataclass(frozen=True)
class ReadOptions:
    """Flags of the reading commands; None (or "auto") leaves the question to the reader.

    input           auto | logits | probs | log-probs | sigmoid (every column an event of its own)
    label_column    name or number (from 1) of the labels' column, or several of one-hot or indicator labels
    id_column       name or number of the column that identifies a row
    score_columns   names, numbers (`3`), ranges of numbers (`3-12`) or patterns (`logit_*`) in class order
    classes         names of the classes in column order; two for one column of scores: negative, positive
    label_base      the number of the first class: 0 or 1
    positive        the label that is the event, for one column of scores
    groups, weight  columns of either file
    class_weight    `balanced`, or factors of the classes' rows: cat=2,dog=1
    drop_missing    leave out rows with a missing score or label
    clip            keep probabilities within [clip, 1 - clip]
    key             name of the array in an .npz file
    link            name of the link that the scores are meant for
    join            auto (by ids where both files have them) | position | number: a column of row numbers in one file
                    gives the row of the other
    """

    input: str = "auto"
    label_column: str | tuple[str, ...] | None = None
    id_column: str | None = None
    score_columns: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None
    label_base: int | None = None
    positive: str | None = None
    groups: tuple[str, ...] = ()
    weight: str | None = None
    class_weight: str | None = None
    drop_missing: bool = False
    clip: float | None = None
    key: str | None = None
    link: str | None = None
    join: str = "auto"

    def __post_init__(self) -> None:
        if self.input not in INPUTS:
            raise CalibrateError("E201", f"--input {shown(self.input)!r} is unknown", f"one of {', '.join(INPUTS)}")
        if self.join not in JOINS:
            raise CalibrateError("E201", f"--join {shown(self.join)!r} is unknown", f"one of {', '.join(JOINS)}")
        if self.label_base not in (None, 0, 1):
            raise CalibrateError("E201", f"--label-base {self.label_base}: found {self.label_base}, expected 0 or 1")
        if self.clip is not None and not 0 < self.clip < 0.5:
            raise CalibrateError(
                "E201", f"--clip {self.clip}: expected a number above 0 and below 0.5", "as in --clip 1e-15"
            )
        for name in ("label_column", "id_column", "score_columns", "groups", "weight"):
            _expect_names(name, getattr(self, name))
        if self.classes is not None:
            _distinct(self.classes)
        if self.input == "sigmoid" and self.events is False:
            raise CalibrateError("E201", f"--input sigmoid contradicts --link {shown(self.link)}", "--link sigmoid")

    @property
    def events(self) -> bool | None:
        """Whether every column is an event of its own; None where neither link nor input says."""
        if self.link is not None:
            return link_name(self.link) == "sigmoid"
        return True if self.input == "sigmoid" else None

    @property
    def label_columns(self) -> tuple[str, ...]:
        """`label_column` as a tuple, empty where it is not given."""
        if self.label_column is None:
            return ()
        return (self.label_column,) if isinstance(self.label_column, str) else tuple(self.label_column)


def reading_options(reading: dict[str, Any], link: str | None = None) -> ReadOptions:
    """The keyword arguments of a function of the API. Raises `TypeError` for one that there is not."""
    known = [field.name for field in fields(ReadOptions)]
    for name in reading:
        if name not in known:
            near = get_close_matches(name, known, 1) or [", ".join(known)]
            raise TypeError(f"found the argument {name!r}, expected one that there is: {near[0]}?")
    return ReadOptions(**(reading if link is None else reading | {"link": link}))


def _expect_names(name: str, value: Any) -> None:
    """Raise `CalibrateError` E201 where something else than names of columns is given, such as a column itself."""
    if value is None or isinstance(value, str):
        found = name == "groups" and value is not None
    else:
        found = not (isinstance(value, tuple | list) and all(isinstance(each, str) for each in value))
    if found:
        hint = "an array goes in as weights=" if name == "weight" else "put the array into a DataFrame of the labels"
        what = "the name of a column" if name in {"id_column", "weight"} else "names of columns"
        raise CalibrateError("E201", f"{name}: found {type(value).__name__}, expected {what}", hint)


def link_name(key: str) -> str:
    """`gumbel_softmax` of `gumbel-softmax:seed=3`."""
    return key.partition(":")[0].strip().replace("-", "_")


def _distinct(classes: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for position, name in enumerate(classes):
        if not name or name in seen:
            what = "is empty" if not name else "is given twice"
            raise CalibrateError(
                "E201",
                f"--classes: name {position + 1}, {shown(name)!r}, {what}",
                "every class needs a name of its own",
            )
        seen.add(name)
