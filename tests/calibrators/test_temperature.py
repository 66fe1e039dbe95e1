"""Temperature: answers against mpmath, no answer said plainly, laws of units, weights, order and folds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from calibrate.calibrators import temperature as module
from calibrate.calibrators.temperature import LARGE, Temperature
from calibrate.errors import CalibrateError
from calibrate.fitting.optimize import Roots
from calibrate.fitting.slopes import SlopeSums
from calibrate.folds import assign, with_folds
from calibrate.links.gumbel_softmax import GumbelSoftmax
from calibrate.links.sigmoid import Sigmoid
from calibrate.links.softmax import Softmax
from calibrate.links.sparsemax import Sparsemax
from calibrate.results import Estimate, Fitted
from calibrate.rows import Rows, from_arrays

LINKS = [Softmax(), Sigmoid(), Sparsemax(), GumbelSoftmax(seed=1)]


def world(link: Any, seed: int, m: int = 120, k: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Over-confident scores, wrong now and then."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 3, (m, k))
    if link.has_events:
        return z, (rng.random((m, k)) < 1 / (1 + np.exp(-z / 2))).astype(int)
    return z, np.where(rng.random(m) < 0.7, z.argmax(axis=1), rng.integers(0, k, m))


def fit(z: np.ndarray, y: np.ndarray, link: Any, w: np.ndarray | None = None, **options: Any) -> Fitted:
    return Temperature.fit(from_arrays(z, y, w), link, **options)


def temperature(found: Fitted) -> Any:
    return found.calibrator.temperature


def exact_softmax(z: np.ndarray, y: np.ndarray) -> float:
    """T to 50 digits: the root of the slope, by bisection and Newton in mpmath."""
    with mpmath.workdps(50):
        unit = mpmath.mpf(float(np.ptp(z)))
        rows = [[mpmath.mpf(float(v)) / unit for v in row] for row in z]

        def slope(b: Any) -> Any:
            total = mpmath.mpf(0)
            for row, label in zip(rows, y, strict=True):
                top = max(row)
                e = [mpmath.exp(b * (v - top)) for v in row]
                total += mpmath.fsum(v * w for v, w in zip(row, e, strict=True)) / mpmath.fsum(e) - row[label]
            return total

        return float(unit / mpmath.findroot(slope, (1, 20), solver="anderson", tol=1e-60))


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6, 1e-100, 1e100])
def test_softmax_against_mpmath(unit: float) -> None:
    z, y = world(Softmax(), 0, m=40)
    z = z * unit
    assert temperature(fit(z, y, Softmax())) == pytest.approx(exact_softmax(z, y), rel=1e-12)


def test_float32_scores_against_mpmath() -> None:
    z, y = world(Softmax(), 2, m=40)
    z = z.astype(np.float32)
    assert temperature(fit(z, y, Softmax())) == pytest.approx(exact_softmax(z.astype(float), y), rel=1e-12)


@pytest.mark.parametrize("link", LINKS, ids=lambda link: type(link).__name__)
@pytest.mark.parametrize("unit", [2.0**-1000, 1e-300, 1e-40, 1e40, 1e300])
def test_units_of_the_scores_are_units_of_the_temperature(link: Any, unit: float) -> None:
    z, y = world(link, 1)
    one = temperature(fit(z, y, link))
    assert temperature(fit(z * unit, y, link)) / unit == pytest.approx(one, rel=1e-12)


def test_events_each_in_its_own_unit() -> None:
    z, y = world(Sigmoid(), 1)
    units = np.array([1.0, 1e-200, 1e200, 1e5])
    one = np.array(temperature(fit(z, y, Sigmoid(), per_label=True)))
    assert np.array(temperature(fit(z * units, y, Sigmoid(), per_label=True))) / units == pytest.approx(one, rel=1e-12)


def test_smallest_scores() -> None:
    z, y = world(Softmax(), 1)
    small = z * 1e-310
    assert temperature(fit(small, y, Softmax())) == pytest.approx(temperature(fit(z, y, Softmax())) * 1e-310, rel=1e-9)


RIGHT = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 1.0]])


@pytest.mark.parametrize(
    ("z", "y", "code", "words"),
    [
        (RIGHT, [0, 1, 0], "E302", "separable"),
        (RIGHT * 1e-300, [0, 1, 0], "E302", "no positive one is best"),
        (np.vstack([RIGHT, [[4.0, 4.0]]]), [0, 1, 0, 1], "E302", "separable"),
        (RIGHT, [1, 0, 1], "E303", "worse than uniform"),
        (RIGHT, [1, 0, 1], "E303", "infinite"),
        (np.array([[1.0, 0.0], [1.0, 0.0]]), [0, 1], "E303", "infinite"),
        (np.full((3, 2), 1.25), [0, 1, 0], "E301", "equal"),
        (np.array([[1.0, 1.0], [2.0, 2.0]]), [0, 0], "E301", "every temperature fits equally well"),
        (np.array([[1.0, 0.0], [2.0, 1.0]]), [0, 0], "E302", "all labels are the same class, 0"),
        (np.array([[0.0, 1.0], [-np.inf, 1.0]]), [0, 0], "E304", "row 2"),
        (RIGHT[:0], [], "E307", "no row"),
    ],
)
def test_no_answer_is_said(z: np.ndarray, y: list[int], code: str, words: str) -> None:
    with pytest.raises(CalibrateError, match=words) as caught:
        fit(z, np.array(y, dtype=int), Softmax())
    assert caught.value.code == code


@pytest.mark.parametrize("link", [Sparsemax(), GumbelSoftmax()])
@pytest.mark.parametrize(("y", "code"), [([0, 1, 0], "E302"), ([1, 0, 1], "E303")])
def test_other_links_have_no_answer_either(link: Any, y: list[int], code: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        fit(RIGHT * 5, np.array(y), link)
    assert caught.value.code == code


def test_events_without_an_answer_name_their_label() -> None:
    z, y = world(Sigmoid(), 0)
    y[:, 2] = z[:, 2] > 0
    fit(z, y, Sigmoid())
    with pytest.raises(CalibrateError, match="label 2: separable"):
        fit(z, y, Sigmoid(), per_label=True)


def test_infinite_logits_on_the_right_side_cost_nothing() -> None:
    z, y = world(Sigmoid(), 0, k=1)
    sure = np.array([[np.inf], [-np.inf]])
    found = fit(np.vstack([z, sure]), np.vstack([y, [[1], [0]]]), Sigmoid())
    assert temperature(found) == pytest.approx(temperature(fit(z, y, Sigmoid())), rel=1e-13)
    with pytest.raises(CalibrateError, match=r"row 121: .*probability 0"):
        fit(np.vstack([z, sure]), np.vstack([y, [[0], [0]]]), Sigmoid())


def test_masked_classes_are_left_out() -> None:
    z, y = world(Softmax(), 4)
    masked = np.hstack([z, np.full((len(z), 1), -np.inf)])
    assert temperature(fit(masked, y, Softmax())) == pytest.approx(temperature(fit(z, y, Softmax())), rel=1e-12)


def test_one_class_with_an_answer_is_noted() -> None:
    z, y = world(Softmax(), 4)
    found = fit(z[y == 2], y[y == 2], Softmax())
    assert found.record.notes == ("all labels are the same class, 2",)


def test_temperature_beyond_floats() -> None:
    z, y = world(Softmax(), 4)
    y = np.where(np.arange(len(y)) % 3 == 0, z.argmax(axis=1), y[::-1])
    with pytest.raises(CalibrateError, match="range of floats") as caught:
        fit(z / np.abs(z).max() * 1.7e308, y, Sparsemax())
    assert caught.value.code == "E305"


@pytest.mark.parametrize(("gap", "wrong", "power"), [(1.6e308, 40, 1025), (5e-324, 10, -1075)])
def test_temperature_beyond_floats_is_named_as_a_power_of_two(gap: float, wrong: int, power: int) -> None:
    """T = gap / log(odds): 1.6e308 / log 1.5, and 5e-324 / log 9, which is nearer to 0 than to the smallest float."""
    z, y = np.tile([gap, 0.0], (100, 1)), np.arange(100) < wrong
    with pytest.raises(CalibrateError, match=rf"about 2\^{power}, beyond the range of floats") as caught:
        fit(z, y.astype(int), Softmax())
    assert caught.value.code == "E305"
    assert caught.value.hint == "the magnitude of the scores is out of range: multiply all of them by the same number"


def test_what_no_float_can_hold_is_left_out() -> None:
    """75 of 100 rows right: T = 1.6e308 / log 3; without the 20 rows of fold 0, all right, it would be 2.03e308."""
    z, y = np.tile([8e307, -8e307], (100, 1)), np.repeat([0, 1], [75, 25])
    folds = np.repeat([0, 1], [20, 80])
    found = Temperature.fit(from_arrays(z, y).map(lambda block: replace(block, folds=folds)), Softmax(), folds=2)
    assert temperature(found) == pytest.approx(1.6e308 / np.log(3), rel=1e-12)
    estimate = found.record.parameters["temperature"]
    assert (estimate.low, estimate.high) == (None, None)
    assert estimate.reason == "an end of the interval is beyond the range of floats"
    assert found.folds == (None, None)


def test_folds_whose_temperature_no_float_can_hold_are_said_to_be_out_of_range() -> None:
    """Of 75 right in 100 T is 1.6e308 / log 3; without fold 0, 54 in 78, 1.97e308; without fold 1 1.6e308 / log 21."""
    z, y = np.tile([8e307, -8e307], (100, 1)), np.repeat([0, 1, 0, 1], [21, 1, 54, 24])
    folds = np.repeat([0, 1], [22, 78])
    found = Temperature.fit(from_arrays(z, y).number(folds), Softmax(), folds=2)
    assert found.folds[0] is None
    assert found.folds[1].temperature == pytest.approx(1.6e308 / np.log(21), rel=1e-12)
    assert found.reason == "temperatures out of range"


def test_folds_whose_temperature_is_next_to_0_are_said_to_be_out_of_range() -> None:
    """135 of 180 rows right: T = 5e-324 / log 3, which is 5e-324; without fold 1 it is 5e-324 / log 9, which is 0."""
    z, y = np.tile([5e-324, 0.0], (180, 1)), np.repeat([0, 1, 0, 1], [90, 10, 45, 35])
    found = Temperature.fit(from_arrays(z, y).number(np.repeat([0, 1], [100, 80])), Softmax(), folds=2)
    assert temperature(found) == 5e-324
    assert (found.folds[1], found.reason) == (None, "temperatures out of range")


@given(seed=st.integers(0, 200), cut=st.integers(1, 120))
@settings(max_examples=15)
@pytest.mark.parametrize("link", LINKS, ids=lambda link: type(link).__name__)
def test_chunks_and_order_do_not_matter(link: Any, seed: int, cut: int) -> None:
    z, y = world(link, seed)
    one = temperature(fit(z, y, link))
    assert temperature(Temperature.fit(from_arrays(z, y, rows_per_block=cut), link)) == pytest.approx(one, rel=1e-12)
    if not isinstance(link, GumbelSoftmax):
        order = np.random.default_rng(seed).permutation(len(z))
        assert temperature(fit(z[order], y[order], link)) == pytest.approx(one, rel=1e-12)


@pytest.mark.parametrize("link", [Softmax(), Sigmoid(), Sparsemax()], ids=lambda link: type(link).__name__)
def test_weight_of_two_is_a_doubled_row_and_of_zero_none(link: Any) -> None:
    z, y = world(link, 5)
    w = np.random.default_rng(0).integers(0, 3, len(z)).astype(float)
    bad = np.flatnonzero(w == 0)[0]
    by_weight, again = z.copy(), np.repeat(np.arange(len(z)), w.astype(int))
    if not link.has_events:
        by_weight[bad, y[bad]] = -np.inf  # an infinite loss that does not count
    found, doubled = fit(by_weight, y, link, w), fit(z[again], y[again], link)
    assert temperature(found) == pytest.approx(temperature(doubled), rel=1e-12)
    for key in ("objective_before", "objective_after", "weight"):
        assert getattr(found.record, key) == pytest.approx(getattr(doubled.record, key), rel=1e-12)


def test_weights_have_no_unit() -> None:
    z, y = world(Softmax(), 5)
    w = np.random.default_rng(0).random(len(z))
    one, other = (fit(z, y, Softmax(), w * c).record.parameters["temperature"] for c in (1.0, 1e-3))
    assert (other.value, other.low, other.high) == pytest.approx((one.value, one.low, one.high), rel=1e-12)


def test_interval_is_the_larger_of_information_and_sandwich() -> None:
    z, y = world(Softmax(), 6, m=400)
    y[:40] = z[:40].argmin(axis=1)  # gross errors make the sandwich the larger one
    found = fit(z, y, Softmax())
    b = 1 / temperature(found)
    p = Softmax()(b * z)
    mean = (p * z).sum(axis=1)
    information = ((p * z**2).sum(axis=1) - mean**2).sum()
    score = np.square(mean - z[np.arange(len(z)), y]).sum()
    assert score > information
    spread = 1.959963984540054 * np.sqrt(score) / information / b
    estimate = found.record.parameters["temperature"]
    assert estimate.low == pytest.approx(temperature(found) * np.exp(-spread), rel=1e-9)
    assert estimate.high == pytest.approx(temperature(found) * np.exp(spread), rel=1e-9)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.999])
def test_level_of_the_interval(level: float) -> None:
    z, y = world(Softmax(), 6)
    (usual, found) = (fit(z, y, Softmax(), **more).record for more in ({}, {"level": level}))
    assert (usual.level, found.level) == (0.95, level)
    widths = [np.log(p.high / p.low) for p in (r.parameters["temperature"] for r in (usual, found))]
    assert widths[1] / widths[0] == pytest.approx(stats.norm.ppf(0.5 + level / 2) / stats.norm.ppf(0.975), rel=1e-9)


def test_an_interval_is_conservative_where_the_loss_is_no_likelihood() -> None:
    for link, conservative in ((Softmax(), False), (Sparsemax(), True)):
        assert fit(*world(link, 6), link).record.parameters["temperature"].conservative == conservative


@pytest.mark.parametrize("per_label", [False, True])
@pytest.mark.parametrize("link", LINKS, ids=lambda link: type(link).__name__)
def test_folds_are_fitted_on_the_other_folds(link: Any, per_label: bool) -> None:
    z, y = world(link, 8, m=150)
    rows, note = with_folds(from_arrays(z, y, rows_per_block=40), 5, seed=0)
    assert note == ""
    found, fold = Temperature.fit(rows, link, folds=5, per_label=per_label), assign(z, 0, 5, 0)
    assert temperature(found) == pytest.approx(temperature(fit(z, y, link, per_label=per_label)), rel=1e-12)
    if isinstance(link, GumbelSoftmax):  # the noise goes by row number: weights of 0 keep the numbers
        others = [fit(z, y, link, (fold != k).astype(float)) for k in range(5)]
    else:
        others = [fit(z[fold != k], y[fold != k], link, per_label=per_label) for k in range(5)]
    for one, other in zip(found.folds, others, strict=True):
        assert one.temperature == pytest.approx(temperature(other), rel=1e-11)


@pytest.mark.parametrize("unit", [2.0**-30, 2.0**30])
def test_folds_are_as_exact_whatever_the_unit(unit: float) -> None:
    z, y = world(Softmax(), 8, m=150)
    folds = np.arange(150) % 5
    one, other = (Temperature.fit(from_arrays(z * u, y).number(folds), Softmax(), folds=5) for u in (1.0, unit))
    expected = [fold.temperature * unit for fold in one.folds]
    assert [fold.temperature for fold in other.folds] == pytest.approx(expected, rel=1e-11, abs=0)


@pytest.mark.parametrize("right", [51, 60, 75, 90, 95])
def test_folds_far_from_one_another_are_found(right: int) -> None:
    """Of two scores 2 apart T is 2 / log(odds): of 891 in 900 on one side, of fewer on the other.

    There the step from the common optimum leads below b = 0.
    """
    z, y = np.tile([2.0, 0.0], (1000, 1)), np.concatenate([np.arange(900) >= 891, np.arange(100) >= right]).astype(int)
    found = Temperature.fit(from_arrays(z, y).number(np.repeat([0, 1], [900, 100])), Softmax(), folds=2)
    expected = [2 / np.log(right / (100 - right)), 2 / np.log(99)]
    assert [fold.temperature for fold in found.folds] == pytest.approx(expected, rel=1e-11)


def test_fold_without_an_answer_is_none() -> None:
    z, y = world(Softmax(), 8, m=150)
    fold = assign(z, 0, 5, 0)
    y = np.where(fold == 3, z.argmin(axis=1), z.argmax(axis=1))
    y[np.flatnonzero(fold == 3)[4:]] = z.argmax(axis=1)[np.flatnonzero(fold == 3)[4:]]
    found = Temperature.fit(with_folds(from_arrays(z, y), 5, 0)[0], Softmax(), folds=5)
    assert [one is None for one in found.folds] == [False, False, False, True, False]
    assert found.reason == "too few errors"


def test_fold_whose_scores_are_no_better_than_uniform_ones_is_not_called_short_of_errors() -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(size=(150, 4))
    y = np.where(rng.random(150) < 0.1, z.argmin(axis=1), rng.integers(0, 4, 150))
    fold = assign(z, 0, 5, 0)
    y[fold == 2] = z[fold == 2].argmax(axis=1)
    found = Temperature.fit(with_folds(from_arrays(z, y), 5, 0)[0], Softmax(), folds=5)
    assert found.folds[2] is None
    assert found.reason == "the scores are hardly better than uniform ones"


@pytest.fixture(scope="module")
def large() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    n, k = 60_000, 100
    z, y = rng.normal(0, 2, (n, k)).astype(np.float32), rng.integers(0, k, n)
    z[np.arange(n), y] += rng.normal(4, 3, n).astype(np.float32)
    assert z.size >= LARGE
    return z, y


def folded(z: np.ndarray, y: np.ndarray) -> Rows:
    return with_folds(from_arrays(z, y), 5, 0)[0]


def test_large_inputs_take_two_passes(large: tuple[np.ndarray, np.ndarray]) -> None:
    z, y = large
    wide = Temperature.fit(folded(z.astype(np.float64), y), Softmax(), folds=5)
    narrow = Temperature.fit(folded(z, y), Softmax(), folds=5)
    b, wide64 = 1 / temperature(wide), z.astype(np.float64)
    e = np.exp(b * wide64)
    slopes = (e * wide64).sum(axis=1) / e.sum(axis=1) - wide64[np.arange(len(z)), y]
    curvature = ((e * wide64**2).sum(axis=1) / e.sum(axis=1) - (slopes + wide64[np.arange(len(z)), y]) ** 2).sum()
    assert abs(slopes.sum() / curvature / b) < 1e-12
    assert temperature(narrow) == pytest.approx(temperature(wide), rel=5e-8)
    for found in (wide, narrow):
        assert found.record.passes == 2
        assert found.record.objective_before is None
    exact = [fit(wide64[f], y[f], Softmax()) for f in (assign(z, 0, 5, 0) != k for k in range(2))]
    for found, within in ((wide, 1e-6), (narrow, 2e-6)):
        for one, other in zip(found.folds, exact, strict=False):
            assert one.temperature == pytest.approx(temperature(other), rel=within)


def test_large_inputs_have_no_answer_either(large: tuple[np.ndarray, np.ndarray]) -> None:
    z, _ = large
    with pytest.raises(CalibrateError) as caught:
        fit(z, z.argmax(axis=1), Softmax())
    assert caught.value.code == "E302"
    with pytest.raises(CalibrateError) as caught:
        fit(z, z.argmin(axis=1), Softmax())
    assert caught.value.code == "E303"


def test_a_subsample_that_lacks_a_class_says_nothing_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE", 1000)
    z, y = world(Softmax(), 1, m=8192, k=2)
    y = np.zeros(8192, dtype=int)
    y[np.arange(8192) % 16 == 7] = 1
    z[:, 0] += 2.0
    found = fit(z, y, Softmax())
    assert found.record.partial_passes > 0
    assert found.record.notes == ()


def test_large_input_with_one_impossible_row(large: tuple[np.ndarray, np.ndarray]) -> None:
    z, y = large
    z = z.copy()
    z[12_345, y[12_345]] = -np.inf
    with pytest.raises(CalibrateError, match="row 12346") as caught:
        fit(z, y, Softmax())
    assert caught.value.code == "E304"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_transform_divides_in_the_precision_of_the_scores(dtype: Any) -> None:
    z = np.array([[1.5, -3.0], [np.finfo(dtype).max, -np.inf]], dtype=dtype)
    found = Temperature(1.5).transform(z)
    assert found.dtype == dtype
    assert found.tolist() == (z / dtype(1.5)).tolist()
    assert Temperature((0.5, 2.0)).transform(z[:1]).tolist() == [[3.0, -1.5]]


def test_transform_by_a_temperature_that_float32_cannot_hold() -> None:
    z = np.array([[1e-38, 0.0]], dtype=np.float32)
    assert Temperature(1e-60).transform(z)[0, 1] == 0.0
    assert Temperature(1e-40).transform(z)[0, 0] == pytest.approx(100.0, rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_temperature_that_makes_scores_overflow_leaves_no_nan(dtype: Any) -> None:
    scores = np.array([[10.0, -3.0, -np.inf], [0.0, -1.0, 5.0]], dtype=dtype)
    changed = Temperature(1e-308).transform(scores)
    assert not np.isnan(changed).any()
    assert changed.argmax(axis=1).tolist() == [0, 2]
    with np.errstate(all="raise"):
        assert Temperature(1e20).transform(np.array([[np.finfo(dtype).tiny]], dtype=dtype)).item() < 1e-37
        assert Temperature(1e-308).transform(scores).tolist() == changed.tolist()
    assert np.isneginf(changed[0, 2]) and np.isfinite(changed[0, :2]).all()


@pytest.mark.parametrize("per_label", [False, True])
def test_float32_in_large_inputs_is_carried_to_the_same_answer(per_label: bool, monkeypatch: Any) -> None:
    link = Sigmoid() if per_label else Softmax()
    z, y = world(link, 3, m=8192)
    z = z.astype(np.float32)
    exact = fit(z, y, link, per_label=per_label)
    monkeypatch.setattr(module, "LARGE", 1000)
    rows, asked = from_arrays(z, y), []

    def execute(collect: Any, loads: Any) -> Any:
        asked.extend([collect.order] if isinstance(collect, SlopeSums) else [])
        return rows.execute(collect, loads)

    found = Temperature.fit(replace(rows, execute=execute), link, per_label=per_label)
    assert np.array(temperature(found)) == pytest.approx(np.array(temperature(exact)), rel=5e-8)
    assert found.record.passes <= 3 and found.record.partial_passes > 2
    assert asked[0] == 3 and asked[-1] == 1
    assert found.record.objective_after == pytest.approx(exact.record.objective_after, rel=1e-7)
    for name, usual in exact.record.parameters.items():
        of = found.record.parameters[name]
        assert (of.low, of.high) == pytest.approx((usual.low, usual.high), rel=1e-4)


@pytest.mark.parametrize(("link", "objective"), [(Softmax(), "nll"), (Sparsemax(), "sparsemax loss")])
@pytest.mark.parametrize("weights", [None, 3.0])
def test_the_record_says_what_was_done(link: Any, objective: str, weights: float | None) -> None:
    z, y = world(link, 6)
    w = None if weights is None else np.full(len(z), weights)
    found = fit(z, y, link, w).record
    after = link.loss(z / temperature(fit(z, y, link)), y).mean()
    assert (found.n, found.weight, found.objective) == (120, 120 * (weights or 1.0), objective)
    assert found.objective_before == pytest.approx(link.loss(z, y).mean(), rel=1e-12)
    assert found.objective_after == pytest.approx(after, rel=1e-12)
    assert found.converged is True
    assert (found.level, found.n_parameters, found.partial_passes, found.notes) == (0.95, 1, 0, ())
    assert found.parameters["temperature"].method == "log scale, larger of information and sandwich"


def test_temperatures_of_labels_have_the_intervals_of_each_alone() -> None:
    z, y = world(Sigmoid(), 2)
    found = fit(z, y, Sigmoid(), per_label=True).record
    assert found.n_parameters == 4
    for j in range(4):
        one, alone = (r.parameters for r in (found, fit(z[:, j : j + 1], y[:, j : j + 1], Sigmoid()).record))
        of, expected = one[f"temperature[{j}]"], alone["temperature"]
        assert of.value == pytest.approx(expected.value, rel=1e-12)
        # Curvatures are those of the last pass, whose point is only next to the answer.
        assert (of.low, of.high) == pytest.approx((expected.low, expected.high), rel=1e-5)


def test_what_floats_cannot_hold_is_0_or_infinite_and_raises_nothing() -> None:
    with np.errstate(all="raise"):
        found = module._in_floats(np.array([0.0, 1.0, 1.0, 4.0]), np.array([0, 2000, -2000, 1]))
    assert found.tolist() == [np.inf, np.inf, 0.0, 0.5]


def test_scores_hardly_better_than_uniform_ones_have_a_temperature_without_an_interval() -> None:
    found = fit(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0, 1]), Softmax(), np.array([1 + 1e-6, 1.0]))
    assert temperature(found) == pytest.approx(1 / np.log1p(1e-6), rel=1e-9)
    estimate = found.record.parameters["temperature"]
    assert (estimate.low, estimate.high) == (None, None)
    assert estimate.reason == "an end of the interval is beyond the range of floats"


def test_an_interval_beyond_floats_is_none() -> None:
    for low, high in ((0.0, 2.0), (0.5, np.inf)):
        found = module._estimate(1.0, low, high, conservative=True)
        reason = "an end of the interval is beyond the range of floats"
        assert found == Estimate(1.0, reason=reason)
    assert module._estimate(1.0, 0.5, 2.0, conservative=True).conservative


@pytest.mark.parametrize("t", [0.0, -1.0, np.inf, np.nan, (1.0, 0.0)])
def test_what_is_no_temperature(t: Any) -> None:
    with pytest.raises(CalibrateError, match=r"temperature: found \S+, expected a positive finite number") as caught:
        Temperature(t)
    assert caught.value.code == "E305"


@pytest.mark.parametrize("t", [1.1, 3.7e-3])
def test_float32_scores_are_divided_by_the_float32_next_to_the_temperature(t: float) -> None:
    z = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    assert Temperature(t).transform(z).tolist() == (z / np.float32(t)).tolist()


@pytest.mark.parametrize("folds", [0, 5])
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m", [2000, 8192])
def test_all_passes_over_all_rows_are_counted(folds: int, large: bool, dtype: Any, m: int, monkeypatch: Any) -> None:
    """Points are float32 numbers where the scores are, in which all of a large input are computed first."""
    z, y = world(Softmax(), 3, m=m)
    monkeypatch.setattr(module, "LARGE", 1000 if large else 10**9)
    rows, passes, narrow = with_folds(from_arrays(z.astype(dtype), y), 5, 0)[0], [], []

    def execute(collect: Any, loads: Any) -> Any:
        passes.append(len(loads))
        if isinstance(collect, SlopeSums) and collect.points.any() and loads[0]().scores.dtype == np.float32:
            narrow.append(collect.points)
        return rows.execute(collect, loads)

    found = Temperature.fit(replace(rows, execute=execute), Softmax(), folds=folds).record
    thinned = large and m == 8192  # once a large input is only thinned; of a few thousand rows no part is taken
    assert found.passes + thinned == len(passes)
    assert (found.partial_passes > 0) == thinned
    assert all((np.float32(points) == points).all() for points in narrow)
    assert bool(narrow) == large


def test_passes_of_a_search_for_the_magnitude_are_counted() -> None:
    """A class masked by a huge number in half of the rows hides the best unit."""
    z, y = world(Softmax(), 1)
    z = np.hstack([z, np.where(np.arange(len(z)) % 2, -1e30, -30.0)[:, None]])
    rows, passes = from_arrays(z, y), []

    def execute(collect: Any, loads: Any) -> Any:
        passes.append(len(loads))
        return rows.execute(collect, loads)

    found = Temperature.fit(replace(rows, execute=execute), Softmax()).record
    assert found.passes == len(passes) > 22


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_fold_of_all_errors_is_said_of_large_inputs_too(dtype: Any, monkeypatch: Any) -> None:
    """Without it nothing is wrong, and no temperature is best; the others are as exact as if they were fitted alone."""
    z, y = world(Softmax(), 8, m=8192)
    z, folds, wrong = z.astype(dtype), np.arange(8192) // 16 % 3, np.arange(0, 8192, 16)
    y = z.argmax(axis=1)
    y[wrong[folds[wrong] == 1]] = z[wrong[folds[wrong] == 1]].argmin(axis=1)
    exact = [temperature(fit(z[folds != k].astype(float), y[folds != k], Softmax())) for k in (0, 2)]
    monkeypatch.setattr(module, "LARGE", 1000)
    rows, passes, narrow = from_arrays(z, y).number(folds), [], []

    def execute(collect: Any, loads: Any) -> Any:
        passes.append(len(loads))
        if isinstance(collect, SlopeSums) and collect.points.any() and loads[0]().scores.dtype == np.float32:
            narrow.append(collect.points)
        return rows.execute(collect, loads)

    found = Temperature.fit(replace(rows, execute=execute), Softmax(), folds=3)
    assert (found.folds[1], found.reason) == (None, "too few errors")
    assert [found.folds[k].temperature for k in (0, 2)] == pytest.approx(exact, rel=1e-6)
    assert found.record.passes + 1 == len(passes)
    assert all((np.float32(points) == points).all() for points in narrow)


def test_a_fold_without_which_large_scores_are_no_better_than_uniform_ones_is_not_called_short_of_errors(
    monkeypatch: Any,
) -> None:
    rng = np.random.default_rng(3)
    z, folds = rng.normal(size=(8192, 4)), np.arange(8192) // 16 % 3
    y = np.where(rng.random(8192) < 0.1, z.argmin(axis=1), rng.integers(0, 4, 8192))
    y[folds == 2] = z[folds == 2].argmax(axis=1)
    monkeypatch.setattr(module, "LARGE", 1000)
    found = Temperature.fit(from_arrays(z, y).number(folds), Softmax(), folds=3)
    assert found.record.partial_passes > 0
    assert found.folds[2] is None
    assert found.reason == "the scores are hardly better than uniform ones"


def test_folds_of_large_inputs_are_a_step_away(monkeypatch: Any) -> None:
    """No pass more than without folds; partial passes are two looks and the search on the subsample."""
    z, y = world(Softmax(), 8, m=1 << 15)
    folds, searches = np.arange(1 << 15) % 5, []
    exact = [temperature(fit(z[folds != k], y[folds != k], Softmax())) for k in range(5)]
    monkeypatch.setattr(module, "LARGE", 1000)
    search = module.minimise

    def minimise(*args: Any, **options: Any) -> Roots:
        searches.append(search(*args, **options))
        return searches[-1]

    monkeypatch.setattr(module, "minimise", minimise)
    found = Temperature.fit(from_arrays(z, y).number(folds), Softmax(), folds=5)
    assert [fold.temperature for fold in found.folds] == pytest.approx(exact, rel=1e-6)
    assert found.record.partial_passes == 2 + searches[0].passes
    assert found.record.passes == fit(z, y, Softmax()).record.passes


def test_where_a_small_part_has_no_answer_a_larger_one_is_asked(monkeypatch: Any) -> None:
    """Errors are in rows of which the subsample holds some and its own subsample none."""
    z, y = world(Softmax(), 8, m=8192)
    y = z.argmax(axis=1)
    y[16::64] = z[16::64].argmin(axis=1)
    exact = temperature(fit(z, y, Softmax()))
    monkeypatch.setattr(module, "LARGE", 1000)
    found = fit(z, y, Softmax())
    assert temperature(found) == pytest.approx(exact, rel=1e-12)
    assert found.record.partial_passes > 0


def test_a_search_without_an_end_is_said(monkeypatch: Any) -> None:
    def minimise(slopes: Any, start: np.ndarray, tolerance: float, **_: Any) -> Roots:
        return Roots(start, np.zeros(start.shape, dtype=bool), 60)

    monkeypatch.setattr(module, "minimise", minimise)
    with pytest.raises(CalibrateError, match="did not settle in 60 passes") as caught:
        fit(*world(Softmax(), 3), Softmax())
    assert caught.value.code == "E306"
