"""Inputs that users of other calibration libraries stumbled over, as their issue trackers tell, each with its name.

Every one ends in the right number, or in a refusal that says what to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

import calibrate
from calibrate.errors import CalibrateError
from calibrate.reading.dataset import Dataset, read
from calibrate.reading.options import ReadOptions

RNG = np.random.default_rng(3)
LABELS = np.tile([0, 1, 2], 40)
LOGITS = RNG.standard_normal((120, 3)) * 2 + 2 * np.eye(3)[LABELS]
ROWS = "".join(",".join(map(str, row)) + "\n" for row in LOGITS.tolist())


def temperature(scores: Any, labels: Any = LABELS, **options: Any) -> float:
    return float(calibrate.fit(scores, labels, **options).calibrator.temperature)  # type: ignore[attr-defined]


def refusal(scores: Any, labels: Any, **options: Any) -> CalibrateError:
    with pytest.raises(CalibrateError) as caught:
        calibrate.fit(scores, labels, **options)
    assert caught.value.hint
    return caught.value


def opened(folder: Path, text: str, labels: str | None = None, **options: Any) -> Dataset:
    (folder / "s.csv").write_text(text)
    (folder / "y.csv").write_text(labels or "")
    return read(str(folder / "s.csv"), None if labels is None else str(folder / "y.csv"), ReadOptions(**options))


def named(names: tuple[str, ...]) -> tuple[str, str]:
    return ",".join(names) + "\n" + ROWS, "label\n" + "".join(f"{names[y]}\n" for y in LABELS)


def test_probabilities_of_a_softmax_are_not_scaled_as_if_they_were_logits() -> None:
    # github.com/gpleiss/temperature_scaling/issues/29, torch-uncertainty/torch-uncertainty/issues/179
    assert temperature(softmax(LOGITS, axis=1)) == pytest.approx(temperature(LOGITS), rel=1e-9)


def test_log_probabilities_are_logits_already() -> None:
    # github.com/gpleiss/temperature_scaling/issues/30
    assert temperature(log_softmax(LOGITS, axis=1)) == pytest.approx(temperature(LOGITS), rel=1e-9)


def test_two_columns_of_a_binary_softmax_are_one_logit() -> None:
    # github.com/gpleiss/temperature_scaling/issues/8 and 17
    y = (LABELS == 1).astype(int)
    assert temperature(LOGITS[:, :2], y) == pytest.approx(temperature(LOGITS[:, 1] - LOGITS[:, 0], y), rel=1e-8)


def test_columns_in_no_alphabetical_order_are_matched_by_name(tmp_path: Path) -> None:
    # github.com/scikit-learn/scikit-learn/issues/30910
    names = ("dog", "cat", "ant")
    data = opened(tmp_path, *named(names))
    assert data.classes == names
    np.testing.assert_array_equal(np.concatenate([b.labels for b in data.rows.blocks()]), LABELS)


@pytest.mark.parametrize("absent", [0, 1])
def test_a_class_that_no_label_names_is_no_error(absent: int) -> None:
    # github.com/scikit-learn/scikit-learn/issues/4033, p-lambda/verified_calibration/issues/2 and 7
    kept = np.flatnonzero(absent != LABELS)
    result = calibrate.score(LOGITS[kept], LABELS[kept], label_base=0)
    assert result.n == len(kept) and len(result.classes) == 3


def test_labels_that_are_all_one_class_have_a_loss() -> None:
    # github.com/scikit-learn/scikit-learn/issues/6703 and 18523
    found = calibrate.score(LOGITS[:6], np.zeros(6, int), metrics="nll").before.metrics["nll"].value
    assert found == pytest.approx(-log_softmax(LOGITS[:6], axis=1)[:, 0].mean())


def test_texts_as_labels_of_one_event_ask_which_is_the_event() -> None:
    # github.com/scikit-learn/scikit-learn/issues/21029, deepchecks/deepchecks/issues/486
    found = refusal(LOGITS[:, 1], np.where(LABELS == 1, " 50000+.", " - 50000."))
    assert found.code == "E208" and "--positive" in found.hint and "50000+" in found.message


def test_negative_logits_are_logits() -> None:
    # github.com/Lightning-AI/torchmetrics/issues/974
    assert temperature(LOGITS - 100) == pytest.approx(temperature(LOGITS), rel=1e-9)


def test_predicted_classes_are_no_scores() -> None:
    # github.com/Lightning-AI/torchmetrics/issues/974
    assert refusal(LOGITS.argmax(axis=1), LABELS).code in {"E204", "E213"}
    assert refusal(np.eye(3)[LOGITS.argmax(axis=1)], LABELS).code == "E213"


def test_confidences_of_exactly_0_and_1_fall_into_bins() -> None:
    # github.com/Lightning-AI/torchmetrics/issues/1646
    found = calibrate.score([1.0, 1.0, 1.0, 1.0, 0.0, 0.25], [0, 0, 1, 1, 1, 0], input="probs", metrics="ece:bins=2")
    assert found.before.metrics["ece:bins=2"].value == pytest.approx(4 / 6 * 0.5 + 2 / 6 * (0.5 - 0.125))


def test_an_event_that_always_comes_and_is_never_expected_is_not_well_calibrated() -> None:
    # github.com/Lightning-AI/torchmetrics/issues/1105
    found = calibrate.score([0.01, 0.001, 0.005], [1, 1, 1], input="probs", metrics="ece")
    assert found.before.metrics["ece"].value == pytest.approx(1 - 0.016 / 3)


def test_labels_and_probabilities_in_each_others_place() -> None:
    # github.com/EleutherAI/elk/pull/194
    assert refusal(LABELS, softmax(LOGITS, axis=1)).code.startswith("E2")


def test_scores_that_are_worse_than_none_have_no_negative_temperature() -> None:
    # github.com/gpleiss/temperature_scaling/issues/20 and 31
    assert refusal(-LOGITS, LABELS).code == "E303"


@pytest.mark.parametrize("first", ["", "Unnamed: 0"])
def test_an_unnamed_column_of_row_numbers_is_no_class(tmp_path: Path, first: str) -> None:
    # github.com/huggingface/datasets/pull/5490
    rows = "".join(f"{i},{row},{y}\n" for i, (row, y) in enumerate(zip(ROWS.splitlines(), LABELS, strict=True)))
    data = opened(tmp_path, f"{first},c0,c1,c2,label\n{rows}")
    assert data.rows.n_columns == 3 and any(d.what == "index" for d in data.decisions)


def test_a_delimiter_behind_every_row_shifts_no_column(tmp_path: Path) -> None:
    # github.com/pandas-dev/pandas/issues/9082
    with pytest.raises(CalibrateError, match="expected 3 columns") as caught:
        opened(tmp_path, "c0,c1,c2\n" + ROWS.replace("\n", ",\n"), named(("c0", "c1", "c2"))[1])
    assert caught.value.code == "E109"


def test_scores_without_labels_are_not_measured(tmp_path: Path) -> None:
    # github.com/EFS-OpenSource/calibration-framework/issues/8
    with pytest.raises(CalibrateError, match="no labels") as caught:
        opened(tmp_path, "c0,c1\n0.5,-1.5\n2.5,1.5\n")
    assert caught.value.code == "E203"


def test_probabilities_rounded_to_float32_still_sum_to_1() -> None:
    # github.com/scikit-learn/scikit-learn/pull/22046
    assert temperature(softmax(LOGITS, axis=1).astype(np.float32)) == pytest.approx(temperature(LOGITS), rel=1e-5)


def test_probabilities_that_sum_to_two_fifths_are_refused() -> None:
    # github.com/RubixML/ML/pull/221
    assert refusal(0.4 * softmax(LOGITS, axis=1), LABELS).code == "E214"


def test_numbers_and_words_mixed_as_labels_are_refused(tmp_path: Path) -> None:
    # github.com/scikit-learn/scikit-learn/issues/33045
    labels = [str(y) for y in LABELS[:-1]] + ["c2"]
    with pytest.raises(CalibrateError, match=r"row 120 .*'c2'") as caught:
        opened(tmp_path, "c0,c1,c2\n" + ROWS, "label\n" + "\n".join(labels) + "\n")
    assert caught.value.code == "E204"


@pytest.mark.parametrize("name", ["NA", "None", "nan", "null", "n/a"])
def test_a_class_may_be_called_as_missing_values_are(tmp_path: Path, name: str) -> None:
    # github.com/pandas-dev/pandas/issues/10647 and 24681
    data = opened(tmp_path, *named(("EU", name, "US")))
    assert data.classes == ("EU", name, "US") and data.rows.n == 120


@pytest.mark.parametrize("decimals", [2, 3])
def test_decimal_commas_are_no_thousands(tmp_path: Path, decimals: int) -> None:
    # github.com/jasp-stats/jasp-issues/issues/3608
    rounded = LOGITS.round(decimals) + 10.0**-decimals / 2
    rows = "".join(";".join(str(v).replace(".", ",") for v in row) + "\n" for row in rounded.tolist())
    data = opened(tmp_path, "c0;c1;c2\n" + rows, "label\n" + "".join(f"{y}\n" for y in LABELS))
    np.testing.assert_array_equal(np.concatenate([b.scores for b in data.rows.blocks()]), rounded)


def test_huge_scores_of_one_event_give_no_silent_nonsense() -> None:
    # github.com/scikit-learn/scikit-learn/issues/26766
    y, scores = (LABELS == 1).astype(int), LOGITS[:, 1] - LOGITS[:, 0]
    assert temperature(1e6 * scores, y) == pytest.approx(1e6 * temperature(scores, y), rel=1e-8)


def test_a_score_that_is_infinite_is_named() -> None:
    # github.com/scikit-learn/scikit-learn/issues/10903
    scores = LOGITS.copy()
    scores[7, 1] = np.inf
    found = refusal(scores, LABELS)
    assert found.code == "E212" and "row 8 (index 7), column 2: found 'inf'" in found.message
