from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calibrate.errors import CalibrateError
from calibrate.reading.conclude import looks_like_logs
from calibrate.reading.scale import SAMPLE

P = np.array([[0.25, 0.75], [0.5, 0.5], [0.875, 0.125], [0.0625, 0.9375]])
Y = np.array([1, 0, 0, 1])
Q = P[:, 1]


@pytest.mark.parametrize(
    ("scores", "labels", "options", "scale"),
    [
        (P, Y, {}, "probs"),
        (P.astype(np.float32), Y, {}, "probs"),
        (P.round(2), Y, {}, "probs"),
        (P, Y, {"input": "logits"}, "logits"),
        (P, Y, {"input": "probs"}, "probs"),
        (P * 2, Y, {}, "logits"),
        (P - 1e-3, Y, {"input": "logits"}, "logits"),
        (-P, Y, {}, "logits"),
        (np.log(P), Y, {}, "log-probs"),
        (np.log(P), Y, {"input": "logits"}, "logits"),
        (Q, Y, {}, "probs"),
        (Q, Y, {"input": "logits"}, "logits"),
        (Q * 3, Y, {}, "logits"),
        (np.log(Q), Y, {"input": "log-probs"}, "log-probs"),
        (Q, Y, {"link": "sigmoid"}, "probs"),
        (P / 2, np.eye(2, dtype=int)[Y], {"link": "sigmoid"}, "sigmoid"),
        (P / 2, np.eye(2, dtype=int)[Y], {"link": "sigmoid", "input": "logits"}, "logits"),
        (P * 3, np.eye(2, dtype=int)[Y], {"input": "sigmoid"}, "logits"),
        (-P / 1e6, Y, {}, "logits"),
        (P * np.array([1e-310, -1e-310]), Y, {}, "logits"),
        (np.array([-1e-9, 0.5, 0.75, 0.25]), [0, 1, 1, 0], {}, "logits"),
        (np.array([1 + 1e-9, 0.5, 0.75, 0.25]), [1, 0, 1, 0], {}, "probs"),
        (np.array([0, 1] * 150 + [2.5, -1.5]), [0, 1] * 150 + [1, 0], {}, "logits"),
    ],
)
def test_scales(in_memory: Any, scores: np.ndarray, labels: np.ndarray, options: dict[str, Any], scale: str) -> None:
    data = in_memory(scores, labels, **options)
    assert data.scale == scale
    said = [d for d in data.decisions if d.what == "scale"]
    assert [d.flag for d in said] == [f"--input {scale}"]
    if scale == "logits":
        assert np.array_equal(data.rows.loads[0]().scores.ravel(), scores.ravel())


def test_zeros_at_the_truth_are_counted_and_clipped(in_memory: Any) -> None:
    p = np.array([[0.0, 1.0], [0.25, 0.75], [1.0, 0.0]])
    assert in_memory(p, [0, 1, 0]).zero_true == 1
    clipped = in_memory(p, [0, 1, 0], clip=1e-6)
    assert (clipped.zero_true, clipped.clipped) == (0, 2)
    assert any("--clip 1e-06: probabilities changed: 2" in note for note in clipped.notes)
    assert [(d.what, d.value) for d in clipped.decisions][-1] == ("clip", "2 probabilities")
    assert np.isfinite(clipped.rows.loads[0]().scores).all()
    events = in_memory(np.array([0.0, 1.0, 0.5, 1.0]), [1, 0, 0, 1])
    assert events.zero_true == 2
    assert in_memory(np.array([[-np.inf, 3.0], [2.0, 1.0]]), [0, 1]).zero_true == 1


@pytest.mark.parametrize("values", [np.array([0, 1, 1, 0]), np.array([0.0, 1.0, 1.0, 0.0]), np.array([-1, 1, 1, -1])])
def test_one_column_of_predictions(in_memory: Any, values: np.ndarray) -> None:
    with pytest.raises(CalibrateError, match="predictions, not scores") as caught:
        in_memory(values, values)
    assert caught.value.code == "E213"


def test_whole_numbers_can_be_logits(in_memory: Any) -> None:
    assert in_memory(np.array([3, -2, 5, 1]), [1, 0, 1, 0]).scale == "logits"
    quantised = in_memory(np.array([[250, 3], [4, 200], [7, 9]], np.uint8), [0, 1, 1])
    assert quantised.rows.loads[0]().scores.tolist() == [[250, 3], [4, 200], [7, 9]]


def test_multilabel_predictions(in_memory: Any) -> None:
    with pytest.raises(CalibrateError, match="every value is 0 or 1"):
        in_memory(np.eye(2), np.eye(2), link="sigmoid")


def test_looks_like_logs() -> None:
    assert looks_like_logs(np.log(P))
    assert looks_like_logs(np.array([[0.0, -np.inf], [np.nan, 0.0]]))
    assert not looks_like_logs(np.log(P) + 1e-2)
    assert not looks_like_logs(np.array([[np.nan, 0.0]]))
    assert not looks_like_logs(np.zeros((2, 1)))


def changed(row: list[float]) -> np.ndarray:
    found = P.copy()
    found[1] = row
    return found


@pytest.mark.parametrize(
    ("scores", "place", "why", "hint"),
    [
        (changed([5, 0.5]), "row 2 (index 1), column 1: found 5", "most rows are probabilities", "mend the row"),
        (changed([-1e-9, 0.7]), "row 2 (index 1): found values that sum to 0.7", "most rows are", "mend the row"),
        (P * 100, "row 1 (index 0), column 1: found 25", "rows sum to 100: percentages?", "divide them by 100"),
    ],
    ids=["a value", "a sum", "percentages"],
)
def test_damaged_probabilities_are_no_logits(
    in_memory: Any, scores: np.ndarray, place: str, why: str, hint: str
) -> None:
    with pytest.raises(CalibrateError) as caught:
        in_memory(scores, Y)
    assert caught.value.code == "E214"
    assert caught.value.message.startswith(f"scores: {place}")
    assert why in caught.value.message and hint in caught.value.hint
    assert in_memory(scores, Y, input="logits").scale == "logits"


@pytest.mark.parametrize(("name", "low", "code"), [("p_prob", 0, "E214"), ("p_prob", -1, ""), ("z", 0, "")])
def test_a_name_says_that_a_column_should_hold_probabilities(reads: Any, name: str, low: int, code: str) -> None:
    rows = f"{name},label\n" + "".join(f"{i + low},{i % 3 % 2}\n" for i in range(40))
    if not code:
        assert reads(rows).scale == "logits"
        return
    with pytest.raises(
        CalibrateError, match=r"row 3 \(line 4\), column 1 'p_prob': found 2.*so its name says"
    ) as caught:
        reads(rows)
    assert (caught.value.code, "--input logits" in caught.value.hint) == (code, True)


def test_nothing_is_concluded_from_a_sample_of_which_nothing_is_left(in_memory: Any) -> None:
    """Of many rows some are looked at, evenly spaced: here every one of them is dropped."""
    scores = np.random.default_rng(0).normal(size=(2 * SAMPLE, 3))
    labels = scores.argmax(axis=1)
    scores[::2] = np.nan
    found = in_memory(scores, labels, drop_missing=True)
    assert (found.scale, found.rows.n, found.dropped) == ("logits", SAMPLE, SAMPLE)


@pytest.mark.parametrize("name", ["logit", "logits", "Margin", "decision_function", "y-logit", "log odds"])
def test_a_column_called_logit_is_not_read_as_probabilities_because_its_values_are_small(reads: Any, name: str) -> None:
    rows = f"{name},label\n" + "".join(f"{k / 9},{k % 2}\n" for k in range(1, 9))
    data = reads(rows)
    assert data.scale == "logits" and data.rows.loads[0]().scores[0, 0] == 1 / 9
    assert [d.why for d in data.decisions if d.what == "scale"] == [
        "so the name says, though every value lies in [0, 1]"
    ]
    assert [n for n in data.notes if f"column 1 '{name}' says" in n and "--input probs" in n]
    assert reads(rows, input="probs").scale == reads(rows.replace(name, "score")).scale == "probs"
    assert not [n for n in reads(rows, input="logits").notes if "--input" in n]


def test_columns_called_logits_need_not_sum_to_1(reads: Any) -> None:
    small, sums = "0.5,0.1,0\n0.2,0.9,1\n", "0.5,0.5,0\n0.25,0.75,1\n"
    assert reads("logit_0,logit_1,label\n" + small).scale == "logits"
    assert reads("logit_0,logit_1,label\n" + sums).scale == "probs"
    with pytest.raises(CalibrateError, match="expected a sum of 1"):
        reads("c0,c1,label\n" + small)


def test_decisions_of_0_and_1_are_predictions_whatever_they_are_called(reads: Any) -> None:
    with pytest.raises(CalibrateError) as caught:
        reads("decision,label\n0,0\n1,0\n1,1\n")
    assert caught.value.code == "E213"


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("row", "what"),
    [
        ([0.29, 0.1, 0.6, 0.03], "rounded to 2 decimals"),
        ([0.2, 0.1, 0.6, 0.0], "rounded to 1 decimal"),
        ([0.29, 0.1, 0.6, 0.04], "damaged rows?"),
        ([0.2999, 0.1, 0.6, 0.02], "damaged rows?"),
    ],
)
def test_rounded_probabilities_are_not_sent_to_the_logits(
    in_memory: Any, kind: Any, row: list[float], what: str
) -> None:
    scores = np.array([[0.25, 0.25, 0.5, 0.0] if "2" in what else [0.5, 0.0, 0.5, 0.0], row], dtype=kind)
    for options, code in (({}, "E214"), ({"input": "probs"}, "E215")):
        with pytest.raises(CalibrateError) as caught:
            in_memory(scores, [0, 2], **options)
        assert caught.value.code == code
        if "rounded" in what:
            assert caught.value.message.endswith(f"they look {what}")
            assert caught.value.hint.startswith("write them with more decimals, or divide every row by its sum")
        else:
            assert "rounded" not in caught.value.message and "logits" in caught.value.hint
