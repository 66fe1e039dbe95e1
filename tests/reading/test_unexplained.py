"""Columns of numbers that no name and no label explains: refused, unless as classes they would change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.errors import CalibrateError

N = 60
RNG = np.random.default_rng(0)
THREE = (RNG.standard_normal((N, 3)) * 3).round(4)
Y = THREE.argmax(axis=1)
NAMES = np.array(["cat", "dog", "fox"])
RARE = np.full(N, -20.25)
HEAVY = np.full(N, 2.25)


def csv(columns: Any, header: str = "") -> str:
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([header, *rows] if header else rows) + "\n"


def beside(*more: Any) -> list[Any]:
    return [*THREE.T.tolist(), *(np.asarray(m).tolist() for m in more)]


@pytest.mark.parametrize("labels", [NAMES[Y], Y], ids=["names", "numbers"])
def test_a_class_without_labels_is_one_if_its_scores_say_that_it_is_rare(reads: Any, labels: Any) -> None:
    data = reads(csv(beside(RARE), "cat,dog,fox,owl"), csv([labels], "label"))
    assert data.classes == ("cat", "dog", "fox", "owl")
    assert [n for n in data.notes if "never seen among the labels: 'owl'" in n and "--score-columns" in n]


@pytest.mark.parametrize(
    ("columns", "header", "labels", "words"),
    [
        (beside(HEAVY), "cat,dog,fox,owl", NAMES[Y], "column 4 'owl': found numbers beside 3 columns"),
        (beside(HEAVY), "cat,dog,fox,owl", Y, "column 4 'owl': found numbers beside 3 columns"),
        (beside(np.full(N, -50)), "cat,dog,fox,depth", NAMES[Y], "column 4 'depth'"),
        (beside(RARE), "cat,dog,fox,margin", Y, "column 4 'margin': found numbers beside 3 columns of scores"),
        (beside(RARE), "cat,dog,fox,age", Y, "by its name it is no class"),
        (beside(RARE), "c0,c1,c2,bias", Y, "its name is unlike the others"),
        (beside(Y), "", Y, "column 4: found numbers beside 3 columns of scores, expected only scores: it holds the"),
        ([Y.tolist(), *beside()], "", Y, "column 1: found numbers beside 3 columns"),
        (beside(np.arange(N) % 7), "", Y, "column 4: found numbers beside 3 columns"),
        (THREE.T.tolist(), "prob,w,age", Y % 2, "column 2 'w' and column 3 'age': found numbers beside 1 column"),
        (THREE.T.tolist(), "x1,prob,x2", Y % 2, "column 1 'x1' and column 3 'x2': found numbers beside 1 column"),
    ],
)
def test_refused(reads: Any, columns: Any, header: str, labels: Any, words: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        reads(csv(columns, header), csv([labels], "label"))
    assert caught.value.code == "E210"
    assert words in caught.value.message
    assert "--score-columns '*'" in caught.value.hint


@pytest.mark.parametrize("name", ["prob", "score", "logit", "p", "y_prob", "decision_function"])
@pytest.mark.parametrize("other", ["w", "age"])
def test_a_weight_that_was_forgotten_is_not_proposed_as_the_score(reads: Any, name: str, other: str) -> None:
    weights = [0.25 + k % 3 for k in range(N)]
    text = csv([THREE[:, 0].tolist(), (THREE[:, 0] > 0).astype(int).tolist(), weights], f"{name},label,{other}")
    with pytest.raises(CalibrateError) as caught:
        reads(text)
    assert caught.value.code == "E210"
    assert f"column 3 '{other}': found numbers beside 1 column of scores" in caught.value.message
    assert f"--score-columns {name};" in caught.value.hint
    assert f"what column 3 '{other}' is: --weight, --group or --id-column {other}" in caught.value.hint
    assert reads(text, weight=other).task == "binary"


@pytest.mark.parametrize("header", ["c0,x1,c2", "a\u202eb,c1,c2", "cat,dog,fox"])
def test_labels_of_the_first_and_the_last_column_explain_all(reads: Any, header: str) -> None:
    assert reads(csv(beside(), header), csv([Y], "label")).classes == tuple(header.split(","))


def test_numbers_as_names_are_all_explained_by_labels_of_those_names(reads: Any) -> None:
    labels = np.array(["-1", "0", "1"])[Y]
    data = reads(csv([range(100, 100 + N), *beside()], "id,-1,0,1"), csv([range(100, 100 + N), labels], "id,label"))
    assert data.classes == ("-1", "0", "1")


def test_a_column_without_a_name_is_refused(reads: Any) -> None:
    with pytest.raises(CalibrateError, match=r"header: column 2 '': found an empty name") as caught:
        reads(csv(beside(), "c0,,c2"), csv([Y], "label"))
    assert caught.value.code == "E110"
    assert reads(csv(beside(), "c0,,c2"), csv([Y], "label"), score_columns=("1-3",)).classes == ("c0", "", "c2")


def test_a_column_of_zeros_for_the_reference_class_is_a_class(reads: Any) -> None:
    scores = np.column_stack([THREE[:, :2], np.zeros(N, dtype=int).astype(object)])
    truth = scores.astype(float).argmax(axis=1)
    assert reads(csv(scores.T.tolist()), csv([truth])).classes == ("0", "1", "2")


def test_few_rows_may_be_whole_by_chance(reads: Any) -> None:
    assert reads("2.5,-1,0\n0.5,2,1\n1.5,0,4\n", "0\n1\n1\n").classes == ("0", "1", "2")


def test_without_labels_a_column_of_whole_numbers_among_others_is_refused(reads: Any) -> None:
    with pytest.raises(CalibrateError, match=r"column 4: found numbers beside 3 columns.*unlike the others") as caught:
        reads(csv(beside(Y)), need_labels=False)
    assert (caught.value.code, "--score-columns 1,2,3" in caught.value.hint) == ("E210", True)
    assert reads(csv(beside(Y)), need_labels=False, score_columns=("*",)).rows.n_columns == 4
