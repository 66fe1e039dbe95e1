"""One limit against one number: the table of verdicts, by which end decides and on which side the limit is."""

from __future__ import annotations

from math import inf

import pytest

from calibrate.errors import CalibrateError
from calibrate.gates.judge import Subject, gate_of, noise_gate
from calibrate.gates.policy import Limit
from calibrate.results import Estimate, Gate
from calibrate.uncertainty.binned import NONE_SHOWN, SIMULTANEOUS


def judged(
    estimate: Estimate,
    rule: str = "max",
    limit: float = 0.03,
    on: str | None = None,
    metric: str = "nll",
    n: int = 1000,
) -> Gate:
    return gate_of(Limit(metric, rule, limit, on, source="--max"), Subject(estimate, n, estimate, 0.95), "safe")


BELOW, AROUND, ABOVE = (Estimate(v, v - 0.01, v + 0.01, method="hall-t") for v in (0.01, 0.031, 0.06))


@pytest.mark.parametrize(
    ("estimate", "upper", "lower"),
    [
        (BELOW, ("PASS", "PASS", "PASS"), ("FAIL", "FAIL", "FAIL")),
        (AROUND, ("INCONCLUSIVE", "FAIL", "PASS"), ("INCONCLUSIVE", "PASS", "PASS")),
        (ABOVE, ("FAIL", "FAIL", "FAIL"), ("PASS", "PASS", "PASS")),
    ],
)
def test_the_table_of_verdicts(estimate: Estimate, upper: tuple[str, ...], lower: tuple[str, ...]) -> None:
    for i, on in enumerate(("safe", "point", "lenient")):
        assert judged(estimate, "max", on=on).verdict == upper[i], on
        assert judged(estimate, "min", on=on).verdict == lower[i], on
        assert judged(estimate, "max_increase", on=on).verdict == upper[i], on


def test_an_end_at_the_limit_meets_it_and_the_next_number_does_not() -> None:
    assert judged(Estimate(0.02, 0.01, 0.03)).verdict == "PASS"
    assert judged(Estimate(0.02, 0.01, 0.030000000000000002)).verdict == "INCONCLUSIVE"
    assert judged(Estimate(0.05, 0.03, 0.06), "min").verdict == "PASS"
    assert judged(Estimate(0.04, 0.030000000000000002, 0.05)).verdict == "FAIL"


def test_a_failing_line_is_visibly_failing() -> None:
    gate = judged(Estimate(0.05, 0.0300000001, 0.06))
    assert gate.verdict == "FAIL"
    assert "0.0300000001 > 0.0300000000" in gate.reason
    assert "lower end" in gate.reason


def test_undecided_says_how_many_rows_would_decide() -> None:
    gate = judged(Estimate(0.02, 0.0, 0.04), n=1000)
    # twice the reach of the interval: 4,000 rows for half of the samples, (1 + .842 / 1.96)^2 times that for 4 of 5
    assert (gate.verdict, gate.needed) == ("INCONCLUSIVE", 8200)
    assert "about 8,200 rows" in gate.reason
    assert judged(Estimate(0.03, 0.0, 0.04)).needed is None
    assert judged(Estimate(0.04, 0.02, 0.07), n=100).needed == 820
    assert judged(Estimate(0.02, 0.0, 0.04), n=9).needed is None


def test_the_debiased_value_is_the_point() -> None:
    estimate = Estimate(0.04, 0.0, 0.05, debiased=0.01, method="inversion")
    assert judged(estimate, on="point").verdict == "PASS"
    assert not judged(estimate, on="point").guaranteed


@pytest.mark.parametrize("on", ["safe", "point", "lenient"])
def test_an_infinite_value_fails_every_upper_limit(on: str) -> None:
    gate = judged(Estimate(inf, reason="infinite: 3 rows give the true class probability 0"), on=on)
    assert gate.verdict == "FAIL"
    assert "3 rows" in gate.reason
    assert judged(Estimate(-inf), "max_increase", on=on).verdict == "PASS"


@pytest.mark.parametrize("on", ["safe", "point", "lenient"])
def test_no_value_is_an_error_with_its_reason(on: str) -> None:
    gate = judged(Estimate(None, reason="no row of positive weight"), on=on)
    assert (gate.verdict, gate.reason) == ("ERROR", "no row of positive weight")


def test_no_interval_on_these_rows_is_undecided() -> None:
    one_row = Estimate(0.01, reason="one row has no spread", method="")
    assert judged(one_row).verdict == "INCONCLUSIVE"
    assert judged(one_row, on="lenient").verdict == "PASS"
    assert judged(one_row, on="point").verdict == "PASS"


def test_a_metric_without_a_shown_interval_is_judged_by_its_value() -> None:
    classwise = Estimate(0.02, noise_floor=0.001, noise_floor_p95=0.002, method=NONE_SHOWN)
    largest = Estimate(0.02, 0.0, 0.5, method=SIMULTANEOUS)
    for estimate, metric in ((classwise, "classwise_ece"), (largest, "mce")):
        gate = judged(estimate, metric=metric)
        assert (gate.verdict, gate.on, gate.guaranteed) == ("PASS", "point", False)
        with pytest.raises(CalibrateError) as caught:
            judged(estimate, on="safe", metric=metric)
        assert caught.value.code == "E622"
    assert judged(largest, on="lenient", metric="mce").verdict == "PASS"
    with pytest.raises(CalibrateError):
        judged(classwise, on="lenient", metric="classwise_ece")


def test_relative_increases_are_held_against_nothing() -> None:
    gate = judged(Estimate(0.01, 0.005, 0.02, method="unpaired, mover"), "max_increase_rel", 0.1)
    assert gate.verdict == "FAIL"
    assert judged(Estimate(-0.02, -0.03, -0.01), "max_increase_rel", 0.1).verdict == "PASS"


def test_noise_is_never_against_the_mean_floor() -> None:
    limit = Limit("ece", "noise", 0.0, "point", "warn", source="preset")
    for value, verdict in ((0.015, "PASS"), (0.02, "PASS"), (0.0201, "FAIL")):
        estimate = Estimate(value, noise_floor=0.01, noise_floor_p95=0.02)
        gate = noise_gate(limit, Subject(estimate, 100, estimate, 0.95))
        assert (gate.verdict, gate.limit) == (verdict, 0.02)
    nothing = Estimate(None, reason="no row of positive weight")
    assert noise_gate(limit, Subject(nothing, 100, nothing, 0.95)).verdict == "ERROR"
