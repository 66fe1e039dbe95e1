"""What the numbers cannot carry: drawn from the facts of this very report, then what the provider adds."""

from __future__ import annotations

from collections.abc import Callable

from calibrate.reporting import words
from calibrate.reporting.blocks import Block, Items, Line, Para, Ref, Section, Sub
from calibrate.reporting.document import Report
from calibrate.reporting.sections.purpose import prose
from calibrate.reporting.suppression import FEWEST, groups_of
from calibrate.wording import number, title

FEW_ROWS, FEW_ERRORS, CHANCE = 1000, 10, 20


def section(report: Report) -> Section:
    """Every rule that applies, in order of weight; then free text."""
    lines = tuple(line for rule in RULES for line in rule(report))
    blocks: tuple[Block, ...] = (
        Items((*lines, *ALWAYS)),
        Sub("Stated by the provider"),
        *_free(report),
    )
    return Section("limitations", "Limitations", blocks)


ALWAYS: tuple[Line, ...] = (
    (
        "Everything here holds for data drawn as these were. It says nothing about other "
        "populations, later times, or inputs that were changed on purpose."
    ),
    (
        "Rows count as independent of each other. Where several belong to one person, place or "
        "moment, the intervals are too narrow."
    ),
    (
        "Calibration is a property of averages: a calibrated model can be wrong about any single "
        "case, and about groups that were not looked at."
    ),
)


def _free(report: Report) -> tuple[Block, ...]:
    stated = tuple(line for text in report.meta.limitations for line in prose(text) if text.strip())
    return (Items(stated),) if stated else (Para(words.NOTHING),)


def _origin(report: Report) -> list[Line]:
    """Where the numbers after calibration flatter, or may."""
    result, overlap = report.result, report.rows.overlap
    found: list[Line] = []
    if result.after_is == "in-sample":
        found.append(
            "The numbers after calibration are in-sample: measured on the rows that were fitted, they flatter."
        )
    sampled = overlap is not None and overlap.sampled < overlap.n
    if overlap is not None and overlap.seen and result.after_is in ("applied", "holdout"):
        found.append(
            f"Overlap: {overlap.seen:,} of {words.plural(overlap.sampled, 'row')} measured have the "
            "scores of a row that the calibrator was fitted on"
            + (" (in a sample by hash). " if sampled else ". ")
            + (
                "Of one column of scores, or coarse ones, other rows may well have the same. Where they are the same "
                "rows, the numbers after calibration flatter by as much as these weigh."
            )
        )
    if overlap is None and result.after_is == "applied":
        found.append(
            "Whether rows that were measured are among those that were fitted is not known: compare the files' digests."
        )
    return found


def _sizes(report: Report) -> list[Line]:
    result = report.result
    found: list[Line] = []
    if result.n < FEW_ROWS:
        found.append(f"Few rows: {result.n:,}. Differences that matter may lie within the intervals.")
    accuracy = result.judged.metrics.get("accuracy")
    if accuracy is not None and accuracy.value is not None and result.task != "multilabel":
        errors = round(result.n * (1 - accuracy.value))
        if errors < FEW_ERRORS:
            found.append(
                f"Few errors: {errors} wrong predictions in {result.n:,} rows. What is said of sure "
                "predictions rests on them."
            )
    if result.weighted:
        found.append(
            "Rows are weighted: the numbers are of the population that the weights stand for, as far as "
            "the weights are right."
        )
    repeated = report.rows.repeated
    if repeated:
        found.append(
            f"{words.plural(repeated, 'row')} {'repeats' if repeated == 1 else 'repeat'} the scores "
            "of an earlier one; if they are the same "
            "case, the intervals are too narrow."
        )
    if report.rows.dropped:
        found.append(
            f"{words.plural(report.rows.dropped, 'row')} {'was' if report.rows.dropped == 1 else 'were'} left "
            "out for a missing value: if they "
            "differ from the others, the numbers do not show it."
        )
    return found


def _classes(report: Report) -> list[Line]:
    result = report.result
    found: list[Line] = []
    never = [item.label for item in report.class_counts if item.count == 0]
    rare = [item.label for item in report.class_counts if 0 < item.count < FEW_ERRORS]
    if never:
        found.append(
            f"Never the true one: {words.names(never, 10)}. Nothing is known of their probabilities but "
            "that they should be small."
        )
    if rare:
        found.append(f"Rare, with fewer than {FEW_ERRORS} rows each: {words.names(rare, 10)}.")
    if result.task == "binary" and result.classes:
        found.append(
            f"The probabilities are those of one event, {words.name(result.classes[-1])!r}; ECE compares "
            "them with its frequency, not with accuracy."
        )
    if result.task == "top-label":
        found.append(
            "Only the confidence of the predicted class was given: the probabilities of the other "
            "classes were not judged."
        )
    if len(result.classes) > CHANCE:
        found.append(
            f"There are {len(result.classes):,} classes; errors of single ones are averaged out in ECE "
            "and hardly seen in classwise ECE."
        )
    return found


def _numbers(report: Report) -> list[Line]:
    """Numbers that are infinite, have no interval, have no value, or are wider than they look."""
    result = report.result
    found: list[Line] = []
    metrics = result.judged.metrics
    endless = [f"{title(k)} ({e.reason})" for k, e in metrics.items() if words.infinite(e)]
    bare = [title(k) for k, e in metrics.items() if e.value is not None and e.low is None and not words.infinite(e)]
    none = [f"{title(k)} ({e.reason})" for k, e in metrics.items() if e.value is None]
    wide = [title(k) for k, e in metrics.items() if e.conservative]
    if endless:
        found.append(f"Not finite: {', '.join(endless)}.")
    if bare:
        found.append(f"Without an interval, so without a statement of their uncertainty: {', '.join(bare)}.")
    if none:
        found.append(f"Without a value: {', '.join(none)}.")
    if wide:
        found.append(f"With an interval that is wider than its level says: {', '.join(wide)}.")
    if result.reason:
        found.append(f"Not everything that was asked for could be had: {result.reason}.")
    return found


def _fit(report: Report) -> list[Line]:
    fit = report.result.fit
    if fit is None:
        return []
    found: list[Line] = (
        [] if fit.converged else ["The search for the calibrator did not settle: its parameters may be off."]
    )
    for name, t in list(fit.parameters.items())[:3]:
        if not name.startswith("temperature") or t.value is None or t.low is None or t.high is None:
            continue
        if t.low <= 1 <= t.high:
            found.append(
                f"Parameter {words.name(name)} is {number(t.value)} with 1 in its interval: the data do not show that "
                "calibrating is needed."
            )
        else:
            kind = "over-confident" if t.value > 1 else "under-confident"
            found.append(
                f"Parameter {words.name(name)} is {number(t.value)}: on average, in the sense of the NLL, the model is "
                f"{kind}. Whoever uses its raw scores uses probabilities that are off."
            )
    return found


def _groups(report: Report) -> list[Line]:
    groups = groups_of(report)
    if not groups:
        return ["No subgroups were measured: differences between them are not known."]
    hidden = [
        f"{words.name(column)} = {words.name(value)}"
        for column, values in groups.items()
        for value, g in values.items()
        if g.why
    ]
    many = sum(len(values) for values in groups.values())
    found: list[Line] = []
    if hidden:
        found.append(
            (
                (
                    f"Groups too small to show (under {report.minimum_n} rows, or under {FEWEST} events or "
                    f"errors), or hidden with one that is: {', '.join(hidden[:10])}; see section "
                ),
                Ref("groups"),
                ".",
            )
        )
    if many > CHANCE:
        found.append(f"{many} groups were measured: about one interval in twenty misses by chance.")
    return found


def _decided(report: Report) -> list[Line]:
    found: list[Line] = []
    if not report.thresholds:
        found.append(
            "No decision thresholds were evaluated: what decisions made with these probabilities lead to is not known."
        )
    if any(not gate.guaranteed for gate in report.result.gates):
        found.append("Some gates were judged by a point, without regard to chance: they guarantee nothing.")
    if report.git is not None and report.git.dirty:
        found.append("The repository had changes that were not committed: the commit alone does not reproduce the run.")
    return found


RULES: tuple[Callable[[Report], list[Line]], ...] = (_origin, _sizes, _classes, _numbers, _fit, _groups, _decided)
"""Each looks at one side of the facts and says what follows from them."""
