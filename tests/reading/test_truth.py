from __future__ import annotations

from typing import Any

import pytest

from calibrate.errors import CalibrateError
from calibrate.reading.options import ReadOptions
from calibrate.reading.truth import task_of, unlabelled


@pytest.mark.parametrize(
    ("k", "top", "options", "task"),
    [
        (3, False, {}, "multiclass"),
        (2, False, {}, "multiclass"),
        (1, False, {}, "binary"),
        (1, True, {}, "top-label"),
        (1, True, {"link": "sigmoid"}, "binary"),
        (3, False, {"link": "sparsemax"}, "multiclass"),
        (3, False, {"link": "sigmoid"}, "multilabel"),
        (3, False, {"input": "sigmoid"}, "multilabel"),
    ],
)
def test_task(k: int, top: bool, options: dict[str, str], task: str) -> None:
    assert task_of(k, top, ReadOptions(**options), None, "scores") == task  # type: ignore[arg-type]


def test_softmax_over_one_class() -> None:
    with pytest.raises(CalibrateError) as caught:
        task_of(1, False, ReadOptions(link="softmax"), None, "scores")
    assert caught.value.code == "E211"


def test_classes_without_labels() -> None:
    assert unlabelled("binary", 1, None, False, ReadOptions()).classes == ("0", "1")
    assert unlabelled("binary", 1, None, False, ReadOptions(positive="spam")).classes == ("not spam", "spam")
    assert unlabelled("binary", 1, ("ham", "spam"), True, ReadOptions()).classes == ("ham", "spam")
    assert unlabelled("multiclass", 3, None, False, ReadOptions(label_base=1)).classes == ("1", "2", "3")
    assert unlabelled("multilabel", 2, ("a", "b"), False, ReadOptions()).classes == ("a", "b")
    assert unlabelled("top-label", 1, None, False, ReadOptions()).classes == ()


@pytest.mark.parametrize(
    ("scores", "labels", "options", "code", "words"),
    [
        (
            "x,y,z,l,m\n1.5,2,0,1,0\n0.5,3,1,0,1\n",
            None,
            {"label_column": ("l", "m"), "score_columns": ("x", "y", "z")},
            "E209",
            "scores.csv: 2 columns of labels, the scores have 3; expected one column of labels, or one-hot rows",
        ),
        (
            "confidence,prediction\n0.5,2\n0.5,3\n",
            "l,m\n1,0\n0,1\n",
            {},
            "E203",
            "scores.csv: confidences need the predicted class beside them, and one column of labels",
        ),
    ],
    ids=["one-hot", "top-label"],
)
def test_several_columns_of_labels(
    reads: Any, scores: str, labels: str | None, options: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(CalibrateError) as caught:
        reads(scores, labels, **options)
    assert caught.value.code == code
    assert words in caught.value.message
    assert caught.value.hint
