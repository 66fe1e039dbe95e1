"""All gates of a result: groups, classes, presets, comparisons, and one exit code; by the API on small data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from calibrate import evaluate, fit, score
from calibrate.api.check import check
from calibrate.errors import CalibrateError
from calibrate.gates.decide import decide, limits_of
from calibrate.gates.policy import Asked, policy_of
from calibrate.renderers import verdicts as terminal_verdicts
from calibrate.results import Gate, Result
from calibrate.wording import outcome

RNG = np.random.default_rng(7)
N = 600
TRUE = RNG.normal(size=(N, 3)) * 2
P = np.exp(TRUE) / np.exp(TRUE).sum(axis=1, keepdims=True)
Y = (P.cumsum(axis=1) < RNG.random((N, 1))).sum(axis=1)
SHARP = 2.5 * TRUE
MODEL = fit(SHARP, Y)


def verdicts(result: Result) -> list[str]:
    return [gate.verdict for gate in result.gates]


def code(result: Result) -> int:
    assert result.check is not None
    return result.check.code


def gates(**metrics: Any) -> dict[str, Any]:
    return {"gates": metrics}


def test_after_is_judged_where_there_is_one() -> None:
    asked = gates(ece={"max": 0.08})
    assert verdicts(check(SHARP, Y, gates=asked)) == ["FAIL"]
    assert verdicts(check(SHARP, Y, gates=asked, model=MODEL)) == ["PASS"]


@pytest.mark.parametrize(
    ("found", "level", "inconclusive", "fail_on_warn", "expected"),
    [
        ("PASS", "error", "fail", False, 0),
        ("FAIL", "error", "fail", False, 1),
        ("FAIL", "warn", "fail", False, 0),
        ("FAIL", "warn", "fail", True, 1),
        ("INCONCLUSIVE", "error", "fail", False, 4),
        ("INCONCLUSIVE", "error", "warn", False, 0),
        ("INCONCLUSIVE", "error", "warn", True, 1),
        ("INCONCLUSIVE", "error", "pass", False, 0),
        ("INCONCLUSIVE", "error", "pass", True, 0),
        ("INCONCLUSIVE", "warn", "fail", True, 0),
    ],
)
def test_what_a_verdict_does(found: str, level: str, inconclusive: str, fail_on_warn: bool, expected: int) -> None:
    limit = {"PASS": 0.5, "INCONCLUSIVE": 0.76, "FAIL": 0.95}[found]
    asked = {**gates(accuracy={"min": limit, "level": level}), "inconclusive": inconclusive}
    result = check(SHARP, Y, gates=asked, fail_on_warn=fail_on_warn)
    assert (verdicts(result), code(result)) == ([found], expected)
    assert result.gates[0].stops == (expected != 0)


@pytest.mark.parametrize(
    ("level", "inconclusive", "fail_on_warn", "sentence", "word"),
    [
        ("error", "fail", False, "inconclusive: the gate is inconclusive", ""),
        ("error", "warn", False, "passed: the gate is inconclusive and warns", "warns"),
        ("error", "warn", True, "failed: the gate fails", ""),
        ("error", "pass", False, "passed: the gate is inconclusive but let pass", "let pass"),
        ("warn", "fail", False, "passed: the gate is inconclusive but let pass", "let pass"),
        ("warn", "warn", False, "passed: the gate is inconclusive but let pass", "let pass"),
    ],
)
def test_what_is_said_of_a_gate_that_is_not_decided(
    level: str, inconclusive: str, fail_on_warn: bool, sentence: str, word: str
) -> None:
    asked = {**gates(accuracy={"min": 0.76, "level": level}), "inconclusive": inconclusive}
    result = check(SHARP, Y, gates=asked, fail_on_warn=fail_on_warn)
    assert result.check is not None
    assert (result.check.sentence, outcome(result.gates[0], inconclusive)) == (sentence, word)
    table = terminal_verdicts.render(result)
    assert not word or any(line.strip().startswith(word) for line in table.splitlines())


def test_undecided_gates_are_counted_beside_those_that_warn() -> None:
    asked = {
        **gates(accuracy={"min": 0.76}, nll={"max": 0.1, "level": "warn"}, brier={"max": 2}),
        "inconclusive": "warn",
    }
    found = check(SHARP, Y, gates=asked).check
    assert found is not None
    assert found.sentence == "passed: of 3 gates 1 warns, 1 is inconclusive and warns, 1 passes"


SEVERAL = RNG.normal(size=(200, 3))
HAPPENED = (RNG.random((200, 3)) < 1 / (1 + np.exp(-SEVERAL))).astype(int)


@pytest.mark.parametrize("metric", ["classwise_ece", "mce", "ece"])
@pytest.mark.parametrize("where", ["gate", "file", "flag"])
def test_safe_is_refused_wherever_it_is_asked_of_what_has_no_interval(metric: str, where: str) -> None:
    data = (SEVERAL, HAPPENED) if metric == "ece" else (SHARP, Y)
    link = "sigmoid" if metric == "ece" else None
    own = {"on": "safe"} if where == "gate" else {}
    file = {**gates(**{metric: {"max": 0.5, **own}}), **({"on": "safe"} if where == "file" else {})}
    policy = policy_of(file, "gates", Asked(on="safe" if where == "flag" else None))
    result = score(*data, link=link)
    with pytest.raises(CalibrateError) as caught:
        decide(result, policy, limits_of(policy))
    assert caught.value.code == "E622"
    policy = policy_of(gates(**{metric: {"max": 0.5}}), "gates")
    (gate,) = decide(result, policy, limits_of(policy)).gates
    assert (gate.on, gate.guaranteed, outcome(gate)) == ("point", False, "no guarantee")


def test_a_gate_may_say_otherwise_than_the_run() -> None:
    asked = {**gates(classwise_ece={"max": 0.5, "on": "point"}, accuracy={"min": 0.5}), "on": "safe"}
    assert [gate.on for gate in check(SHARP, Y, gates=asked).gates] == ["point", "safe"]


def test_a_failure_comes_before_too_few_data() -> None:
    result = check(SHARP, Y, gates=gates(accuracy={"min": 0.76}, nll={"max": 0.1}))
    assert (verdicts(result), code(result)) == (["INCONCLUSIVE", "FAIL"], 1)
    assert result.check is not None
    assert result.check.sentence == "failed: of 2 gates 1 fails, 1 is inconclusive"


def test_bins_with_a_row_each_have_no_interval_to_pass_by() -> None:
    result = check(SHARP, Y, gates=gates(**{"ece:bins=100000": {"max": 0.001}}))
    assert verdicts(result) == ["INCONCLUSIVE"]
    assert "hardly more than a row each" in result.gates[0].reason


def test_a_limit_on_one_side_of_zero_says_what_it_leaves_open() -> None:
    result = check(0.4 * TRUE, Y, gates=gates(confidence_gap={"max": 0.05}))
    assert verdicts(result) == ["PASS"]
    assert "min = -0.05" in result.gates[0].notes[-1]


def test_infinite_losses_fail_whatever_decides() -> None:
    p = np.array([[1.0, 0.0], [0.7, 0.3]] * 30)
    for on in ("safe", "point", "lenient"):
        result = check(p, [1, 0] * 30, gates={**gates(nll={"max": 100}), "on": on}, input="probs")
        assert (verdicts(result), code(result)) == (["FAIL"], 1)
        assert "infinite: 30 rows" in result.gates[0].reason


class TestGroups:
    @pytest.fixture
    def file(self, tmp_path: Any) -> str:
        rows = [
            f"{p:.6f},{y},{'ab'[i % 2]}"
            for i, (p, y) in enumerate(zip(P[:, 1].tolist(), (Y == 1).tolist(), strict=True))
        ]
        path = tmp_path / "scores.csv"
        path.write_text("probability,label,sex\n" + "\n".join(rows).replace("True", "1").replace("False", "0") + "\n")
        return str(path)

    def test_each_value_of_the_column_is_judged(self, file: str) -> None:
        result = check(file, gates={"groups": {"sex": {"gates": {"accuracy": {"min": 0.6}}}}})
        assert [gate.group for gate in result.gates] == [("sex", "a"), ("sex", "b")]
        assert verdicts(result) == ["PASS", "PASS"]

    def test_an_unknown_column_is_refused(self, file: str) -> None:
        with pytest.raises(CalibrateError, match="race"):
            check(file, gates={"groups": {"race": {"gates": {"accuracy": {"min": 0.6}}}}})

    def test_a_saved_result_without_the_groups_is_refused(self, file: str) -> None:
        with pytest.raises(CalibrateError) as caught:
            check(result=score(file), gates={"groups": {"sex": {"gates": {"accuracy": {"min": 0.6}}}}})
        assert caught.value.code == "E624"

    def test_increases_of_groups_are_compared_group_by_group(self, file: str) -> None:
        asked = {"groups": {"sex": {"gates": {"nll": {"max_increase": 0.5}}}}}
        old = score(file, groups=("sex",))
        result = check(file, gates=asked, baseline=old)
        assert verdicts(result) == ["PASS", "PASS"]
        for gate in result.gates:
            assert gate.old == gate.new
        fewer = replace(old, groups={"sex": {"a": old.groups["sex"]["a"]}})
        result = check(file, gates=asked, baseline=fewer)
        assert (verdicts(result), code(result)) == (["PASS", "ERROR"], 1)
        with pytest.raises(CalibrateError, match="sex"):
            check(file, gates=asked, baseline=replace(old, groups={}))


class TestClasses:
    def test_the_ece_of_each_class_against_the_rest(self) -> None:
        result = check(TRUE, Y, gates={"classes": {"gates": {"ece": {"max": 0.2}, "confidence_gap": {"max": 0.2}}}})
        assert [gate.label for gate in result.gates] == ["0", "1", "2"] * 2
        assert verdicts(result) == ["PASS"] * 6
        one = score(P[:, 1], (Y == 1).astype(int), metrics="ece")
        assert result.gates[1].judged.value == pytest.approx(one.before.metrics["ece"].value, abs=1e-12)
        assert result.gates[1].judged.high == pytest.approx(one.before.metrics["ece"].high, abs=1e-9)

    def test_what_has_no_value_per_class_is_an_error_with_its_reason(self) -> None:
        result = check(TRUE, Y, gates={"classes": {"gates": {"nll": {"max": 3}}}})
        assert (verdicts(result), code(result)) == (["ERROR"], 1)
        assert "no value per class" in result.gates[0].reason

    def test_labels_of_events_have_every_metric(self) -> None:
        y = (RNG.random((200, 2)) < 0.4).astype(int)
        asked = {"classes": {"gates": {key: {"max": 0.9} for key in ("ece", "accuracy", "nll", "brier")}}}
        result = check(RNG.normal(size=(200, 2)), y, gates=asked, link="sigmoid")
        assert [gate.label for gate in result.gates] == ["0", "1"] * 4
        assert "ERROR" not in verdicts(result)

    def test_what_has_no_value_per_label_is_an_error_with_its_reason(self) -> None:
        y = (RNG.random((200, 2)) < 0.4).astype(int)
        asked = {"classes": {"gates": {"link_loss": {"max": 3}}}}
        result = check(RNG.normal(size=(200, 2)), y, gates=asked, link="sigmoid")
        assert (verdicts(result), code(result)) == (["ERROR"], 1)
        assert result.gates[0].reason == "link_loss has no value per label"

    def test_of_many_classes_the_gap_is_known_and_the_ece_is_not(self) -> None:
        z = RNG.normal(size=(500, 25)) * 2
        asked = {"classes": {"gates": {"ece": {"max": 0.5}, "confidence_gap": {"max": 0.5}}}}
        result = check(z, z.argmax(axis=1), gates=asked)
        assert (verdicts(result), code(result)) == (["ERROR"] + ["PASS"] * 25, 1)
        assert result.gates[0].reason == "known for 2 to 20 classes only"
        assert [gate.label for gate in result.gates[1:]] == list(map(str, range(25)))

    def test_a_frequency_without_an_interval_gives_no_gap(self) -> None:
        """As a saved result may say of a class without rows of positive weight."""
        found = score(TRUE, Y)
        totals = (replace(found.before.totals[0], low=None, high=None), *found.before.totals[1:])
        saved = replace(found, before=replace(found.before, totals=totals))
        result = check(result=saved, gates={"classes": {"gates": {"confidence_gap": {"max": 0.5}}}})
        assert (verdicts(result), code(result)) == (["ERROR", "PASS", "PASS"], 1)
        assert result.gates[0].reason == "no row of positive weight"

    @pytest.mark.parametrize("how", ["paired", "unpaired"])
    def test_increases_of_classes_are_compared_class_by_class(self, how: str) -> None:
        asked = {"classes": {"gates": {"ece": {"max_increase": 0.5}}}}
        old = score(TRUE, Y, metrics=("classwise_ece",))
        baseline: dict[str, Any] = {"baseline": old} if how == "unpaired" else {"baseline_scores": TRUE}
        result = check(SHARP, Y, gates=asked, **baseline)
        assert result.check is not None
        assert (result.check.comparison, verdicts(result)) == (how, ["PASS"] * 3)
        for now, then, gate in zip(
            check(SHARP, Y, gates={"classes": {"gates": {"ece": {"max": 0.9}}}}).gates,
            check(TRUE, Y, gates={"classes": {"gates": {"ece": {"max": 0.9}}}}).gates,
            result.gates,
            strict=True,
        ):
            assert (gate.new, gate.old) == (now.judged.value, then.judged.value)
            assert gate.judged.value == pytest.approx((gate.new or 0) - (gate.old or 0))

    def test_a_baseline_without_values_of_classes(self) -> None:
        old = score(TRUE, Y, metrics=("classwise_ece",))
        bare = {"classwise_ece": replace(old.before.metrics["classwise_ece"], parts=())}
        result = check(
            SHARP, Y, gates={"classes": {"gates": {"ece": {"max_increase": 0.5}}}},
            baseline=replace(old, before=replace(old.before, metrics=bare)),
        )  # fmt: skip
        assert (verdicts(result), code(result)) == (["ERROR"] * 3, 1)
        assert {gate.reason for gate in result.gates} == {"the baseline has no such value"}

    def test_top_labels_have_no_classes(self) -> None:
        frame = {"confidence": [0.9, 0.8, 0.7] * 20, "prediction": [0, 1, 2] * 20, "label": [0, 1, 1] * 20}
        import pandas as pd

        result = check(pd.DataFrame(frame), gates={"classes": {"gates": {"ece": {"max": 0.3}}}})
        assert (verdicts(result), code(result)) == (["ERROR"], 1)


class TestComparisons:
    def test_the_same_scores_labels_and_model_change_nothing(self, tmp_path: Any) -> None:
        np.save(tmp_path / "z.npy", SHARP)
        np.save(tmp_path / "y.npy", Y)
        files = (str(tmp_path / "z.npy"), str(tmp_path / "y.npy"))
        asked = gates(ece={"max_increase": 0.0}, accuracy={"max_increase_rel": 0.0}, mce={"max_increase": 0.0})
        result = check(*files, gates=asked, baseline=score(*files))
        assert result.check is not None
        assert (result.check.comparison, code(result)) == ("identical", 0)
        assert {gate.judged.value for gate in result.gates} == {0.0}

    def test_a_baseline_whose_numbers_were_changed_is_not_identical(self, tmp_path: Any) -> None:
        np.save(tmp_path / "z.npy", SHARP)
        np.save(tmp_path / "y.npy", Y)
        files = (str(tmp_path / "z.npy"), str(tmp_path / "y.npy"))
        old = score(*files)
        ece = replace(old.before.metrics["ece"], value=0.9)
        forged = replace(old, before=replace(old.before, metrics={**old.before.metrics, "ece": ece}))
        with pytest.raises(CalibrateError) as caught:
            check(*files, gates=gates(ece={"max_increase": 0.0}), baseline=forged)
        assert caught.value.code == "E623"

    def test_the_same_model_changes_nothing(self) -> None:
        asked = gates(ece={"max_increase": 0.0}, nll={"max_increase": 0.0})
        result = check(SHARP, Y, model=MODEL, baseline_model=MODEL, gates=asked)
        assert result.check is not None
        assert (result.check.comparison, verdicts(result)) == ("identical", ["PASS", "PASS"])

    def test_better_equal_and_worse_on_the_same_rows(self) -> None:
        asked = gates(nll={"max_increase": 0.0, "on": "lenient"}, accuracy={"max_increase": 0.01})
        for scores, old, expected in ((TRUE, SHARP, 0), (SHARP, SHARP, 0), (SHARP, TRUE, 1)):
            result = check(scores, Y, gates=asked, baseline_scores=old)
            assert result.check is not None
            assert (result.check.comparison, code(result)) == ("paired", expected)

    def test_paired_and_unpaired_say_the_same_number(self) -> None:
        asked = gates(nll={"max_increase": 0.0}, accuracy={"max_increase": 0.0}, ece={"max_increase": 0.0})
        paired = check(SHARP, Y, gates=asked, baseline_model=MODEL)
        unpaired = check(SHARP, Y, gates=asked, baseline=score(SHARP, Y, model=MODEL))
        for one, other in zip(paired.gates, unpaired.gates, strict=True):
            assert one.judged.value == pytest.approx(other.judged.value, abs=1e-12)
            assert (one.old, one.new) == (pytest.approx(other.old), pytest.approx(other.new))

    def test_a_higher_accuracy_is_no_increase_that_counts(self) -> None:
        wrong = SHARP.copy()
        wrong[::3] = wrong[::3, ::-1]
        asked = gates(accuracy={"max_increase": 0.0})
        assert verdicts(check(SHARP, Y, gates=asked, baseline_scores=wrong)) == ["PASS"]
        result = check(wrong, Y, gates=asked, baseline_scores=SHARP)
        assert verdicts(result) == ["FAIL"]
        assert result.gates[0].judged.value == pytest.approx((result.gates[0].old or 0) - (result.gates[0].new or 0))

    def test_a_gap_on_the_other_side_of_zero_is_as_bad(self) -> None:
        asked = gates(confidence_gap={"max_increase": 0.02, "on": "point"})
        soft = 0.4 * TRUE
        result = check(soft, Y, gates=asked, baseline_scores=TRUE)
        assert result.gates[0].new is not None and result.gates[0].new < 0
        assert verdicts(result) == ["FAIL"]

    def test_relative_increases(self) -> None:
        for share, expected in ((3.0, "PASS"), (0.01, "FAIL")):
            result = check(SHARP, Y, gates=gates(nll={"max_increase_rel": share}), baseline_scores=TRUE)
            assert verdicts(result) == [expected]

    @pytest.mark.parametrize("change", ["bins", "classes", "version", "definition", "metric", "level", "task"])
    def test_a_baseline_that_means_something_else_is_refused(self, change: str) -> None:
        old = score(SHARP, Y)
        ece = old.before.metrics["ece"]
        others = {
            "bins": {"before": replace(old.before, metrics={"ece": replace(ece, definition="top-label, 20 bins")})},
            "classes": {"classes": ("a", "b", "c")},
            "version": {"environment": {}},
            "definition": {"before": replace(old.before, metrics={"ece": replace(ece, definition="")})},
            "metric": {"before": replace(old.before, metrics={})},
            "level": {"level": 0.9},
            "task": {"task": "multilabel"},
        }
        with pytest.raises(CalibrateError) as caught:
            check(SHARP, Y, gates=gates(ece={"max_increase": 0.0}), baseline=replace(old, **others[change]))  # type: ignore[arg-type]
        assert caught.value.code == "E623"
        assert check(SHARP, Y, gates=gates(nll={"max": 9.0})).check is not None

    def test_an_older_version_that_may_not_break_is_taken(self) -> None:
        old = score(SHARP, Y)
        major, minor, _ = old.environment["calibrate"].split(".")
        for version, fine in ((f"{major}.{minor}.99", True), (f"{major}.{int(minor) + 1}.0", False)):
            other = replace(old, environment={"calibrate": version})
            if fine:
                assert code(check(SHARP, Y, gates=gates(ece={"max_increase": 0.5}), baseline=other)) == 0
            else:
                with pytest.raises(CalibrateError, match="metrics may be"):
                    check(SHARP, Y, gates=gates(ece={"max_increase": 0.5}), baseline=other)

    def test_an_increase_without_a_baseline_is_refused(self) -> None:
        for more in ({}, {"model": MODEL}):
            with pytest.raises(CalibrateError) as caught:
                check(SHARP, Y, gates=gates(nll={"max_increase": 0.0}), **more)
            assert caught.value.code == "E624"

    def test_other_rows_are_refused(self) -> None:
        asked = gates(nll={"max_increase": 0.0})
        for scores, model in ((SHARP[:-1], None), (SHARP[:, :2], None), (None, fit(SHARP[:, :2], Y % 2))):
            with pytest.raises(CalibrateError):
                check(SHARP, Y, gates=asked, baseline_scores=scores, baseline_model=model)

    def test_rows_in_another_order_are_joined_on_their_ids(self, tmp_path: Any) -> None:
        names = [f"im{i}" for i in range(N)]
        order = RNG.permutation(N)

        def written(name: str, scores: np.ndarray, which: Any) -> str:
            lines = [f"{names[i]},{','.join(map(repr, scores[i].tolist()))}" for i in which]
            (tmp_path / name).write_text("id,a,b,c\n" + "\n".join(lines) + "\n")
            return str(tmp_path / name)

        (tmp_path / "y.csv").write_text("id,label\n" + "".join(f"{names[i]},{'abc'[Y[i]]}\n" for i in range(N)))
        new, old = written("new.csv", SHARP, range(N)), written("old.csv", TRUE, order)
        asked = gates(nll={"max_increase": 0.0})
        by_ids = check(new, str(tmp_path / "y.csv"), gates=asked, baseline_scores=old)
        by_place = check(SHARP, Y, gates=asked, baseline_scores=TRUE)
        assert by_ids.gates[0].judged.value == pytest.approx(by_place.gates[0].judged.value, rel=1e-12)
        assert by_ids.gates[0].judged.high == pytest.approx(by_place.gates[0].judged.high, rel=1e-9)


class TestPreset:
    def test_before_against_after_without_a_baseline(self) -> None:
        result = check(SHARP, Y, gates={"preset": "not-worse"}, model=MODEL)
        assert [(gate.metric, gate.rule, gate.level) for gate in result.gates] == [
            ("nll", "max_increase", "error"), ("brier", "max_increase", "error"), ("ece", "noise", "warn"),
        ]  # fmt: skip
        assert result.check is not None
        assert (result.check.comparison, code(result)) == ("before", 0)

    def test_changes_of_many_cross_fitted_parameters_are_judged_by_their_value(self) -> None:
        result = check(result=evaluate(SHARP, Y, method="matrix"), gates={"preset": "not-worse"})
        assert [(gate.on, gate.guaranteed) for gate in result.gates[:2]] == [("point", False)] * 2
        assert (verdicts(result), code(result)) == (["PASS"] * 3, 0)
        few = check(result=evaluate(SHARP, Y, method="temperature"), gates={"preset": "not-worse"})
        assert [(gate.on, gate.guaranteed) for gate in few.gates[:2]] == [("lenient", True)] * 2

    @pytest.mark.parametrize(
        ("change", "reason", "said"),
        [(None, "why there is none", "why there is none"), ({}, "", "there is no change to judge")],
    )
    def test_without_a_change_there_is_none_to_judge(
        self, change: dict[str, Any] | None, reason: str, said: str
    ) -> None:
        saved = replace(score(SHARP, Y, model=MODEL), change=change, reason=reason)
        result = check(result=saved, gates={"preset": "not-worse"})
        assert (verdicts(result)[:2], code(result)) == (["ERROR"] * 2, 1)
        assert {gate.reason for gate in result.gates[:2]} == {said}

    def test_why_there_is_no_after_is_said(self) -> None:
        found = evaluate(np.array([[2.0, 0], [0, 1], [3, 1], [1, 0]]), np.array([0, 1, 1, 0]))
        assert found.after is None
        result = check(result=found, gates=gates(accuracy={"min": 0.1}))
        assert result.check is not None
        assert (result.check.side, code(result)) == ("before", 0)
        assert result.check.notes == (f"there is no 'after' to judge: {found.reason}",)
        assert "no finite answer" in found.reason

    def test_with_neither_there_is_nothing_to_judge(self) -> None:
        with pytest.raises(CalibrateError) as caught:
            check(SHARP, Y, gates={"preset": "not-worse"})
        assert caught.value.code == "E624"
        with pytest.raises(CalibrateError) as caught:
            check(SHARP, Y)
        assert caught.value.code == "E624"
        with pytest.raises(CalibrateError):
            check(SHARP, Y, gates=gates(ece={"max": 0.1, "level": "off"}))

    def test_it_applies_itself_where_there_is_a_baseline_and_no_gate(self) -> None:
        result = check(SHARP, Y, baseline=score(TRUE, Y))
        assert [gate.source for gate in result.gates] == ["preset not-worse"] * 3
        assert (verdicts(result)[0], code(result)) == ("FAIL", 1)
        assert verdicts(result)[2] == "FAIL" and not result.gates[2].stops

    def test_a_gate_of_ones_own_takes_its_place(self) -> None:
        asked = {**gates(nll={"max_increase": 9.0}), "preset": "not-worse"}
        result = check(SHARP, Y, gates=asked, baseline=score(TRUE, Y))
        assert [(gate.metric, gate.limit) for gate in result.gates if gate.rule == "max_increase"] == [
            ("nll", 9.0), ("brier", 0.0),
        ]  # fmt: skip

    def test_of_a_link_with_a_loss_of_its_own_that_loss_decides(self) -> None:
        model = fit(SHARP, Y, link="sparsemax")
        result = check(SHARP, Y, gates={"preset": "not-worse"}, model=model)
        assert result.gates[0].metric == "link_loss"


def test_a_saved_result_gives_the_same_gates() -> None:
    asked = {**gates(ece={"max": 0.03}, accuracy={"min": 0.8}), "preset": "not-worse"}
    direct = check(SHARP, Y, gates=asked, model=MODEL)
    saved = check(result=score(SHARP, Y, model=MODEL), gates=asked)
    assert saved.gates == direct.gates


def test_a_metric_that_the_saved_result_lacks_is_refused() -> None:
    with pytest.raises(CalibrateError) as caught:
        check(result=score(SHARP, Y), gates=gates(**{"ece:bins=20": {"max": 0.1}}))
    assert caught.value.code == "E624"


@pytest.mark.parametrize("executor", ["threads:workers=1", "threads:workers=2", "threads:workers=5"])
def test_threads_do_not_matter(executor: str) -> None:
    asked = {**gates(ece={"max": 0.03}, accuracy={"min": 0.8}), "preset": "not-worse"}
    assert check(SHARP, Y, gates=asked, model=MODEL, executor=executor) == check(SHARP, Y, gates=asked, model=MODEL)


def gate_for(result: Result, metric: str) -> Gate:
    return next(gate for gate in result.gates if gate.metric == metric)


def test_a_limit_that_a_calibrated_model_often_misses_warns_with_its_chance() -> None:
    result = check(TRUE, Y, gates=gates(ece={"max": 0.03}, nll={"max": 0.5}))
    gate = gate_for(result, "ece")
    assert gate.pass_probability is not None and gate.pass_probability < 0.5
    assert gate.pass_needed is not None and gate.pass_needed > N
    assert "perfectly calibrated model" in gate.notes[0]
    assert gate_for(result, "nll").notes == ()


def test_a_limit_that_no_number_of_rows_makes_likely_names_none() -> None:
    note = gate_for(check(TRUE, Y, gates=gates(ece={"max": 0.0})), "ece").notes[0]
    assert note == "a perfectly calibrated model meets this limit on 600 rows in 0 % of samples"
