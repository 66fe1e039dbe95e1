"""The whole reader: a table of layouts, a table of refusals, and laws over both."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibrate.errors import TITLES, CalibrateError
from calibrate.reading.dataset import Dataset, from_memory
from calibrate.rows import block_rows

LOGITS = [[2.5, -1.0, 0.25], [-0.5, 1.5, 0.0], [0.125, 0.5, 3.0], [1.0, 2.0, -4.0], [0.5, 0.25, 1.75], [3.0, 1.0, 2.0]]
Y = [0, 1, 2, 1, 2, 0]
NAMES = ("cat", "dog", "fox")
ONE = [-2.0, 0.5, 1.5, -0.25, 3.0, -1.0]
Z = [0, 1, 1, 0, 1, 0]


def grid(rows: Any, header: str = "", sep: str = ",") -> str:
    lines = [sep.join(map(str, np.atleast_1d(np.array(row, dtype=object)))) for row in rows]
    return "\n".join([header, *lines] if header else lines) + "\n"


def column(values: Any, header: str = "") -> str:
    return grid([[v] for v in values], header)


def beside(*columns: Any) -> list[list[Any]]:
    return [
        [cell for part in row for cell in (part if isinstance(part, (list, tuple)) else [part])]
        for row in zip(*columns, strict=True)
    ]


S3 = grid(LOGITS, "c0,c1,c2")
NAMED = grid(LOGITS, "cat,dog,fox")
BARE = grid(LOGITS)
WORDS = [NAMES[i] for i in Y]
IDS = [f"img{i}.png" for i in (4, 1, 5, 0, 2, 3)]
SOFT = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
SIG = 1 / (1 + np.exp(-np.array(ONE)))
SHUFFLED = [3, 0, 5, 1, 4, 2]
HOT = np.eye(3, dtype=int)[Y]

LAYOUTS: list[tuple[str, Any, Any, dict[str, Any], str, tuple[str, ...]]] = [
    ("header and label", S3, column(Y, "label"), {}, "multiclass", ("c0", "c1", "c2")),
    ("no headers", BARE, column(Y), {}, "multiclass", ("0", "1", "2")),
    ("header 0..K-1", grid(LOGITS, "0,1,2"), column(Y), {}, "multiclass", ("0", "1", "2")),
    ("labels with the header 0 of a data frame", BARE, column(Y, "0"), {}, "multiclass", ("0", "1", "2")),
    ("float labels", S3, column(map(float, Y), "label"), {}, "multiclass", ("c0", "c1", "c2")),
    (
        "names, any order of columns",
        grid([[r[2], r[0], r[1]] for r in LOGITS], "fox,cat,dog"),
        column(WORDS, "label"),
        {},
        "by name",
        (),
    ),
    (
        "names under a prefix",
        grid(LOGITS, "prob_cat,prob_dog,prob_fox"),
        column(WORDS, "label"),
        {},
        "multiclass",
        NAMES,
    ),
    ("names without any header", NAMED, column(WORDS), {}, "multiclass", NAMES),
    ("--classes for columns without names", BARE, column(WORDS, "label"), {"classes": NAMES}, "multiclass", NAMES),
    (
        "numbers as names of columns, out of order",
        grid([[r[2], r[0], r[1]] for r in LOGITS], "2,0,1"),
        column(Y, "label"),
        {},
        "by number",
        (),
    ),
    ("base 1, as told", S3, column([y + 1 for y in Y], "label"), {"label_base": 1}, "multiclass", ("c0", "c1", "c2")),
    ("base 1 without names", BARE, column([y + 1 for y in Y]), {"label_base": 1}, "multiclass", ("1", "2", "3")),
    ("labels in the same file", grid(beside(LOGITS, WORDS), "cat,dog,fox,label"), None, {}, "multiclass", NAMES),
    ("labels first", grid(beside(Y, LOGITS), "y_true,c0,c1,c2"), None, {}, "multiclass", ("c0", "c1", "c2")),
    (
        "index column",
        grid(beside(range(6), LOGITS), ",c0,c1,c2"),
        column(Y, "label"),
        {},
        "multiclass",
        ("c0", "c1", "c2"),
    ),
    (
        "index in both",
        grid(beside(range(6), LOGITS), ",c0,c1,c2"),
        grid(beside(range(6), Y), ",label"),
        {},
        "multiclass",
        ("c0", "c1", "c2"),
    ),
    (
        "Unnamed: 0 from 1",
        grid(beside(range(1, 7), LOGITS), "Unnamed: 0,c0,c1,c2"),
        column(Y, "label"),
        {},
        "multiclass",
        ("c0", "c1", "c2"),
    ),
    (
        "ids, same order",
        grid(beside(IDS, LOGITS), "id,c0,c1,c2"),
        grid(beside(IDS, Y), "id,label"),
        {},
        "multiclass",
        ("c0", "c1", "c2"),
    ),
    (
        "ids, another order",
        grid(beside(IDS, LOGITS), "filename,c0,c1,c2"),
        grid([[IDS[i], Y[i]] for i in SHUFFLED], "image_id,label"),
        {},
        "multiclass",
        ("c0", "c1", "c2"),
    ),
    (
        "shuffled row numbers join",
        grid(beside([40, 7, 9, 3, 22, 5], LOGITS), ",c0,c1,c2"),
        grid([[[40, 7, 9, 3, 22, 5][i], Y[i]] for i in SHUFFLED], ",label"),
        {},
        "multiclass",
        ("c0", "c1", "c2"),
    ),
    ("ids without a header", S3, grid(beside(IDS, Y)), {}, "multiclass", ("c0", "c1", "c2")),
    ("a label among others", S3, grid(beside(Y, [0.5] * 6), "label,age"), {}, "multiclass", ("c0", "c1", "c2")),
    ("one-hot", BARE, grid(HOT), {}, "multiclass", ("0", "1", "2")),
    ("one-hot by name", NAMED, grid(HOT[:, [1, 2, 0]], "dog,fox,cat"), {}, "multiclass", NAMES),
    (
        "predictions beside",
        grid(beside(LOGITS, Y), "c0,c1,c2,pred"),
        column(Y, "label"),
        {},
        "multiclass",
        ("c0", "c1", "c2"),
    ),
    (
        "text nobody asks for",
        grid(beside(LOGITS, ["x"] * 6), "c0,c1,c2,split"),
        column(Y, "label"),
        {},
        "multiclass",
        ("c0", "c1", "c2"),
    ),
    (
        "a stray, named away",
        grid(beside(LOGITS, [7.5] * 6), "c0,c1,c2,age"),
        column(Y),
        {"score_columns": ("c*",)},
        "multiclass",
        ("c0", "c1", "c2"),
    ),
    (
        "columns by number",
        grid(beside([7.5] * 6, LOGITS)),
        column(Y),
        {"score_columns": ("2-4",)},
        "multiclass",
        ("0", "1", "2"),
    ),
    (
        "semicolon, decimal comma",
        S3.replace(",", ";").replace(".", ","),
        column(Y),
        {},
        "multiclass",
        ("c0", "c1", "c2"),
    ),
    ("npy", np.array(LOGITS), np.array(Y), {}, "multiclass", ("0", "1", "2")),
    ("npy (n, 1)", np.array(LOGITS), np.array(Y, np.uint8)[:, None], {}, "multiclass", ("0", "1", "2")),
    (
        "npz of both",
        {"logits": np.array(LOGITS), "labels": np.array(Y), "cal_idx": np.arange(3)},
        None,
        {},
        "multiclass",
        ("0", "1", "2"),
    ),
    ("log-probabilities", grid(np.log(SOFT), "c0,c1,c2"), column(Y), {}, "log", ("c0", "c1", "c2")),
    ("probabilities", grid(SOFT, "c0,c1,c2"), column(Y), {}, "log", ("c0", "c1", "c2")),
    ("one logit a row", column(ONE, "logit"), column(Z, "label"), {}, "binary", ("0", "1")),
    ("one probability a row", column(SIG), column(Z), {}, "binary", ("0", "1")),
    ("-1 and 1", column(ONE), column([2 * z - 1 for z in Z]), {}, "binary", ("-1", "1")),
    ("True and False", column(ONE), column([bool(z) for z in Z], "label"), {}, "binary", ("False", "True")),
    (
        "names and --positive",
        column(ONE),
        column(["ham" if z else "spam" for z in Z], "y"),
        {"positive": "ham"},
        "binary",
        ("spam", "ham"),
    ),
    (
        "the column is the positive class",
        column(ONE, "ham"),
        column(["ham" if z else "spam" for z in Z], "y"),
        {},
        "binary",
        ("spam", "ham"),
    ),
    ("binary in one file", grid(beside(SIG, Z), "probability,label"), None, {}, "binary", ("0", "1")),
    ("one vector", np.array(ONE), np.array(Z, bool), {}, "binary", ("False", "True")),
    ("one-hot of two", column(ONE), grid([[1 - z, z] for z in Z], "no,yes"), {}, "binary", ("no", "yes")),
    ("P(positive) with its prediction", grid(beside(SIG, Z, Z), "prob,pred,label"), None, {}, "binary", ("0", "1")),
]


def expected(task: str) -> tuple[np.ndarray, np.ndarray]:
    logits, labels = np.array(LOGITS), np.array(Y)
    if task.startswith("by"):
        return logits[:, [2, 0, 1]], np.array([1, 2, 0])[labels]
    if task == "log":
        return np.log(SOFT), labels
    return (np.array(ONE)[:, None], np.array(Z)[:, None]) if task == "binary" else (logits, labels)


def arrays(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    parts = [(block.scores.copy(), block.labels) for block in data.rows.blocks()]
    return np.concatenate([s for s, _ in parts]), np.concatenate([y for _, y in parts if y is not None])


@pytest.mark.parametrize(
    ("scores", "labels", "options", "task", "classes"), [pytest.param(*c[1:], id=c[0]) for c in LAYOUTS]
)
def test_layouts(
    reads: Any, scores: Any, labels: Any, options: dict[str, Any], task: str, classes: tuple[str, ...]
) -> None:
    data = reads(scores, labels, **options)
    found, truth = arrays(data)
    wanted, wanted_truth = expected(task)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-14)
    assert truth.tolist() == wanted_truth.tolist()
    assert data.task == ("binary" if task == "binary" else "multiclass")
    names = {"by name": ("fox", "cat", "dog"), "by number": ("2", "0", "1")}.get(task, classes)
    assert data.classes == names
    assert data.rows.n == 6
    assert data.labels_known


REFUSALS: list[tuple[str, Any, Any, dict[str, Any], str, tuple[str, ...]]] = [
    ("a row too few", S3, column(Y[:-1], "label"), {}, "E216", ("scores.csv: found 6 rows", "labels.csv: 5 labels")),
    ("two columns of labels", S3, grid(beside(Y, Y), "a,b"), {}, "E203", ("labels.csv", "2 columns", "'a', 'b'")),
    ("no labels at all", S3, None, {}, "E203", ("scores.csv", "no labels", "--label-column")),
    (
        "two named labels",
        S3,
        grid(beside(Y, WORDS), "label,class"),
        {},
        "E203",
        ("labels.csv", "2 columns", "--label-column"),
    ),
    (
        "negative label",
        S3,
        column([0, 1, 2, -1, 0, 1], "label"),
        {},
        "E204",
        ("labels.csv", "row 4 (line 5)", "'-1'", "0 to 2"),
    ),
    ("a fraction", S3, column([0, 1, 2, 1.5, 0, 1], "label"), {}, "E204", ("labels.csv", "row 4 (line 5)", "'1.5'")),
    (
        "text among numbers",
        S3,
        column([0, 1, "cat", 1, 0, 1], "label"),
        {},
        "E204",
        ("labels.csv", "row 3 (line 4)", "'cat'"),
    ),
    (
        "one name too many",
        NAMED,
        column([*WORDS[:-1], "cow"], "label"),
        {},
        "E204",
        ("row 6 (line 7)", "'cow'", "'cat', 'dog', 'fox'"),
    ),
    ("NA is no class here", NAMED, column([*WORDS[:-1], "NA"], "label"), {}, "E204", ("row 6", "'NA'")),
    ("inf", S3, column([0, 1, "inf", 1, 0, 1], "label"), {}, "E204", ("row 3", "'inf'")),
    (
        "beyond int64",
        S3,
        column([0, 1, 2, 9223372036854775808, 0, 1], "label"),
        {},
        "E204",
        ("row 4", "9223372036854775808"),
    ),
    (
        "beyond 2^53",
        S3,
        column(["0.0", "1.0", "9007199254740993.0", "2.0", "1.0", "0.0"], "y"),
        {},
        "E204",
        ("row 3", "9007199254740992)"),
    ),
    (
        "empty label",
        S3,
        column([0, 1, '""', 1, 0, 1], "label"),
        {},
        "E205",
        ("labels.csv", "row 3", "missing", "--drop-missing"),
    ),
    ("1..K", S3, column([1, 2, 3, 1, 2, 3], "label"), {}, "E206", ("labels.csv", "1 to 3", "--label-base 1")),
    (
        "columns from 1, no 0",
        grid(LOGITS, "c1,c2,c3"),
        column([1, 2, 1, 2, 1, 2], "y"),
        {},
        "E206",
        ("'c1' to 'c3'", "--label-base"),
    ),
    ("base 1 agrees with the scores", BARE, column([1, 2, 2, 2, 2, 1]), {}, "E206", ("labels.csv", "counted from 1")),
    (
        "names without names of columns",
        BARE,
        column(WORDS, "label"),
        {},
        "E207",
        ("labels.csv", "'cat', 'dog', 'fox'", "--classes"),
    ),
    ("other names", S3, column(WORDS, "label"), {}, "E207", ("'cat', 'dog', 'fox'", "'c0', 'c1', 'c2'")),
    (
        "10 before 2",
        grid([r * 4 for r in LOGITS], ",".join(f"c{i}" for i in (0, 1, 10, 11, *range(2, 10)))),
        column(Y, "y"),
        {},
        "E207",
        ("'c10'", "--score-columns c0,c1,c2,c3"),
    ),
    (
        "too few --classes",
        BARE,
        column(WORDS, "label"),
        {"classes": ("cat", "dog")},
        "E207",
        ("2 classes", "expected 3"),
    ),
    (
        "two names, one column",
        column(ONE),
        column(["ham" if z else "spam" for z in Z], "y"),
        {},
        "E208",
        ("'spam', 'ham'", "--positive ham"),
    ),
    (
        "no such --positive",
        column(ONE),
        column(["ham" if z else "spam" for z in Z], "y"),
        {"positive": "eggs"},
        "E208",
        ("'eggs'", "'ham'"),
    ),
    (
        "three labels, one column",
        column(ONE),
        column(Y, "label"),
        {},
        "E204",
        ("scores.csv", "one column", "3 classes", "'2'"),
    ),
    (
        "indicators too narrow",
        S3,
        grid(HOT[:, :2], "a,b"),
        {"link": "sigmoid"},
        "E209",
        ("labels.csv", "2 columns", "3"),
    ),
    (
        "indicator of 2",
        S3,
        grid(HOT * 2, "a,b,d"),
        {"link": "sigmoid", "label_column": ("a", "b", "d")},
        "E204",
        ("'2'", "0 or 1"),
    ),
    ("class numbers for events", S3, column(Y), {"link": "sigmoid"}, "E209", ("1 column of labels", "3")),
    ("no one-hot row", S3, grid([[1, 1, 0], *HOT[1:]]), {}, "E209", ("row 1", "2 of 3", "--link sigmoid")),
    (
        "a stray feature",
        grid(beside(LOGITS, [31.5, 40, 22, 18, 65, 47]), "c0,c1,c2,glucose"),
        column(Y),
        {},
        "E210",
        ("column 4 'glucose'", "--score-columns c0,c1,c2"),
    ),
    (
        "a stray among names",
        grid(beside(LOGITS, [31.5] * 6), "cat,dog,fox,glucose"),
        column(WORDS, "label"),
        {},
        "E210",
        ("'glucose'", "no label has this name"),
    ),
    (
        "a stray after names",
        grid(beside(LOGITS, [31.5] * 6), "cat,dog,fox,glucose"),
        column(Y),
        {},
        "E210",
        ("column 4 'glucose'", "labels 0 to 2"),
    ),
    (
        "a stray before names",
        grid(beside([31.5] * 6, LOGITS), "glucose,cat,dog,fox"),
        column([1, 2, 3, 1, 2, 3]),
        {},
        "E210",
        ("'glucose'",),
    ),
    (
        "a stray beside one score",
        grid(beside(ONE, [31.5] * 6), "logit,glucose"),
        column(Z),
        {},
        "E210",
        ("'glucose'", "--score-columns logit"),
    ),
    (
        "text among the scores",
        grid([[1.5, "a", 2], [1, "b", 3]], "c0,c1,c2"),
        column([0, 2]),
        {},
        "E211",
        ("column 2 'c1'", "text", "'a'"),
    ),
    ("booleans", np.array(HOT, bool), np.array(Y), {}, "E211", ("scores.npy", "bool", "predictions")),
    (
        "softmax over one column",
        column(ONE),
        column(Z),
        {"link": "softmax"},
        "E211",
        ("scores.csv", "one column", "--link sigmoid"),
    ),
    (
        "a hole",
        S3.replace("1.5", ""),
        column(Y),
        {},
        "E212",
        ("scores.csv: row 2 (line 3), column 2 'c1'", "empty", "--drop-missing"),
    ),
    ("a percent sign", S3.replace("1.5", "15%"), column(Y), {}, "E212", ("row 2 (line 3)", "'15%'")),
    ("inf in text", S3.replace("1.5", "inf"), column(Y), {}, "E212", ("row 2", "'inf'")),
    (
        "a column beyond float64",
        "c0,c1,c2\n1e999,2.5,0.5\n-1e400,1.5,0.5\n2e308,1.5,0.5\n",
        column(Y[:3]),
        {},
        "E212",
        ("scores.csv: row 1 (line 2), column 1 'c0'", "'1e999'", "too large", "float64 ends"),
    ),
    (
        "nothing but numbers beyond float64, without a header",
        "1.5e999;-2e999\n3e999;1e999\n",
        column([0, 1]),
        {},
        "E212",
        ("scores.csv: row 1 (line 1), column 1", "'1.5e999'", "too large"),
    ),
    (
        "one column beyond float64, with decimal commas",
        "c0;c1\n1,5e999;2,5\n3,5e999;0,5\n",
        column([0, 1]),
        {},
        "E212",
        ("scores.csv: row 1 (line 2), column 1 'c0'", "'1,5e999'", "too large"),
    ),
    (
        "an event beyond float64",
        column(["9" * 400, "1e999", "-1e999"], "score"),
        column([0, 1, 1]),
        {},
        "E212",
        ("scores.csv: row 1 (line 2), column 1 'score'", "'9999", "too large"),
    ),
    (
        "NaN in an array",
        np.array([[1, 2.5], [np.nan, 0]]),
        np.array([0, 1]),
        {},
        "E212",
        ("scores.npy: row 2, column 1", "NaN"),
    ),
    (
        "inf in an array",
        np.array([[1, 2.5], [3, np.inf]]),
        np.array([0, 1]),
        {},
        "E212",
        ("scores.npy: row 2, column 2", "inf"),
    ),
    (
        "everything masked",
        np.array([[1, 2.5], [-np.inf, -np.inf]]),
        np.array([0, 1]),
        {},
        "E212",
        ("row 2", "-inf", "masked"),
    ),
    ("predictions in one column", column(Z, "yhat2"), column(Z), {}, "E213", ("scores.csv", "predictions, not scores")),
    ("predicted classes", column(Y), column(Y), {}, "E213", ("predictions, not scores",)),
    ("one-hot predictions", grid(HOT), column(Y), {}, "E213", ("one-hot", "predictions, not scores")),
    (
        "neither logits nor probabilities",
        grid([[0.5, 0.75], [0.25, 0.75]]),
        column([0, 1]),
        {},
        "E214",
        ("row 1", "1.25", "--input logits"),
    ),
    (
        "a damaged row",
        grid([[0.25, 0.75], [0.5, 0.75]]),
        column([0, 1]),
        {},
        "E214",
        ("row 2", "1.25", "--input sigmoid"),
    ),
    (
        "no probabilities",
        S3,
        column(Y),
        {"input": "probs"},
        "E215",
        ("row 1 (line 2), column 1 'c0'", "2.5", "--input probs"),
    ),
    (
        "no log-probabilities",
        S3,
        column(Y),
        {"input": "log-probs"},
        "E215",
        ("row 1 (line 2), column 1 'c0'", "2.5", "log-probability"),
    ),
    ("no logs of probabilities", -np.abs(LOGITS), np.array(Y), {"input": "log-probs"}, "E215", ("log-probabilities",)),
    ("--clip of logits", S3, column(Y), {"clip": 1e-9}, "E201", ("--clip", "logits")),
    (
        "an id without a label",
        grid(beside(IDS, LOGITS), "id,c0,c1,c2"),
        grid(beside([*IDS[1:], "new"], Y), "id,label"),
        {},
        "E217",
        ("scores.csv: row 1", "'img4.png'"),
    ),
    (
        "an id twice",
        grid(beside(IDS, LOGITS), "id,c0,c1,c2"),
        grid(beside([*IDS[1:], IDS[1]], Y), "id,label"),
        {},
        "E217",
        ("labels.csv: row 6", "'img1.png'", "row 1"),
    ),
    (
        "no such column",
        S3,
        column(Y),
        {"groups": ("sex",)},
        "E202",
        ("scores.csv and", "'sex' (--group, or [groups.sex] in the gates)"),
    ),
    ("no such score", S3, column(Y), {"score_columns": ("c9",)}, "E202", ("'c9'", "'c0', 'c1', 'c2'")),
    (
        "a negative weight",
        grid(beside(LOGITS, [1, 1, -1, 1, 1, 1]), "c0,c1,c2,w"),
        column(Y),
        {"weight": "w"},
        "E218",
        ("row 3", "'-1'"),
    ),
    (
        "weights of 0",
        grid(beside(LOGITS, [0] * 6), "c0,c1,c2,w"),
        column(Y),
        {"weight": "w"},
        "E218",
        ("every weight is 0",),
    ),
    (
        "nothing left",
        grid([["", 1, 2]], "c0,c1,c2"),
        column([0], "label"),
        {"drop_missing": True},
        "E211",
        ("scores.csv", "no"),
    ),
]


@pytest.mark.parametrize(
    ("scores", "labels", "options", "code", "words"), [pytest.param(*c[1:], id=c[0]) for c in REFUSALS]
)
def test_refusals(
    reads: Any, scores: Any, labels: Any, options: dict[str, Any], code: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(CalibrateError) as caught:
        reads(scores, labels, **options)
    error = caught.value
    said = f"{error.message}\n{error.hint}"
    assert error.code == code, said
    assert error.code in TITLES
    assert "\n" not in error.message
    assert not [w for w in words if w not in said], said


MULTI = [[2.0, -1.0], [-0.5, 1.5], [0.125, 0.5], [1.0, -2.0]]
EVENTS = [[1, 0], [0, 1], [0, 0], [1, 1]]


@pytest.mark.parametrize(
    ("scores", "labels", "options"),
    [
        (grid(MULTI, "even,prime"), grid(EVENTS, "even,prime"), {"link": "sigmoid"}),
        (grid(MULTI, "even,prime"), grid([r[::-1] for r in EVENTS], "prime,even"), {"input": "sigmoid"}),
        (
            grid(MULTI, "even,prime"),
            grid([[bool(e) for e in r] for r in EVENTS], "even,prime"),
            {"link": "sigmoid", "label_column": ("even", "prime")},
        ),
        (grid(MULTI), grid(EVENTS, "even,prime"), {"input": "sigmoid"}),
        (np.array(MULTI), np.array(EVENTS, bool), {"link": "sigmoid", "classes": ("even", "prime")}),
    ],
)
def test_multilabel(reads: Any, scores: Any, labels: Any, options: dict[str, Any]) -> None:
    data = reads(scores, labels, **options)
    found, truth = arrays(data)
    assert (data.task, data.classes, data.scale) == ("multilabel", ("even", "prime"), "logits")
    assert found.tolist() == MULTI
    assert truth.tolist() == EVENTS
    assert truth.dtype == np.int8


def test_multilabel_probabilities_need_not_sum_to_one(reads: Any) -> None:
    p = 1 / (1 + np.exp(-np.array(MULTI)))
    data = reads(p, np.array(EVENTS), link="sigmoid")
    assert data.scale == "sigmoid"
    np.testing.assert_allclose(arrays(data)[0], MULTI, atol=1e-15)


TOP = [[0.75, "cat", "cat"], [0.5, "dog", "cat"], [0.875, "fox", "fox"], [0.625, "cat", "dog"]]


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        (grid(TOP, "confidence,prediction,label"), None),
        (grid([[c, p] for c, p, _ in TOP], "conf,pred"), column([y for *_, y in TOP], "label")),
        (
            grid([[i, c, p] for i, (c, p, _) in enumerate(TOP)], "id,max_prob,predicted"),
            grid([[i, TOP[i][2]] for i in (3, 1, 0, 2)], "id,y_true"),
        ),
        (grid([[c, NAMES.index(p), NAMES.index(y)] for c, p, y in TOP], "score,y_pred,y_true"), None),
    ],
)
def test_top_label(reads: Any, scores: Any, labels: Any) -> None:
    data = reads(scores, labels)
    found, truth = arrays(data)
    p = np.array([c for c, *_ in TOP])
    assert (data.task, data.classes, data.scale) == ("top-label", (), "probs")
    np.testing.assert_allclose(found[:, 0], np.log(p / (1 - p)), atol=1e-15)
    assert truth.tolist() == [[1], [0], [1], [0]]


def test_predictions_written_otherwise_than_labels_are_refused(reads: Any) -> None:
    with pytest.raises(CalibrateError, match="is ever predicted") as caught:
        reads(grid([[0.5, 1, "cat"], [0.75, 2, "dog"]], "confidence,prediction,label"))
    assert caught.value.code == "E204"


def test_what_is_kept_beside_the_scores(reads: Any) -> None:
    scores = grid([[i, *r, g] for i, r, g in zip(IDS, LOGITS, "aabbab", strict=True)], "id,c0,c1,c2,site")
    labels = grid([[IDS[i], Y[i], i + 0.5] for i in SHUFFLED], "id,label,w")
    data = reads(scores, labels, groups=("site",), weight="w")
    assert data.ids == tuple(IDS)
    assert data.id_name == "id"
    assert data.groups["site"].tolist() == list("aabbab")
    assert data.score_names == ("c0", "c1", "c2")
    weights = [b.weights for b in data.rows.blocks()]
    assert np.concatenate(weights).tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert [(i.name, i.role, i.rows, i.columns) for i in data.inputs] == [
        ("scores.csv", "scores", 6, 5),
        ("labels.csv", "labels", 6, 3),
    ]


def test_missing_rows_are_dropped_everywhere(reads: Any) -> None:
    holes = [[i, *r, g] for i, r, g in zip(IDS, LOGITS, "aabbab", strict=True)]
    holes[1][2] = "nan"
    labels = grid([[i, y] for i, y in zip(IDS, [0, 1, 2, "", 2, 0], strict=True)], "id,label")
    data = reads(grid(holes, "id,c0,c1,c2,site"), labels, drop_missing=True, groups=("site",))
    found, truth = arrays(data)
    kept = [0, 2, 4, 5]
    assert found.tolist() == [LOGITS[i] for i in kept]
    assert truth.tolist() == [Y[i] for i in kept]
    assert data.ids == tuple(IDS[i] for i in kept)
    assert data.groups["site"].tolist() == ["a", "b", "a", "b"]
    assert data.dropped == 2
    assert any("2 of 6 rows" in note for note in data.notes)


def test_only_missing_values_are_dropped(reads: Any) -> None:
    with pytest.raises(CalibrateError, match="'12%'") as caught:
        reads(S3.replace("1.5", "12%"), column(Y), drop_missing=True)
    assert caught.value.code == "E212"


@pytest.mark.parametrize("drop", [False, True])
def test_an_npy_file_stays_on_disk(reads: Any, drop: bool) -> None:
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(30_000, 50)).astype(np.float32) * 3
    labels = scores.argmax(axis=1)
    labels[::3] = rng.integers(0, 50, len(labels[::3]))
    if drop:
        scores[[5, 29_999], 7] = np.nan
    data = reads(scores, labels, drop_missing=drop)
    keep = np.isfinite(scores).all(axis=1)
    assert len(data.rows.loads) == -(-30_000 // block_rows(50)) > 1
    assert max(len(pickle.dumps(load)) for load in data.rows.loads) < 1 << 18
    blocks = [pickle.loads(pickle.dumps(load))() for load in data.rows.loads]
    assert [b.start for b in blocks] == np.cumsum([0, *map(len, blocks)])[:-1].tolist()
    assert all(b.scores.dtype == np.float32 for b in blocks)
    found, truth = arrays(data)
    assert np.array_equal(found, scores[keep])
    assert np.array_equal(truth, labels[keep])
    assert data.rows.n == keep.sum()


def test_without_labels(reads: Any) -> None:
    data = reads(S3, need_labels=False)
    assert not data.labels_known
    assert [b.labels for b in data.rows.blocks()] == [None]
    kept = reads(grid(beside(LOGITS, ["?"] * 6), "c0,c1,c2,label"), need_labels=False)
    assert kept.rows.n_columns == 3
    assert not kept.labels_known
    assert reads(grid(beside(LOGITS, Y), "c0,c1,c2,label"), need_labels=None).labels_known


def test_one_row_without_labels(reads: Any) -> None:
    data = reads("2.3,-1.2,0.7\n", need_labels=False, classes=NAMES)
    assert data.classes == NAMES
    assert arrays_of_scores(data).tolist() == [[2.3, -1.2, 0.7]]


def arrays_of_scores(data: Dataset) -> np.ndarray:
    return np.concatenate([b.scores.copy() for b in data.rows.blocks()])


def test_na_and_none_can_be_classes(reads: Any) -> None:
    data = reads(
        grid(LOGITS, "NA,None,null"), column([("NA", "None", "null")[y] for y in Y], "label"), drop_missing=True
    )
    assert data.classes == ("NA", "None", "null")
    assert data.dropped == 0


NUMBERS = st.integers(-(10**6), 10**6).map(lambda i: i / 7 + 0.1)


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, list[int]]:
    k = draw(st.integers(2, 5))
    n = draw(st.integers(k, 9))
    rows = draw(st.lists(st.lists(NUMBERS, min_size=k, max_size=k), min_size=n, max_size=n))
    rows[0][0] = 12.5
    labels = [*draw(st.permutations(range(k))), *draw(st.lists(st.integers(0, k - 1), min_size=n - k, max_size=n - k))]
    return np.array(rows), labels


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problems(), st.randoms(use_true_random=False))
def test_every_layout_of_the_same_numbers_is_the_same(
    reads: Any, problem: tuple[np.ndarray, list[int]], random: Any
) -> None:
    scores, labels = problem
    n, k = scores.shape
    names = [f"class {chr(97 + j)}" for j in range(k)]
    ids, order = [f"x{i}" for i in range(n)], list(range(n))
    random.shuffle(order)
    header = ",".join(names)
    words = [names[y] for y in labels]
    layouts = [
        from_memory(scores, labels),
        from_memory(scores.tolist(), np.eye(k)[labels]),
        from_memory(np.asfortranarray(scores), np.array(labels, ">i4")[:, None]),
        from_memory({n: scores[:, j] for j, n in enumerate(names)}, words),
        reads(scores, np.array(labels)),
        reads(grid(scores.tolist(), header), column(words, "label")),
        reads(grid(scores.tolist(), header), column(words)),
        reads(grid(scores.tolist()), column(labels)),
        reads(grid(beside(scores.tolist(), labels), f"{header},label")),
        reads(grid(beside(ids, scores.tolist()), f"id,{header}"), grid([[ids[i], labels[i]] for i in order], "id,y")),
        reads(grid(beside(range(n), scores.tolist()), f",{header}"), column(map(float, labels), "label")),
    ]
    for data in layouts:
        found, truth = arrays(data)
        assert np.array_equal(found, scores)
        assert truth.tolist() == labels
        assert data.task == "multiclass"


@settings(max_examples=25, deadline=None)
@given(problems())
def test_probabilities_come_back_as_the_logits_they_are_of(problem: tuple[np.ndarray, list[int]]) -> None:
    scores, labels = problem
    scores = scores / 1e5
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    for data in (from_memory(p, labels), from_memory(np.log(p), labels), from_memory(p.astype(np.float32), labels)):
        found, _ = arrays(data)
        np.testing.assert_allclose(np.exp(found), p, rtol=1e-5)
    assert from_memory(p, labels).scale == "probs"
    assert from_memory(np.log(p), labels).scale == "log-probs"


WORDS_OF_TABLES = st.sampled_from(
    ["0", "1", "2", "-1", "0.25", "0.75", "1.5", "", "NA", "cat", "dog", "True", "inf", "-inf", "12%", "9" * 20]
)
HEADERS = st.sampled_from(
    ["", "id", "label", "y", "pred", "confidence", "c0", "c1", "cat", "dog", "0", "1", "age", "index"]
)


@st.composite
def small_tables(draw: st.DrawFn) -> str:
    width, height = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    alike = [
        draw(st.sampled_from([NUMBERS.map(str), WORDS_OF_TABLES, st.sampled_from("01"), st.sampled_from(NAMES)]))
        for _ in range(width)
    ]
    rows = [[draw(cell) for cell in alike] for _ in range(height)]
    header = draw(st.none() | st.lists(HEADERS, min_size=width, max_size=width))
    return grid(rows, ",".join(header) if header else "")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    small_tables(),
    st.none() | small_tables(),
    st.sampled_from([{}, {"link": "sigmoid"}, {"drop_missing": True}, {"input": "probs"}]),
)
def test_every_table_is_understood_or_refused(
    reads: Any, scores: str, labels: str | None, options: dict[str, Any]
) -> None:
    found = outcome(reads, scores, labels, options)
    if isinstance(found, CalibrateError):
        assert found.code in TITLES
        assert "\n" not in found.message
        return
    numbers = arrays_of_scores(found)
    assert numbers.shape == (found.rows.n, found.rows.n_columns)
    assert not np.isnan(numbers).any()


def outcome(reads: Any, scores: str, labels: str | None, options: dict[str, Any]) -> Dataset | CalibrateError:
    try:
        data: Dataset = reads(scores, labels, need_labels=None, **options)
    except CalibrateError as error:
        return error
    return data


def test_decisions_hold_no_folders(reads: Any) -> None:
    data = reads(grid(beside(range(6), LOGITS, Y), ",c0,c1,c2,label"), column(Y, "0"))
    assert not [d for d in data.decisions if "/" in d.value + d.why]
