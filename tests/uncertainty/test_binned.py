"""Estimates from bins: values by hand, and what is said where there is no interval."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from calibrate.results import Estimate
from calibrate.uncertainty import cells as noise
from calibrate.uncertainty.binned import (
    all_cells,
    curve_estimate,
    curves_of,
    ends_change,
    max_estimate,
    mean_of_labels,
    too_thin,
)
from calibrate.uncertainty.ece_inversion import ece_interval

N, P, Y = np.array([40.0, 0.0, 60.0]), np.array([0.2, 0.0, 0.9]), np.array([0.3, 0.0, 0.7])


def sums(curves: int = 1) -> dict[str, Any]:
    one = {"count": N, "weight": N, "predicted": N * P, "observed": N * Y, "squares": N}
    return {key: np.stack([value] * curves) if curves > 1 else value for key, value in one.items()}


@pytest.mark.parametrize(
    ("norm", "value"), [("l1", 0.4 * 0.1 + 0.6 * 0.2), ("l2", np.sqrt(0.4 * 0.01 + 0.6 * 0.04)), ("max", 0.2)]
)
def test_norms(norm: Any, value: float) -> None:
    found = curve_estimate(curves_of(sums())[0], norm, 0.95, "as said")
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.definition == "as said"
    assert found.noise_floor is not None
    assert found.noise_floor_p95 is not None
    assert 0 < found.noise_floor < found.noise_floor_p95 < 0.3


def test_l1_has_everything() -> None:
    found = curve_estimate(curves_of(sums())[0], "l1", 0.95, "")
    assert None not in (found.low, found.debiased, found.high)
    assert found.method == "inversion"
    assert not found.notes


@pytest.mark.parametrize(("by", "above"), [(0.05, True), (0.08, False), (0.25, False)])
def test_a_value_above_its_interval_is_explained(by: float, above: bool) -> None:
    """Bins of 20 rows, all off by half of what chance alone would make of them, or by more."""
    bins = {key: np.full(15, 20.0) for key in ("count", "weight", "squares")}
    centre = (np.arange(15) + 0.5) / 15
    off = np.where(np.arange(15) % 2, by, -by)
    found = curve_estimate(
        curves_of({**bins, "predicted": 20 * centre, "observed": 20 * np.clip(centre + off, 0, 1)})[0], "l1", 0.95, ""
    )
    assert found.value is not None and found.high is not None
    assert (found.value > found.high) == above
    note = "the value lies above its interval: noise alone adds so much on this many rows"
    assert found.notes == ((note,) if above else ())


def test_few_events_are_said() -> None:
    few = {"count": N, "weight": N, "predicted": N * 0.01, "observed": np.array([1.0, 0, 2]), "squares": N}
    found = curve_estimate(curves_of(few)[0], "l1", 0.95, "")
    assert found.method == "inversion, few events"
    assert "rare in the sample" in found.notes[0]


def test_l2_has_no_interval_and_says_so() -> None:
    found = curve_estimate(curves_of(sums())[0], "l2", 0.95, "")
    assert (found.low, found.high) == (None, None)
    assert found.reason


def test_max_uses_clopper_pearson_in_all_bins_at_once() -> None:
    found = max_estimate(curves_of(sums())[0], 0.95, "")
    ends = [stats.binomtest(k, n).proportion_ci(0.975, "exact") for k, n in ((12, 40), (42, 60))]
    low = max(max(e.low - p, p - e.high, 0) for e, p in zip(ends, (0.2, 0.9), strict=True))
    high = max(max(p - e.low, e.high - p) for e, p in zip(ends, (0.2, 0.9), strict=True))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, low, high), rel=1e-9)
    assert found.conservative


def test_several_curves() -> None:
    assert len(curves_of(sums(3))) == 3
    assert all_cells(sums(3)).ece == pytest.approx(3 * 0.16)


def test_mean_of_labels() -> None:
    parts = (
        Estimate(0.1, noise_floor=0.02, noise_floor_p95=0.03),
        Estimate(0.3, noise_floor=0.04, noise_floor_p95=0.07),
    )
    found = mean_of_labels(parts, "mean")
    assert (found.value, found.noise_floor, found.noise_floor_p95) == pytest.approx((0.2, 0.03, 0.05))
    assert (found.low, found.parts) == (None, parts)
    assert found.reason


def test_change_is_the_difference_of_ends() -> None:
    found = ends_change(Estimate(0.10, 0.08, 0.12), Estimate(0.03, 0.0, 0.05))
    assert (found.value, found.low, found.high) == pytest.approx((-0.07, -0.12, -0.03))
    assert found.conservative


@pytest.mark.parametrize(
    ("before", "after", "value"),
    [
        (Estimate(0.1, reason="none shown"), Estimate(0.2, reason="none shown"), 0.1),
        (Estimate(None, reason="none shown"), Estimate(0.2), None),
    ],
)
def test_change_without_ends(before: Estimate, after: Estimate, value: float | None) -> None:
    found = ends_change(before, after)
    assert found.value == (None if value is None else pytest.approx(value))
    assert (found.low, found.high, found.reason) == (None, None, "none shown")


def test_change_says_what_it_is_and_has_that_of_its_parts() -> None:
    parts = Estimate(0.1, 0.05, 0.2), Estimate(0.2, 0.1, 0.3)
    before, after = (Estimate(0.1, 0.05, 0.2, definition=d, parts=(p,)) for d, p in zip("ba", parts, strict=True))
    whole = Estimate(0.0, -0.15, 0.15, definition="a", method="difference of ends", conservative=True,
                     parts=(ends_change(*parts),))  # fmt: skip
    assert ends_change(before, after) == replace(whole, low=pytest.approx(-0.15), high=pytest.approx(0.15))
    for gone in ("low", "high"):
        for side in (0, 1):
            pair = [before, after]
            pair[side] = replace(pair[side], **{gone: None, "reason": "why"})  # type: ignore[arg-type]
            pair[1] = replace(pair[1], method="none shown")
            expected = Estimate(0.0, definition="a", method="none shown", reason="why", parts=whole.parts)
            assert ends_change(*pair) == expected
    unknown = ends_change(replace(before, value=None, reason="why"), after)
    assert unknown == Estimate(None, definition="a", reason="why")
    assert ends_change(before, replace(after, value=None, reason="why")) == unknown
    with pytest.raises(ValueError, match="zip"):
        ends_change(before, replace(after, parts=()))


def test_estimates_of_one_curve_say_what_they_are() -> None:
    curve = curves_of(sums())[0]
    l1, l2, largest = (curve_estimate(curve, norm, 0.9, "as said") for norm in ("l1", "l2", "max"))  # type: ignore[arg-type]
    low, middle, high = ece_interval(curve, 0.9)
    drawn = noise.draw_gaps(curve)
    assert l1 == Estimate(
        curve.ece, low, high, middle, noise.noise_floor(curve), noise.noise_point(curve),
        definition="as said", method="inversion", cells=curve.rows(),
    )  # fmt: skip
    roots = np.sqrt((curve.share * drawn**2).sum(axis=1))
    assert l2 == Estimate(
        pytest.approx(np.sqrt(0.4 * 0.01 + 0.6 * 0.04)),
        noise_floor=pytest.approx(roots.mean()), noise_floor_p95=pytest.approx(np.quantile(roots, 0.95)),
        definition="as said", reason="no interval whose coverage was shown", method="none shown",
    )  # fmt: skip
    assert largest == replace(
        max_estimate(curve, 0.9, "as said"),
        noise_floor=pytest.approx(drawn.max(axis=1).mean()),
        noise_floor_p95=pytest.approx(np.quantile(drawn.max(axis=1), 0.95)),
    )
    assert (largest.definition, largest.method) == ("as said", "simultaneous clopper-pearson")
    assert largest.cells == curve.rows()


@pytest.mark.parametrize(("bins", "rows", "thin"), [(30, 30, False), (31, 61, True), (31, 62, False), (31, 31, True)])
def test_bins_of_hardly_more_than_a_row_have_no_interval(bins: int, rows: int, thin: bool) -> None:
    n = np.ones(bins)
    n[: rows - bins] += 1
    p = (np.arange(bins) + 0.5) / bins
    curve = curves_of({"count": n, "weight": n, "predicted": n * p, "observed": n * (p > 0.4), "squares": n})[0]
    assert too_thin(curve) == thin
    if thin:
        assert curve_estimate(curve, "l1", 0.95, "as said") == Estimate(
            curve.ece, noise_floor=noise.noise_floor(curve), noise_floor_p95=noise.noise_point(curve),
            definition="as said", reason="31 bins hold hardly more than a row each: no interval", cells=curve.rows(),
        )  # fmt: skip


def test_mean_of_labels_says_what_it_is() -> None:
    whole = Estimate(0.1, noise_floor=0.02, noise_floor_p95=0.03)
    unknown = Estimate(None)
    assert mean_of_labels((whole, unknown), "as said") == Estimate(
        0.05, noise_floor=0.01, noise_floor_p95=0.015, definition="as said", method="none shown",
        reason="the labels of a row depend on each other: intervals per label only", parts=(whole, unknown),
    )  # fmt: skip
