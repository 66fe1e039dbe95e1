"""The verdict: a table of all cases, and what its sentences say."""

from __future__ import annotations

import pytest

from calibrate.results import Estimate
from calibrate.verdict import verdict_of

BELOW, ABOVE, ACROSS, NONE = (-0.3, -0.1), (0.1, 0.3), (-0.1, 0.2), (None, None)


def change(low: float | None, high: float | None) -> Estimate:
    value = None if low is None or high is None else (low + high) / 2
    return Estimate(value, low, high, reason="" if value is not None else "before is infinite")


@pytest.mark.parametrize(
    ("nll", "brier", "kind"),
    [
        (BELOW, BELOW, "better"),
        (BELOW, ACROSS, "better"),
        (BELOW, NONE, "better"),
        (BELOW, ABOVE, "mixed"),
        (ABOVE, BELOW, "mixed"),
        (ABOVE, ACROSS, "worse"),
        (ABOVE, ABOVE, "worse"),
        (ACROSS, BELOW, "indistinguishable"),
        (ACROSS, ABOVE, "indistinguishable"),
        (ACROSS, ACROSS, "indistinguishable"),
        ((-0.1, 0.0), ACROSS, "indistinguishable"),
        ((0.0, 0.0), (0.0, 0.0), "unchanged"),
        (NONE, BELOW, "unjudged"),
    ],
)
def test_rule(nll: tuple[float, float], brier: tuple[float, float], kind: str) -> None:
    verdict = verdict_of({"nll": change(*nll), "brier": change(*brier)}, n=100)
    assert verdict.kind == kind
    assert "\n" not in verdict.sentence


def test_nll_alone_is_enough() -> None:
    assert verdict_of({"nll": change(*BELOW)}, n=100).kind == "better"


def test_a_link_with_a_loss_of_its_own_is_judged_by_it() -> None:
    verdict = verdict_of({"nll": change(*NONE), "link_loss": change(*ABOVE)}, n=100, log_loss=False)
    assert verdict.kind == "worse"
    assert "link's own loss rises by 0.2" in verdict.sentence


@pytest.mark.parametrize(
    ("changes", "reason", "expected"),
    [
        (None, "too few errors", "cannot be judged: too few errors"),
        (None, "too few errors: 2 of 5 folds", "cannot be judged: too few errors: 2 of 5 folds"),
        ({"nll": change(*NONE)}, "", "cannot be judged: before is infinite"),
        ({"brier": change(*BELOW)}, "", "cannot be judged: the NLL was not measured"),
    ],
)
def test_what_cannot_be_judged_says_why(changes: dict[str, Estimate] | None, reason: str, expected: str) -> None:
    assert verdict_of(changes, n=10, reason=reason).sentence == expected


def test_sentences() -> None:
    better = verdict_of({"nll": Estimate(-0.208, -0.233, -0.185)}, n=10_000)
    assert better.sentence == "better: calibration helps, the NLL falls by 0.208 (95 % interval -0.233 to -0.185)"
    same = verdict_of({"nll": Estimate(0.001, -0.002, 0.004)}, n=100, level=0.9)
    assert same.sentence == (
        "not distinguishable from doing nothing: change of the NLL +0.001 (90 % interval -0.002 to +0.004)"
    )


@pytest.mark.parametrize(
    ("nll", "brier", "words"),
    [
        (BELOW, ACROSS, "better: the new one is better than the old one, the NLL falls by 0.2 ("),
        (ABOVE, ACROSS, "worse: the new one is worse than the old one, the NLL rises by 0.2 ("),
        (BELOW, ABOVE, "mixed: from the old one to the new one the NLL falls by 0.2 ("),
        (ACROSS, ACROSS, "not distinguishable from the old one: change of the NLL +0.05 ("),
        ((0.0, 0.0), NONE, "the new one and the old one say the same of these rows"),
    ],
)
def test_two_models_are_no_calibration(
    nll: tuple[float, float], brier: tuple[float | None, float | None], words: str
) -> None:
    found = verdict_of({"nll": change(*nll), "brier": change(*brier)}, n=100, after_is="compared")
    assert found.sentence.startswith(words)
    assert "calibration" not in found.sentence and "nothing" not in found.sentence


@pytest.mark.parametrize(
    ("nll", "t", "said"),
    [
        (ACROSS, (1.01, 1.2), ("T differs from 1; the gain is too small to measure on 1,000 rows",)),
        (ACROSS, (0.7, 0.9), ("T differs from 1; the gain is too small to measure on 1,000 rows",)),
        (ACROSS, (0.9, 1.2), ()),
        (ACROSS, (1.0, 1.2), ()),
        (ACROSS, (0.8, 1.0), ()),
        (BELOW, (1.01, 1.2), ()),
    ],
)
def test_t_that_differs_from_1_without_a_measurable_gain(
    nll: tuple[float, float], t: tuple[float, float], said: tuple[str, ...]
) -> None:
    verdict = verdict_of({"nll": change(*nll)}, n=1000, parameters={"temperature": change(*t)})
    assert verdict.details == said


def test_brier_that_moves_alone_is_told() -> None:
    worse = verdict_of({"nll": change(*ACROSS), "brier": change(*ABOVE)}, n=100)
    assert worse.details == ("the Brier score alone gets worse",)
    better = verdict_of({"nll": change(*ACROSS), "brier": change(*BELOW)}, n=100)
    assert better.details == ("the Brier score alone improves",)


def test_trust() -> None:
    inside = verdict_of({"nll": change(*BELOW)}, n=100, after_is="in-sample")
    assert inside.details == ("measured on the rows that were fitted: flattering by construction",)
    many = verdict_of({"nll": change(*BELOW)}, n=100, n_parameters=8)
    assert "8 parameters" in many.details[0]
    assert verdict_of({"nll": change(*BELOW)}, n=100, n_parameters=4).details == ()
    assert verdict_of({"nll": change(*BELOW)}, n=100, after_is="holdout", n_parameters=8).details == ()


@pytest.mark.parametrize(
    ("low", "high", "sentence"),
    [
        (0.0, 0.5, "not distinguishable from doing nothing: change of the NLL +0.25 (90 % interval +0 to +0.5)"),
        (-0.5, 0.0, "not distinguishable from doing nothing: change of the NLL -0.25 (90 % interval -0.5 to +0)"),
        (-0.5, 0.5, "not distinguishable from doing nothing: change of the NLL +0 (90 % interval -0.5 to +0.5)"),
        (-0.5, -0.25, "better: calibration helps, the NLL falls by 0.375 (90 % interval -0.5 to -0.25)"),
        (0.25, 0.5, "worse: calibration harms, the NLL rises by 0.375 (90 % interval +0.25 to +0.5)"),
    ],
)
def test_sentences_give_the_interval_with_its_level(low: float, high: float, sentence: str) -> None:
    assert verdict_of({"nll": change(low, high)}, n=100, level=0.9).sentence == sentence


@pytest.mark.parametrize("brier", [Estimate(0.1, None, 0.3), Estimate(0.1, 0.05, None), Estimate(-0.1, None, -0.05)])
def test_half_an_interval_is_none(brier: Estimate) -> None:
    verdict = verdict_of({"nll": change(*ACROSS), "brier": brier}, n=100)
    assert (verdict.kind, verdict.details) == ("indistinguishable", ())
    assert verdict_of({"nll": brier}, n=100).kind == "unjudged"
