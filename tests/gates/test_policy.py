"""Gates as they are asked for: every key in its place, flags over the file, and what can judge nothing is refused."""

from __future__ import annotations

from typing import Any

import pytest

from calibrate.errors import CalibrateError
from calibrate.gates.policy import Asked, Limit, Policy, policy_of

FILE: dict[str, Any] = {
    "baseline": "baseline.json",
    "preset": "not-worse",
    "inconclusive": "warn",
    "gates": {"ece": {"max": 0.03}, "ece:bins=20": {"max_increase": 0.0, "on": "lenient", "level": "warn"}},
    "groups": {"sex": {"gates": {"accuracy": {"min": 0.85}}}},
    "classes": {"gates": {"ece": {"max": 0.05}}},
}


def test_a_whole_file() -> None:
    policy = policy_of(FILE, "calibrate.toml")
    assert policy == Policy(
        (
            Limit("ece", "max", 0.03, source="calibrate.toml"),
            Limit("ece:bins=20", "max_increase", 0.0, "lenient", "warn", source="calibrate.toml"),
            Limit("accuracy", "min", 0.85, column="sex", source="calibrate.toml"),
            Limit("ece", "max", 0.05, classes=True, source="calibrate.toml"),
        ),
        "baseline.json", "not-worse", "safe", "warn",
    )  # fmt: skip
    assert policy.columns == ("sex",)
    assert policy.metrics == ("ece", "ece:bins=20", "accuracy")


def test_a_flag_replaces_the_same_key_and_the_others_stay() -> None:
    file = {"gates": {"ece": {"max": 0.03, "min": 0.001, "on": "point", "level": "warn"}}, "on": "safe"}
    asked = Asked({"max": ["ece=0.05"], "max_increase": ["ece:bins=20=0.03"]}, "new.json", on="lenient")
    policy = policy_of(file, "calibrate.toml", asked)
    assert [(g.metric, g.rule, g.limit, g.on, g.level, g.source) for g in policy.limits] == [
        ("ece", "max", 0.05, "point", "warn", "--max"),
        ("ece", "min", 0.001, "point", "warn", "calibrate.toml"),
        ("ece:bins=20", "max_increase", 0.03, "lenient", "error", "--max-increase"),
    ]
    assert (policy.on, policy.baseline) == ("lenient", "new.json")


def test_dashes_and_underscores_are_the_same() -> None:
    policy = policy_of({"gates": {"classwise-ece": {"max-increase-rel": 0.1}}}, "f")
    assert [(g.metric, g.rule) for g in policy.limits] == [("classwise_ece", "max_increase_rel")]


def test_a_gate_that_is_off_is_not_judged() -> None:
    assert policy_of({"gates": {"ece": {"max": 0.03, "level": "off"}}}, "f").limits == ()


@pytest.mark.parametrize(
    ("file", "code", "words"),
    [
        ({"gate": {}}, "E620", ("gate", "gates")),
        ({"gates": {"ece": {"maximum": 1}}}, "E620", ("gates.ece.maximum", "max")),
        ({"gates": {"eec": {"max": 1}}}, "E601", ("gates.eec", "ece")),
        ({"gates": {"ece:bin=20": {"max": 1}}}, "E602", ("bin", "bins")),
        ({"gates": {"ece": {}}}, "E621", ("no limit", "max")),
        ({"gates": {"ece": {"on": "safe"}}}, "E621", ("no limit",)),
        ({"gates": {"ece": 0.03}}, "E620", ("0.03", "table")),
        ({"gates": {"ece": {"max": "0.03"}}}, "E621", ("0.03", "finite number")),
        ({"gates": {"ece": {"max": True}}}, "E621", ("True", "finite number")),
        ({"gates": {"ece": {"max": 10**400}}}, "E621", ("1000", "finite number")),
        ({"gates": {"ece": {"max": 10**5000}}}, "E621", ("thousands of digits", "finite number")),
        ({"on": 10**5000}, "E620", ("thousands of digits", "safe")),
        ({"gates": {"ec\x1be": {"max": 0.1}}}, "E601", (r"gates.ec\x1be", "unknown")),
        ({"groups": {"s\tx": {"gates": {"ece": {"mix": 1}}}}}, "E620", (r"groups.s\tx.gates.ece.mix", "unknown key")),
        ({"gates": {"ece": {"max": float("nan")}}}, "E621", ("nan", "finite number")),
        ({"gates": {"nll": {"max": float("inf")}}}, "E621", ("inf", "finite number")),
        ({"gates": {"accuracy": {"min": 90}}}, "E621", ("90", "from 0 to 1", "90 % is 0.9")),
        ({"gates": {"ece": {"max": -0.01}}}, "E621", ("-0.01", "from 0 to 1")),
        ({"gates": {"ece": {"max": 0.1, "min": 0.2}}}, "E621", ("above max",)),
        ({"gates": {"ece": {"max": 0.1, "on": "sure"}}}, "E620", ("sure", "safe")),
        ({"gates": {"ece": {"max": 0.1, "level": "warning"}}}, "E620", ("warning", "warn")),
        ({"gates": {"ece": {"max": 0.1, "level": 1}}}, "E620", ("1", "warn")),
        ({"gates": {"ece": {"max": 0.1, "max-increase": 0, "max_increase": 0}}}, "E620", ("twice",)),
        ({"gates": {"classwise-ece": {"max": 0.1}, "classwise_ece": {"max": 0.2}}}, "E620", ("twice",)),
        ({"inconclusive": "ignore"}, "E620", ("ignore", "fail")),
        ({"preset": "better"}, "E620", ("better", "not-worse")),
        ({"baseline": 3}, "E620", ("3", "name of a file")),
        ({"groups": {"sex": {"ece": {"max": 1}}}}, "E620", ("groups.sex.ece", "gates")),
        ({"groups": {"sex": 3}}, "E620", ("groups.sex",)),
        ({"classes": {"cat": {"gates": {}}}}, "E620", ("classes.cat",)),
    ],
)  # fmt: skip
def test_what_is_refused(file: dict[str, Any], code: str, words: tuple[str, ...]) -> None:
    with pytest.raises(CalibrateError) as caught:
        policy_of(file, "calibrate.toml")
    assert caught.value.code == code
    for word in words:
        assert word in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    "text", ["ece", "ece=", "=0.3", "ece=0,3", "ece=1_0", "ece=nan", "ece=0x1", "ece=3%", "ece=\u0660.3"]
)
def test_flags_that_are_refused(text: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        policy_of({}, "the command line", Asked({"max": [text]}))
    assert caught.value.code == "E621"
    assert "--max" in caught.value.message


def test_two_limits_of_one_metric_are_refused() -> None:
    with pytest.raises(CalibrateError, match="two limits of ece"):
        policy_of({}, "the command line", Asked({"max": ["ece=0.1", "ece=0.2"]}))
