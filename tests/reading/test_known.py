"""With a model nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from calibrate.errors import CalibrateError


@dataclass(frozen=True)
class Model:
    """What the reader asks of one."""

    classes: tuple[str, ...]
    task: str = "multiclass"
    scale: str = "logits"
    link_key: str = "softmax"

    @property
    def n_columns(self) -> int:
        return 1 if self.task in {"binary", "top-label"} else len(self.classes)


PETS = Model(("cat", "dog", "fox"))
ROW = "cat,dog,fox\n1,2,4\n"


@pytest.mark.parametrize(
    ("scores", "model", "found"),
    [
        (ROW, PETS, [1, 2, 4]),
        ("fox,cat,dog\n4,1,2\n", PETS, [1, 2, 4]),
        ("id,fox,cat,dog,split\na,4,1,2,test\n", PETS, [1, 2, 4]),
        ("1,2,4\n", PETS, [1, 2, 4]),
        ("c0,c1,c2\n1,2,4\n", PETS, [1, 2, 4]),
        ("cat,dog,fox\n1,2,4\n", Model(("0", "1", "2")), [1, 2, 4]),
        (np.array([[1, 2, 4]]), PETS, [1, 2, 4]),
        ("x\n0.25\n", Model(("no", "yes"), "binary"), [0.25]),
        ("confidence,pred\n0.5,cat\n", Model((), "top-label", "probs"), [0.0]),
        ("even,prime\n0.5,0.5\n", Model(("even", "prime"), "multilabel", "sigmoid", "sigmoid"), [0.0, 0.0]),
    ],
)
def test_columns(reads: Any, scores: Any, model: Model, found: list[float]) -> None:
    data = reads(scores, model=model, need_labels=False)
    assert data.rows.loads[0]().scores.tolist() == [found]
    assert data.classes == model.classes
    assert data.task == model.task


def test_reordering_is_said(reads: Any) -> None:
    data = reads("fox,cat,dog\n4,1,2\n", model=PETS, need_labels=False)
    assert "the model's, columns reordered by name" in [d.value for d in data.decisions if d.what == "classes"]


@pytest.mark.parametrize(
    ("scores", "model", "code", "words"),
    [
        ("cat,dog,cow\n1,2,4\n", PETS, "E219", ("'fox'", "'cow'")),
        ("apple,pear,plum\n1,2,4\n", PETS, "E219", ("'apple'",)),
        ("cat,dog,fox,cow\n1,2,4,8\n", PETS, "E219", ("column 4 'cow'", "3 classes")),
        ("1,2\n", PETS, "E219", ("2 columns", "3 columns")),
        ("1,2\n", Model(("no", "yes"), "binary"), "E219", ("2 columns", "1 column")),
        (ROW, Model(PETS.classes, scale="probs"), "E215", ("column 2 'dog'", "found 2", "the model")),
        ("0.5,0.25\n", Model(("a", "b"), scale="probs"), "E215", ("row 1", "0.75")),
        ("0.5,0.5\n0.25,0.75\n1,0\n", Model(("a", "b")), "E215", ("probabilities", "logits", "the model")),
    ],
)
def test_contradictions(reads: Any, scores: str, model: Model, code: str, words: tuple[str, ...]) -> None:
    with pytest.raises(CalibrateError) as caught:
        reads(scores, model=model, need_labels=False)
    assert caught.value.code == code
    assert not [w for w in words if w not in caught.value.message], caught.value.message


def test_input_overrules_the_scale_of_the_model(reads: Any) -> None:
    data = reads("0.5,0.5\n0.25,0.75\n1,0\n", model=Model(("a", "b")), need_labels=False, input="logits")
    assert data.rows.loads[0]().scores[1].tolist() == [0.25, 0.75]
    data = reads(ROW, model=Model(PETS.classes, scale="probs"), need_labels=False, input="logits")
    assert data.scale == "logits"


def test_values_inside_the_unit_interval_stay_logits_for_a_model_of_logits(reads: Any) -> None:
    data = reads("0.25\n0.75\n", model=Model(("0", "1"), "binary", link_key="sigmoid"), need_labels=False)
    assert data.rows.loads[0]().scores.ravel().tolist() == [0.25, 0.75]


EVENT = Model(("0", "1"), "binary", link_key="sigmoid")


@pytest.mark.parametrize("name", ["y_prob", "prob", "p", "probability", "P_yes", "proba_1"])
def test_a_column_called_probability_is_never_taken_for_the_logits_of_a_model(reads: Any, name: str) -> None:
    with pytest.raises(CalibrateError, match=f"column 1 '{name}': every value lies in") as caught:
        reads(f"{name}\n0.25\n0.75\n", model=EVENT, need_labels=False)
    assert caught.value.code == "E215" and "--input probs" in caught.value.hint
    for text, options in (("0.25", {"input": "logits"}), ("0.25", {"input": "probs"}), ("-3", {})):
        assert reads(f"{name}\n{text}\n0.75\n", model=EVENT, need_labels=False, **options).rows.n == 2


@pytest.mark.parametrize(
    ("name", "n", "low", "warns"), [("x", 20, 0, 1), ("x", 19, 0, 0), ("x", 20, -1, 0), ("logit", 20, 0, 0)]
)
def test_many_values_in_the_unit_interval_are_doubted_as_logits_of_a_model(
    reads: Any, name: str, n: int, low: float, warns: int
) -> None:
    text = f"{name}\n{low}\n" + "".join(f"{k / n}\n" for k in range(1, n))
    data = reads(text, model=EVENT, need_labels=False)
    assert data.scale == "logits"
    assert sum(note.startswith("WARNING: every value lies in [0, 1], and the model") for note in data.notes) == warns
    assert not reads(text, model=EVENT, need_labels=False, input="logits").notes


@pytest.mark.parametrize(
    ("labels", "found"), [("label\nyes\nno\n", [1, 0]), ("label\n1\n0\n", [1, 0]), ("label\nTrue\nFalse\n", [1, 0])]
)
def test_labels_are_the_models(reads: Any, labels: str, found: list[int]) -> None:
    data = reads("2.5\n-1\n", labels, model=Model(("no", "yes"), "binary", link_key="sigmoid"))
    assert data.rows.loads[0]().labels.ravel().tolist() == found
    assert data.classes == ("no", "yes")


def test_another_positive_class_is_refused(reads: Any) -> None:
    with pytest.raises(CalibrateError, match="'yes'") as caught:
        reads("2.5\n-1\n", "yes\nno\n", model=Model(("no", "yes"), "binary"), positive="no")
    assert caught.value.code == "E219"


def test_a_label_that_the_model_does_not_know(reads: Any) -> None:
    with pytest.raises(CalibrateError, match=r"row 2 .*'maybe'") as caught:
        reads("2.5\n-1\n", "label\nyes\nmaybe\n", model=Model(("no", "yes"), "binary"))
    assert caught.value.code == "E204"
