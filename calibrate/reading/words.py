"""Names that people give to columns: evidence of what a column is, weighed with what stands in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from calibrate.errors import shown


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


LABELS = _names(
    "label labels y y_true ytrue y_test true true_label true_labels label_true true_class class_true target "
    "targets class class_label class_id label_id target_id classes truth ground_truth groundtruth gt gt_label "
    "gold gold_label actual actual_label correct_label category outcome"
)
IDS = _names(
    "id ids uuid guid key filename file_name file path filepath file_path fname image image_name image_path img "
    "img_path url uri name sample sample_name example row_name identifier"
)
INDEXES = frozenset(
    {"", *_names("index idx row row_index row_idx row_no rownames row_number level_0 __index_level_0__")}
)
CONFIDENCES = _names(
    "confidence confidences conf score max_prob maxprob max_probability max_proba max_score max_softmax msp "
    "top_prob top1_prob top_confidence top1_confidence probability prob proba p"
)
PREDICTIONS = _names(
    "prediction predictions pred preds predicted predicted_label predicted_class pred_label pred_class label_pred "
    "class_pred y_pred ypred yhat y_hat argmax top1 top1_label top1_class top_label"
)
WEIGHTS = _names("weight weights sample_weight sample_weights")
SIDE_DATA = (
    WEIGHTS
    | CONFIDENCES
    | _names(
        "logit margin decision decision_function raw_score z fold folds split epoch step iteration loss nll ce "
        "cross_entropy entropy energy uncertainty variance temperature time timestamp date year month day age group "
        "seed rank count size length width height duration latency price amount lat lon latitude longitude n k index "
        "row"
    )
)
"""Numbers that stand beside scores and are no class."""

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "missing", "?", "<na>", "nat"})
"""Texts that mean "no value" where a number is expected; as labels they are class names if a class has that name."""

_UNNAMED = re.compile(r"Unnamed: \d+(\.\d+)*")
_NUMBERED = re.compile(r"(.*?)(\d+)", re.DOTALL)
_WHOLE = re.compile(r"([+-]?\d+)(?:\.0*)?", re.ASCII)


def plain(name: str) -> str:
    """A column name in small letters, its separators as `_`: `Image-ID` -> `image_id`."""
    return re.sub(r"[\s.\-]+", "_", name.strip().lower())


def is_id(name: str) -> bool:
    """Whether a column of this name identifies rows: id, image_id, imageId, filename, ..."""
    return (
        plain(name) in IDS
        or plain(name).endswith(("_id", "_uuid"))
        or re.search(r"[a-z](Id|ID)$", name.strip()) is not None
    )


def is_probability(name: str) -> bool:
    """Whether a column of this name says that it holds probabilities.

    >>> [is_probability(n) for n in ("Prob", "prob_cat", "y_proba", "p", "log_prob", "problem")]
    [True, True, True, True, False, False]
    """
    parts = plain(name).split("_")
    named_so = not {*parts}.isdisjoint(("prob", "probs", "proba", "probability", "probabilities"))
    return "log" not in parts and (named_so or parts[0] == "p")


def is_logit(name: str) -> bool:
    """Whether a column of this name says that it holds logits, or other scores without a bound.

    >>> [is_logit(n) for n in ("Logit", "y_logits", "decision_function", "log_odds", "login", "log_prob")]
    [True, True, True, True, False, False]
    """
    parts = {*plain(name).split("_")}
    words = ("logit", "logits", "margin", "margins", "decision", "logodds")
    return not parts.isdisjoint(words) or {"log", "odds"} <= parts


def is_score(name: str) -> bool:
    """Whether a column of this name says that it holds scores, on whatever scale.

    >>> [is_score(n) for n in ("score", "y_prob", "logit_3", "raw_score", "w", "age")]
    [True, True, True, True, False, False]
    """
    parts = plain(name).split("_")
    return plain(name) in CONFIDENCES or "score" in parts or is_probability(name) or is_logit(name)


def is_index(name: str) -> bool:
    """Whether this is how a data frame names the column of its row numbers."""
    return plain(name) in INDEXES or _UNNAMED.fullmatch(name.strip()) is not None


def numbered(name: str) -> tuple[str, int] | None:
    """Prefix and number of `logit_3`; None where a name does not end in a number.

    >>> numbered("c10"), numbered("7"), numbered("cat")
    (('c', 10), ('', 7), None)
    """
    found = _NUMBERED.fullmatch(name.strip())
    return (found[1], int(found[2])) if found and found[2].isascii() and len(found[2]) < 10 else None


def generic(names: Sequence[str]) -> bool:
    """Whether names say no more than a number: 0, 1, 2 or c0, c1, c2."""
    pairs = [numbered(n) for n in names]
    return all(pairs) and len({p[0] for p in pairs if p}) == 1


def whole(text: str) -> int | None:
    """The whole number that `text` writes (`2`, `-1`, `2.0`), or None."""
    found = _WHOLE.fullmatch(text.strip())
    return int(found[1]) if found and len(found[1]) < 20 else None


def listed(items: list[str] | tuple[str, ...], most: int = 6) -> str:
    """At most `most` of the items, quoted, safe to print: `'cat', 'dog', ... (10 in all)`."""
    head = ", ".join(f"'{shown(item, 40)}'" for item in items[:most])
    return head + (f", ... ({len(items)} in all)" if len(items) > most else "")
