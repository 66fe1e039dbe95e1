r"""Temperature scaling: scores divided by one number T > 0 (with events, by `per_label=true`, one per label).

p = link(z / T), with the T that minimises the loss of the link on the calibration rows. In b = 1 / T the loss is
convex for every link, so the optimum is one number, found to the rounding floor: of softmax within 1e-12, whatever the
magnitude of the scores (from 5 million float32 scores on, which are then fitted in float32, 1e-7). Where the condition
sum E[|u| (1 + b |u|)] / (b loss''), u = z - z_y, is beyond 1,000: within the condition times 2.2e-16. T > 1: the model
was over-confident on average in the sense of its loss, T < 1: under-confident. The predicted class never changes.

The interval of T is symmetric in log T, with the larger of the information and the sandwich standard error. Of a loss
that is no NLL (sparsemax) the information says little: there the interval is conservative (covers 100 of 95 %; the
sandwich alone 93-95, but 82 with 3 errors). Of 95 % it covers less where labels are wrong in a way that no temperature
explains and rows are few: 90.7 with 50 rows of which 10 % are so, 89.0 with 200 very sure rows and 2 %.
Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks. ICML 2017.
https://doi.org/10.48550/arXiv.1706.04599
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from calibrate.errors import CalibrateError
from calibrate.fitting.optimize import minimise, third_order_step
from calibrate.fitting.passes import Passes
from calibrate.fitting.prospects import Prospects, in_best_unit, prospects
from calibrate.fitting.slopes import Losses, Problem, in_float32, in_float64, subsample
from calibrate.protocols import Link
from calibrate.results import Estimate, FitRecord, Fitted
from calibrate.rows import Rows
from calibrate.uncertainty import quantiles

LARGE = 5_000_000
"""Scores from which float32 is fitted in float32, and the search begins on a subsample."""

SHARE, FEWEST, MOST = 16, 256, 16384
"""A subsample is a 16th of the rows, at least 256 (else none is taken) and at most 16,384."""

SINGLE, DOUBLE = 1e-8, 1e-13
"""Relative error at which the temperature is settled, in float32 and float64."""

ACROSS = 1e-6
"""Relative error up to which the folds of a large input are reached by a step from the common optimum."""

SMALLEST = 1e-30
"""Below this temperature ordinary scores may overflow."""


@dataclass(frozen=True)
class Temperature:
    """Scores divided by `temperature`: a number, or one per label."""

    temperature: float | tuple[float, ...]

    keeps_top: ClassVar[bool] = True
    for_events: ClassVar[bool | None] = None
    any_link: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse what is no temperature."""
        for t in self._values():
            if not 0.0 < t < math.inf:
                raise CalibrateError("E305", f"temperature: found {t}, expected a positive finite number")

    @property
    def n_parameters(self) -> int:
        """1, or the number of labels."""
        return len(self._values())

    def transform(self, scores: np.ndarray) -> np.ndarray:
        """z / T in the precision of the scores (m, K)."""
        divisor = np.asarray(self.temperature, dtype=np.float64)
        with np.errstate(over="ignore", under="ignore"):
            narrow = divisor.astype(scores.dtype)
            ordinary = np.finfo(narrow.dtype)
            if np.all((narrow >= ordinary.tiny) & (narrow <= ordinary.max)):
                divisor = narrow
            divided: np.ndarray = np.divide(scores, divisor).astype(scores.dtype, copy=False)
        if np.any(divisor < SMALLEST):  # what overflows is as far as a float can say, and no difference of infinities
            most = np.finfo(scores.dtype).max
            divided = np.where(np.isfinite(scores), np.clip(divided, -most, most), divided)
        return divided

    @classmethod
    def fit(cls, rows: Rows, link: Link, *, folds: int = 0, level: float = 0.95, per_label: bool = False) -> Fitted:
        """The temperature of all rows, and with `folds` one per fold fitted on the other folds.

        level       of the interval of T
        per_label   links with events: one temperature per label, instead of one for all

        Raises `CalibrateError` E301 to E307 where no finite positive temperature is best.
        """
        columns = rows.n_columns if per_label and link.has_events else 1
        return _fit(rows, Problem(link, columns, folds), level)

    def _values(self) -> tuple[float, ...]:
        return self.temperature if isinstance(self.temperature, tuple) else (self.temperature,)


def _fit(rows: Rows, problem: Problem, level: float) -> Fitted:
    """Prospects and a start (of large inputs on a subsample), all rows, folds, record."""
    large = rows.n * rows.n_columns >= LARGE
    rows = rows if large else rows.map(in_float64)
    precision = rows.loads[0]().scores.dtype if large else np.dtype(np.float64)
    found, over, start, partial = _start(rows, problem, large)
    if large and precision == np.float64:
        # float32 brings the start within 1e-6 of the end in half the time.
        rough = Passes(problem, over.rows.map(in_float32))
        start = minimise(rough.common, start, SINGLE, precision=np.float32, most=1).at
        over.count += 1
    over.thrifty = precision == np.float32
    roots = minimise(over.common, start, SINGLE if over.thrifty else DOUBLE, precision=precision)
    if not roots.settled.all():
        # The subsample promised an answer that the whole does not have, which says why; or magnitudes lie far apart.
        found, looks = in_best_unit(rows, problem)
        over, precision = Passes(problem, found.in_units(rows), over.count + looks), np.dtype(np.float64)
        roots = minimise(over.common, found.start, DOUBLE)
    if not roots.settled.all():
        raise CalibrateError("E306", f"the search for the temperature did not settle in {roots.passes} passes")
    across = ACROSS if large else 1e-12
    if large and not _steps(over, np.arange(problem.folds), across)[1].all():
        # A subsample knows nothing of folds: two passes say which of them have an answer without a step to it.
        known = prospects(over.rows, problem)
        found = replace(found, without=known.without, separable=known.separable)
        over.count += 2
    folds = _folds(over, found, across, precision)
    before = None if large else float(rows.sum(Losses(problem))["loss"])  # type: ignore[arg-type]
    over.count += not large
    record = _record(over, found, roots.at, before, partial, level)
    return Fitted(_calibrator(roots.at, found.exponents), record, folds, _lacking(found, folds))


def _start(rows: Rows, problem: Problem, large: bool) -> tuple[Prospects, Passes, np.ndarray, int]:
    """Prospects, the passes over all rows so far, a first point, and the passes over a part of the rows."""
    wanted = min(rows.n // SHARE, MOST)
    if large and wanted >= FEWEST:
        some, inner = subsample(rows, wanted), replace(problem, folds=0)
        for few in (subsample(some, wanted // 4), some):
            try:
                found = prospects(few, inner)
            except CalibrateError:
                # It may be the subsample's fault alone.
                continue
            part = Passes(inner, found.in_units(some))
            roots = minimise(part.common, found.start, 1e-3)
            # Its notes are about the subsample: a class that it lacks may well be there.
            found = replace(found, without=np.ones(problem.folds, dtype=bool), notes=())
            start = roots.at if roots.settled.all() else found.start
            return found, Passes(problem, found.in_units(rows)), start, 2 + roots.passes
    found = prospects(rows, problem)
    return found, Passes(problem, found.in_units(rows), 2), found.start, 0


def _folds(
    over: Passes, found: Prospects, tolerance: float, precision: np.dtype[Any]
) -> tuple[Temperature | None, ...]:
    """Per fold the optimum of the others: a step from the common one, or passes where one is not exact enough."""
    answers: list[Temperature | None] = [None] * over.problem.folds
    which = np.flatnonzero(found.without[: over.problem.folds])
    if not len(which):
        return tuple(answers)
    step, settled = _steps(over, which, tolerance)
    b = over.point + step
    if not settled.all():
        start = np.where(np.abs(step) < over.point / 2, b, over.point)
        roots = minimise(lambda at: over.without(at, which), start, tolerance, precision=precision)
        b, settled = roots.at, roots.settled
    for fold, at, good in zip(which, b, np.all(settled, axis=1), strict=True):
        t = _in_floats(at, found.exponents)
        answers[fold] = _temperature(t) if good and np.all((t > 0) & np.isfinite(t)) else None
    return tuple(answers)


def _steps(over: Passes, which: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Steps from the last point to the optimum without each fold of `which`, and whether they are exact enough."""
    own = [np.asarray(over.last[key])[0] for key in ("first", "second", "third")]
    step, left = third_order_step(over.point, *[(one.sum(axis=0) - one)[which] for one in own])
    return step, left <= tolerance * over.point


def _lacking(found: Prospects, folds: tuple[Temperature | None, ...]) -> str:
    """Why some folds have no temperature of their own."""
    if None not in folds:
        return ""
    if found.separable.any():
        return "too few errors"
    return "the scores are hardly better than uniform ones" if not found.without.all() else "temperatures out of range"


def _calibrator(b: np.ndarray, exponents: np.ndarray) -> Temperature:
    """b = 1 / T in units of 2^-exponents, as a calibrator."""
    t = _in_floats(b, exponents)
    if not np.all((t > 0) & np.isfinite(t)):
        raise CalibrateError(
            "E305",
            f"the best temperature is about 2^{float(np.max(exponents - np.log2(b))):.0f}, beyond the range of floats",
            "the magnitude of the scores is out of range: multiply all of them by the same number",
        )
    return _temperature(t)


def _in_floats(b: np.ndarray, exponents: np.ndarray) -> np.ndarray:
    """1 / b in the unit of the scores; 0 or infinite where no float can hold it."""
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        return np.asarray(np.ldexp(1.0 / b, exponents))


def _temperature(t: np.ndarray) -> Temperature:
    return Temperature(float(t[0]) if len(t) == 1 else tuple(t.tolist()))


def _record(
    over: Passes, found: Prospects, b: np.ndarray, before: float | None, partial: int, level: float
) -> FitRecord:
    """Parameters with their intervals, and mean losses, from the last pass (whose point is next to b)."""
    sums, point = over.last, over.point
    weight, link = float(sums["weight"]), over.problem.link  # type: ignore[arg-type]
    loss, first, second = (np.asarray(sums[key])[0].sum(axis=0) for key in ("loss", "first", "second"))
    after = float(np.sum(loss + (b - point) * (first + (b - point) * second / 2)))
    with np.errstate(over="ignore"):
        variance = np.maximum(np.asarray(sums["spread"])[0], np.asarray(sums["square"])[0]) / second / second
        factor = np.exp(quantiles.normal(quantiles.tail(level)) * np.sqrt(variance) / b)
    value, low, high = (_in_floats(at, found.exponents) for at in (b, b * factor, b / factor))
    names = ["temperature"] if len(b) == 1 else [f"temperature[{j}]" for j in range(len(b))]
    parameters = {
        name: _estimate(*map(float, of), conservative=not link.log_loss)
        for name, *of in zip(names, value, low, high, strict=True)
    }
    objective = "nll" if link.log_loss else f"{type(link).__name__.lower()} loss"
    return FitRecord(
        n=over.rows.n,
        weight=weight,
        parameters=parameters,
        objective=objective,
        objective_before=None if before is None else before / weight,
        objective_after=after / weight,
        passes=over.count,
        partial_passes=partial,
        converged=True,
        notes=found.notes,
        level=level,
        n_parameters=len(b),
    )


def _estimate(value: float, low: float, high: float, *, conservative: bool) -> Estimate:
    if low > 0 and math.isfinite(high):
        method = "log scale, larger of information and sandwich"
        return Estimate(value, low, high, method=method, conservative=conservative)
    return Estimate(value, reason="an end of the interval is beyond the range of floats")
