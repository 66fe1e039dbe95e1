"""The value of a metric for each class or label: what gates of classes are held against."""

from __future__ import annotations

from calibrate import registry
from calibrate.results import ClassTotal, Estimate, Result
from calibrate.uncertainty.binned import curve_estimate
from calibrate.uncertainty.cells import of_rows

ByClass = dict[str, Estimate]


def class_metric(key: str, task: str) -> str:
    """The metric that holds the values per class: of the ECE of classes the classwise one with the same bins."""
    spec = registry.parse("metrics", key)
    if task != "multiclass" or spec.name not in ("ece", "confidence_gap"):
        return spec.key
    if spec.name == "confidence_gap":
        return "classwise_ece"
    bins = spec.options.get("bins")
    return "classwise_ece" + (f":bins={bins}" if bins else "")


def class_estimates(result: Result, key: str) -> tuple[ByClass, str]:
    """Class -> its estimate in class order, or none and the reason.

    Classes (one true one a row): of `ece` that of "this class or another", with its interval; of `confidence_gap` mean
    probability minus frequency of the class. Events: what the metric says of each label; one event: the metric itself.
    """
    if result.task == "top-label":
        return {}, "a file of top labels has no classes"
    if result.task == "multiclass":
        return _of_classes(result, registry.parse("metrics", key))
    whole = result.judged.metrics.get(key)
    if whole is None or (result.task == "multilabel" and not whole.parts):
        return {}, f"{key} has no value per label"
    parts = whole.parts if result.task == "multilabel" else (whole,)
    return dict(zip(result.classes[-len(parts) :], parts, strict=True)), ""


def _of_classes(result: Result, spec: registry.Spec) -> tuple[ByClass, str]:
    few = "known for 2 to 20 classes only"
    if spec.name == "confidence_gap":
        return {total.label: _gap(total) for total in result.judged.totals}, few
    if spec.name not in ("ece", "classwise_ece") or set(spec.options) - {"bins"}:
        return {}, f"{spec.key} has no value per class where one class a row is true; ece and confidence_gap have"
    whole = result.judged.metrics.get(class_metric(spec.key, result.task))
    if whole is None or not whole.parts:
        return {}, (whole.reason if whole and whole.value is None else few)
    parts = [_against_the_rest(part, result.level) for part in whole.parts]
    return dict(zip(result.classes, parts, strict=True)), ""


def _against_the_rest(part: Estimate, level: float) -> Estimate:
    cells = of_rows(part.cells)
    return curve_estimate(cells, "l1", level, f"class against the rest, {part.definition}")


def _gap(total: ClassTotal) -> Estimate:
    """Mean probability minus frequency, by the interval of the frequency."""
    definition = "class against the rest, mean probability minus frequency"
    if not total.weight or total.low is None or total.high is None:
        return Estimate(None, definition=definition, reason="no row of positive weight")
    expected = total.expected / total.weight
    return Estimate(
        expected - total.observed / total.weight, expected - total.high, expected - total.low,
        definition=definition, method="wilson",
    )  # fmt: skip
